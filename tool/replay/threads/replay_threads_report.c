// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * replay_threads_report.c: a cache has three lines: the median of all runs, the least and the most. What
 * is not known is n/a, and null in JSON. A NULL from jansson makes the whole NULL.
 */
#include "replay/threads/replay_threads_report.h"

#include <inttypes.h>
#include <langinfo.h>
#include <math.h>
#include <string.h>

#include "replay/replay_report.h"
#include "base/units.h"

#define SCHEMA "slabscope.replay-threads/1"
#define BAR    40

static const double share[REPLAY_QUANTILES] = {0.5, 0.9, 0.99, 0.999, 1};
static const char *const quantile_names[REPLAY_QUANTILES] = {"p50", "p90", "p99", "p999", "max"};

/* ---- text ------------------------------------------------------------------------------------- */

static struct unit time_of(double ns)
{
	return unit_time(ns, !strcmp(nl_langinfo(CODESET), "UTF-8"));
}

/* A column of times: the sign for micro takes two bytes. */
static void print_time(FILE *to, double ns)
{
	struct unit u = time_of(ns);
	int bytes = (int)strlen(u.text), columns = bytes;

	for (int i = 0; i < bytes; i++)
		columns -= (u.text[i] & 0xc0) == 0x80;
	fprintf(to, " %*s", 7 + bytes - columns, u.text);
}

static struct replay_range took(const struct replay_threads *t)
{
	double value[REPLAY_THREADS_REPEAT];

	memcpy(value, t->took_s, t->repeat * sizeof(*value));
	return replay_range_of(value, t->repeat);
}

static void print_places(FILE *to, const struct replay_threads *t)
{
	bool same = true;

	for (unsigned i = 0; i < t->nr_threads; i++)
		same = same && t->thread[i].recorded == t->thread[i].real;
	if (!same) {
		fputs("recorded CPUs on this machine's:", to);
		for (unsigned i = 0; i < t->nr_threads; i++)
			fprintf(to, " %u on %u", t->thread[i].recorded, t->thread[i].real);
		fputc('\n', to);
	}
	if (t->nr_threads > t->cpus)
		fprintf(to,
			"%u recorded CPUs share %u: they share the arrays of these, too, so counts are not "
			"those of %u CPUs, and a duration may contain others' turns\n",
			t->nr_threads, t->cpus, t->nr_threads);
	if (t->nodes_real && t->nodes_recorded > t->nodes_real)
		fprintf(to, "recorded on %u nodes, played on %u\n", t->nodes_recorded,
			t->nodes_real);
	if (!strcmp(t->backend, "lock"))
		fputs("libslab runs with locks here, not with restartable sequences: durations are longer\n",
		      to);
}

static void print_head(FILE *to, const struct replay_threads *t)
{
	struct replay_range s = took(t);

	fprintf(to,
		"%s events of %" PRIu64
		" process%s in %.2f s; played %u time%s on %u thread%s, in %.2f s",
		unit_count((double)t->events).text, t->processes, t->processes == 1 ? "" : "es",
		(double)t->seconds_ns / 1e9, t->repeat, t->repeat == 1 ? "" : "s", t->nr_threads,
		t->nr_threads == 1 ? "" : "s", s.median);
	if (t->repeat > 1)
		fprintf(to, " (%.2f to %.2f)", s.min, s.max);
	fputc('\n', to);
	print_places(to, t);
	if (t->empty_ns.count) {
		fprintf(to, "an empty pair of clock readings: %s", time_of(t->empty_median).text);
		fprintf(to, " (%s", time_of(t->empty_low).text);
		fprintf(to, " to %s), taken off the times below\n", time_of(t->empty_high).text);
	}
	fputc('\n', to);
}

static uint64_t origin_sum(const struct replay_threads *t, const struct replay_threads_cache *c,
			   int origin)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < t->repeat; i++)
		for (int o = 0; o < REPLAY_ORIGINS; o++)
			if (origin < 0 ? o != ORIGIN_FAILED : o == origin)
				sum += c->run[i].origins[o];
	return sum;
}

static void print_origins(FILE *to, const struct replay_threads *t,
			  const struct replay_threads_cache *c)
{
	static const int shown[] = {ORIGIN_SHARED, ORIGIN_PARTIAL, ORIGIN_FREE, ORIGIN_GROWN};
	double all = (double)origin_sum(t, c, -1);

	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		fprintf(to, " %7s",
			unit_percent(all > 0 ? (double)origin_sum(t, c, shown[i]) / all : NAN)
				.text);
}

static double of_range(const struct replay_range *r, int which)
{
	return which < 0 ? r->min : which ? r->max : r->median;
}

static void print_line(FILE *to, const struct replay_threads_cache *c, const char *name,
		       const char *what, int which)
{
	fprintf(to, "%-20.20s %-6s %6s %9.0f %9.2f", name, what,
		unit_percent(of_range(&c->hit_rate, which)).text, of_range(&c->refills, which),
		of_range(&c->refills_per_1000, which));
	for (int q = 0; q < REPLAY_QUANTILES; q++)
		print_time(to, of_range(&c->refill_ns_of[q], which));
}

static void print_cache(FILE *to, const struct replay_threads *t,
			const struct replay_threads_cache *c)
{
	if (!c->replayed) {
		fprintf(to, "%-20.20s not played: %s\n", c->name, c->why_not);
		return;
	}
	if (isnan(c->hit_rate.median)) {
		fprintf(to, "%-20.20s nothing was allocated\n", c->name);
		return;
	}
	print_line(to, c, c->name, t->repeat > 1 ? "median" : "", 0);
	print_origins(to, t, c);
	fputc('\n', to);
	if (t->repeat == 1)
		return;
	print_line(to, c, "", "least", -1);
	fputc('\n', to);
	print_line(to, c, "", "most", 1);
	fputc('\n', to);
}

/* Eight buckets to a line: up to twice as long a time. */
static void print_hist(FILE *to, const struct replay_threads *t,
		       const struct replay_threads_cache *c)
{
	uint64_t line[HIST_BUCKETS / 8 + 1] = {0}, most = 1;
	int first = -1, last = -1;
	struct hist h;

	replay_threads_hist(t, c, &h);
	for (int i = 0; i < HIST_BUCKETS; i++)
		line[(i + 7) / 8] += h.bucket[i];
	for (int i = 0; i < (int)(sizeof(line) / sizeof(*line)); i++) {
		if (!line[i])
			continue;
		first = first < 0 ? i : first;
		last = i;
		most = line[i] > most ? line[i] : most;
	}
	if (first < 0)
		return;
	fprintf(to, "\n%s: %" PRIu64 " refills as measured, the clock's reading in it\n", c->name,
		h.count);
	for (int i = first; i <= last; i++) {
		int length = (int)ceil((double)line[i] / (double)most * BAR);

		fputs("  up to", to);
		print_time(to, ldexp(1, i));
		fprintf(to, " %10" PRIu64 " ", line[i]);
		while (length-- > 0)
			fputc('|', to);
		fputc('\n', to);
	}
}

static void print_notes(FILE *to, const struct replay_threads *t)
{
	for (size_t i = 0; i < t->nr_caches; i++) {
		const struct replay_threads_cache *c = &t->cache[i];

		if (c->live_before)
			fprintf(to,
				"%s: %" PRIu64
				" frees of objects that are older than the recording\n",
				c->name, c->live_before);
		if (c->freed_unseen)
			fprintf(to, "%s: %" PRIu64 " objects freed unseen\n", c->name,
				c->freed_unseen);
	}
}

void replay_threads_print(FILE *to, const struct replay_threads *t,
			  const struct trace_losses *losses)
{
	print_head(to, t);
	fprintf(to, "%-20s %-6s %6s %9s %9s %7s %7s %7s %7s %7s %7s %7s %7s %7s\n", "CACHE", "",
		"HIT%", "REFILLS", "PER 1000", "P50", "P90", "P99", "P99.9", "MAX", "SHARED%",
		"PARTIAL", "FREE", "GROWN");
	for (size_t i = 0; i < t->nr_caches; i++)
		print_cache(to, t, &t->cache[i]);
	for (size_t i = 0; i < t->nr_caches; i++)
		if (t->cache[i].replayed)
			print_hist(to, t, &t->cache[i]);
	if (t->nr_caches)
		fputc('\n', to);
	print_notes(to, t);
	replay_print_losses(to, t->nonsense, losses);
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static json_t *real(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *range(const struct replay_range *r)
{
	return json_pack("{s:o s:o s:o}", "min", real(r->min), "median", real(r->median), "max",
			 real(r->max));
}

static json_t *buckets(const struct hist *h)
{
	json_t *array = json_array();

	for (int i = 0; i < HIST_BUCKETS; i++)
		if (h->bucket[i])
			json_array_append_new(
				array,
				json_pack("{s:o s:I}", "le",
					  i < HIST_BUCKETS - 1 ? real(exp2(i / 8.0)) : json_null(),
					  "count", (json_int_t)h->bucket[i]));
	return array;
}

static json_t *latency(const struct replay_threads *t, const struct replay_threads_cache *c)
{
	json_t *o = json_object();
	struct hist h;

	for (int q = 0; q < REPLAY_QUANTILES; q++)
		json_object_set_new(o, quantile_names[q], range(&c->refill_ns_of[q]));
	replay_threads_hist(t, c, &h);
	json_object_set_new(o, "count", json_integer((json_int_t)h.count));
	json_object_set_new(o, "measured", buckets(&h));
	return o;
}

static json_t *runs(const struct replay_threads *t, const struct replay_threads_cache *c)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < t->repeat; i++) {
		json_t *o = replay_counts_json(&c->run[i], &replay_all_known), *cpus = json_array(),
		       *ns = json_object();

		for (unsigned cpu = 0; cpu < t->cpus; cpu++)
			json_array_append_new(
				cpus, json_pack("{s:i s:o}", "cpu", (int)t->cpu[cpu], "replayed",
						replay_counts_json(&c->cpu_run[i * t->cpus + cpu],
								   &replay_all_known)));
		for (int q = 0; q < REPLAY_QUANTILES; q++)
			json_object_set_new(
				ns, quantile_names[q],
				real(replay_threads_quantile(t, &c->refill_ns[i], share[q])));
		json_object_set_new(o, "cpus", cpus);
		json_object_set_new(o, "refill_ns", ns);
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *cache(const struct replay_threads *t, const struct replay_threads_cache *c)
{
	json_t *o =
		json_pack("{s:s s:i s:s s:i s:I s:I s:o}", "name", c->name, "pid", (int)c->pid,
			  "comm", c->comm, "object_size", (int)c->object_size, "live_before",
			  (json_int_t)c->live_before, "freed_unseen", (json_int_t)c->freed_unseen,
			  "why_not", c->why_not ? json_string(c->why_not) : json_null());

	if (!o || !c->replayed)
		return o;
	json_object_update_new(
		o, json_pack("{s:i s:i s:i s:i s:o s:o s:o s:o s:o s:o}", "objects_per_slab",
			     (int)c->objects_per_slab, "limit", (int)c->limit, "batchcount",
			     (int)c->batchcount, "sharedfactor", (int)c->sharedfactor, "hit_rate",
			     range(&c->hit_rate), "refills", range(&c->refills), "refills_per_1000",
			     range(&c->refills_per_1000), "peak_objects", range(&c->peak_objects),
			     "refill_ns", latency(t, c), "runs", runs(t, c)));
	return o;
}

static json_t *threads(const struct replay_threads *t)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < t->nr_threads; i++)
		json_array_append_new(array,
				      json_pack("{s:i s:i}", "recorded", (int)t->thread[i].recorded,
						"real", (int)t->thread[i].real));
	return array;
}

json_t *replay_threads_json(const struct replay_threads *t, const struct trace_losses *losses)
{
	struct replay_range s = took(t);
	json_t *caches = json_array();
	json_t *empty = json_pack("{s:I s:o s:o s:o}", "count", (json_int_t)t->empty_ns.count,
				  "median", real(t->empty_median), "p5", real(t->empty_low), "p95",
				  real(t->empty_high));

	for (size_t i = 0; i < t->nr_caches; i++)
		json_array_append_new(caches, cache(t, &t->cache[i]));
	return json_pack(
		"{s:s s:I s:I s:f s:i s:o s:I s:i s:I s:o s:b s:i s:i s:s s:o s:o s:I s:o}",
		"schema", SCHEMA, "events", (json_int_t)t->events, "processes",
		(json_int_t)t->processes, "recorded_s", (double)t->seconds_ns / 1e9, "repeat",
		(int)t->repeat, "took_s", range(&s), "discarded", (json_int_t)losses->discarded,
		"torn", (int)losses->torn, "nonsense", (json_int_t)t->nonsense, "threads",
		threads(t), "shared_cpus", t->nr_threads > t->cpus, "nodes_recorded",
		(int)t->nodes_recorded, "nodes", (int)t->nodes_real, "backend", t->backend, "waits",
		range(&t->waits), "empty_ns", empty, "prepared_bytes", (json_int_t)t->plan_bytes,
		"caches", caches);
}
