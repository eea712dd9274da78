// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * compare.c: reads the recording, replays it in the reference, and joins both sides of each cache.
 */
#include "compare/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "compare/recorded_latency.h"
#include "compare/verdict.h"
#include "model/model.h"
#include "replay/threads/replay_threads.h"

/* Pairs of probes in a refill: its own, and those of functions that it calls. */
#define NESTED 3

const double compare_quantile[COMPARE_QUANTILES] = {0.5, 0.9, 0.99, 0.999};
const char *const compare_quantile_name[COMPARE_QUANTILES] = {"p50", "p90", "p99", "p999"};

/* The inputs of a comparison. */
struct sources {
	const struct recorded_latency *recorded;
	const struct replay *replay;
	const struct replay_threads *threads; /* NULL: no runs */
};

/* ---- counts ---------------------------------------------------------------------------------- */

static const struct replay_counts *counts_of(const struct replay_slice *slice, bool reference)
{
	return reference ? &slice->replayed : &slice->recorded;
}

#define FIELD(name) offsetof(struct replay_counts, name)

/* The part of each slice. */
struct parts {
	uint8_t of[COMPARE_SLICES];
};

static struct parts parts_of(const struct replay_cache *c)
{
	uint64_t all = c->recorded.allocs, before = 0;
	struct parts parts = {{0}};

	for (int i = 0; i < COMPARE_SLICES; i++) {
		uint64_t part = all ? before * STATISTICS_PARTS / all : 0;

		parts.of[i] = part < STATISTICS_PARTS ? (uint8_t)part : STATISTICS_PARTS - 1;
		before += c->slice[i].recorded.allocs;
	}
	return parts;
}

/* Returns the quotient of two counts, part by part. */
static struct statistics_ratio ratio_of(const struct replay_cache *c, bool reference, size_t above,
					size_t below)
{
	const struct parts parts = parts_of(c);
	struct statistics_ratio r = {{0}, {0}};

	for (int i = 0; i < COMPARE_SLICES; i++) {
		const char *counts = (const char *)counts_of(&c->slice[i], reference);

		r.above[parts.of[i]] += (double)*(const uint64_t *)(counts + above);
		r.below[parts.of[i]] += (double)*(const uint64_t *)(counts + below);
	}
	return r;
}

static void count_cpus(const struct replay_cache *c, bool reference, struct compare_side *to)
{
	const struct parts parts = parts_of(c);

	for (unsigned cpu = 0; cpu < c->cpus; cpu++) {
		struct statistics_ratio r = {{0}, {0}};

		for (int i = 0; i < COMPARE_SLICES; i++) {
			const struct replay_slice_cpu *n = reference
								   ? &c->slice[i].cpu_replayed[cpu]
								   : &c->slice[i].cpu_recorded[cpu];

			r.above[parts.of[i]] += (double)n->hits;
			r.below[parts.of[i]] += (double)n->allocs;
		}
		to->cpu[cpu].counts = (reference ? c->cpu_replayed : c->cpu_recorded)[cpu];
		to->cpu[cpu].hit_rate = to->counts_known && to->cpu[cpu].counts.allocs
						? statistics_share(&r, 1)
						: estimate_unknown;
	}
}

static uint64_t all_origins(const struct replay_counts *c)
{
	uint64_t sum = 0;

	for (int o = 0; o < ORIGINS; o++)
		sum += c->origins[o];
	return sum;
}

static void count_origins(const struct replay_cache *c, bool reference, struct compare_side *to)
{
	const struct parts parts = parts_of(c);

	for (int o = 0; o < ORIGINS; o++) {
		struct statistics_ratio r =
			ratio_of(c, reference, FIELD(origins[o]), FIELD(refills));

		memset(r.below, 0, sizeof(r.below));
		for (int i = 0; i < COMPARE_SLICES; i++)
			r.below[parts.of[i]] +=
				(double)all_origins(counts_of(&c->slice[i], reference));
		to->origin[o] = to->counts.origins[o] ? statistics_share(&r, 1) : estimate_unknown;
	}
}

static void count_side(const struct replay_cache *c, bool reference, struct compare_side *to)
{
	struct statistics_ratio hits = ratio_of(c, reference, FIELD(hits), FIELD(allocs));
	struct statistics_ratio refills = ratio_of(c, reference, FIELD(refills), FIELD(allocs));

	to->counts = reference ? c->replayed_counts : c->recorded;
	to->hit_rate = to->refills_per_1000 = estimate_unknown;
	for (int o = 0; o < ORIGINS; o++)
		to->origin[o] = estimate_unknown;
	if (to->counts_known) {
		to->hit_rate = statistics_share(&hits, 1);
		to->refills_per_1000 = statistics_share(&refills, 1000);
		if (to->origins_known)
			count_origins(c, reference, to);
	}
	count_cpus(c, reference, to);
}

static void count_differences(const struct replay_cache *c, struct compare_cache *to)
{
	struct statistics_ratio ours, theirs;

	to->hit_rate_difference = to->refills_difference = estimate_unknown;
	if (!to->recorded.counts_known || !to->reference.counts_known)
		return;
	ours = ratio_of(c, true, FIELD(hits), FIELD(allocs));
	theirs = ratio_of(c, false, FIELD(hits), FIELD(allocs));
	to->hit_rate_difference = statistics_difference(&ours, &theirs, 1);
	ours = ratio_of(c, true, FIELD(refills), FIELD(allocs));
	theirs = ratio_of(c, false, FIELD(refills), FIELD(allocs));
	to->refills_difference = statistics_difference(&ours, &theirs, 1000);
}

/* ---- latencies ------------------------------------------------------------------------------- */

static void no_latency(struct compare_latency *l, const char *why_not)
{
	l->why_not = why_not;
	l->max = NAN;
	l->measuring = estimate_unknown;
	for (int i = 0; i < COMPARE_QUANTILES; i++)
		l->quantile[i] = estimate_unknown;
}

/* Subtracts what the measurement took, where it is known. */
static void subtract(struct compare_latency *l, struct estimate measuring)
{
	l->measuring = measuring;
	if (isnan(measuring.value))
		return;
	for (int i = 0; i < COMPARE_QUANTILES; i++)
		l->quantile[i] = statistics_subtract(l->quantile[i], measuring.value);
	l->max = fmax(l->max - measuring.value, 0);
}

static void measure_recorded(const struct recorded_latency_cache *r, struct estimate pair,
			     struct compare_side *side)
{
	struct compare_latency *to = &side->latency;

	if (!r->timed) {
		no_latency(to, side->inferred	    ? "refills were inferred, without durations"
			       : side->counts_known ? "no duration of a refill was recorded"
						    : "refills were not observed");
		return;
	}
	for (int i = 0; i < STATISTICS_PARTS; i++)
		hist_add(&to->hist, &r->part[i]);
	statistics_percentiles(r->part, compare_quantile, COMPARE_QUANTILES, to->quantile);
	to->max = (double)to->hist.max;
	subtract(to, pair);
}

/*
 * Returns the same cache on real threads: both lists have all caches in the order of the recording.
 */
static const struct replay_threads_cache *find_threads(const struct sources *s,
						       const struct replay_cache *c)
{
	size_t i = (size_t)(c - s->replay->cache);

	return s->threads && i < s->threads->nr_caches &&
			       !strcmp(s->threads->cache[i].name, c->name)
		       ? &s->threads->cache[i]
		       : NULL;
}

/* Returns a percentile of a run; NAN: it has too few values. */
static double run_percentile(const struct hist *h, double q)
{
	return latency_enough(h, q) ? latency_percentile(h, q) : NAN;
}

static void measure_reference(const struct sources *s, const struct replay_cache *c,
			      struct estimate clock, struct compare_latency *to)
{
	const struct replay_threads_cache *t = find_threads(s, c);
	double value[REPLAY_THREADS_REPEAT];

	if (!t || !t->replayed) {
		no_latency(to, t ? t->why_not : "the reference did not run on real threads");
		return;
	}
	replay_threads_hist(s->threads, t, &to->hist);
	if (!to->hist.count) {
		no_latency(to, "the reference had no refills");
		return;
	}
	to->max = (double)to->hist.max;
	for (int i = 0; i < COMPARE_QUANTILES; i++) {
		for (unsigned run = 0; run < s->threads->repeat; run++)
			value[run] = run_percentile(&t->refill_ns[run], compare_quantile[i]);
		to->quantile[i] = statistics_runs(value, s->threads->repeat);
	}
	subtract(to, clock);
}

/* ---- a cache --------------------------------------------------------------------------------- */

/*
 * Returns the recorded peak of memory; NAN: unknown. Without frees of slabs, or with inferred
 * refills, the sum of new slabs says nothing.
 */
static double recorded_bytes(const struct sources *s, const struct recorded_latency_cache *r,
			     const struct compare_cache *c)
{
	bool complete = !r->kernel ||
			s->recorded->proved[r->kernel] & COUNT_BIT(COUNT_SLAB_FREES) ||
			(!r->grew && !c->recorded.inferred);

	return r->state_known && c->recorded.counts_known && r->slab_bytes && complete
		       ? (double)r->slabs_peak * (double)r->slab_bytes
		       : NAN;
}

/*
 * Returns the duration of the measurement on the recorded side: libslab reads its clock there as it
 * does here.
 */
static struct estimate measuring_of(const struct compare *all, bool kernel)
{
	if (kernel)
		return (struct estimate){all->pair.value, all->pair.low, NESTED * all->pair.high};
	return all->elsewhere ? estimate_unknown : all->clock;
}

static int put_together(const struct sources *s, const struct replay_cache *from,
			const struct compare *all, const struct verdict_terms *terms,
			struct compare_cache *to)
{
	const struct recorded_latency_cache *r = &s->recorded->cache[from->number];
	const uint32_t served = COUNT_BIT(COUNT_HITS) | COUNT_BIT(COUNT_REFILLS);

	memcpy(to->name, from->name, sizeof(to->name));
	memcpy(to->comm, from->comm, sizeof(to->comm));
	to->pid = from->pid;
	to->kernel = r->kernel;
	to->object_size = from->object_size;
	to->cpus = from->cpus;
	to->limit = from->limit;
	to->batchcount = from->batchcount;
	to->sharedfactor = from->sharedfactor;
	to->replayed = from->replayed;
	to->why_not = from->why_not;
	to->live_before = from->live_before;
	to->freed_unseen = from->freed_unseen;
	to->recorded.cpu = calloc(2 * (size_t)to->cpus, sizeof(*to->recorded.cpu));
	if (!to->recorded.cpu)
		return -ENOMEM;
	to->reference.cpu = to->recorded.cpu + to->cpus;
	to->recorded.inferred = from->known.inferred;
	to->recorded.counts_known = to->recorded.inferred ? from->known.served
							  : s->recorded->proved[r->kernel] & served;
	to->recorded.origins_known = to->recorded.counts_known && !to->recorded.inferred;
	to->reference.counts_known = to->reference.origins_known = from->replayed;
	count_side(from, false, &to->recorded);
	count_side(from, true, &to->reference);
	count_differences(from, to);
	to->recorded.bytes_peak = recorded_bytes(s, r, to);
	to->reference.bytes_peak = from->replayed ? (double)from->peak_bytes : NAN;
	measure_recorded(r, measuring_of(all, r->kernel), &to->recorded);
	measure_reference(s, from, all->clock, &to->reference.latency);
	verdict_judge(to, terms);
	return 0;
}

/* ---- all ------------------------------------------------------------------------------------- */

static int by_allocs(const void *a, const void *b)
{
	const struct compare_cache *x = a, *y = b;

	if (x->recorded.counts.allocs != y->recorded.counts.allocs)
		return x->recorded.counts.allocs < y->recorded.counts.allocs ? 1 : -1;
	return strcmp(x->name, y->name);
}

struct verdict_terms compare_terms(const struct compare *c)
{
	return (struct verdict_terms){
		.instructions = c->instructions,
		.emulated = c->head.emulated && !c->instructions,
		.pair_known = !isnan(c->pair.value),
		.elsewhere = c->elsewhere,
		.lost = c->losses.discarded,
		.torn = c->losses.torn,
	};
}

static int put_all_together(const struct sources *s, struct compare *to)
{
	const struct verdict_terms terms = compare_terms(to);

	to->cache = calloc(s->replay->nr_caches + 1, sizeof(*to->cache));
	if (!to->cache)
		return -ENOMEM;
	for (size_t i = 0; i < s->replay->nr_caches; i++) {
		if (!s->replay->cache[i].recorded.allocs) {
			to->idle++;
			continue;
		}
		if (put_together(s, &s->replay->cache[i], to, &terms, &to->cache[to->nr_caches++]))
			return -ENOMEM;
	}
	qsort(to->cache, to->nr_caches, sizeof(*to->cache), by_allocs);
	return 0;
}

/* Returns why latencies of this machine are not comparable with the recorded ones, or NULL. */
static const char *why_elsewhere(const struct trace_head *head, const char *cpu)
{
	struct utsname name;

	if (uname(&name) || strcmp(name.release, head->release))
		return "the recording is from another kernel";
	if (head->cpu[0] && (!cpu || strcmp(head->cpu, cpu)))
		return "the recording is from another processor";
	return NULL;
}

static void begin(const struct trace_reader *r, const struct compare_settings *s,
		  struct compare *to)
{
	*to = (struct compare){.head = *trace_reader_head(r), .instructions = s->instructions};
	to->pair = to->clock = estimate_unknown;
	to->elsewhere = why_elsewhere(&to->head, s->cpu);
	if (to->head.pair.count)
		to->pair = (struct estimate){to->head.pair.median, to->head.pair.low,
					     to->head.pair.high};
}

static int run_threads(struct trace_reader *r, const struct compare_settings *s,
		       struct replay_threads *threads, struct compare *to, struct failure *f)
{
	const struct replay_threads_settings settings = {s->replay, s->runs};
	int err = replay_threads_run(r, &settings, threads, f);

	if (err)
		return err;
	to->runs = s->runs;
	to->clock =
		(struct estimate){threads->empty_median, threads->empty_low, threads->empty_high};
	return 0;
}

int compare_run(struct trace_reader *r, const struct compare_settings *s, struct compare *to,
		struct failure *f)
{
	struct replay_settings settings = s->replay;
	struct replay_threads threads = {0};
	struct recorded_latency recorded;
	struct replay replay = {0};
	struct sources sources = {&recorded, &replay, s->runs ? &threads : NULL};
	int err;

	begin(r, s, to);
	err = recorded_latency_read(r, s->replay.progress, &recorded, f);
	if (!err && s->runs)
		err = run_threads(r, s, &threads, to, f);
	if (err) {
		recorded_latency_free(&recorded);
		return err;
	}
	settings.slices = COMPARE_SLICES;
	settings.slices_from = recorded.from;
	settings.slices_to = recorded.to;
	err = replay_run(r, &settings, &replay, f);
	if (!err) {
		to->events = replay.events;
		to->nonsense = replay.nonsense;
		to->wall = ((double)to->head.clock_offset + (double)recorded.to) / 1e9;
		to->seconds = (double)replay.seconds_ns / 1e9;
		to->losses = *trace_reader_losses(r);
		if (put_all_together(&sources, to))
			err = fail(f, ENOMEM, "no memory to compare: choose fewer caches with -c");
	}
	replay_threads_free(&threads);
	replay_free(&replay);
	recorded_latency_free(&recorded);
	if (err)
		compare_free(to);
	return err;
}

void compare_free(struct compare *c)
{
	for (size_t i = 0; i < c->nr_caches; i++)
		free(c->cache[i].recorded.cpu);
	free(c->cache);
	*c = (struct compare){0};
}
