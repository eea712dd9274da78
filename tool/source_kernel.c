// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * source_kernel.c: snapshots of the running kernel's allocator: what its programs counted, beside
 * what /proc/slabinfo says.
 *
 * A cache is known by its name in slabinfo and by its address in the programs' table. Its id is
 * made from the name, so that it stays the same when a cache is first used and enters the table; of
 * several caches of one name (there are such) the later ones also from the address.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "aliases.h"
#include "kernel_callers.h"
#include "kernel_cost.h"
#include "kernel_programs.h"
#include "kernel_shed.h"
#include "kernel_table.h"
#include "plan.h"
#include "slabinfo.h"
#include "source.h"

#define ALIASES_LAST_S 10

struct kernel_source {
	struct source source;
	const struct choice *choice;
	struct facts facts;
	struct plan plan;
	struct kernel_programs *programs; /* NULL: none run */
	uint64_t *hits; /* [cpu * slots + slot]: what was shown of them, which may not fall */
	struct failure broken; /* why programs that were to run do not, or "" */
	struct aliases aliases;
	uint64_t aliases_at; /* when they were read, seconds */
	size_t aliases_for;  /* so many rows of slabinfo */
	double max_overhead;
	enum shed shed;
	struct kernel_cost cost;
	bool callers;		 /* they are sampled */
	struct symbols *symbols; /* NULL: no callers are wanted, or none can be had */
	struct kernel_callers sampled; /* of this reading */
	uint64_t page_size;
	uint32_t counts_known; /* of COUNT_BIT, where the cache is complete */
};

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

/* What is known of this cache. in_table: an event of it was seen. */
static uint32_t counts_known(const struct kernel_source *k, const char *name, bool in_table)
{
	uint32_t known = k->counts_known;

	/* kmalloc() does not say which cache it failed in. */
	if (is_kmalloc(name))
		known &= ~COUNT_BIT(COUNT_FAILED);
	/* Without the owners of objects, kmalloc() is not counted; it has caches of other names
	 * too. */
	if (k->plan.owner == OWNER_NONE && (is_kmalloc(name) || !in_table))
		known &= ~ALLOCATIONS;
	return known;
}

static int add_hist(const struct kernel_counters *c, uint64_t place, struct snap_cpu *cpu)
{
	const volatile struct event_hist *from;
	struct hist *to;

	if (!place || place > c->hists)
		return 0;
	from = &c->hist[place - 1];
	to = snapshot_add_hist(&cpu->refill_ns);
	if (!to)
		return -ENOMEM;
	/* The buckets first: count is what they add up to, whatever is being added meanwhile. */
	for (int i = 0; i < HIST_BUCKETS; i++) {
		to->bucket[i] = from->bucket[i];
		to->count += to->bucket[i];
	}
	to->sum = from->sum;
	to->max = from->max;
	return 0;
}

/* Adds the slow path's counts. Read before the fast path's: hits are what remains of the allocs. */
static int add_slow(const struct kernel_counters *c, size_t at, struct snap_cpu *cpu)
{
	const volatile struct kernel_slow *slow = &c->slow[at];

	for (int i = 0; i < ORIGINS; i++) {
		cpu->count[COUNT_ORIGIN + i] = slow->origins[i];
		if (i != ORIGIN_FAILED)
			cpu->count[COUNT_REFILLS] += cpu->count[COUNT_ORIGIN + i];
	}
	cpu->count[COUNT_BYPASSES] = slow->bypasses;
	cpu->count[COUNT_GROWS] = slow->grows;
	cpu->count[COUNT_FLUSHES] = slow->flushes;
	cpu->count[COUNT_SLAB_FREES] = slow->slab_frees;
	return add_hist(c, slow->hist, cpu);
}

static void add_fast(struct kernel_source *k, const struct kernel_counters *c, size_t at,
		     struct snap_cpu *cpu)
{
	const volatile struct kernel_count *count = &c->count[at];
	uint64_t elsewhere = cpu->count[COUNT_REFILLS] + cpu->count[COUNT_BYPASSES];
	uint64_t allocs = count->allocs + count->kmallocs + count->bulk_allocs +
			  count->late_allocs + count->late_kmallocs;
	uint64_t hits = allocs > elsewhere ? allocs - elsewhere : 0;

	/* A refill whose allocation is not counted yet hides a hit for a moment. */
	if (k->hits[at] < hits)
		k->hits[at] = hits;
	cpu->count[COUNT_ALLOCS] = allocs;
	cpu->count[COUNT_FREES] = count->frees + count->kfrees + count->bulk_frees +
				  count->late_frees + count->late_kfrees;
	cpu->count[COUNT_FAILED] = count->failed + count->late_failed;
	cpu->count[COUNT_HITS] = k->hits[at];
}

static bool is_empty(const struct kernel_counters *c, size_t at)
{
	const volatile uint64_t *count = (const volatile uint64_t *)&c->count[at];
	const volatile uint64_t *slow = c->slow ? (const volatile uint64_t *)&c->slow[at] : NULL;

	for (size_t i = 0; i < sizeof(*c->count) / sizeof(*count); i++)
		if (count[i])
			return false;
	for (size_t i = 0; slow && i < sizeof(*c->slow) / sizeof(*slow); i++)
		if (slow[i])
			return false;
	return true;
}

static int add_cpus(struct kernel_source *k, uint32_t slot, struct snap_cache *cache)
{
	const struct kernel_counters *c = kernel_programs_counters(k->programs);

	for (uint32_t number = 0; number < c->cpus; number++) {
		size_t at = (size_t)number * c->slots + slot;
		struct snap_cpu *cpu;
		int err;

		if (is_empty(c, at))
			continue;
		cpu = snapshot_add_cpu(cache, number);
		if (!cpu)
			return -ENOMEM;
		err = c->slow ? add_slow(c, at, cpu) : 0;
		if (err)
			return err;
		add_fast(k, c, at, cpu);
	}
	return 0;
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
	set_gauge(cache, GAUGE_ACTIVE_OBJECTS, row->active_objects);
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

static int add_cache(struct kernel_source *k, struct snap_side *side, const struct table_row *row,
		     const struct slabinfo_row *info, uint64_t id)
{
	struct snap_cache *cache = snapshot_add_cache(side, id, info ? info->name : row->name);
	int err;

	if (!cache)
		return -ENOMEM;
	cache->aliases_known = k->aliases.known;
	cache->aliases = aliases_of(&k->aliases, cache->name);
	if (!cache->aliases)
		return -ENOMEM;
	cache->counts_known = row && row->address == KERNEL_LARGE
				      ? k->counts_known
				      : counts_known(k, cache->name, row != NULL);
	cache->latency_known = k->plan.quantity[QUANTITY_LATENCY].known && k->programs;
	cache->cpus_known = k->programs != NULL;
	cache->callers_known = k->symbols && (!row || row->address != KERNEL_LARGE);
	if (info)
		add_gauges(k, info, cache);
	else if (row->address != KERNEL_LARGE)
		set_gauge(cache, GAUGE_OBJECT_SIZE, row->object_size);
	if (row) {
		err = add_cpus(k, row->slot, cache);
		if (!err)
			err = kernel_callers_add(&k->sampled, row->slot, cache);
		if (err)
			return err;
		if (k->plan.quantity[QUANTITY_CACHED].known && row->address != KERNEL_LARGE)
			set_gauge(cache, GAUGE_CACHED_OBJECTS, row->cached);
	}
	err = snapshot_finish_cache(cache);
	/* kmalloc() has caches of other names too, which refill without being seen to allocate. */
	if (!err && k->plan.owner == OWNER_NONE && !cache->total[COUNT_ALLOCS] &&
	    cache->total[COUNT_REFILLS])
		cache->counts_known &= ~ALLOCATIONS;
	return err;
}

/* The id of a cache that is the nth of its name. */
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

/* Whether the cache is to be shown; if not, its row, if any, is not counted any more. */
static bool is_chosen(const struct kernel_source *k, const char *name, const struct table_row *row)
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

/* slabinfo's caches with their rows of the table, then what the table has beyond them. */
static int add_caches(struct kernel_source *k, struct snap_side *side, struct slabinfo *info,
		      struct table *table)
{
	size_t nth = 0;
	int err = 0;

	qsort(info->row, info->nr_rows, sizeof(*info->row), compare_rows);
	for (size_t i = 0; !err && i < info->nr_rows; i++) {
		struct table_row *row =
			table_find(table, info->row[i].name, info->row[i].object_size);

		nth = i && !strcmp(info->row[i].name, info->row[i - 1].name) ? nth + 1 : 0;
		if (!is_chosen(k, info->row[i].name, row))
			continue;
		err = add_cache(k, side, row, &info->row[i],
				cache_id(info->row[i].name, nth, row ? row->address : 0));
	}
	for (size_t i = 0; !err && i < table->nr_rows; i++) {
		const struct table_row *row = &table->row[i];
		bool again = i && !strcmp(row->name, row[-1].name);

		if (!row->taken && is_chosen(k, row->name, row))
			err = add_cache(k, side, row, NULL,
					cache_id(row->name, again, row->address));
	}
	return err;
}

/* Reads the names again where there may be new ones. */
static int renew_aliases(struct kernel_source *k, size_t rows)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (k->aliases_at && rows == k->aliases_for &&
	    (uint64_t)now.tv_sec < k->aliases_at + ALIASES_LAST_S)
		return 0;
	k->aliases_at = (uint64_t)now.tv_sec + !now.tv_sec;
	k->aliases_for = rows;
	aliases_free(&k->aliases);
	return aliases_read(&k->aliases, "/sys/kernel/slab");
}

/* ---- what is missing ------------------------------------------------------------------------- */

static bool same_reason(const struct quantity_plan *a, const struct quantity_plan *b)
{
	return !strcmp(a->why, b->why) && !strcmp(a->remedy, b->remedy);
}

static void append(char *to, size_t size, const char *text)
{
	size_t used = strlen(to);

	if (used + strlen(text) < size)
		memcpy(to + used, text, strlen(text) + 1);
}

/* One entry a reason, with all that it explains. */
static int add_missing(const struct kernel_source *k, struct snapshot *to)
{
	bool told[QUANTITIES] = {0};
	struct remark remark;
	int err = 0;

	for (int i = 0; i < QUANTITIES && !err; i++) {
		const struct quantity_plan *reason = &k->plan.quantity[i];
		char what[64] = "kernel ";
		bool full = false;

		if (reason->known || told[i])
			continue;
		for (int j = i; j < QUANTITIES; j++) {
			if (k->plan.quantity[j].known || !same_reason(reason, &k->plan.quantity[j]))
				continue;
			told[j] = true;
			if (!full && j > i)
				append(what, sizeof(what), ", ");
			full = full || strlen(what) + strlen(quantity_names[j]) + 5 > sizeof(what);
			if (!full || what[strlen(what) - 1] == ' ')
				append(what, sizeof(what), full ? "..." : quantity_names[j]);
		}
		err = snapshot_add_missing(to, what, reason->why, reason->remedy);
	}
	for (int i = 0; !err && facts_remark(&k->facts, i, &remark); i++)
		err = snapshot_add_missing(to, remark.what, remark.why, "");
	if (!err && k->broken.text[0])
		err = snapshot_add_missing(to, "kernel counts", k->broken.text, "please report it");
	return err;
}

/* ---- the counts that the plan gives ----------------------------------------------------------- */

/* The quantities of the plan as counts. */
static uint32_t plan_counts(const struct plan *plan)
{
	static const struct {
		enum quantity quantity;
		enum count count;
	} row[] = {
		{QUANTITY_ALLOCS, COUNT_ALLOCS},
		{QUANTITY_FREES, COUNT_FREES},
		{QUANTITY_HITS, COUNT_HITS},
		{QUANTITY_REFILLS, COUNT_REFILLS},
		{QUANTITY_BYPASSES, COUNT_BYPASSES},
		{QUANTITY_FAILED, COUNT_FAILED},
		{QUANTITY_GROWS, COUNT_GROWS},
		{QUANTITY_FLUSHES, COUNT_FLUSHES},
		{QUANTITY_LIST_MOVES, COUNT_LIST_MOVES},
		{QUANTITY_SLAB_FREES, COUNT_SLAB_FREES},
	};
	uint32_t known = 0;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (plan->quantity[row[i].quantity].known)
			known |= COUNT_BIT(row[i].count);
	for (int i = 0; plan->quantity[QUANTITY_ORIGINS].known && i < ORIGINS; i++)
		known |= COUNT_BIT(COUNT_ORIGIN + i);
	return known;
}

/* ---- own cost -------------------------------------------------------------------------------- */

static int add_cost(const struct kernel_source *k, struct snapshot *to)
{
	char why[192];

	to->bpf_ns_known = k->cost.known;
	to->bpf_ns_per_event = k->cost.ns_per_event;
	to->bpf_cpu_percent = k->cost.cpu_percent;
	if (!k->programs || k->cost.known || !k->cost.refused)
		return 0;
	snprintf(why, sizeof(why), "this needs BPF's run-time statistics (%s)",
		 strerrorname_np(k->cost.refused));
	return snapshot_add_missing(to,
				    k->max_overhead > 0
					    ? "own cost of the kernel's programs; --max-overhead"
					    : "own cost of the kernel's programs",
				    why, "run slabscope as root, or give it CAP_SYS_ADMIN");
}

/* Gives something up where a sample has shown that the programs cost too much. */
static void keep_cheap(struct kernel_source *k)
{
	if (!(k->max_overhead > 0) || !k->cost.known || k->cost.cpu_percent <= k->max_overhead ||
	    k->shed == SHED_ALLOCATIONS)
		return;
	k->shed = shed_next(&k->plan, k->shed, k->callers, k->cost.cpu_percent, k->max_overhead);
	kernel_programs_detach(k->programs, &k->plan);
	k->counts_known = plan_counts(&k->plan);
	if (!k->plan.quantity[QUANTITY_CALLERS].known) {
		symbols_drop(k->symbols);
		k->symbols = NULL;
	}
	if (k->shed == SHED_ALLOCATIONS)
		k->cost.known = false; /* nothing runs any more */
	else
		kernel_cost_again(&k->cost);
}

/* ---- the source ------------------------------------------------------------------------------ */

static struct kernel_source *from(struct source *source)
{
	return (struct kernel_source *)source;
}

static void add_troubles(const struct kernel_source *k, struct snapshot *to)
{
	const volatile struct kernel_troubles *troubles;

	if (!k->programs)
		return;
	troubles = kernel_programs_counters(k->programs)->troubles;
	to->unpaired += troubles->unpaired;
	to->lost += troubles->lost_slots + troubles->lost_hists + troubles->lost_pairs +
		    troubles->lost_callers + kernel_programs_misses(k->programs);
}

static int kernel_read(struct source *self, struct snapshot *to, struct failure *f)
{
	struct kernel_source *k = from(self);
	struct snap_side *side = snapshot_add_side(to, SIDE_KERNEL, 1);
	struct slabinfo info = {0};
	struct failure why = {""};
	struct table table = {0};
	int err;

	snprintf(to->release, sizeof(to->release), "%s", k->facts.release);
	snprintf(to->allocator, sizeof(to->allocator), "%s", era_names[k->plan.era]);
	snprintf(to->probes, sizeof(to->probes), "%s", k->programs ? k->plan.probes : "none");
	to->callers = k->callers;
	to->symbols = symbols_hold(k->symbols);
	err = side ? table_read(k->programs, &table) : -ENOMEM;
	if (!err)
		err = kernel_callers_read(k->programs, k->symbols, &k->sampled);
	if (err)
		goto out;
	if (!k->facts.slabinfo && slabinfo_read("/proc/slabinfo", &info, &why))
		snapshot_add_missing(to, "kernel objects and sizes now", why.text, "");
	err = renew_aliases(k, info.nr_rows);
	if (!err)
		err = add_caches(k, side, &info, &table);
	if (!err)
		err = add_missing(k, to);
	add_troubles(k, to);
	if (!err)
		err = add_cost(k, to);
	if (k->programs && k->shed != SHED_ALLOCATIONS)
		self->wake_in_ms = kernel_cost_begin(&k->cost, k->programs);
out:
	slabinfo_free(&info);
	table_free(&table);
	kernel_callers_free(&k->sampled);
	return err ? fail(f, -err, "kernel: %s", strerror(-err)) : 0;
}

static void kernel_wake(struct source *self)
{
	struct kernel_source *k = from(self);

	self->wake_in_ms = kernel_cost_end(&k->cost, k->programs);
	if (self->wake_in_ms < 0)
		keep_cheap(k);
}

static void kernel_close(struct source *self)
{
	struct kernel_source *k = from(self);

	kernel_cost_close(&k->cost);
	kernel_programs_close(k->programs);
	symbols_drop(k->symbols);
	aliases_free(&k->aliases);
	free(k->hits);
	free(k);
}

/* Before privileges are dropped: addresses are only for those who have them. NULL: none can be had. */
static struct symbols *read_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	struct symbols *symbols = file ? symbols_read(file) : NULL;

	if (file)
		fclose(file);
	return symbols;
}

int source_kernel_open(struct source **to, const struct source_options *o, struct failure *f)
{
	struct kernel_source *k = calloc(1, sizeof(*k));
	const struct kernel_counters *c;
	int err;

	if (!k)
		return fail(f, ENOMEM, "kernel: out of memory");
	k->source = (struct source){.name = "kernel",
				    .read = kernel_read,
				    .fd = -1,
				    .wake_in_ms = -1,
				    .close = kernel_close};
	k->page_size = sysconf(_SC_PAGESIZE);
	err = facts_collect(&k->facts, f);
	if (err) {
		free(k);
		return err;
	}
	k->choice = o->choice;
	k->callers = o->callers;
	k->max_overhead = o->max_overhead;
	k->cost.stats = -1;
	kernel_programs_open(&k->facts, &k->plan, o, &k->programs, &k->broken);
	if (k->callers && k->programs && k->plan.quantity[QUANTITY_CALLERS].known)
		k->symbols = read_symbols();
	if (k->programs) {
		c = kernel_programs_counters(k->programs);
		k->hits = calloc((size_t)c->cpus * c->slots, sizeof(*k->hits));
		if (!k->hits) {
			kernel_close(&k->source);
			return fail(f, ENOMEM, "kernel: out of memory");
		}
		k->counts_known = plan_counts(&k->plan);
		kernel_cost_open(&k->cost, k->programs);
		k->source.wake = kernel_wake;
		k->source.wake_in_ms = COST_SAMPLE_MS;
	}
	*to = &k->source;
	return 0;
}
