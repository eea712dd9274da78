// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* record_rings.c: ring buffers of BPF. */
#include "record/record_rings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RINGS_BYTES (128u << 20) /* all rings: half a second at a million events a second */
#define RING_MIN    (4u << 20)

struct place {
	struct record_rings *r;
	unsigned number;
};

struct record_rings {
	struct ring_buffer *buffer;
	struct place *place;
	unsigned nr;
	int lost;
	void (*each)(unsigned ring, const struct record_event *e, size_t size, void *arg);
	void *arg;
};

static int sample(void *ctx, void *data, size_t size)
{
	const struct place *at = ctx;

	if (size >= offsetof(struct record_event, arg))
		at->r->each(at->number, data, size, at->r->arg);
	return 0;
}

/* Returns the size of a ring, a power of two as the kernel requires. */
static unsigned ring_bytes(unsigned rings)
{
	unsigned bytes = RINGS_BYTES;

	while (bytes > RING_MIN && bytes > RINGS_BYTES / rings)
		bytes /= 2;
	return bytes;
}

static int make_ring(struct record_rings *r, int map, unsigned number)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "slab_ring", 0, 0, ring_bytes(r->nr), NULL);
	__u32 key = number, value = (__u32)fd;
	int err;

	if (fd < 0)
		return -errno;
	r->place[number] = (struct place){r, number};
	err = bpf_map_update_elem(map, &key, &value, BPF_ANY) ? -errno : 0;
	if (!err && !r->buffer) {
		r->buffer = ring_buffer__new(fd, sample, &r->place[number], NULL);
		err = r->buffer ? 0 : -errno;
	} else if (!err) {
		err = ring_buffer__add(r->buffer, fd, sample, &r->place[number]);
	}
	close(fd); /* the map of maps and the mapping keep it */
	return err;
}

int record_rings_open(struct record_rings **to, int ring_map, int lost_map, unsigned nr,
		      struct failure *f)
{
	struct record_rings *r = calloc(1, sizeof(*r));
	int err = 0;

	*to = NULL;
	if (r)
		r->place = calloc(nr, sizeof(*r->place));
	if (!r || !r->place) {
		free(r);
		return fail(f, ENOMEM, "no memory to record");
	}
	r->nr = nr;
	r->lost = lost_map;
	for (unsigned i = 0; i < nr && !err; i++)
		err = make_ring(r, ring_map, i);
	if (err) {
		record_rings_close(r);
		return fail(f, -err, "cannot make the ring buffers: %s", strerror(-err));
	}
	*to = r;
	return 0;
}

void record_rings_close(struct record_rings *r)
{
	if (!r)
		return;
	ring_buffer__free(r->buffer);
	free(r->place);
	free(r);
}

unsigned record_rings_count(const struct record_rings *r)
{
	return r->nr;
}

void record_rings_drain(struct record_rings *r,
			void (*each)(unsigned ring, const struct record_event *e, size_t size,
				     void *arg),
			void *arg)
{
	r->each = each;
	r->arg = arg;
	ring_buffer__consume(r->buffer);
}

int record_rings_lost(const struct record_rings *r, unsigned ring, uint64_t *lost)
{
	__u64 value = 0;
	__u32 key = ring;

	if (bpf_map_lookup_elem(r->lost, &key, &value))
		return -errno;
	*lost = value;
	return 0;
}
