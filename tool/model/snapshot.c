// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* snapshot.c: building, summing and freeing snapshots. */
#include "model/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "system/symbols.h"

const char *const count_names[COUNT_ORIGIN] = {
	[COUNT_ALLOCS] = "allocs",
	[COUNT_FREES] = "frees",
	[COUNT_HITS] = "hits",
	[COUNT_REFILLS] = "refills",
	[COUNT_BYPASSES] = "bypasses",
	[COUNT_FAILED] = "failed",
	[COUNT_GROWS] = "grows",
	[COUNT_FLUSHES] = "flushes",
	[COUNT_LIST_MOVES] = "list_moves",
	[COUNT_SLAB_FREES] = "slab_frees",
};

const char *const gauge_names[GAUGES] = {
	[GAUGE_OBJECT_SIZE] = "object_size",
	[GAUGE_OBJECTS] = "objects",
	[GAUGE_ACTIVE_OBJECTS] = "active_objects",
	[GAUGE_CACHED_OBJECTS] = "cached_objects",
	[GAUGE_SLABS] = "slabs",
	[GAUGE_BYTES] = "bytes",
	[GAUGE_LIMIT] = "limit",
	[GAUGE_BATCHCOUNT] = "batchcount",
	[GAUGE_ACTIVE_SLABS] = "active_slabs",
	[GAUGE_SLAB_PAGES] = "slab_pages",
	[GAUGE_SLABINFO_ACTIVE] = "slabinfo_active",
};

/* Copies from, cut to the size of to, which ends with 0. */
static void copy_text(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);

	memcpy(to, from, length);
	memset(to + length, 0, size - length);
}

struct snap_side *snapshot_add_side(struct snapshot *s, enum side_kind kind, uint64_t id)
{
	struct snap_side *side;

	for (size_t i = 0; i < s->nr_sides; i++)
		if (s->side[i].kind == kind && s->side[i].id == id)
			return &s->side[i];
	side = array_append(&s->side, &s->nr_sides, sizeof(*side));
	if (side) {
		side->kind = kind;
		side->id = id;
	}
	return side;
}

struct snap_cache *snapshot_add_cache(struct snap_side *side, uint64_t id, const char *name)
{
	struct snap_cache *cache;

	if (!side->rooms && !(side->rooms = hist_rooms_new()))
		return NULL;
	cache = array_append(&side->cache, &side->nr_caches, sizeof(*cache));
	if (cache) {
		cache->rooms = side->rooms;
		cache->id = id;
		copy_text(cache->name, sizeof(cache->name), name);
	}
	return cache;
}

struct snap_cpu *snapshot_add_cpu(struct snap_cache *cache, uint32_t cpu)
{
	struct snap_cpu *c;

	if (snapshot_expect_cpus(cache, cache->nr_cpus + 1))
		return NULL;
	c = &cache->cpu[cache->nr_cpus++];
	*c = (struct snap_cpu){.cpu = cpu};
	return c;
}

int snapshot_expect_cpus(struct snap_cache *cache, size_t nr)
{
	return array_reserve(&cache->cpu, nr, &cache->max_cpus, sizeof(*cache->cpu));
}

struct snap_caller *snapshot_add_caller(struct snap_cache *cache)
{
	return array_append(&cache->caller, &cache->nr_callers, sizeof(*cache->caller));
}

struct hist *snapshot_add_hist(struct hist **slot)
{
	if (!*slot && (*slot = malloc(sizeof(**slot))))
		**slot = (struct hist){0};
	return *slot;
}

int snapshot_add_missing(struct snapshot *s, const char *what, const char *why, const char *remedy)
{
	struct snap_missing *m;

	for (size_t i = 0; i < s->nr_missing; i++)
		if (!strncmp(s->missing[i].what, what, sizeof(m->what) - 1))
			return 0;
	m = array_append(&s->missing, &s->nr_missing, sizeof(*m));
	if (!m)
		return -ENOMEM;
	copy_text(m->what, sizeof(m->what), what);
	copy_text(m->why, sizeof(m->why), why);
	copy_text(m->remedy, sizeof(m->remedy), remedy);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct snap_cpu *x = a, *y = b;

	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static void add_counts(uint64_t to[COUNTS], const uint64_t from[COUNTS])
{
#pragma GCC unroll 32
	for (int c = 0; c < COUNTS; c++)
		to[c] += from[c];
}

/* Adds the latencies of a CPU to another entry of it, which may have none. */
static int merge_hists(struct snap_cache *cache, struct snap_cpu *to, struct cpu_hist *from)
{
	struct hist sum = {0};

	if (!to->refill_ns || !from) {
		to->refill_ns = from ? from : to->refill_ns;
		return 0;
	}
	hist_add_cpu(&sum, to->refill_ns);
	hist_add_cpu(&sum, from);
	to->refill_ns = hist_cpu_of(cache->rooms, &sum);
	return to->refill_ns ? 0 : -ENOMEM;
}

/* Sorts the CPUs and joins entries of the same CPU. */
static int merge_cpus(struct snap_cache *cache)
{
	int err = 0;
	size_t nr = 0;

	qsort(cache->cpu, cache->nr_cpus, sizeof(*cache->cpu), by_number);
	for (size_t i = 0; i < cache->nr_cpus; i++) {
		struct snap_cpu *from = &cache->cpu[i], *to = nr ? &cache->cpu[nr - 1] : NULL;

		if (!to || to->cpu != from->cpu) {
			cache->cpu[nr++] = *from;
			continue;
		}
		add_counts(to->count, from->count);
		to->doubtful += from->doubtful;
		err = merge_hists(cache, to, from->refill_ns) ? -ENOMEM : err;
	}
	cache->nr_cpus = nr;
	return err;
}

static void sum_counts(struct snap_cache *cache)
{
	memset(cache->total, 0, sizeof(cache->total));
	for (size_t i = 0; i < cache->nr_cpus; i++) {
		add_counts(cache->total, cache->cpu[i].count);
		cache->doubtful += cache->cpu[i].doubtful;
	}
}

static int sum_hists(struct snap_cache *cache)
{
	if (cache->refill_ns)
		memset(cache->refill_ns, 0, sizeof(*cache->refill_ns));
	for (size_t i = 0; i < cache->nr_cpus; i++) {
		if (!cache->cpu[i].refill_ns)
			continue;
		if (!snapshot_add_hist(&cache->refill_ns))
			return -ENOMEM;
		hist_add_cpu(cache->refill_ns, cache->cpu[i].refill_ns);
	}
	return 0;
}

/* Returns whether each CPU appears once, in order, as most sources add them. */
static bool is_sorted(const struct snap_cache *cache)
{
	for (size_t i = 1; i < cache->nr_cpus; i++)
		if (cache->cpu[i - 1].cpu >= cache->cpu[i].cpu)
			return false;
	return true;
}

void snapshot_set_active(struct snap_cache *cache)
{
	const uint32_t both = GAUGE_BIT(GAUGE_SLABINFO_ACTIVE) | GAUGE_BIT(GAUGE_CACHED_OBJECTS);
	uint64_t all = cache->gauge[GAUGE_SLABINFO_ACTIVE];
	uint64_t cached = cache->gauge[GAUGE_CACHED_OBJECTS];

	cache->gauges_known &= ~GAUGE_BIT(GAUGE_ACTIVE_OBJECTS);
	if ((cache->gauges_known & both) != both)
		return;
	/* The two are not read at the same instant. */
	cache->gauge[GAUGE_ACTIVE_OBJECTS] = all > cached ? all - cached : 0;
	cache->gauges_known |= GAUGE_BIT(GAUGE_ACTIVE_OBJECTS);
}

int snapshot_finish_cache(struct snap_cache *cache)
{
	if (!is_sorted(cache) && merge_cpus(cache))
		return -ENOMEM;
	if (!cache->cpus_known)
		return 0;
	sum_counts(cache);
	return sum_hists(cache);
}

static void free_cache(struct snap_cache *cache)
{
	free(cache->cpu);
	free(cache->refill_ns);
	free(cache->caller);
	free(cache->aliases);
}

void snapshot_free(struct snapshot *s)
{
	for (size_t i = 0; i < s->nr_sides; i++) {
		for (size_t j = 0; j < s->side[i].nr_caches; j++)
			free_cache(&s->side[i].cache[j]);
		free(s->side[i].cache);
		hist_rooms_free(s->side[i].rooms);
	}
	free(s->side);
	free(s->missing);
	free(s->cpu_node);
	symbols_drop(s->symbols);
	free(s->watch.step);
	memset(s, 0, sizeof(*s));
}
