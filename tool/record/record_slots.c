// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* record_slots.c: each kind of event in a ring, as the programs of the kernel would send it. */
#include "record/record_slots.h"

#include <stdbool.h>
#include <string.h>

#define NS_MASK (((uint64_t)1 << 48) - 1)

/* The kind of the event, and how many slots of data it has. */
static const struct {
	uint8_t kind, nr, more;
} known[SLAB_RING_KINDS] = {
	[SLAB_RING_ALLOC] = {RECORD_ALLOC, 5, 0},
	[SLAB_RING_FREE] = {RECORD_FREE, 3, 0},
	[SLAB_RING_REFILL] = {RECORD_REFILL, 6, 0},
	[SLAB_RING_FLUSH] = {RECORD_FLUSH, 4, 0},
	[SLAB_RING_GROW] = {RECORD_GROW, 5, 0},
	[SLAB_RING_MOVE] = {RECORD_LIST_MOVE, 6, 0},
	[SLAB_RING_TRANSFER] = {RECORD_TRANSFER, 4, 0},
	[SLAB_RING_SLAB_DESTROY] = {RECORD_SLAB_DESTROY, 3, 0},
	[SLAB_RING_REAP] = {RECORD_REAP, 2, 0},
	[SLAB_RING_SHRINK] = {RECORD_SHRINK, 1, 0},
	[SLAB_RING_TUNE] = {RECORD_TUNE, 3, 0},
	[SLAB_RING_STATE] = {RECORD_EVENTS, 4, 0},
	[SLAB_RING_CREATE] = {RECORD_CREATE, RECORD_ARGS, SLAB_RING_ENTRY / SLAB_RING_SLOT_DATA},
	[SLAB_RING_DESTROY] = {RECORD_DESTROY, 1, 0},
	[SLAB_RING_NODE] = {RECORD_NODE, 6, 2},
	[SLAB_RING_NOTES_LOST] = {RECORD_NOTES_LOST, 1, 0},
};

static bool has_cpu(unsigned kind)
{
	return kind == SLAB_RING_ALLOC || kind == SLAB_RING_FREE || kind == SLAB_RING_REFILL ||
	       kind == SLAB_RING_FLUSH || kind == SLAB_RING_GROW || kind == SLAB_RING_MOVE ||
	       kind == SLAB_RING_TRANSFER || kind == SLAB_RING_SLAB_DESTROY ||
	       kind == SLAB_RING_STATE;
}

static void read_node(const struct slab_ring_slot *slot, __u64 *a)
{
	uint64_t state[6];

	memcpy(state, slot[1].data, SLAB_RING_SLOT_DATA);
	memcpy(state + 3, slot[2].data, SLAB_RING_SLOT_DATA);
	a[0] = 0;
	a[1] = state[0] + state[1] + state[2];
	a[2] = state[1];
	a[3] = state[2];
	a[4] = state[3];
	a[5] = state[4];
}

/* Fills in the arguments, in the order of the probes. */
static void read_arguments(const struct slab_ring_slot *slot, uint32_t cpu, __u64 *a)
{
	if (has_cpu(slot->kind)) {
		a[0] = cpu;
		a[1] = slot->node;
	}
	switch (slot->kind) {
	case SLAB_RING_ALLOC:
		a[2] = slot->c;
		a[3] = slot->b;
		a[4] = slot->a;
		break;
	case SLAB_RING_FREE:
		a[2] = slot->c;
		break;
	case SLAB_RING_REFILL:
		a[2] = slot->b >> 16;
		a[3] = slot->b & 0xffff;
		a[4] = slot->a;
		a[5] = slot->c;
		break;
	case SLAB_RING_FLUSH:
		a[2] = slot->b;
		a[3] = slot->c;
		break;
	case SLAB_RING_GROW:
		a[2] = slot->b;
		a[3] = slot->c >> 48;
		a[4] = slot->c & NS_MASK;
		break;
	case SLAB_RING_MOVE:
		a[2] = slot->b;
		a[3] = slot->a >> 4;
		a[4] = slot->a & 15;
		a[5] = slot->c;
		break;
	case SLAB_RING_TRANSFER:
		a[2] = slot->b;
		a[3] = slot->a;
		break;
	case SLAB_RING_SLAB_DESTROY:
		a[2] = slot->b;
		break;
	case SLAB_RING_REAP:
		a[0] = slot->node;
		a[1] = slot->b;
		break;
	case SLAB_RING_TUNE:
		a[0] = slot->b;
		a[1] = slot->c & UINT32_MAX;
		a[2] = slot->c >> 32;
		break;
	case SLAB_RING_STATE:
		a[1] = slot->b;
		a[2] = slot->a;
		a[3] = slot->node;
		break;
	case SLAB_RING_CREATE:
		for (unsigned i = 0; i < slot->more; i++)
			memcpy((char *)a + i * SLAB_RING_SLOT_DATA, slot[1 + i].data,
			       SLAB_RING_SLOT_DATA);
		break;
	case SLAB_RING_NODE:
		read_node(slot, a);
		break;
	case SLAB_RING_NOTES_LOST:
		a[0] = slot->b;
		break;
	}
}

int record_slots_read(const struct slab_ring_slot *slot, size_t nr, uint32_t cpu,
		      struct record_event *to)
{
	unsigned kind = slot->kind;

	if (kind >= SLAB_RING_KINDS || !known[kind].nr || slot->more != known[kind].more)
		return -1;
	if (nr <= known[kind].more)
		return 0;
	for (unsigned i = 1; i <= known[kind].more; i++)
		if (slot[i].kind != SLAB_RING_DATA || slot[i].more != i - 1)
			return -1;
	to->ns = slot->ns;
	to->kind = known[kind].kind;
	to->nr = known[kind].nr;
	to->cache = slot->cache;
	if (known[kind].kind == RECORD_CREATE)
		memset(to->arg, 0, sizeof(to->arg));
	read_arguments(slot, cpu, to->arg);
	return 1 + known[kind].more;
}
