// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* compare_report.c: a table for each cache, the recorded side left, the reference right. */
#include "compare/compare_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "compare/compare_lines.h"
#include "compare/compare_text.h"
#include "compare/verdict.h"

#define LABEL 22
#define SIDE  34
#define BAR   24
#define BARS  14 /* rows of a histogram */

struct page {
	FILE *to;
	const struct compare *all;
	bool utf8;
};

/* Prints text in so many columns; longer text stays whole. */
static void put(const struct page *p, const char *text, int width)
{
	int blanks = width - text_width(text);

	fprintf(p->to, "%s%*s", text, blanks > 0 ? blanks : 0, "");
}

static void row(const struct page *p, const char *label, const char *recorded,
		const char *reference, const char *rest)
{
	fputs("  ", p->to);
	put(p, label, LABEL);
	put(p, recorded, SIDE);
	put(p, reference, *rest ? SIDE : 0);
	fprintf(p->to, "%s\n", rest);
}

static void print_lines(const struct page *p, const struct compare_cache *c)
{
	struct compare_line line;

	for (unsigned n = 0; compare_lines_get(p->all, c, n, p->utf8, &line); n++)
		row(p, line.label, line.recorded, line.reference, line.rest);
}

/* ---- histograms ------------------------------------------------------------------------------ */

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
	fprintf(p->to, "  refills by duration, as measured\n");
	for (int i = first; i <= last; i += step) {
		double bound = exp2((i + step - 1) / 8.0);
		struct unit upto =
			unit_bound(compare_text_duration(p->all, bound, p->utf8), p->utf8);

		fprintf(p->to, "  %*s%s ", LABEL - 1 - text_width(upto.text), "", upto.text);
		print_bar(p, in_buckets(a, i, i + step), most_a, SIDE);
		print_bar(p, in_buckets(b, i, i + step), most_b, 0);
		fputc('\n', p->to);
	}
}

/* ---- all ------------------------------------------------------------------------------------- */

static void print_cache(const struct page *p, const struct compare_cache *c)
{
	fprintf(p->to, "\n%s, %u bytes, %" PRIu64 " allocations, %" PRIu64 " frees\n", c->name,
		c->object_size, c->recorded.counts.allocs, c->recorded.counts.frees);
	print_lines(p, c);
	print_histogram(p, c);
	if (c->live_before || c->freed_unseen)
		fprintf(p->to,
			"  %" PRIu64 " objects older than the recording, %" PRIu64
			" whose free was not recorded\n",
			c->live_before, c->freed_unseen);
	fprintf(p->to, "  %s\n", verdict_sentence(c, p->all->instructions, p->utf8).text);
}

void compare_report_print(FILE *to, const struct compare *c, bool utf8)
{
	const struct page p = {to, c, utf8};
	char text[256];

	for (unsigned n = 0; compare_text_note(c, n, utf8, text, sizeof(text)); n++)
		fprintf(to, "%s\n", text);
	fprintf(to,
		"in brackets: intervals of %.0f %%, for loads like this recording; "
		"after REFERENCE: limit, batchcount, sharedfactor\n"
		"refill times come from a histogram, which adds an error of up to %.1f %%\n",
		100 * STATISTICS_CONFIDENCE, 100 * (COMPARE_BUCKET - 1));
	for (size_t i = 0; i < c->nr_caches; i++)
		print_cache(&p, &c->cache[i]);
}
