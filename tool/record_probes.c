// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* record_probes.c: everything about recording that needs libbpf. */
#include "record_probes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reference_attach.h"
#include "bpf/record.skel.h"

#define INITIAL_PID_NS 0xeffffffcu /* inode of the initial pid namespace, a kernel ABI */
#define RINGS_BYTES    (128u << 20) /* all rings: half a second at a million events a second */
#define RING_MIN       (4u << 20)

/* alloc and free come last: they switch libslab to event mode, and then everything else is there. */
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
	{"cache_create", "cache_create"},
	{"object_free", "free"},
	{"object_alloc", "alloc"},
	{NULL, NULL},
};

struct ring_place {
	struct record_probes *p;
	unsigned number;
};

struct record_probes {
	struct record_bpf *skel;
	struct attacher *attacher;
	struct ring_buffer *buffer;
	struct ring_place *place;
	unsigned nr;
	void (*each)(unsigned ring, const struct record_event *e, size_t size, void *arg);
	void *arg;
};

static int sample(void *ctx, void *data, size_t size)
{
	const struct ring_place *at = ctx;

	if (size >= offsetof(struct record_event, arg))
		at->p->each(at->number, data, size, at->p->arg);
	return 0;
}

/* A power of two, as the kernel wants it. */
static unsigned ring_bytes(unsigned rings)
{
	unsigned bytes = RINGS_BYTES;

	while (bytes > RING_MIN && bytes > RINGS_BYTES / rings)
		bytes /= 2;
	return bytes;
}

static int make_ring(struct record_probes *p, unsigned number)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "slab_ring", 0, 0, ring_bytes(p->nr), NULL);
	__u32 key = number, value = (__u32)fd;
	int err;

	if (fd < 0)
		return -errno;
	p->place[number] = (struct ring_place){p, number};
	err = bpf_map_update_elem(bpf_map__fd(p->skel->maps.rings), &key, &value, BPF_ANY);
	if (!err && !p->buffer) {
		p->buffer = ring_buffer__new(fd, sample, &p->place[number], NULL);
		err = p->buffer ? 0 : -errno;
	} else if (!err) {
		err = ring_buffer__add(p->buffer, fd, sample, &p->place[number]);
	}
	close(fd); /* the map of maps, and the mapping, have it */
	return err;
}

static int load(struct record_probes *p, bool only_wanted, struct failure *f)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	struct stat ns;
	int err;

	p->nr = cpus > 0 ? (unsigned)cpus : 1;
	p->place = calloc(p->nr, sizeof(*p->place));
	p->skel = p->place ? record_bpf__open() : NULL;
	if (!p->skel)
		return fail(f, p->place ? errno : ENOMEM, "cannot open the recording programs");
	p->skel->rodata->only_wanted = only_wanted;
	if (!stat("/proc/self/ns/pid", &ns) && ns.st_ino != INITIAL_PID_NS)
		p->skel->rodata->pid_ns = (__u32)ns.st_ino;
	bpf_map__set_max_entries(p->skel->maps.rings, p->nr);
	bpf_map__set_max_entries(p->skel->maps.lost, p->nr);
	err = record_bpf__load(p->skel);
	if (err)
		return fail(f, -err, "the kernel refused the recording programs: %s; recording needs root, or "
			    "CAP_BPF and CAP_PERFMON", strerror(-err));
	for (unsigned i = 0; i < p->nr && !err; i++)
		err = make_ring(p, i);
	if (err)
		return fail(f, -err, "cannot make the ring buffers: %s", strerror(-err));
	p->skel->links.process_forked = bpf_program__attach(p->skel->progs.process_forked);
	if (!p->skel->links.process_forked)
		return fail(f, errno, "cannot follow children: %s", strerror(errno));
	return 0;
}

int record_probes_open(struct record_probes **to, bool only_wanted, struct failure *f)
{
	struct record_probes *p = calloc(1, sizeof(*p));
	int err = p ? load(p, only_wanted, f) : fail(f, ENOMEM, "no memory to record");

	if (!err) {
		p->attacher = attacher_new(p->skel->obj, probes);
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
	attacher_free(p->attacher);
	ring_buffer__free(p->buffer);
	record_bpf__destroy(p->skel);
	free(p->place);
	free(p);
}

int record_probes_want(struct record_probes *p, uint32_t tgid)
{
	__u32 one = 1;

	return bpf_map_update_elem(bpf_map__fd(p->skel->maps.wanted), &tgid, &one, BPF_ANY) ? -errno
											    : 0;
}

void record_probes_attach(struct record_probes *p, struct target *target)
{
	target->attached = attacher_attach(p->attacher, target->fd, target->number);
}

void record_probes_detach(struct record_probes *p, struct target *target)
{
	if (target->attached)
		attacher_detach(p->attacher, target->attached);
	target->attached = NULL;
}

int record_probes_settle(struct record_probes *p, const struct target *target, struct failure *f)
{
	int state;

	if (!target->attached)
		return fail(f, ENOMEM, "no memory to attach probes");
	do {
		attacher_settle(p->attacher, 1000);
		state = attachment_state(p->attacher, target->attached, f);
	} while (!state);
	return state < 0 ? state : 0;
}

unsigned record_probes_rings(const struct record_probes *p)
{
	return p->nr;
}

void record_probes_drain(struct record_probes *p,
			 void (*each)(unsigned ring, const struct record_event *e, size_t size, void *arg),
			 void *arg)
{
	p->each = each;
	p->arg = arg;
	ring_buffer__consume(p->buffer);
}

uint64_t record_probes_lost(const struct record_probes *p, unsigned ring)
{
	__u64 value = 0;
	__u32 key = ring;

	bpf_map_lookup_elem(bpf_map__fd(p->skel->maps.lost), &key, &value);
	return value;
}
