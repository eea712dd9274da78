// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * compare_report.c: a table of the verdicts, then the values of each cache, the recorded side left,
 * the reference right; below each other where lines are short.
 */
#include "compare/compare_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "compare/compare_lines.h"
#include "compare/compare_table.h"
#include "compare/compare_text.h"
#include "compare/verdict.h"

#define UNLIMITED 10000 /* columns */
#define LABEL	  22
#define SIDE	  34
#define SIDE_MIN  24 /* a value with its interval */
#define REST	  36
#define BAR	  24
#define BARS	  14 /* rows of a histogram */
#define NAME	  12 /* columns of the name of a cache, at least */

struct page {
	FILE *to;
	const struct compare *all;
	bool utf8;
	int columns;
	int label, side; /* columns of a label, and of the values of a side */
	bool rest;	 /* a third column fits */
	bool narrow;	 /* the sides do not fit beside each other */
};

static struct page make_page(FILE *to, const struct compare *all, bool utf8, int columns)
{
	struct page p = {.to = to, .all = all, .utf8 = utf8};

	p.columns = columns > 0 ? columns : UNLIMITED;
	p.narrow = p.columns < 2 + LABEL + 2 * SIDE_MIN;
	p.rest = p.columns >= 2 + LABEL + 2 * SIDE + REST;
	p.label = p.narrow ? LABEL / 2 : LABEL;
	p.side = p.rest ? SIDE : (p.columns - 2 - p.label) / 2;
	p.side = p.side < SIDE ? p.side : SIDE;
	return p;
}

/* Prints text in so many columns; longer text stays whole. */
static void put(const struct page *p, const char *text, int width)
{
	int blanks = width - text_width(text);

	fprintf(p->to, "%s%*s", text, blanks > 0 ? blanks : 0, "");
}

/* Prints text on as many lines as it takes, each after so many blanks. */
static void put_paragraph(const struct page *p, int blanks, const char *text)
{
	int room = p->columns - blanks > 1 ? p->columns - blanks : 1;

	while (*text) {
		const char *line = text;
		int length = text_line(line, room, &text);

		while (length && line[length - 1] == ' ')
			length--;
		fprintf(p->to, "%*s%.*s\n", blanks, "", length, line);
	}
}

static void put_narrow(const struct page *p, const char *side, const char *text)
{
	fputs("    ", p->to);
	put(p, side, 10);
	fprintf(p->to, "%s\n", text);
}

static void row(const struct page *p, const struct compare_cache *c, const struct compare_line *l)
{
	if (p->narrow) {
		if (l->label[0])
			fprintf(p->to, "  %s\n", l->label);
		put_narrow(p, compare_cache_side_name(c), l->recorded);
		put_narrow(p, "reference", l->reference);
	} else {
		fputs("  ", p->to);
		put(p, l->label, p->label);
		put(p, l->recorded, p->side);
		put(p, l->reference, l->rest[0] && p->rest ? p->side : 0);
		fprintf(p->to, "%s\n", p->rest ? l->rest : "");
	}
	if (l->rest[0] && !p->rest)
		put_paragraph(p, 4, l->rest);
}

static void print_lines(const struct page *p, const struct compare_cache *c)
{
	struct compare_line line;

	for (unsigned n = 0; compare_lines_get(p->all, c, n, p->utf8, &line); n++)
		row(p, c, &line);
}

/* ---- the table of verdicts ------------------------------------------------------------------- */

struct name {
	char text[2 * TRACE_TEXT + 16];
};

/* Returns the name of a cache, and of its process where there are several. */
static struct name name_of(const struct compare *all, const struct compare_cache *c)
{
	bool several = false;
	struct name name;

	for (size_t i = 0; i < all->nr_caches; i++)
		several |= all->cache[i].pid != c->pid;
	if (several && !c->kernel)
		snprintf(name.text, sizeof(name.text), "%s, %s %u", c->name, c->comm, c->pid);
	else
		snprintf(name.text, sizeof(name.text), "%s", c->name);
	return name;
}

static int name_width(const struct page *p)
{
	int width = NAME, most = p->columns / 3 > NAME ? p->columns / 3 : NAME;

	for (size_t i = 0; i < p->all->nr_caches; i++) {
		int here = text_width(name_of(p->all, &p->all->cache[i]).text);

		width = here > width ? here : width;
	}
	return width < most ? width : most;
}

/* Prints the characters of a name that fit, the last one a mark if there are more. */
static void put_name(const struct page *p, const char *name, int width)
{
	bool cut = text_width(name) > width;
	char character[5];

	for (int i = 0; i < width - cut && *name; i++) {
		name += text_next(name, p->utf8, character);
		fputs(character, p->to);
	}
	if (cut)
		fputs(p->utf8 ? "…" : "~", p->to);
}

static void put_right(const struct page *p, const char *text, int width)
{
	fprintf(p->to, "%*s%s", width > text_width(text) ? width - text_width(text) : 0, "", text);
}

/* Prints a row of the table; without a cache, its heading. */
static void table_row(const struct page *p, const struct compare_cache *c, int name, int shown)
{
	struct name text = {"CACHE"};

	if (c)
		text = name_of(p->all, c);
	put_name(p, text.text, name);
	fprintf(p->to, "%*s", name > text_width(text.text) ? name - text_width(text.text) : 0, "");
	for (int i = 0; i < COMPARE_VALUES; i++) {
		enum compare_table_value value = compare_table_place[i];

		if ((int)value < shown)
			put_right(p,
				  c ? compare_table_value(p->all, c, value, p->utf8).text
				    : compare_table_title[value],
				  COMPARE_TABLE_VALUE);
	}
	put_right(p, c ? compare_table_refills[c->refills] : "REFILLS", COMPARE_TABLE_VERDICT);
	put_right(p, c ? compare_table_times[c->latency] : "TIMES", COMPARE_TABLE_VERDICT);
	fputc('\n', p->to);
}

static void print_table(const struct page *p)
{
	int name = name_width(p), shown = compare_table_shown(p->columns - name);

	if (!p->all->nr_caches)
		return;
	table_row(p, NULL, name, shown);
	for (size_t i = 0; i < p->all->nr_caches; i++)
		table_row(p, &p->all->cache[i], name, shown);
	put_paragraph(p, 0,
		      "REFILLS, TIMES: whether the reference has more or fewer refills, and longer "
		      "or shorter ones, by more than noise; same: no difference beyond noise; -: "
		      "no verdict, for the reason below");
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
	int room = p->side - 10 < BAR ? p->side - 10 : BAR;
	int length = most && room > 0 ? (int)lrint((double)n / (double)most * room) : 0;

	if (n && !length && room > 0)
		length = 1;
	if (!n && !width)
		return;
	fprintf(p->to, "%8s%s", n ? unit_count((double)n).text : "", length || width ? " " : "");
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
		uint64_t na = in_buckets(a, i, i + step), nb = in_buckets(b, i, i + step);
		double bound = exp2((i + step - 1) / 8.0);
		struct unit upto =
			unit_bound(compare_text_duration(p->all, bound, p->utf8), p->utf8);

		fprintf(p->to, "  %*s%s%s", p->label - 1 - text_width(upto.text), "", upto.text,
			na || nb ? " " : "");
		print_bar(p, na, most_a, nb ? p->side : 0);
		if (nb)
			print_bar(p, nb, most_b, 0);
		fputc('\n', p->to);
	}
}

/* ---- all ------------------------------------------------------------------------------------- */

static void print_cache(const struct page *p, const struct compare_cache *c)
{
	char text[256];

	snprintf(text, sizeof(text), "%s, %u bytes, %" PRIu64 " allocations, %" PRIu64 " frees",
		 c->name, c->object_size, c->recorded.counts.allocs, c->recorded.counts.frees);
	fputc('\n', p->to);
	put_paragraph(p, 0, text);
	print_lines(p, c);
	print_histogram(p, c);
	snprintf(text, sizeof(text),
		 "%" PRIu64 " objects older than the recording, %" PRIu64
		 " whose free was not recorded",
		 c->live_before, c->freed_unseen);
	if (c->live_before || c->freed_unseen)
		put_paragraph(p, 2, text);
	put_paragraph(p, 2, verdict_sentence(c, p->all->instructions, p->utf8).text);
}

void compare_report_print(FILE *to, const struct compare *c, bool utf8, int columns)
{
	const struct page p = make_page(to, c, utf8, columns);
	char text[256];

	print_table(&p);
	if (c->nr_caches)
		fputc('\n', to);
	for (unsigned n = 0; compare_text_note(c, n, utf8, text, sizeof(text)); n++)
		put_paragraph(&p, 0, text);
	snprintf(text, sizeof(text),
		 "in brackets: intervals of %.0f %%, for loads like this recording; "
		 "after REFERENCE: limit, batchcount, sharedfactor",
		 100 * STATISTICS_CONFIDENCE);
	put_paragraph(&p, 0, text);
	snprintf(text, sizeof(text),
		 "refill times come from a histogram, which adds an error of up to %.1f %%",
		 100 * (COMPARE_BUCKET - 1));
	put_paragraph(&p, 0, text);
	for (size_t i = 0; i < c->nr_caches; i++)
		print_cache(&p, &c->cache[i]);
}
