// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * facts_trials.c: tries which BPF programs the kernel accepts, with programs that do nothing. Each
 * is attached, too: kernels load programs that they then refuse to attach.
 */
#include "kernel/facts_trials.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system/line.h"
#include "system/privileges.h"

/* Loads a program that does nothing. Returns its descriptor or a negative errno. */
static int load_empty(enum bpf_prog_type type, enum bpf_attach_type attach, int btf_id)
{
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach,
		    .attach_btf_id = btf_id);

	return bpf_prog_load(type, "slabscope_try", "Dual BSD/GPL", nothing, 2, &options);
}

/*
 * Attaches an empty program through bpf(): raw_tp by name, others by their type. Returns 0 or a
 * positive errno.
 */
static int try_bpf_link(enum bpf_prog_type type, enum bpf_attach_type attach, int btf_id,
			const char *name)
{
	int prog, link, err = 0;

	if (btf_id < 0)
		return ENOENT;
	prog = load_empty(type, attach, btf_id);
	if (prog < 0)
		return -prog;
	link = bpf_raw_tracepoint_open(name, prog);
	if (link < 0)
		err = -link;
	else
		close(link);
	close(prog);
	return err;
}

/*
 * Creates a probe on a kernel function through the perf device, and attaches an empty program.
 * Returns 0 or a positive errno.
 */
static int try_perf(const char *device, const char *function)
{
	struct perf_event_attr attr = {.size = sizeof(attr), .disabled = 1};
	char path[128], text[32];
	int event, prog, err;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", device);
	if (line_read(path, text, sizeof(text)))
		return ENODEV;
	attr.type = strtoul(text, NULL, 10);
	attr.config1 = (uintptr_t)function;
	event = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return errno;
	prog = load_empty(BPF_PROG_TYPE_KPROBE, 0, 0);
	err = prog < 0 ? -prog : 0;
	if (!err && ioctl(event, PERF_EVENT_IOC_SET_BPF, prog))
		err = errno;
	if (prog >= 0)
		close(prog);
	close(event);
	return err;
}

/*
 * Tries whether uprobes exist and their programs load; there is no place to put one here. ENOTSUP:
 * a program cannot tell which of its probes fired. (libslab's have one program for all files.)
 */
static int try_uprobe(void)
{
	int prog;

	prog = load_empty(BPF_PROG_TYPE_KPROBE, 0, 0);
	if (prog < 0)
		return -prog;
	close(prog);
	if (!libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL))
		return ENOTSUP;
	return privileges_uprobes();
}

/* Tries bpf(), and arrays that can be mapped (from 5.5 on). */
static int try_maps(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "slabscope_try", 4, 8, 1, &options);

	if (map < 0)
		return -map;
	close(map);
	return 0;
}

/*
 * Returns whether the administrator has turned ftrace off. Programs on functions then never run on
 * most kernels, and attaching and detaching some may turn ftrace off until the next boot.
 */
static bool is_ftrace_off(void)
{
	char text[32];

	return !line_read("/proc/sys/kernel/ftrace_enabled", text, sizeof(text)) && text[0] == '0';
}

void facts_trials(struct facts *to, const struct btf *btf)
{
	const char *victim = kernel_symbol_names[SYMBOL_SHRINK];
	int tp = btf ? btf__find_by_name_kind(btf, "btf_trace_kmem_cache_alloc", BTF_KIND_TYPEDEF)
		     : -1;
	int function = btf ? btf__find_by_name_kind(btf, victim, BTF_KIND_FUNC) : -1;

	to->maps = try_maps();
	to->raw_tp = try_bpf_link(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, "kmem_cache_alloc");
	to->tp_btf = try_bpf_link(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, tp, NULL);
	to->ftrace_off = is_ftrace_off();
	if (to->ftrace_off) {
		to->fentry = to->kprobe = FACTS_NEVER_RUNS;
	} else {
		to->fentry = try_bpf_link(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, function, NULL);
		to->kprobe = try_perf("kprobe", victim);
	}
	to->uprobe = try_uprobe();
	to->uprobes_admin = privileges_uprobes_admin();
}
