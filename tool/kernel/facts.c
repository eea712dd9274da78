// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * facts.c: asks the running kernel what it offers. An attach type is believed only when an empty
 * program of it was attached: kernels load programs that they then refuse to attach.
 */
#include "kernel/facts.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "kernel/facts_symbols.h"
#include "system/cpu_list.h"
#include "system/privileges.h"
#include "system/slabinfo.h"
#include "system/types.h"

#define TRACEFS_MAGIC 0x74726163

/* Reads the first line of a file. Returns 0 or a positive errno. */
static int read_line(const char *path, char *to, size_t size)
{
	FILE *file = fopen(path, "re");
	int err = 0;

	to[0] = '\0';
	if (!file)
		return errno;
	if (!fgets(to, size, file))
		err = ferror(file) ? EIO : ENODATA;
	to[strcspn(to, "\n")] = '\0';
	fclose(file);
	return err;
}

/* Returns the highest number of a file with a list plus 1; 1 where it cannot be read. */
static uint32_t list_size(const char *path)
{
	char text[4096];
	uint32_t size = read_line(path, text, sizeof(text)) ? 0 : cpu_list_size(text);

	return size ? size : 1;
}

/* ---- types ----------------------------------------------------------------------------------- */

static const struct btf_type *skip_modifiers(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type); /* types_check() knows that it ends */
	return type;
}

/* The member of a struct, looked for in unnamed structs and unions too. */
static bool has_member(const struct btf *btf, uint32_t id, const char *name, int depth)
{
	const struct btf_type *type = skip_modifiers(btf, id);
	const struct btf_member *member;

	if (!type || !btf_is_composite(type) || depth > 8)
		return false;
	member = btf_members(type);
	for (int i = 0; i < btf_vlen(type); i++) {
		const char *its = btf__name_by_offset(btf, member[i].name_off);

		if (its && !strcmp(its, name))
			return true;
		if (its && !*its && has_member(btf, member[i].type, name, depth + 1))
			return true;
	}
	return false;
}

static bool struct_has(const struct btf *btf, const char *name, const char *member)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id > 0 && has_member(btf, id, member, 0);
}

static bool enum_has(const struct btf *btf, const char *name, const char *value)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (int i = 0; type && i < btf_vlen(type); i++) {
		const char *its = btf__name_by_offset(btf, btf_enum(type)[i].name_off);

		if (its && !strcmp(its, value))
			return true;
	}
	return false;
}

/* The parameters of a tracepoint after the first, which is the program's own; NULL: there is none.
 */
static const struct btf_param *tracepoint_params(const struct btf *btf, const char *name,
						 int *count)
{
	const struct btf_type *type;
	char full[128];
	int id;

	snprintf(full, sizeof(full), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, full, BTF_KIND_TYPEDEF);
	type = id > 0 ? skip_modifiers(btf, id) : NULL;
	if (!type || !btf_is_ptr(type))
		return NULL;
	type = skip_modifiers(btf, type->type);
	if (!type || !btf_is_func_proto(type) || btf_vlen(type) < 1)
		return NULL;
	*count = btf_vlen(type) - 1;
	return btf_params(type) + 1;
}

/* The tracepoint's argument number at is a struct kmem_cache *. */
static bool tracepoint_has_cache(const struct btf *btf, const char *name, int at)
{
	int count = 0;
	const struct btf_param *param = tracepoint_params(btf, name, &count);
	const struct btf_type *type =
		param && at < count ? skip_modifiers(btf, param[at].type) : NULL;

	if (!type || !btf_is_ptr(type))
		return false;
	type = skip_modifiers(btf, type->type);
	return type && btf_is_struct(type) &&
	       !strcmp(btf__name_by_offset(btf, type->name_off), "kmem_cache");
}

static bool returns_bool(const struct btf *btf, const char *function)
{
	int id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;

	type = type ? btf__type_by_id(btf, type->type) : NULL;
	type = type ? skip_modifiers(btf, type->type) : NULL;
	return type && btf_is_int(type) && btf_int_encoding(type) & BTF_INT_BOOL;
}

static void read_types(const struct btf *btf, struct facts *to)
{
	int count = 0;

	to->slab_arrays = struct_has(btf, "kmem_cache", "cpu_cache") &&
			  struct_has(btf, "array_cache", "avail");
	to->slub_cpu_slabs = struct_has(btf, "kmem_cache", "cpu_slab");
	to->slub_sheaves = struct_has(btf, "kmem_cache", "cpu_sheaves");
	/* Without its configuration: SLUB's other fields are there. */
	to->slub_tiny |= !to->slab_arrays && !to->slub_cpu_slabs && !to->slub_sheaves &&
			 struct_has(btf, "kmem_cache", "min_partial");
	to->page_slab_flag = enum_has(btf, "pageflags", "PG_slab") &&
			     struct_has(btf, "page", "compound_head") &&
			     struct_has(btf, "slab", "slab_cache");
	to->page_slab_type =
		enum_has(btf, "pagetype", "PGTY_slab") && struct_has(btf, "page", "page_type") &&
		struct_has(btf, "page", "compound_head") && struct_has(btf, "slab", "slab_cache");
	to->alloc_has_cache = tracepoint_has_cache(btf, "kmem_cache_alloc", 2);
	to->free_has_cache = tracepoint_has_cache(btf, "kmem_cache_free", 2);
	to->kmalloc_traced = tracepoint_params(btf, "kmalloc", &count) && count >= 2 &&
			     tracepoint_params(btf, "kfree", &count) && count >= 2;
	to->bulk_bool = returns_bool(btf, facts_symbol_name(to, SYMBOL_ALLOC_BULK));
	facts_symbols_in_btf(to, btf);
}

/* ---- trials ---------------------------------------------------------------------------------- */

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

/* Attaches an empty program through bpf(): raw_tp by name, the others by the type they carry. */
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

/* Makes a probe on a kernel function through the perf device, and attaches an empty program to it.
 */
static int try_perf(const char *device, const char *function)
{
	struct perf_event_attr attr = {.size = sizeof(attr), .disabled = 1};
	char path[128], text[32];
	int event, prog, err;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", device);
	if (read_line(path, text, sizeof(text)))
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

/* Whether uprobes exist and programs for them load; where to put one is not known here. */
static int try_uprobe(void)
{
	int prog;

	prog = load_empty(BPF_PROG_TYPE_KPROBE, 0, 0);
	if (prog < 0)
		return -prog;
	close(prog);
	return privileges_uprobes();
}

/* Whether there is bpf(), and arrays that can be mapped (from 5.5 on). */
static int try_maps(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "slabscope_try", 4, 8, 1, &options);

	if (map < 0)
		return -map;
	close(map);
	return 0;
}

static void try_attach_types(const struct btf *btf, struct facts *to)
{
	const char *victim = kernel_symbol_names[SYMBOL_SHRINK];
	int tp = btf ? btf__find_by_name_kind(btf, "btf_trace_kmem_cache_alloc", BTF_KIND_TYPEDEF)
		     : -1;
	int function = btf ? btf__find_by_name_kind(btf, victim, BTF_KIND_FUNC) : -1;

	to->maps = try_maps();
	to->raw_tp = try_bpf_link(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, "kmem_cache_alloc");
	to->tp_btf = try_bpf_link(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, tp, NULL);
	to->fentry = try_bpf_link(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, function, NULL);
	to->kprobe = try_perf("kprobe", victim);
	to->uprobe = try_uprobe();
	to->uprobes_admin = privileges_uprobes_admin();
}

/* ---- the rest of the system ------------------------------------------------------------------ */

static int find_tracefs(void)
{
	static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	int err = ENOENT;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct statfs fs;

		if (statfs(places[i], &fs) || fs.f_type != TRACEFS_MAGIC)
			continue;
		if (!access(places[i], R_OK | X_OK))
			return 0;
		err = errno;
	}
	return err;
}

static void read_lockdown(struct facts *to)
{
	char text[128], *from, *end;

	if (read_line("/sys/kernel/security/lockdown", text, sizeof(text)))
		return;
	from = strchr(text, '[');
	end = from ? strchr(from, ']') : NULL;
	if (end)
		snprintf(to->lockdown, sizeof(to->lockdown), "%.*s", (int)(end - from - 1),
			 from + 1);
}

static void read_status(struct facts *to)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %" SCNx64, &to->capabilities) == 1)
			break;
	if (file)
		fclose(file);
}

static int read_limit(struct facts *to, struct failure *f)
{
	static const char *const name[ATTACH_LIMITS] = {"any", "kprobe", "tracepoint", "none"};
	const char *text = getenv("SLABSCOPE_ATTACH");

	for (int i = 0; text && i < ATTACH_LIMITS; i++) {
		if (strcmp(text, name[i]))
			continue;
		to->limit = i;
		return 0;
	}
	return text ? fail(f, EINVAL,
			   "SLABSCOPE_ATTACH=%s: set it to any, kprobe, tracepoint or none, "
			   "or unset it",
			   text)
		    : 0;
}

/* A line of the kernel's configuration, where that can be read. */
static bool configured(const struct facts *facts, const char *wanted)
{
	char path[128], line[256];
	bool found = false;
	gzFile file;

	snprintf(path, sizeof(path), "/boot/config-%s", facts->release);
	file = gzopen(access(path, R_OK) ? "/proc/config.gz" : path, "re");
	while (file && !found && gzgets(file, line, sizeof(line))) {
		line[strcspn(line, "\n")] = '\0';
		found = !strcmp(line, wanted);
	}
	if (file)
		gzclose(file);
	return found;
}

/* Caches for which SLUB checks every object; only root may see that. */
static size_t count_debugged(void)
{
	static const char *const files[] = {"sanity_checks", "red_zone", "poison", "store_user",
					    "trace"};
	DIR *slab = opendir("/sys/kernel/slab");
	char path[512], text[16];
	struct dirent *entry;
	size_t count = 0;

	while (slab && (entry = readdir(slab))) {
		bool debugged = false;

		/* Links lead to directories that are listed, too. */
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !debugged; i++) {
			snprintf(path, sizeof(path), "/sys/kernel/slab/%s/%s", entry->d_name,
				 files[i]);
			debugged = !read_line(path, text, sizeof(text)) && text[0] == '1';
		}
		count += debugged;
	}
	if (slab)
		closedir(slab);
	return count;
}

static void read_system(struct facts *to)
{
	struct slabinfo slabinfo;
	struct utsname name;
	char text[64];

	if (!uname(&name))
		snprintf(to->release, sizeof(to->release), "%s", name.release);
	to->preempt_rt = strstr(name.version, "PREEMPT_RT") != NULL;
	to->slub_tiny = configured(to, "CONFIG_SLUB_TINY=y");
	to->debugged_caches = count_debugged();
	to->cpus = list_size("/sys/devices/system/cpu/possible");
	to->nodes = list_size("/sys/devices/system/node/possible");
	to->slabinfo = -slabinfo_read("/proc/slabinfo", &slabinfo, NULL);
	to->slabinfo_caches = slabinfo.nr_rows;
	slabinfo_free(&slabinfo);
	to->tracefs = find_tracefs();
	to->unprivileged_bpf = -1;
	if (!read_line("/proc/sys/kernel/unprivileged_bpf_disabled", text, sizeof(text)))
		to->unprivileged_bpf = atoi(text);
	read_lockdown(to);
	read_status(to);
}

int facts_collect(struct facts *to, const char *types, struct failure *f)
{
	libbpf_print_fn_t print;
	struct btf *btf, *own;
	int err;

	memset(to, 0, sizeof(*to));
	err = read_limit(to, f);
	if (err)
		return err;
	print = libbpf_set_print(NULL);
	read_system(to);
	facts_symbols_read(to);
	snprintf(to->types, sizeof(to->types), "%s", types);
	btf = btf__parse(types, NULL);
	to->btf = btf ? 0 : errno;
	if (btf)
		read_types(btf, to);
	own = strcmp(types, TYPES_OF_KERNEL) ? btf__parse(TYPES_OF_KERNEL, NULL) : btf;
	to->kernel_btf = own ? 0 : errno;
	try_attach_types(own, to); /* by numbers of the kernel's own */
	if (own != btf)
		btf__free(own);
	btf__free(btf);
	libbpf_set_print(print);
	return 0;
}

const char *facts_symbol_name(const struct facts *facts, enum symbol symbol)
{
	return facts->symbol[symbol].alias ? kernel_symbol_aliases[symbol]
					   : kernel_symbol_names[symbol];
}

bool facts_remark(const struct facts *facts, int number, struct remark *to)
{
	if (facts->preempt_rt && !number--) {
		strcpy(to->what, "some of the refills (PREEMPT_RT)");
		strcpy(to->why, "this kernel may preempt its allocator anywhere, so that not every "
				"refill's end can be told: those are counted as unpaired");
		return true;
	}
	if (facts->debugged_caches && !number--) {
		snprintf(to->what, sizeof(to->what), "hits of %zu caches (slab_debug)",
			 facts->debugged_caches);
		strcpy(to->why, "they are being debugged, so every allocation takes the slow path, "
				"past the CPUs' caches: a bypass");
		return true;
	}
	return false;
}
