// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* hist.c: histograms, octave by octave. */
#include "model/hist.h"

#include <stdlib.h>

#include "base/octave.h"

/* Rooms of many small histograms that are freed together; malloc() would waste space and time. */
#define ROOM_BYTES (64 << 10)

struct room {
	struct room *next;
	size_t used;
	char bytes[] __attribute__((aligned(8)));
};

struct hist_rooms {
	struct room *last;
};

/* Returns memory of so many bytes, a multiple of 8 up to ROOM_BYTES; NULL: no memory. */
static void *room_for(struct hist_rooms *rooms, size_t bytes)
{
	struct room *room = rooms->last;

	if (!room || room->used + bytes > ROOM_BYTES) {
		room = malloc(sizeof(*room) + ROOM_BYTES);
		if (!room)
			return NULL;
		*room = (struct room){.next = rooms->last};
		rooms->last = room;
	}
	room->used += bytes;
	return room->bytes + room->used - bytes;
}

struct hist_rooms *hist_rooms_new(void)
{
	return calloc(1, sizeof(struct hist_rooms));
}

void hist_rooms_free(struct hist_rooms *rooms)
{
	struct room *room = rooms ? rooms->last : NULL, *next;

	for (; room; room = next) {
		next = room->next;
		free(room);
	}
	free(rooms);
}

void hist_add(struct hist *to, const struct hist *from)
{
	to->count += from->count;
	to->sum += from->sum;
	if (from->max > to->max)
		to->max = from->max;
	for (int i = 0; i < HIST_BUCKETS; i += OCTAVE)
		octave_add(to->bucket + i, from->bucket + i);
}

void hist_add_cpu(struct hist *to, const struct cpu_hist *from)
{
	to->count += from->count;
	to->sum += from->sum;
	if (from->max > to->max)
		to->max = from->max;
	for (uint32_t i = 0; i < from->nr; i += OCTAVE)
		octave_add(to->bucket + from->first + i, from->bucket + i);
}

struct cpu_hist *hist_cpu_new(struct hist_rooms *rooms, const uint64_t *bucket, uint32_t first,
			      uint32_t end)
{
	struct cpu_hist *c;

	while (end > first && !octave_bits(bucket + end - OCTAVE))
		end -= OCTAVE;
	while (first < end && !octave_bits(bucket + first))
		first += OCTAVE;
	c = room_for(rooms, sizeof(*c) + (end - first) * sizeof(*c->bucket));
	if (!c)
		return NULL;
	*c = (struct cpu_hist){.first = first, .nr = end - first};
	for (uint32_t i = 0; i < c->nr; i += OCTAVE)
		c->count += octave_copy(c->bucket + i, bucket + first + i);
	return c;
}

struct cpu_hist *hist_cpu_of(struct hist_rooms *rooms, const struct hist *h)
{
	struct cpu_hist *c = hist_cpu_new(rooms, h->bucket, 0, HIST_BUCKETS);

	if (c) {
		c->sum = h->sum;
		c->max = h->max;
	}
	return c;
}

void hist_record(struct hist *h, uint64_t ns)
{
	h->count++;
	h->sum += ns;
	if (ns > h->max)
		h->max = ns;
	h->bucket[hist_bucket(ns)]++;
}
