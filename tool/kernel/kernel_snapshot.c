// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kernel_snapshot.c: adds the caches of the kernel to a snapshot: counts of the programs beside
 * /proc/slabinfo.
 *
 * slabinfo knows a cache by its name, the table of the programs by its address. The id comes from
 * the name, so that it stays the same when the cache enters the table. Where caches share a name,
 * the ids of the later ones come also from the address.
 */
#include "kernel/kernel_snapshot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel_counters.h"

static uint64_t name_hash(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
	return hash;
}

/* ---- one cache's counts ---------------------------------------------------------------------- */

#define ALLOCATIONS (COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_FREES) | COUNT_BIT(COUNT_HITS))

static bool is_kmalloc(const char *name)
{
	return !strncmp(name, "kmalloc-", 8) || !strncmp(name, "dma-kmalloc-", 12);
}

/* Returns the known counts of this cache. in_table: it has had an event. */
static uint32_t counts_known(const struct kernel_source *k, const char *name, bool in_table)
{
	uint32_t known = k->known.counts;

	/* kmalloc() does not show which cache it failed in. */
	if (is_kmalloc(name))
		known &= ~COUNT_BIT(COUNT_FAILED);
	/*
	 * Without owners of objects, kmalloc() is not counted. It also uses caches with other
	 * names.
	 */
	if (!k->known.kmalloc && (is_kmalloc(name) || !in_table))
		known &= ~ALLOCATIONS;
	return known;
}

/*
 * Returns the longest latency: max, unless a bucket beyond it is in use. The programs of old
 * kernels may replace a maximum by a smaller one; it then begins where the last bucket in use does.
 */
static uint64_t longest(uint64_t max, const uint64_t *bucket, uint32_t first, uint32_t end)
{
	while (end > first && !bucket[end - 1])
		end--;
	if (end < first + 2 || hist_bucket(max) >= end - 1)
		return max;
	return (uint64_t)exp2((end - 2) / 8.0) + 1;
}

/* Adds the latencies of a pair, from the used parts of the scale. */
static int add_hist(struct kernel_counters *r, const volatile struct kernel_slow *slow,
		    struct snap_cache *cache, struct snap_cpu *cpu)
{
	uint64_t bucket[KERNEL_BUCKETS_PARTS * KERNEL_BUCKETS];
	uint32_t first = 0, end = 0;

#pragma GCC unroll 16
	for (uint32_t part = 0; part < KERNEL_BUCKETS_PARTS; part++) {
		uint32_t place = slow->buckets[part], at = part * KERNEL_BUCKETS;
		const volatile struct kernel_buckets *from;

		if (!place || !(from = kernel_counters_buckets(r, place)))
			continue;
		if (!end)
			first = end = at;
		while (end < at)
			bucket[end++] = 0;
		memcpy(bucket + at, (const void *)from->bucket, sizeof(from->bucket));
		end = at + KERNEL_BUCKETS;
	}
	if (!end)
		return 0;
	if (end > HIST_BUCKETS)
		end = HIST_BUCKETS;
	cpu->refill_ns = hist_cpu_new(cache->rooms, bucket, first, end);
	if (!cpu->refill_ns)
		return -ENOMEM;
	cpu->refill_ns->sum = slow->sum;
	cpu->refill_ns->max = longest(slow->max, bucket, first, end);
	return 0;
}

/*
 * Adds the counts of the slow path. They are read before those of the fast path: hits are the
 * remaining allocs.
 */
static int add_slow(struct kernel_counters *r, const volatile struct kernel_slow *slow,
		    struct snap_cache *cache, struct snap_cpu *cpu)
{
#pragma GCC unroll 16
	for (int i = 0; i < ORIGINS; i++) {
		cpu->count[COUNT_ORIGIN + i] = slow->origins[i];
		if (i != ORIGIN_FAILED)
			cpu->count[COUNT_REFILLS] += cpu->count[COUNT_ORIGIN + i];
	}
	cpu->count[COUNT_BYPASSES] = slow->bypasses;
	cpu->count[COUNT_GROWS] = slow->grows;
	cpu->count[COUNT_FLUSHES] = slow->flushes;
	cpu->count[COUNT_SLAB_FREES] = slow->slab_frees;
	cpu->count[COUNT_FAILED] = slow->failed;
	cpu->count[COUNT_ALLOCS] = slow->late_allocs;
	cpu->count[COUNT_FREES] = slow->late_frees;
	return add_hist(r, slow, cache, cpu);
}

/* Adds inferred counts, before those of the fast path for the same reason. */
static void add_inferred(const struct kernel_source *k, const volatile struct kernel_inferred *from,
			 struct snap_cpu *cpu)
{
	cpu->count[COUNT_REFILLS] = from->refills;
	cpu->doubtful = from->missed;
	if (k->plan.quantity[QUANTITY_BYPASSES].inferred)
		cpu->count[COUNT_BYPASSES] = from->bypasses;
}

/*
 * known: all was counted since the last reading. Else there are no new hits. proves: a refill that
 * is counted before its allocation, or on another CPU, proves the allocation. So no interval has
 * more refills and bypasses than allocations.
 */
static void add_fast(const volatile struct kernel_count *count, struct kernel_hits *hits,
		     bool known, bool proves, struct snap_cpu *cpu)
{
	uint64_t elsewhere = cpu->count[COUNT_REFILLS] + cpu->count[COUNT_BYPASSES];
	int64_t now;

	cpu->count[COUNT_ALLOCS] += count->allocs + count->kmallocs + count->bulk_allocs;
	cpu->count[COUNT_FREES] += count->frees + count->kfrees + count->bulk_frees;
	now = (int64_t)(cpu->count[COUNT_ALLOCS] - elsewhere);
	/* A refill before its allocation is counted hides a hit for a moment. */
	if (now > hits->most && known)
		hits->shown += (uint64_t)(now - hits->most);
	if (now > hits->most || !known)
		hits->most = now;
	cpu->count[COUNT_HITS] = hits->shown;
	if (known && proves)
		cpu->count[COUNT_ALLOCS] = (uint64_t)hits->most + elsewhere;
	if (cpu->count[COUNT_ALLOCS] < hits->allocs)
		cpu->count[COUNT_ALLOCS] = hits->allocs;
	hits->allocs = cpu->count[COUNT_ALLOCS];
}

/* gone: the cache has no name any more. */
static bool is_empty(const volatile struct kernel_count *c, bool gone)
{
	if (!c->cache && !gone) /* nearly all of them */
		return true;
	return !(c->allocs | c->frees | c->kmallocs | c->kfrees | c->bulk_allocs | c->bulk_frees |
		 c->slow);
}

/* Adds the counts of a cache on a CPU that are not all 0. */
static int add_pair(struct kernel_source *k, struct kernel_counters *r, uint32_t number,
		    const struct kernel_cache_row *row, struct snap_cache *cache)
{
	const volatile struct kernel_count *count = &r->count[row->slot];
	struct kernel_hits *hits =
		&k->hits[(size_t)number * kernel_programs_memory(k->programs)->slots + row->slot];
	struct snap_cpu *cpu = snapshot_add_cpu(cache, number);
	const volatile struct kernel_slow *slow;
	int err = 0;

	if (!cpu)
		return -ENOMEM;
	slow = kernel_counters_slow(r, count->slow);
	if (slow)
		err = add_slow(r, slow, cache, cpu);
	if (r->inferred)
		add_inferred(k, &r->inferred[row->slot], cpu);
	/* Without kmalloc(), caches refill for what is not counted. */
	add_fast(count, hits, cache->counts_known & COUNT_BIT(COUNT_HITS), k->known.kmalloc, cpu);
	return err;
}

/* Adds the counts of all caches on the current CPU. */
static int add_pairs(struct kernel_source *k, struct kernel_counters *r, uint32_t cpu,
		     struct snap_side *side, struct kernel_cache_table *table)
{
	const volatile struct kernel_count *count = r->count;
	struct kernel_cache_row *end = table->row + table->nr_rows;
	int err;

	for (const struct kernel_cache_row *row = table->row; row < end; row++) {
		if (is_empty(&count[row->slot], row->gone) || !row->shown)
			continue;
		err = add_pair(k, r, cpu, row, &side->cache[row->shown - 1]);
		if (err)
			return err;
	}
	return 0;
}

/* Adds counts CPU by CPU, as they are in the maps of the programs. */
static int add_counts(struct kernel_source *k, struct snap_side *side,
		      struct kernel_cache_table *table)
{
	const struct kernel_memory *c = kernel_programs_memory(k->programs);
	struct kernel_counters *r = &k->reading;
	int err = 0;

	kernel_counters_begin(r, k->programs);
	for (uint32_t cpu = 0; cpu < c->cpus && !err; cpu++) {
		err = kernel_counters_cpu(r, cpu);
		if (!err)
			err = add_pairs(k, r, cpu, side, table);
	}
	kernel_counters_end(r);
	return err;
}

/* ---- one cache's gauges ---------------------------------------------------------------------- */

static void set_gauge(struct snap_cache *cache, enum gauge gauge, uint64_t value)
{
	cache->gauge[gauge] = value;
	cache->gauges_known |= GAUGE_BIT(gauge);
}

static void add_gauges(const struct kernel_source *k, const struct slabinfo_row *row,
		       struct snap_cache *cache)
{
	uint64_t bytes;

	set_gauge(cache, GAUGE_OBJECT_SIZE, row->object_size);
	set_gauge(cache, GAUGE_OBJECTS, row->objects);
	set_gauge(cache, GAUGE_SLABINFO_ACTIVE, row->active_objects);
	set_gauge(cache, GAUGE_SLABS, row->slabs);
	set_gauge(cache, GAUGE_ACTIVE_SLABS, row->active_slabs);
	set_gauge(cache, GAUGE_SLAB_PAGES, row->slab_pages);
	if (!__builtin_mul_overflow(row->slabs * row->slab_pages, k->page_size, &bytes))
		set_gauge(cache, GAUGE_BYTES, bytes);
	/* Only SLAB has tunables. */
	if (row->limit) {
		set_gauge(cache, GAUGE_LIMIT, row->limit);
		set_gauge(cache, GAUGE_BATCHCOUNT, row->batchcount);
	}
}

/* ---- all caches ------------------------------------------------------------------------------ */

/* Adds a cache without its counts on CPUs. */
static int add_cache(struct kernel_source *k, struct snap_side *side, struct kernel_cache_row *row,
		     const struct slabinfo_row *info, uint64_t id)
{
	struct snap_cache *cache = snapshot_add_cache(side, id, info ? info->name : row->name);

	if (!cache)
		return -ENOMEM;
	cache->aliases_known = k->aliases.known;
	cache->aliases = aliases_of(&k->aliases, cache->name);
	if (!cache->aliases)
		return -ENOMEM;
	cache->counts_known = row && row->address == KERNEL_LARGE
				      ? k->known.counts
				      : counts_known(k, cache->name, row != NULL);
	cache->counts_inferred = k->counts_inferred;
	cache->latency_known = k->known.latency && k->programs;
	cache->cpus_known = k->programs != NULL;
	cache->callers_known = k->known.callers && (!row || row->address != KERNEL_LARGE);
	if (info)
		add_gauges(k, info, cache);
	else if (row->address != KERNEL_LARGE)
		set_gauge(cache, GAUGE_OBJECT_SIZE, row->object_size);
	if (!row)
		return snapshot_finish_cache(cache);
	row->shown = side->nr_caches;
	if (k->plan.quantity[QUANTITY_CACHED].known && row->looked && !row->gone)
		set_gauge(cache, GAUGE_CACHED_OBJECTS, row->cached);
	snapshot_set_active(cache);
	if (snapshot_expect_cpus(cache, k->active[row->slot]))
		return -ENOMEM;
	return kernel_callers_add(&k->sampled, row->slot, cache);
}

/* Finishes a cache with all counts. */
static int finish_cache(struct kernel_source *k, const struct kernel_cache_row *row,
			struct snap_cache *cache)
{
	int err = snapshot_finish_cache(cache);

	k->active[row->slot] = (uint32_t)cache->nr_cpus;
	/* kmalloc() uses caches with other names, too: they refill without visible allocs. */
	if (!err && !k->known.kmalloc && !cache->total[COUNT_ALLOCS] && cache->total[COUNT_REFILLS])
		cache->counts_known &= ~ALLOCATIONS;
	return err;
}

/*
 * Hides the counts of a cache that has got objects, but no allocation that the programs saw: calls
 * in bulk, which they do not watch here.
 */
static int hide_unseen(struct kernel_source *k, const struct slabinfo_row *info,
		       struct snap_cache *cache)
{
	bool used;
	int err = kernel_unseen_note(&k->unseen, cache->id, info, &used);

	if (!err && used && !cache->total[COUNT_ALLOCS])
		cache->counts_known = 0;
	return err;
}

/* The same for all caches of slabinfo. The side has them in the same order, where it has them. */
static int hide_all_unseen(struct kernel_source *k, const struct slabinfo *info,
			   struct snap_side *side)
{
	size_t next = 0;
	int err = 0;

	if (!k->programs || k->plan.quantity[QUANTITY_BULK].known || k->choice->pid ||
	    k->choice->cgroup >= 0) /* other tasks are not counted */
		return 0;
	for (size_t i = 0; i < info->nr_rows && next < side->nr_caches && !err; i++)
		if (!strcmp(side->cache[next].name, info->row[i].name))
			err = hide_unseen(k, &info->row[i], &side->cache[next++]);
	return err;
}

/* Returns the id of the nth cache of its name. */
static uint64_t cache_id(const char *name, size_t nth, uint64_t address)
{
	uint64_t id = name_hash(name);

	return nth ? (id ^ address) * 0x9e3779b97f4a7c15 + nth : id;
}

static int compare_rows(const void *left, const void *right)
{
	return strcmp(((const struct slabinfo_row *)left)->name,
		      ((const struct slabinfo_row *)right)->name);
}

/* Returns whether to show the cache. Stops counting it if not. */
static bool is_chosen(const struct kernel_source *k, const char *name,
		      const struct kernel_cache_row *row)
{
	bool chosen = choice_has_cache(k->choice, name);
	char *aliases;

	if (!chosen && (aliases = aliases_of(&k->aliases, name))) {
		chosen = choice_has_alias(k->choice, aliases);
		free(aliases);
	}
	if (row && row->skipped == chosen)
		kernel_programs_skip(k->programs, row->slot, !chosen);
	return chosen;
}

int kernel_snapshot_add(struct kernel_source *k, struct snap_side *side, struct slabinfo *info,
			struct kernel_cache_table *table)
{
	size_t nth = 0;
	int err = 0;

	qsort(info->row, info->nr_rows, sizeof(*info->row), compare_rows);
	for (size_t i = 0; !err && i < info->nr_rows; i++) {
		struct kernel_cache_row *row =
			kernel_cache_table_find(table, info->row[i].name, info->row[i].object_size);

		nth = i && !strcmp(info->row[i].name, info->row[i - 1].name) ? nth + 1 : 0;
		if (!is_chosen(k, info->row[i].name, row))
			continue;
		err = add_cache(k, side, row, &info->row[i],
				cache_id(info->row[i].name, nth, row ? row->address : 0));
	}
	for (size_t i = 0; !err && i < table->nr_rows; i++) {
		struct kernel_cache_row *row = &table->row[i];
		bool again = i && !strcmp(row->name, row[-1].name);

		if (!row->taken && is_chosen(k, row->name, row))
			err = add_cache(k, side, row, NULL,
					cache_id(row->name, again, row->address));
	}
	if (!err && table->nr_rows)
		err = add_counts(k, side, table);
	for (size_t i = 0; !err && i < table->nr_rows; i++)
		if (table->row[i].shown)
			err = finish_cache(k, &table->row[i],
					   &side->cache[table->row[i].shown - 1]);
	if (!err)
		err = hide_all_unseen(k, info, side);
	return err;
}
