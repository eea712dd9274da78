// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* record_probes.c: loads and attaches the BPF programs for libslab. */
#include "record/record_probes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reference/reference_attach.h"
#include "reference/translated.h"
#include "bpf/record.skel.h"

#define MEANWHILE_MS   10
#define INITIAL_PID_NS 0xeffffffcu /* inode of the initial pid namespace, a kernel ABI */

/*
 * alloc and free come last: they switch libslab to event mode, when all other probes are attached.
 */
static const struct attach_probe probes[] = {
	{"refill_done", "refill_done"},
	{"flush", "flush"},
	{"grow", "grow"},
	{"list_move", "list_move"},
	{"transfer", "transfer"},
	{"slab_destroy", "slab_destroy"},
	{"reap", "reap"},
	{"shrink", "shrink"},
	{"tune", "tune"},
	{"events", "events"},
	{"notes_lost", "notes_lost"},
	{"cache_destroy", "cache_destroy"},
	{"inherited", "inherited"},
	{"cache_create", "cache_create"},
	{"object_free", "free"},
	{"object_alloc", "alloc"},
	{NULL, NULL},
};

struct record_probes {
	struct record_bpf *skel;
	struct reference_attach *attacher;
	struct record_rings *rings;
};

static int load(struct record_probes *p, bool only_wanted, struct failure *f)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	unsigned nr = cpus > 0 ? (unsigned)cpus : 1;
	struct stat ns;
	int err;

	p->skel = record_bpf__open();
	if (!p->skel)
		return fail(f, errno, "cannot open the recording programs");
	p->skel->rodata->only_wanted = only_wanted;
	if (!stat("/proc/self/ns/pid", &ns) && ns.st_ino != INITIAL_PID_NS)
		p->skel->rodata->pid_ns = (__u32)ns.st_ino;
	bpf_map__set_max_entries(p->skel->maps.rings, nr);
	bpf_map__set_max_entries(p->skel->maps.lost, nr);
	err = record_bpf__load(p->skel);
	if (err)
		return fail(
			f, -err,
			"the kernel refused the recording programs: %s; recording needs root, or "
			"CAP_BPF and CAP_PERFMON",
			strerror(-err));
	err = record_rings_open(&p->rings, bpf_map__fd(p->skel->maps.rings),
				bpf_map__fd(p->skel->maps.lost), nr, f);
	if (err)
		return err;
	p->skel->links.process_forked = bpf_program__attach(p->skel->progs.process_forked);
	if (!p->skel->links.process_forked)
		return fail(f, errno, "cannot follow children: %s", strerror(errno));
	p->skel->links.program_started = bpf_program__attach(p->skel->progs.program_started);
	if (!p->skel->links.program_started)
		return fail(f, errno, "cannot follow new programs: %s", strerror(errno));
	return 0;
}

int record_probes_open(struct record_probes **to, bool only_wanted, struct failure *f)
{
	struct record_probes *p = calloc(1, sizeof(*p));
	int err = p ? load(p, only_wanted, f) : fail(f, ENOMEM, "no memory to record");

	if (!err) {
		p->attacher = reference_attach_new(p->skel->obj, probes);
		if (!p->attacher)
			err = fail(f, ENOMEM, "no memory to record");
	}
	if (err)
		record_probes_close(p);
	*to = err ? NULL : p;
	return err;
}

void record_probes_close(struct record_probes *p)
{
	if (!p)
		return;
	reference_attach_free(p->attacher);
	record_rings_close(p->rings);
	record_bpf__destroy(p->skel);
	free(p);
}

int record_probes_want(struct record_probes *p, uint32_t tgid)
{
	__u32 one = 1;

	return bpf_map_update_elem(bpf_map__fd(p->skel->maps.wanted), &tgid, &one, BPF_ANY) ? -errno
											    : 0;
}

bool record_probes_wants(const struct record_probes *p, uint32_t tgid)
{
	__u32 value;

	return !bpf_map_lookup_elem(bpf_map__fd(p->skel->maps.wanted), &tgid, &value);
}

void record_probes_attach(struct record_probes *p, struct libslab_file *target)
{
	target->attached = reference_attach_file(p->attacher, target);
}

void record_probes_yield(struct record_probes *p, const struct libslab_file *target, int pid)
{
	if (target->attached && translated_is(pid))
		reference_attach_yield(p->attacher, target->attached, pid);
}

void record_probes_detach(struct record_probes *p, struct libslab_file *target)
{
	if (target->attached)
		reference_attach_detach(p->attacher, target->attached);
	target->attached = NULL;
}

int record_probes_settle(struct record_probes *p, const struct libslab_file *target,
			 void (*meanwhile)(void *arg), void *arg, struct failure *f)
{
	struct attachment *attached = target->attached;
	int state;

	if (!attached)
		return fail(f, ENOMEM, "no memory to attach probes");
	do {
		reference_attach_settle(p->attacher, MEANWHILE_MS);
		meanwhile(arg);
		state = reference_attach_state(p->attacher, attached, f);
	} while (!state);
	return state < 0 ? state : 0;
}

struct record_rings *record_probes_rings(const struct record_probes *p)
{
	return p->rings;
}
