// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* kernel_callers.c: brings sampled callers from the table of the programs into a snapshot. */
#include "kernel/kernel_callers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

_Static_assert(SNAP_FRAMES >= CALLER_FRAMES, "a stack fits");

#define SLOW_PATH_FRAMES 10 /* at most */

struct caller_of_slot {
	uint32_t slot;
	struct snap_caller caller;
};

/* The watched functions, and what return probes put in their place. */
static bool is_watched(const char *name)
{
	static const char *const watched[] = {
		"cache_alloc_refill",	    "cache_grow_begin", "___slab_alloc",
		"__pcs_replace_empty_main", "allocate_slab",	"arch_rethook_trampoline",
		"__kretprobe_trampoline",
	};

	for (size_t i = 0; i < sizeof(watched) / sizeof(*watched); i++)
		if (!strcmp(name, watched[i]))
			return true;
	return false;
}

uint32_t kernel_callers_frames(const uint64_t from[CALLER_FRAMES], const struct symbols *symbols,
			       uint64_t to[SNAP_FRAMES])
{
	struct symbol_place place;
	uint32_t first = 0, nr = 0;

	/* A refill makes a new slab. Frames farther out belong to a refill in reclaim. */
	for (uint32_t i = 0; i < SLOW_PATH_FRAMES; i++)
		if (symbols_find(symbols, from[i], &place) && is_watched(place.name))
			first = i + 1;
	/* A trampoline is not a function, and no module calls the slow path. */
	while (first < CALLER_FRAMES && from[first] &&
	       (!symbols_find(symbols, from[first], &place) || !place.core))
		first++;
	for (uint32_t i = first; i < CALLER_FRAMES && from[i]; i++)
		to[nr++] = from[i];
	memset(to + nr, 0, (SNAP_FRAMES - nr) * sizeof(*to));
	return nr;
}

struct copying {
	struct kernel_callers *to;
	const struct symbols *symbols;
};

static int copy(const struct kernel_caller_key *key, const struct kernel_caller *from, void *arg)
{
	struct copying *c = arg;
	struct caller_of_slot *row = &c->to->row[c->to->nr++];

	row->slot = key->slot;
	row->caller = (struct snap_caller){
		.pid = (int)key->pid, .refills = from->refills, .grows = from->grows};
	memcpy(row->caller.comm, from->comm, sizeof(row->caller.comm));
	row->caller.comm[sizeof(row->caller.comm) - 1] = 0;
	row->caller.nr_frames =
		kernel_callers_frames((const uint64_t *)key->frame, c->symbols, row->caller.frame);
	return 0;
}

/* Sorts by slot, then by caller. */
static int compare(const void *left, const void *right)
{
	const struct caller_of_slot *a = left, *b = right;

	if (a->slot != b->slot)
		return a->slot > b->slot ? 1 : -1;
	if (a->caller.pid != b->caller.pid)
		return a->caller.pid > b->caller.pid ? 1 : -1;
	return memcmp(a->caller.frame, b->caller.frame, sizeof(a->caller.frame));
}

/* Joins stacks that differ only in frames that were left out. */
static void merge(struct kernel_callers *c)
{
	size_t nr = 0;

	for (size_t i = 0; i < c->nr; i++) {
		if (nr && !compare(&c->row[nr - 1], &c->row[i])) {
			c->row[nr - 1].caller.refills += c->row[i].caller.refills;
			c->row[nr - 1].caller.grows += c->row[i].caller.grows;
		} else {
			c->row[nr++] = c->row[i];
		}
	}
	c->nr = nr;
}

int kernel_callers_read(const struct kernel_programs *programs, const struct symbols *symbols,
			struct kernel_callers *to)
{
	struct copying copying = {to, symbols};
	int err;

	*to = (struct kernel_callers){0};
	if (!programs || !symbols)
		return 0;
	to->row = calloc(KERNEL_CALLERS, sizeof(*to->row));
	if (!to->row)
		return -ENOMEM;
	err = kernel_programs_callers(programs, copy, &copying);
	qsort(to->row, to->nr, sizeof(*to->row), compare);
	merge(to);
	return err;
}

void kernel_callers_free(struct kernel_callers *c)
{
	free(c->row);
	*c = (struct kernel_callers){0};
}

static int comes_before(const void *element, const void *slot)
{
	return ((const struct caller_of_slot *)element)->slot < *(const uint32_t *)slot;
}

int kernel_callers_add(const struct kernel_callers *c, uint32_t slot, struct snap_cache *to)
{
	size_t i = array_lower_bound(c->row, c->nr, sizeof(*c->row), &slot, comes_before);

	for (; i < c->nr && c->row[i].slot == slot; i++) {
		struct snap_caller *caller = snapshot_add_caller(to);

		if (!caller)
			return -ENOMEM;
		*caller = c->row[i].caller;
	}
	return 0;
}
