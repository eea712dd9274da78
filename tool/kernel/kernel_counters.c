// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* kernel_counters.c: maps and unmaps parts of the maps of the programs. */
#include "kernel/kernel_counters.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Mapping takes time, and allocates objects of the very caches that are read. So a map up to this
 * size stays mapped as a whole; of a pool, what is used.
 */
#define WINDOW_KEEP  ((size_t)8 << 20)
#define WINDOW_LEAST ((size_t)1 << 20) /* of a larger map: mapping takes as long as reading */

static size_t map_size(const struct kernel_counters_part *w)
{
	return (size_t)w->map.elements * w->map.element;
}

static bool is_small(const struct kernel_counters_part *w)
{
	return map_size(w) <= WINDOW_KEEP;
}

static bool is_kept(const struct kernel_counters_part *w)
{
	return is_small(w) || w->map.used;
}

static void window_close(struct kernel_counters_part *w)
{
	if (w->memory)
		munmap(w->memory, w->size);
	w->memory = NULL;
	w->size = 0;
}

/*
 * Maps elements first to first + nr - 1, which the map has. Returns NULL and sets errno on failure.
 */
static const volatile void *window_at(struct kernel_counters_part *w, size_t first, size_t nr)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), begin = first * w->map.element;
	size_t end = begin + nr * w->map.element;
	void *memory;

	if (!w->memory || begin < w->offset || end > w->offset + w->size) {
		window_close(w);
		w->offset = is_kept(w) ? 0 : begin & ~(page - 1);
		if (end < w->offset + WINDOW_LEAST)
			end = w->offset + WINDOW_LEAST;
		if (is_small(w) || end > map_size(w))
			end = map_size(w);
		end = (end + page - 1) & ~(page - 1);
		memory = mmap(NULL, end - w->offset, PROT_READ, MAP_SHARED, w->map.fd,
			      (off_t)w->offset);
		if (memory == MAP_FAILED)
			return NULL;
		w->memory = memory;
		w->size = end - w->offset;
	}
	return (const char *)w->memory + (begin - w->offset);
}

bool kernel_counters_map_pool(struct kernel_counters_part *w, uint32_t place)
{
	uint32_t used = *w->map.used;

	if (used > w->map.elements)
		used = w->map.elements;
	return place && place <= used && window_at(w, 0, used);
}

void kernel_counters_begin(struct kernel_counters *r, const struct kernel_programs *k)
{
	if (r->programs == k)
		return;
	*r = (struct kernel_counters){.programs = k};
	r->counts.map = kernel_programs_map(k, KERNEL_MAP_COUNTS);
	r->inferences.map = kernel_programs_map(k, KERNEL_MAP_INFERRED);
	r->slows.map = kernel_programs_map(k, KERNEL_MAP_SLOWS);
	r->buckets.map = kernel_programs_map(k, KERNEL_MAP_BUCKETS);
}

static void reading_close(struct kernel_counters *r, bool all)
{
	struct kernel_counters_part *const window[] = {&r->counts, &r->inferences, &r->slows,
						       &r->buckets};

	for (size_t i = 0; i < sizeof(window) / sizeof(window[0]); i++)
		if (all || !is_kept(window[i]))
			window_close(window[i]);
}

void kernel_counters_end(struct kernel_counters *r)
{
	reading_close(r, false);
}

void kernel_counters_close(struct kernel_counters *r)
{
	reading_close(r, true);
	*r = (struct kernel_counters){0};
}

int kernel_counters_cpu(struct kernel_counters *r, uint32_t cpu)
{
	size_t slots = kernel_programs_memory(r->programs)->slots;

	r->count = window_at(&r->counts, cpu * slots, slots);
	if (!r->count)
		return -errno;
	if (!r->inferences.map.elements)
		return 0;
	r->inferred = window_at(&r->inferences, cpu * slots, slots);
	return r->inferred ? 0 : -errno;
}
