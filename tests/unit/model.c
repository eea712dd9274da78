// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* model.c: the arithmetic between two snapshots. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "fabricate.h"
#include "model/model.h"
#include "model/trend.h"
#include "base/units.h"

static const uint64_t fast[] = {400, 410, 420, 430};

static void make(struct model *m, const struct snapshot *before, const struct snapshot *after)
{
	assert_int_equal(model_make(m, before, after), 0);
}

static void counts_are_the_rounds(void **state)
{
	struct snapshot a = snapshot_at(10), b = snapshot_at(12);
	struct snap_cache *c = add_cache(add_side(&a, SIDE_KERNEL, 1), 5, "filp");
	const struct traffic *t;
	struct model m;

	(void)state;
	add_cpu(c, 0, 100, fast, 1);
	add_cpu(c, 3, 200, fast, 2);
	finish(c);
	c = add_cache(add_side(&b, SIDE_KERNEL, 1), 5, "filp");
	add_cpu(c, 0, 190, fast, 4);
	add_cpu(c, 1, 7, fast, 0);
	add_cpu(c, 3, 200, fast, 2);
	finish(c);
	make(&m, &a, &b);
	assert_true(fabs(m.interval_s - 2) < 1e-9);
	assert_int_equal(m.nr_sides, 1);
	assert_int_equal(m.side[0].nr_caches, 1);
	t = &m.side[0].cache[0].traffic;
	assert_int_equal(t->count[COUNT_HITS], 97);
	assert_int_equal(t->count[COUNT_REFILLS], 3);
	assert_int_equal(t->count[COUNT_ALLOCS], 100);
	assert_true(fabs(t->hit_rate - 0.97) < 1e-12);
	assert_true(fabs(traffic_rate(t, COUNT_ALLOCS, m.interval_s) - 50) < 1e-9);
	assert_int_equal(t->refill_ns.count, 3);
	assert_int_equal(m.side[0].cache[0].nr_cpus, 3);
	assert_int_equal(m.side[0].cache[0].cpu[0].traffic.count[COUNT_HITS], 90);
	assert_int_equal(m.side[0].cache[0].cpu[1].traffic.count[COUNT_HITS], 7); /* new: from 0 */
	assert_false(traffic_active(&m.side[0].cache[0].cpu[2].traffic));
	assert_true(isnan(m.side[0].cache[0].cpu[2].traffic.hit_rate));
	assert_int_equal(m.side[0].traffic.count[COUNT_ALLOCS], 100);
	model_free(&m);
	snapshot_free(&a);
	snapshot_free(&b);
}

#define INFERRED (COUNT_BIT(COUNT_HITS) | COUNT_BIT(COUNT_REFILLS) | COUNT_BIT(COUNT_BYPASSES))

/* A snapshot of a cache whose counts are inferred, cumulative. */
static struct snapshot inferred_at(double seconds, uint64_t allocs, uint64_t refills,
				   uint64_t doubtful)
{
	struct snapshot s = snapshot_at(seconds);
	struct snap_cache *c = add_cache(add_side(&s, SIDE_KERNEL, 1), 5, "filp");
	struct snap_cpu *cpu = add_cpu(c, 0, allocs - refills, fast, 0);

	c->counts_inferred = INFERRED;
	cpu->count[COUNT_ALLOCS] = allocs;
	cpu->count[COUNT_REFILLS] = refills;
	cpu->doubtful = doubtful;
	finish(c);
	return s;
}

/* What is in doubt is unknown, but only in the interval of the doubt. */
static void doubts_are_of_the_round(void **state)
{
	struct snapshot s[] = {
		inferred_at(1, 0, 0, 0),	 inferred_at(2, 10000, 200, 2),
		inferred_at(3, 20000, 400, 52),	 inferred_at(4, 30000, 600, 153),
		inferred_at(5, 40000, 800, 153),
	};
	const uint32_t known[] = {INFERRED, INFERRED & ~COUNT_BIT(COUNT_REFILLS), 0, INFERRED};
	const uint64_t doubtful[] = {2, 50, 101, 0};
	const double doubt[] = {0.0002, 0.005, 0, 0};
	struct model m;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const struct traffic *t, *cpu;

		make(&m, &s[i], &s[i + 1]);
		t = &m.side[0].cache[0].traffic;
		cpu = &m.side[0].cache[0].cpu[0].traffic;
		assert_int_equal(t->known & INFERRED, known[i]);
		assert_int_equal(t->inferred, known[i]);
		assert_int_equal(cpu->known & INFERRED, known[i]);
		assert_true(t->known & COUNT_BIT(COUNT_ALLOCS));
		assert_int_equal(t->doubtful, doubtful[i]);
		assert_true(fabs(traffic_hit_doubt(t) - doubt[i]) < 1e-12);
		if (known[i] & COUNT_BIT(COUNT_HITS))
			assert_true(fabs(t->hit_rate - 0.98) < 1e-12);
		else
			assert_true(isnan(t->hit_rate));
		if (!(known[i] & COUNT_BIT(COUNT_REFILLS)))
			assert_int_equal(t->count[COUNT_REFILLS], 0);
		/* The reason is there as long. */
		assert_int_equal(m.nr_missing, i == 1 || i == 2);
		if (m.nr_missing)
			assert_non_null(strstr(m.missing[0].why, "no tracepoint showed: filp"));
		model_free(&m);
	}
	for (size_t i = 0; i < 5; i++)
		snapshot_free(&s[i]);
}

/* What is counted is not in doubt. */
static void counted_refills_have_no_doubts(void **state)
{
	struct snapshot a = inferred_at(1, 0, 0, 0), b = inferred_at(2, 100, 2, 50);
	struct model m;

	(void)state;
	b.side[0].cache[0].counts_inferred = 0;
	make(&m, &a, &b);
	assert_int_equal(m.side[0].cache[0].traffic.known & INFERRED, INFERRED);
	assert_int_equal(m.side[0].cache[0].traffic.doubtful, 0);
	assert_int_equal(m.nr_missing, 0);
	model_free(&m);
	snapshot_free(&a);
	snapshot_free(&b);
}

/* Caches come, go and move; a name is used twice. */
static void caches_are_matched_by_identity(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct snap_side *before = add_side(&a, SIDE_REFERENCE, 9);
	struct snap_side *after = add_side(&b, SIDE_REFERENCE, 9);
	static const uint64_t ids_before[] = {30, 10, 20, 40}, ids_after[] = {40, 50, 10, 30};
	struct model m;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct snap_cache *c = add_cache(before, ids_before[i], "same");

		add_cpu(c, 0, ids_before[i] * 100, fast, 0);
		finish(c);
	}
	for (size_t i = 0; i < 4; i++) {
		struct snap_cache *c = add_cache(after, ids_after[i], "same");

		add_cpu(c, 0, ids_after[i] * 100 + ids_after[i], fast, 0);
		finish(c);
	}
	make(&m, &a, &b);
	assert_int_equal(m.side[0].nr_caches, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct model_cache *c = &m.side[0].cache[i];

		assert_int_equal(c->id, ids_after[i]);
		assert_int_equal(c->traffic.count[COUNT_HITS], c->id == 50 ? 5050 : c->id);
	}
	model_free(&m);
	snapshot_free(&a);
	snapshot_free(&b);
}

static void what_went_back_began_anew(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct snap_cache *c = add_cache(add_side(&a, SIDE_KERNEL, 1), 5, "filp");
	struct model m;

	(void)state;
	add_cpu(c, 0, 1000, fast, 4);
	finish(c);
	c = add_cache(add_side(&b, SIDE_KERNEL, 1), 5, "filp");
	add_cpu(c, 0, 30, fast, 2);
	finish(c);
	make(&m, &a, &b);
	assert_int_equal(m.side[0].cache[0].traffic.count[COUNT_HITS], 30);
	assert_int_equal(m.side[0].cache[0].traffic.count[COUNT_REFILLS], 2);
	assert_int_equal(m.side[0].cache[0].traffic.refill_ns.count, 2);
	model_free(&m);
	snapshot_free(&a);
	snapshot_free(&b);
}

static void not_known_is_not_zero(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct snap_cache *c = add_cache(add_side(&b, SIDE_KERNEL, 1), 5, "filp");
	const struct traffic *t;
	struct model m;

	(void)state;
	add_cpu(c, 0, 100, fast, 4);
	finish(c);
	c->counts_known = COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_FREES);
	c->latency_known = false;
	make(&m, &a, &b);
	t = &m.side[0].cache[0].traffic;
	assert_int_equal(t->known, c->counts_known);
	assert_int_equal(t->count[COUNT_ALLOCS], 104);
	assert_int_equal(t->count[COUNT_HITS], 0);
	assert_true(isnan(t->hit_rate));
	assert_true(isnan(traffic_rate(t, COUNT_HITS, 1)));
	assert_false(t->latency_known);
	assert_int_equal(t->refill_ns.count, 0);
	assert_false(m.side[0].traffic.latency_known);
	assert_true(isnan(m.side[0].traffic.hit_rate));
	model_free(&m);
	snapshot_free(&a);
	snapshot_free(&b);
}

/* The hit rate of a side is that of the caches where it is known. */
static void a_sides_hit_rate_is_of_what_is_known(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct snap_side *side = add_side(&b, SIDE_KERNEL, 1);
	struct model m;

	(void)state;
	for (uint64_t id = 1; id <= 2; id++) {
		struct snap_cache *c = add_cache(side, id, "filp");

		add_cpu(c, 0, 96, fast, 4);
		finish(c);
		if (id == 2)
			c->counts_known = COUNT_BIT(COUNT_ALLOCS);
	}
	make(&m, &a, &b);
	assert_true(fabs(m.side[0].traffic.hit_rate - 0.96) < 1e-12);
	assert_int_equal(m.side[0].traffic.count[COUNT_ALLOCS], 200);
	model_free(&m);
	snapshot_free(&a);
	snapshot_free(&b);
}

/* A process within one interval counts in full; an ended one is reported once. */
static void ended_sides_are_shown_once(void **state)
{
	struct snapshot s[3] = {snapshot_at(1), snapshot_at(2), snapshot_at(3)};
	struct model m;

	(void)state;
	for (int i = 1; i < 3; i++) {
		struct snap_side *side = add_side(&s[i], SIDE_REFERENCE, 77);
		struct snap_cache *c = add_cache(side, 1, "short-lived");

		side->gone = true;
		add_cpu(c, 0, 500, fast, 3);
		finish(c);
	}
	make(&m, &s[0], &s[1]);
	assert_int_equal(m.nr_sides, 1);
	assert_true(m.side[0].gone);
	assert_int_equal(m.side[0].traffic.count[COUNT_ALLOCS], 503);
	model_free(&m);
	make(&m, &s[1], &s[2]);
	assert_int_equal(m.nr_sides, 0);
	model_free(&m);
	for (int i = 0; i < 3; i++)
		snapshot_free(&s[i]);
}

static void empty_snapshots_make_empty_models(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(1);
	struct model m;

	(void)state;
	make(&m, &a, &b);
	assert_int_equal(m.nr_sides, 0);
	assert_true(m.interval_s == 0);
	model_free(&m);
	add_side(&b, SIDE_REFERENCE, 5);
	make(&m, &a, &b);
	assert_int_equal(m.nr_sides, 1);
	assert_int_equal(m.side[0].nr_caches, 0);
	assert_true(isnan(m.side[0].traffic.hit_rate));
	model_free(&m);
	snapshot_free(&b);
}

static void own_cost_is_of_the_round(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(3);
	struct model m;

	(void)state;
	a.self_cpu_ns = 1000000000;
	b.self_cpu_ns = 1050000000;
	a.lost = 5;
	b.lost = 8;
	b.unpaired = 2;
	make(&m, &a, &b);
	assert_true(fabs(m.cpu_percent - 2.5) < 1e-9);
	assert_int_equal(m.lost, 3);
	assert_int_equal(m.unpaired, 2);
	model_free(&m);
}

/* ---- latencies ------------------------------------------------------------------------ */

static uint64_t seed = 88172645463325252ull;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* 1 ns to 17 s, evenly over the octaves. */
static uint64_t random_ns(void)
{
	return (next_random() >> 30) >> (next_random() % 34) | 1;
}

static void check_percentile(const struct hist *h, const uint64_t *sorted, size_t nr, double q)
{
	size_t rank = (size_t)ceil(q * (double)nr);
	double exact = (double)sorted[rank ? rank - 1 : 0], got = latency_percentile(h, q);

	if (fabs(got - exact) > 0.0443 * exact)
		fail_msg("%g of %zu: %g is not within 4.43 %% of %g", q, nr, got, exact);
}

static void percentiles_are_within_the_bound(void **state)
{
	static const double shares[] = {0, 0.1, 0.5, 0.9, 0.99, 0.999, 1};
	static uint64_t ns[20000];

	(void)state;
	for (size_t nr = 1; nr <= 20000; nr = nr * 3 + 1) {
		struct hist h = {0};

		for (size_t i = 0; i < nr; i++)
			hist_record(&h, ns[i] = random_ns());
		qsort(ns, nr, sizeof(*ns), ascending);
		for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++)
			check_percentile(&h, ns, nr, shares[i]);
	}
}

/* Every value up to 100,000, and the bounds of all buckets. */
static void single_values_are_within_the_bound(void **state)
{
	struct hist h;

	(void)state;
	for (uint64_t v = 0; v < 100000; v++) {
		h = (struct hist){0};
		hist_record(&h, v);
		check_percentile(&h, &v, 1, 0.5);
		assert_true(latency_percentile(&h, 0.5) <= (double)v);
	}
	for (int i = 1; i < HIST_BUCKETS - 1; i++) {
		for (int off = -1; off <= 1; off++) {
			uint64_t v = (uint64_t)llrint(exp2(i / 8.0)) + (uint64_t)off;

			h = (struct hist){0};
			hist_record(&h, v ? v : 1);
			check_percentile(&h, &(uint64_t){v ? v : 1}, 1, 0.5);
		}
	}
}

static void latencies_are_the_rounds(void **state)
{
	static const uint64_t slow_then_fast[] = {100000, 100000, 500, 520, 510};
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct snap_cache *c = add_cache(add_side(&a, SIDE_KERNEL, 1), 5, "filp");
	const struct latency *l;
	struct model m;

	(void)state;
	add_cpu(c, 0, 10, slow_then_fast, 2);
	finish(c);
	c = add_cache(add_side(&b, SIDE_KERNEL, 1), 5, "filp");
	add_cpu(c, 0, 20, slow_then_fast, 5);
	finish(c);
	make(&m, &a, &b);
	l = &m.side[0].cache[0].traffic.refill_ns;
	assert_int_equal(l->count, 3);
	assert_true(fabs(l->p50 - 510) < 0.0443 * 510);
	assert_true(fabs(l->p999 - 520) < 0.0443 * 520);
	/* the longest was before: only the bound of the bucket is certain */
	assert_true(l->max >= 520 && (double)l->max <= 520 * exp2(0.125));
	assert_true(l->p999 <= (double)l->max);
	assert_int_equal(m.side[0].traffic.refill_ns.count, 3);
	model_free(&m);
	snapshot_free(&a);
	a = snapshot_at(0);
	make(&m, &a, &b);
	assert_int_equal(m.side[0].cache[0].traffic.refill_ns.max, 100000); /* exact */
	model_free(&m);
	snapshot_free(&b);
}

/* ---- size ----------------------------------------------------------------------------- */

#define CACHES 500
#define CPUS   256

static void fill(struct snapshot *s, uint64_t round)
{
	struct snap_side *side = add_side(s, SIDE_KERNEL, 1);

	for (uint64_t i = 0; i < CACHES; i++) {
		struct snap_cache *c = add_cache(side, (i * 7919) % CACHES, "cache");

		for (uint32_t cpu = 0; cpu < CPUS; cpu++)
			if ((i + cpu) % 10 == 0)
				add_cpu(c, cpu, round * 1000, fast, round);
		finish(c);
	}
}

/* 500 caches on 256 CPUs: 30 ms with sanitizers; quadratic work would take a second. */
static void a_large_machine_is_quick(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct model m;
	clock_t start;
	double took;

	(void)state;
	fill(&a, 2);
	fill(&b, 4);
	start = clock();
	make(&m, &a, &b);
	took = (double)(clock() - start) / CLOCKS_PER_SEC;
	assert_int_equal(m.side[0].nr_caches, CACHES);
	assert_int_equal(m.side[0].traffic.count[COUNT_HITS], 2000ull * CACHES * CPUS / 10);
	print_message("# a model of %d caches on %d CPUs took %.1f ms\n", CACHES, CPUS, took * 1e3);
	assert_true(took < 1);
	model_free(&m);
	snapshot_free(&a);
	snapshot_free(&b);
}

/* ---- trends and units ----------------------------------------------------------------- */

static void trends_follow_their_cache(void **state)
{
	struct trend t = {0};
	struct cache_key key = {SIDE_KERNEL, 1, 20};

	(void)state;
	for (uint64_t round = 0; round < TREND_ROUNDS + 5; round++) {
		struct snapshot a = snapshot_at(1), b = snapshot_at(2);
		struct snap_side *side = add_side(&b, SIDE_KERNEL, 1);
		struct model m;

		for (uint64_t i = 10; i <= 30; i += 10) {
			uint64_t id = round % 2 ? i : 40 - i; /* in another order each time */
			struct snap_cache *c = add_cache(side, id, "c");

			add_cpu(c, 0, id * 1000 + round, fast, 0);
			finish(c);
		}
		make(&m, &a, &b);
		assert_int_equal(trend_update(&t, &m), 0);
		model_free(&m);
		snapshot_free(&b);
	}
	assert_int_equal(t.nr, 3);
	assert_non_null(trend_find(&t, &key));
	assert_int_equal(trend_find(&t, &key)->nr, TREND_ROUNDS);
	for (int i = 0; i < TREND_ROUNDS; i++)
		assert_true(fabs(trend_find(&t, &key)->round[i].allocs - (20000 + 5 + i)) < 1e-6);
	key.side = 2;
	assert_null(trend_find(&t, &key));
	trend_free(&t);
}

/* A destroyed cache and a new one of its name may have the same key. */
static void trends_of_one_key(void **state)
{
	struct trend t = {0}, held;
	struct cache_key key = {SIDE_KERNEL, 1, 5};

	(void)state;
	for (uint64_t round = 0; round < 9; round++) {
		struct snapshot a = snapshot_at(1), b = snapshot_at(2);
		struct snap_side *side = add_side(&b, SIDE_KERNEL, 1);
		struct model m;

		for (int i = 0; i < (round % 4 == 3 ? 1 : 3); i++) {
			struct snap_cache *c = add_cache(side, key.cache, "c");

			add_cpu(c, 0, 1000, fast, 2);
			finish(c);
		}
		make(&m, &a, &b);
		assert_int_equal(trend_update(&t, &m), 0);
		assert_int_equal(trend_copy(&held, &t), 0);
		for (size_t i = 0; i < t.nr; i++) {
			trend_growth(&t.cache[i]);
			trend_growth(&held.cache[i]);
			assert_true(t.cache[i].round || !t.cache[i].nr);
		}
		trend_free(&held);
		model_free(&m);
		snapshot_free(&b);
	}
	trend_free(&t);
}

/* Growth covers a minute, and is unknown before; latencies and origins cover all intervals. */
static void trends_remember_growth_and_refills(void **state)
{
	struct trend t = {0}, held;
	struct cache_key key = {SIDE_KERNEL, 1, 5};
	struct snapshot a = snapshot_at(0), b;

	(void)state;
	assert_true(isnan(trend_growth(NULL)));
	for (uint64_t round = 1; round <= 20; round++) {
		struct snap_cache *c;
		struct model m;

		b = snapshot_at(10.0 * (double)round);
		c = add_cache(add_side(&b, SIDE_KERNEL, 1), 5, "c");
		c->gauge[GAUGE_BYTES] = round < 10 ? 1 << 20 : (round - 9) * 4096;
		for (uint64_t cpu = 0; cpu < round; cpu++) /* one more in each interval */
			add_cpu(c, (uint32_t)cpu, 1000, fast, 2);
		finish(c);
		make(&m, &a, &b);
		assert_int_equal(trend_update(&t, &m), 0);
		if (round <= 6)
			assert_true(isnan(trend_growth(trend_find(&t, &key))));
		if (round == 7)
			assert_true(trend_growth(trend_find(&t, &key)) == 0);
		model_free(&m);
		snapshot_free(&a);
		a = b;
	}
	snapshot_free(&a);
	assert_true(fabs(trend_growth(trend_find(&t, &key)) - 6 * 4096) < 1e-6);
	assert_int_equal(trend_find(&t, &key)->refill_ns->count, 40);
	assert_true(fabs(trend_find(&t, &key)->round[19].origins[ORIGIN_GROWN] - 0.1) < 1e-9);
	assert_int_equal(trend_copy(&held, &t), 0);
	trend_free(&t);
	assert_int_equal(held.nr, 1);
	assert_true(fabs(trend_growth(trend_find(&held, &key)) - 6 * 4096) < 1e-6);
	assert_int_equal(trend_find(&held, &key)->refill_ns->count, 40);
	trend_free(&held);
}

/* As seen: a cache of 212 K lost 1.35 M, or gained it, in the first second. */
static void growth_is_not_extrapolated(void **state)
{
	struct trend t = {0};
	struct cache_key key = {SIDE_KERNEL, 1, 5};
	struct snapshot a = snapshot_at(0), b;

	(void)state;
	for (unsigned i = 1; i <= 4 * 90; i++) { /* 90 s, four times a second */
		double now = i / 4.0, growth;
		struct snap_cache *c;
		struct model m;

		b = snapshot_at(now);
		c = add_cache(add_side(&b, SIDE_KERNEL, 1), 5, "c");
		c->gauge[GAUGE_BYTES] = i < 4 ? 1350000 : 212000;
		finish(c);
		make(&m, &a, &b);
		assert_int_equal(trend_update(&t, &m), 0);
		model_free(&m);
		snapshot_free(&a);
		a = b;
		growth = trend_growth(trend_find(&t, &key));
		if (now < 60.25)
			assert_true(isnan(growth));
		else if (now < 75)
			assert_true(growth < -800000 && growth >= 212000 - 1350000);
		else if (now > 76)
			assert_true(growth == 0);
	}
	snapshot_free(&a);
	trend_free(&t);
}

static void units_are_short(void **state)
{
	(void)state;
	assert_string_equal(unit_count(NAN).text, "n/a");
	assert_string_equal(unit_count(0).text, "0");
	assert_string_equal(unit_count(0.5).text, "0.5");
	assert_string_equal(unit_count(3).text, "3");
	assert_string_equal(unit_count(999).text, "999");
	assert_string_equal(unit_count(999.6).text, "1.00k");
	assert_string_equal(unit_count(1920000).text, "1.92M");
	assert_string_equal(unit_count(999960).text, "1.00M");
	assert_string_equal(unit_bytes(40960).text, "40Ki");
	assert_string_equal(unit_bytes(1023).text, "1023");
	assert_string_equal(unit_time(420, true).text, "420ns");
	assert_string_equal(unit_time(3100, true).text, "3.10µs");
	assert_string_equal(unit_time(3100, false).text, "3.10us");
	assert_string_equal(unit_time(12e6, true).text, "12.0ms");
	assert_string_equal(unit_percent(1).text, "100.0");
	assert_string_equal(unit_percent(0.99999).text, "99.9"); /* not all were hits */
	assert_string_equal(unit_percent(0.987).text, "98.7");
	/* Never wider than a column. */
	assert_string_equal(unit_inferred(unit_percent(0.987)).text, "~98.7");
	assert_string_equal(unit_inferred(unit_percent(1)).text, "~100");
	assert_string_equal(unit_inferred(unit_count(7400)).text, "~7.40k");
	assert_string_equal(unit_inferred(unit_count(0)).text, "~0");
	assert_string_equal(unit_inferred(unit_count(NAN)).text, "n/a");
	assert_string_equal(unit_inferred((struct unit){"-"}).text, "-");
	for (double v = 1; v < 1e21; v *= 1.0007) {
		assert_true(strlen(unit_count(v).text) <= UNIT_WIDTH);
		assert_true(strlen(unit_bytes(v).text) <= UNIT_WIDTH);
		assert_true(strlen(unit_time(v, false).text) <= UNIT_WIDTH);
	}
}

static struct snap_caller *add_caller(struct snap_cache *c, int pid, uint64_t frame,
				      uint64_t refills, uint64_t grows)
{
	struct snap_caller *caller = snapshot_add_caller(c);

	assert_non_null(caller);
	caller->pid = pid;
	caller->nr_frames = 1;
	caller->frame[0] = frame;
	caller->refills = refills;
	caller->grows = grows;
	return caller;
}

/* The callers of the interval: a process with two stacks is two callers; the busiest are first. */
static void callers_are_of_the_round(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct snap_cache *c;
	struct model m;

	(void)state;
	c = add_cache(add_side(&a, SIDE_KERNEL, 1), 1, "filp");
	c->callers_known = true;
	add_caller(c, 7, 0x10, 100, 10);
	add_caller(c, 7, 0x20, 5, 0);
	add_caller(c, 8, 0x10, 50, 0); /* forgotten, and there again */
	add_caller(c, 9, 0x10, 3, 3);
	c = add_cache(add_side(&b, SIDE_KERNEL, 1), 1, "filp");
	c->callers_known = true;
	add_caller(c, 9, 0x10, 3, 3); /* did nothing */
	add_caller(c, 8, 0x10, 10, 0);
	add_caller(c, 7, 0x20, 35, 1);
	add_caller(c, 7, 0x10, 160, 10);
	b.callers = true;
	assert_int_equal(model_make(&m, &a, &b), 0);
	assert_true(m.callers);
	assert_true(m.side[0].cache[0].callers_known);
	assert_int_equal(m.side[0].cache[0].nr_callers, 3);
	for (int i = 0; i < 3; i++) {
		static const struct {
			int pid;
			uint64_t frame, refills, grows;
		} wanted[] = {{7, 0x10, 60, 0}, {7, 0x20, 30, 1}, {8, 0x10, 10, 0}};
		const struct model_caller *caller = &m.side[0].cache[0].caller[i];

		assert_int_equal(caller->of.pid, wanted[i].pid);
		assert_int_equal(caller->of.frame[0], wanted[i].frame);
		assert_int_equal(caller->of.refills, wanted[i].refills);
		assert_int_equal(caller->of.grows, wanted[i].grows);
		assert_true(fabs(caller->share - (double)wanted[i].refills / 100) < 1e-9);
	}
	model_free(&m);
	snapshot_free(&a);
	snapshot_free(&b);
}

static void callers_are_bounded(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct snap_cache *c = add_cache(add_side(&b, SIDE_KERNEL, 1), 1, "filp");
	struct model m;

	(void)state;
	c->callers_known = true;
	for (int i = 1; i <= 100; i++)
		add_caller(c, i, 0x10, 0, (uint64_t)i); /* grows only */
	assert_int_equal(model_make(&m, &a, &b), 0);
	assert_int_equal(m.side[0].cache[0].nr_callers, CALLERS_MAX);
	assert_int_equal(m.side[0].cache[0].caller[0].of.pid, 100);
	assert_true(fabs(m.side[0].cache[0].caller[0].share - 100.0 / 5050) < 1e-9);
	model_free(&m);
	snapshot_free(&a);
	snapshot_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callers_are_of_the_round),
		cmocka_unit_test(callers_are_bounded),
		cmocka_unit_test(doubts_are_of_the_round),
		cmocka_unit_test(counted_refills_have_no_doubts),
		cmocka_unit_test(counts_are_the_rounds),
		cmocka_unit_test(caches_are_matched_by_identity),
		cmocka_unit_test(what_went_back_began_anew),
		cmocka_unit_test(not_known_is_not_zero),
		cmocka_unit_test(a_sides_hit_rate_is_of_what_is_known),
		cmocka_unit_test(ended_sides_are_shown_once),
		cmocka_unit_test(empty_snapshots_make_empty_models),
		cmocka_unit_test(own_cost_is_of_the_round),
		cmocka_unit_test(percentiles_are_within_the_bound),
		cmocka_unit_test(single_values_are_within_the_bound),
		cmocka_unit_test(latencies_are_the_rounds),
		cmocka_unit_test(a_large_machine_is_quick),
		cmocka_unit_test(trends_follow_their_cache),
		cmocka_unit_test(trends_of_one_key),
		cmocka_unit_test(trends_remember_growth_and_refills),
		cmocka_unit_test(growth_is_not_extrapolated),
		cmocka_unit_test(units_are_short),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
