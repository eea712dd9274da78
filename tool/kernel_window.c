// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* kernel_window.c: maps parts of the programs' maps, and takes them away again. */
#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel_window.h"

/*
 * A map that is not larger stays mapped, all of it: mapping allocates in the caches that are read, some
 * objects a window.
 */
#define WINDOW_KEEP ((size_t)8 << 20)

static bool is_kept(const struct kernel_window *w)
{
	return w->map.elements * w->map.element <= WINDOW_KEEP;
}

static void window_close(struct kernel_window *w)
{
	if (w->memory)
		munmap(w->memory, w->size);
	w->memory = NULL;
	w->size = 0;
}

/* Elements first to first + nr - 1, which the map has. NULL: errno. */
static const volatile void *window_at(struct kernel_window *w, size_t first, size_t nr)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), begin = first * w->map.element;
	size_t end = is_kept(w) ? w->map.elements * w->map.element : begin + nr * w->map.element;
	void *memory;

	end = (end + page - 1) & ~(page - 1);
	if (!w->memory || begin < w->offset || end > w->offset + w->size) {
		window_close(w);
		w->offset = is_kept(w) ? 0 : begin & ~(page - 1);
		memory = mmap(NULL, end - w->offset, PROT_READ, MAP_SHARED, w->map.fd,
			      (off_t)w->offset);
		if (memory == MAP_FAILED)
			return NULL;
		w->memory = memory;
		w->size = end - w->offset;
	}
	return (const char *)w->memory + (begin - w->offset);
}

/* One element of a pool, with all of the pool that is used now. */
static const volatile void *pool_at(struct kernel_window *w, uint32_t place)
{
	size_t end = (size_t)place * w->map.element;
	uint32_t used;

	if (!place)
		return NULL;
	if (!w->memory || end > w->size) {
		used = *w->map.used;
		if (used > w->map.elements)
			used = w->map.elements;
		if (place > used || !window_at(w, 0, used))
			return NULL;
	}
	return (const char *)w->memory + end - w->map.element;
}

void kernel_reading_begin(struct kernel_reading *r, const struct kernel_programs *k)
{
	if (r->programs == k)
		return;
	*r = (struct kernel_reading){.programs = k};
	r->counts.map = kernel_programs_map(k, KERNEL_MAP_COUNTS);
	r->inferences.map = kernel_programs_map(k, KERNEL_MAP_INFERRED);
	r->slows.map = kernel_programs_map(k, KERNEL_MAP_SLOWS);
	r->buckets.map = kernel_programs_map(k, KERNEL_MAP_BUCKETS);
}

static void reading_close(struct kernel_reading *r, bool all)
{
	struct kernel_window *const window[] = {&r->counts, &r->inferences, &r->slows, &r->buckets};

	for (size_t i = 0; i < sizeof(window) / sizeof(window[0]); i++)
		if (all || !is_kept(window[i]))
			window_close(window[i]);
}

void kernel_reading_end(struct kernel_reading *r)
{
	reading_close(r, false);
}

void kernel_reading_close(struct kernel_reading *r)
{
	reading_close(r, true);
	*r = (struct kernel_reading){0};
}

int kernel_reading_cpu(struct kernel_reading *r, uint32_t cpu)
{
	size_t slots = kernel_programs_counters(r->programs)->slots;

	r->count = window_at(&r->counts, cpu * slots, slots);
	if (!r->count)
		return -errno;
	if (!r->inferences.map.elements)
		return 0;
	r->inferred = window_at(&r->inferences, cpu * slots, slots);
	return r->inferred ? 0 : -errno;
}

const volatile struct kernel_slow *kernel_reading_slow(struct kernel_reading *r, uint32_t place)
{
	return pool_at(&r->slows, place);
}

const volatile struct kernel_buckets *kernel_reading_buckets(struct kernel_reading *r,
							     uint32_t place)
{
	return pool_at(&r->buckets, place);
}
