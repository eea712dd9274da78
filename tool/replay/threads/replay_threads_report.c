// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * replay_threads_report.c: a cache has three lines: the median, the least and the most of all runs.
 * What is unknown is n/a.
 */
#include "replay/threads/replay_threads_report.h"

#include <inttypes.h>
#include <langinfo.h>
#include <math.h>
#include <string.h>

#include "replay/replay_report.h"
#include "base/units.h"

#define BAR 40

/* ---- text ------------------------------------------------------------------------------------ */

static struct unit time_of(double ns)
{
	return unit_time(ns, !strcmp(nl_langinfo(CODESET), "UTF-8"));
}

/* Prints a column with a time. The sign for micro takes two bytes. */
static void print_time(FILE *to, double ns)
{
	struct unit u = time_of(ns);
	int bytes = (int)strlen(u.text), columns = bytes;

	for (int i = 0; i < bytes; i++)
		columns -= (u.text[i] & 0xc0) == 0x80;
	fprintf(to, " %*s", 7 + bytes - columns, u.text);
}

static void print_places(FILE *to, const struct replay_threads *t)
{
	bool same = true;

	for (unsigned i = 0; i < t->nr_threads; i++)
		same = same && t->thread[i].recorded == t->thread[i].real;
	if (!same) {
		fputs("recorded CPUs on CPUs of this machine:", to);
		for (unsigned i = 0; i < t->nr_threads; i++)
			fprintf(to, " %u on %u", t->thread[i].recorded, t->thread[i].real);
		fputc('\n', to);
	}
	if (t->nr_threads > t->cpus)
		fprintf(to,
			"%u recorded CPUs share %u CPUs and their arrays: the counts are not "
			"those of %u CPUs, and a duration may include other threads\n",
			t->nr_threads, t->cpus, t->nr_threads);
	if (t->nodes_real && t->nodes_recorded > t->nodes_real)
		fprintf(to, "recorded on %u nodes, replayed on %u\n", t->nodes_recorded,
			t->nodes_real);
	if (!strcmp(t->backend, "lock"))
		fputs("libslab runs with locks here, not with restartable sequences: "
		      "durations are longer\n",
		      to);
}

static void print_head(FILE *to, const struct replay_threads *t)
{
	struct replay_range s = replay_threads_took(t);

	fprintf(to,
		"%s events of %" PRIu64
		" process%s in %.2f s; replayed %u time%s on %u thread%s, in %.2f s",
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
		fprintf(to, " to %s), already subtracted from the times below\n",
			time_of(t->empty_high).text);
	}
	fputc('\n', to);
}

static uint64_t origin_sum(const struct replay_threads *t, const struct replay_threads_cache *c,
			   int origin)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < t->repeat; i++)
		for (int o = 0; o < ORIGINS; o++)
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
		fprintf(to, "%-20.20s not replayed: %s\n", c->name, c->why_not);
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

/* Prints eight buckets in a line: each line ends at twice the time of the line before. */
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
	fprintf(to, "\n%s: %" PRIu64 " refills as measured, with the reading of the clock\n",
		c->name, h.count);
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

void replay_threads_report_print(FILE *to, const struct replay_threads *t,
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
	for (size_t i = 0; i < t->nr_caches; i++)
		replay_report_print_unseen(to, t->cache[i].name, t->cache[i].live_before,
					   t->cache[i].freed_unseen);
	replay_report_print_losses(to, t->nonsense, losses);
}
