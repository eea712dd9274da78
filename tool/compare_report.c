// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* compare_report.c: the text: a table a cache, the recorded side left, the reference right. */
#include "compare_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cells.h"

#define LABEL 22
#define SIDE  34
#define BAR   24
#define BARS  14 /* rows of a histogram */

struct page {
	FILE *to;
	const struct compare *all;
	bool utf8;
};

/* Text in so many columns; what is longer stays whole. */
static void put(const struct page *p, const char *text, int width)
{
	int blanks = width - cells_width(text);

	fprintf(p->to, "%s%*s", text, blanks > 0 ? blanks : 0, "");
}

static void row(const struct page *p, const char *label, const char *recorded, const char *reference,
		const char *rest)
{
	fputs("  ", p->to);
	put(p, label, LABEL);
	put(p, recorded, SIDE);
	put(p, reference, *rest ? SIDE : 0);
	fprintf(p->to, "%s\n", rest);
}

static void print_counts(const struct page *p, const struct compare_cache *c)
{
	char rest[96] = "";

	row(p, "hit rate, %", compare_percent(c->recorded.hit_rate).text,
	    compare_percent(c->reference.hit_rate).text, "");
	for (unsigned cpu = 0; cpu < c->cpus; cpu++) {
		const struct compare_cpu *a = &c->recorded.cpu[cpu], *b = &c->reference.cpu[cpu];
		char label[24];

		snprintf(label, sizeof(label), "  cpu%u", cpu);
		if (a->allocs || b->allocs)
			row(p, label, compare_percent(a->hit_rate).text, compare_percent(b->hit_rate).text, "");
	}
	if (!isnan(c->refills_difference.value))
		snprintf(rest, sizeof(rest), "difference %s", compare_number(c->refills_difference).text);
	row(p, "refills of 1,000", compare_number(c->recorded.refills_per_1000).text,
	    compare_number(c->reference.refills_per_1000).text, rest);
}

static void print_origins(const struct page *p, const struct compare_cache *c)
{
	for (int o = 0; o < REPLAY_ORIGINS; o++) {
		uint64_t a = c->recorded.counts.origins[o], b = c->reference.counts.origins[o];
		char label[32], left[80] = "-", right[80] = "-";

		if (!a && !b)
			continue;
		snprintf(label, sizeof(label), "  from %s, %%", origin_names[o]);
		if (!c->recorded.counts_known)
			strcpy(left, "n/a");
		else if (a)
			snprintf(left, sizeof(left), "%s", compare_percent(c->recorded.origin[o]).text);
		if (b)
			snprintf(right, sizeof(right), "%s", compare_percent(c->reference.origin[o]).text);
		row(p, label, left, right, "");
	}
}

static void print_latencies(const struct page *p, const struct compare_cache *c)
{
	const struct compare_latency *a = &c->recorded.latency, *b = &c->reference.latency;

	for (int i = 0; i < COMPARE_QUANTILES; i++) {
		static const char *const names[] = {"50", "90", "99", "99.9"};
		char label[32];

		snprintf(label, sizeof(label), "refill p%s%s", names[i],
			 p->all->instructions ? ", insn" : "");
		row(p, label, compare_time(p->all, a->quantile[i], p->utf8).text,
		    compare_time(p->all, b->quantile[i], p->utf8).text, "");
	}
	row(p, p->all->instructions ? "refill max, insn" : "refill max",
	    compare_duration(p->all, a->max, p->utf8).text, compare_duration(p->all, b->max, p->utf8).text, "");
}

/* ---- histograms ------------------------------------------------------------------------------- */

static uint64_t in_buckets(const struct hist *h, int from, int to)
{
	uint64_t sum = 0;

	for (int i = from; i < to && i < HIST_BUCKETS; i++)
		sum += h->bucket[i];
	return sum;
}

static void print_bar(const struct page *p, uint64_t n, uint64_t most, int width)
{
	int length = most ? (int)lrint((double)n / (double)most * BAR) : 0;

	if (n && !length)
		length = 1;
	fprintf(p->to, "%8s ", n ? unit_count((double)n).text : "");
	for (int i = 0; i < length; i++)
		fputs(p->utf8 ? "█" : "#", p->to);
	fprintf(p->to, "%*s", width > 9 + length ? width - 9 - length : 0, "");
}

static void print_histogram(const struct page *p, const struct compare_cache *c)
{
	const struct hist *a = &c->recorded.latency.hist, *b = &c->reference.latency.hist;
	int first = HIST_BUCKETS, last = -1, step = 1;
	uint64_t most_a = 0, most_b = 0;

	for (int i = 0; i < HIST_BUCKETS; i++) {
		if (!a->bucket[i] && !b->bucket[i])
			continue;
		first = i < first ? i : first;
		last = i;
	}
	if (last < 0)
		return;
	while ((last - first) / step >= BARS)
		step++;
	for (int i = first; i <= last; i += step) {
		uint64_t na = in_buckets(a, i, i + step), nb = in_buckets(b, i, i + step);

		most_a = na > most_a ? na : most_a;
		most_b = nb > most_b ? nb : most_b;
	}
	fprintf(p->to, "  refills by duration, as measured, up to\n");
	for (int i = first; i <= last; i += step) {
		fprintf(p->to, "  %*s ", LABEL - 1 - 8,
			"");
		fprintf(p->to, "%7s", compare_duration(p->all, exp2((i + step - 1) / 8.0), false).text);
		print_bar(p, in_buckets(a, i, i + step), most_a, SIDE);
		print_bar(p, in_buckets(b, i, i + step), most_b, 0);
		fputc('\n', p->to);
	}
}

/* ---- all -------------------------------------------------------------------------------------- */

static void print_cache(const struct page *p, const struct compare_cache *c)
{
	char recorded[96], reference[96];

	fprintf(p->to, "\n%s, %u bytes, %" PRIu64 " allocations, %" PRIu64 " frees\n", c->name, c->object_size,
		c->recorded.counts.allocs, c->recorded.counts.frees);
	if (c->kernel)
		strcpy(recorded, "KERNEL");
	else
		snprintf(recorded, sizeof(recorded), "%.16s, %u", c->comm[0] ? c->comm : "process", c->pid);
	if (c->replayed)
		snprintf(reference, sizeof(reference), "REFERENCE %u %u %u", c->limit, c->batchcount,
			 c->sharedfactor);
	else
		strcpy(reference, "REFERENCE: n/a");
	row(p, "", recorded, reference, "");
	print_counts(p, c);
	print_origins(p, c);
	print_latencies(p, c);
	row(p, "memory at most", unit_bytes(c->recorded.bytes_peak).text,
	    unit_bytes(c->reference.bytes_peak).text, "");
	print_histogram(p, c);
	if (c->live_before || c->freed_unseen)
		fprintf(p->to, "  %" PRIu64 " objects older than the recording, %" PRIu64 " freed unseen\n",
			c->live_before, c->freed_unseen);
	fprintf(p->to, "  %s\n", c->sentence);
}

void compare_print(FILE *to, const struct compare *c, bool utf8)
{
	const struct page p = {to, c, utf8};
	char text[256];

	for (unsigned n = 0; compare_note(c, n, utf8, text, sizeof(text)); n++)
		fprintf(to, "%s\n", text);
	fprintf(to, "in brackets: intervals of %.0f %%; a reference's figures: limit, batchcount, sharedfactor\n",
		100 * STATS_CONFIDENCE);
	for (size_t i = 0; i < c->nr_caches; i++)
		print_cache(&p, &c->cache[i]);
}
