// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* header.c: the title, a line for each side, what is not available, the line of screens. */
#include "screen/header.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "compare/compare_text.h"
#include "screen/cost_scale.h"
#include "screen/screens.h"
#include "screen/unfilled.h"
#include "screen/values.h"

#define ROWS_FOR_SIDES 16 /* a screen with fewer rows has no lines for the sides */
#define ROWS_FOR_LINE  24 /* the same for the line of screens */

static bool has_note(const struct view *v)
{
	return v->ui->message[0] || v->model->nr_missing;
}

static bool has_side(const struct view *v, enum side_kind kind)
{
	for (size_t i = 0; i < v->model->nr_sides; i++)
		if (v->model->side[i].kind == kind)
			return true;
	return false;
}

/* Without any side there is a line that says so. */
static int side_rows(const struct view *v)
{
	int sides = has_side(v, SIDE_KERNEL) + has_side(v, SIDE_REFERENCE);

	return v->compare ? 2 : sides ? sides : 1;
}

int header_rows(const struct view *v, int rows)
{
	int header = 1 + (rows >= ROWS_FOR_SIDES ? side_rows(v) : 0) + has_note(v) +
		     (rows >= ROWS_FOR_LINE);

	return header < rows ? header : rows;
}

/* A line that takes parts from the left, as long as they fit. */
struct line {
	struct cells *c;
	int row, col, end;
};

static void part(struct line *l, enum style style, const char *text)
{
	int width = text_width(text);

	if (!width || l->col + width > l->end)
		return;
	l->col = cells_put(l->c, l->row, l->col, width, style, text) + 2;
}

/* ---- title ---------------------------------------------------------------------------- */

/* Writes the position in a recording, its length and its speed. */
static void played_text(const struct view *v, char *text, size_t size)
{
	const struct snap_played *p = &v->model->played;
	char speed[16] = "";

	if (v->ui->playing.on)
		snprintf(speed, sizeof(speed), " x%g", v->ui->playing.speed);
	snprintf(text, size, "%s%.1f of %.1f s%s  ", p->over ? "end " : "", (double)p->at_ns / 1e9,
		 (double)p->of_ns / 1e9, speed);
}

/* Draws the right part. Returns the column where it begins. */
static int title_right(struct cells *c, const struct view *v)
{
	double interval = v->model->interval_s > 0 ? v->model->interval_s : v->ui->interval_s;
	char text[112], clock[16] = "", played[64] = "";
	time_t now = (time_t)v->model->wall;
	struct tm tm;
	int width;

	if (v->model->played.of_ns)
		played_text(v, played, sizeof(played));
	if (c->cols < (played[0] ? 100 : 60) || !localtime_r(&now, &tm) ||
	    !strftime(clock, sizeof(clock), "%H:%M:%S  ", &tm))
		clock[0] = 0;
	snprintf(text, sizeof(text), "%s%s%s%.1f s", v->ui->paused ? "paused  " : "", played, clock,
		 interval);
	width = text_width(text);
	if (width + 12 > c->cols)
		return c->cols;
	cells_put(c, 0, c->cols - width, width, v->ui->paused ? STYLE_WARN : STYLE_NORMAL, text);
	return c->cols - width - 1;
}

/* Writes how many events are missing from the counts of the interval. */
static void trouble_text(const struct model *m, char *text, size_t size)
{
	char lost[40] = "", half[40] = "";

	if (m->lost)
		snprintf(lost, sizeof(lost), "%s event%s lost", unit_count((double)m->lost).text,
			 m->lost == 1 ? "" : "s");
	if (m->unpaired)
		snprintf(half, sizeof(half), "%s refill%s half seen",
			 unit_count((double)m->unpaired).text, m->unpaired == 1 ? "" : "s");
	snprintf(text, size, "%s%s%s", lost, lost[0] && half[0] ? ", " : "", half);
}

static void title(struct cells *c, const struct view *v)
{
	const struct model *m = v->model;
	struct line l = {c, 0, 0, title_right(c, v)};
	char text[96];

	part(&l, STYLE_TITLE, "slabscope");
	if (m->lost || m->unpaired) {
		trouble_text(m, text, sizeof(text));
		part(&l, STYLE_BAD, text);
	}
	if (v->ui->scope[0])
		l.col = cells_put_cut(c, 0, l.col, l.end - l.col, STYLE_WARN, v->ui->scope) + 2;
	part(&l, STYLE_NORMAL, m->release);
	part(&l, STYLE_NORMAL, m->allocator);
	part(&l, STYLE_NORMAL, m->probes);
	if (v->compare) {
		part(&l, STYLE_NORMAL, "compared");
		return;
	}
	if (m->interval_s > 0 && !isnan(m->cpu_percent)) {
		snprintf(text, sizeof(text), "own cost %.1f %%",
			 m->cpu_percent + (m->bpf_ns_known ? m->bpf_cpu_percent : 0));
		part(&l, STYLE_NORMAL, text);
	}
	if (m->bpf_ns_known) {
		snprintf(text, sizeof(text), "%.0f ns/event", m->bpf_ns_per_event);
		part(&l, STYLE_NORMAL, text);
	}
}

/* ---- sides ---------------------------------------------------------------------------- */

/* All sides of a kind as one. Percentiles cannot be added: only a single side has them. */
struct sum {
	size_t sides, caches;
	uint64_t bytes;
	bool bytes_known;
	size_t left_out[COUNTS];
	struct traffic traffic;
	const struct model_side *only;
};

static void add_side(struct sum *sum, const struct model_side *side, double *rated)
{
	sum->only = sum->sides++ ? NULL : side;
	sum->caches += side->nr_caches;
	sum->bytes += side->bytes;
	sum->bytes_known |= side->bytes_known;
	sum->traffic.known |= side->traffic.known;
	sum->traffic.inferred |= side->traffic.inferred;
	for (int c = 0; c < COUNTS; c++) {
		sum->traffic.count[c] += side->traffic.count[c];
		sum->left_out[c] += side->left_out[c];
	}
	if (!isnan(side->traffic.hit_rate)) {
		double allocs = (double)side->traffic.count[COUNT_ALLOCS];

		rated[0] += allocs;
		rated[1] += allocs * side->traffic.hit_rate;
	}
}

static struct sum sum_sides(const struct model *m, enum side_kind kind)
{
	struct sum sum = {0};
	double rated[2] = {0, 0};

	for (size_t i = 0; i < m->nr_sides; i++)
		if (m->side[i].kind == kind)
			add_side(&sum, &m->side[i], rated);
	sum.traffic.hit_rate = rated[0] > 0 ? rated[1] / rated[0] : NAN;
	return sum;
}

static void rate_part(struct line *l, const struct sum *sum, enum count c, double interval_s,
		      const char *what)
{
	double rate = traffic_rate(&sum->traffic, c, interval_s);
	char text[48];

	if (isnan(rate))
		snprintf(text, sizeof(text), "%s n/a", what);
	else
		snprintf(text, sizeof(text), "%s %s/s",
			 values_mark(&sum->traffic, c, unit_count(rate)).text, what);
	part(l, STYLE_NORMAL, text);
}

/* Which of the sums leave out how many caches: in words, and in short; "" if they have all. */
struct left_out {
	char words[160], brief[32];
};

static void left_out(const struct sum *sum, struct left_out *to)
{
	static const enum count of[] = {COUNT_ALLOCS, COUNT_HITS, COUNT_REFILLS};
	static const char *const what[] = {"alloc", "hit", "refill"};
	const size_t size = sizeof(to->words);
	size_t most = 0, before = 0, length = 0;
	char *text = to->words;

	to->words[0] = to->brief[0] = 0;
	for (size_t i = 0; i < 3; i++) {
		size_t nr = sum->traffic.known & COUNT_BIT(of[i]) ? sum->left_out[of[i]] : 0;

		if (before && nr != before)
			length += (size_t)snprintf(text + length, size - length,
						   " without %zu cache%s", before,
						   before == 1 ? "" : "s");
		if (nr)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
						   length ? ", " : "", what[i]);
		before = nr;
		most = nr > most ? nr : most;
	}
	if (before)
		snprintf(text + length, size - length, " without %zu cache%s", before,
			 before == 1 ? "" : "s");
	if (most)
		snprintf(to->brief, sizeof(to->brief), "%zu n/a", most);
}

static void rate_parts(struct line *l, const struct sum *sum, double interval_s)
{
	const uint32_t both = COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_HITS);
	struct left_out without;
	char text[48];
	int end = l->end;

	if (!(interval_s > 0)) {
		part(l, STYLE_DIM, "waiting for the first sample");
		return;
	}
	left_out(sum, &without);
	if (without.brief[0])
		l->end -= text_width(without.brief) + 2;
	rate_part(l, sum, COUNT_ALLOCS, interval_s, "alloc");
	if (!isnan(sum->traffic.hit_rate))
		snprintf(text, sizeof(text), "hit %s %%",
			 values_mark(&sum->traffic, COUNT_HITS, unit_percent(sum->traffic.hit_rate))
				 .text);
	else
		snprintf(text, sizeof(text), "hit %s",
			 (sum->traffic.known & both) == both ? "-" : "n/a");
	part(l, cost_scale_text(cost_scale_hit(sum->traffic.hit_rate)), text);
	rate_part(l, sum, COUNT_REFILLS, interval_s, "refill");
	l->end = end;
	part(l, STYLE_WARN,
	     l->col + text_width(without.words) <= end ? without.words : without.brief);
}

static void latency_parts(struct line *l, const struct traffic *t, bool utf8)
{
	char text[48];

	if (!t->latency_known || !t->refill_ns.count)
		return;
	snprintf(text, sizeof(text), "p50 %s", unit_time(t->refill_ns.p50, utf8).text);
	part(l, STYLE_NORMAL, text);
	snprintf(text, sizeof(text), "p99 %s", unit_time(t->refill_ns.p99, utf8).text);
	part(l, STYLE_NORMAL, text);
}

static void side_line(struct cells *c, const struct view *v, int row, enum side_kind kind)
{
	struct sum sum = sum_sides(v->model, kind);
	bool kernel = kind == SIDE_KERNEL;
	struct line l = {c, row, 0, c->cols};
	char text[80];

	part(&l, kernel ? STYLE_KERNEL : STYLE_REFERENCE, kernel ? "kernel   " : "reference");
	if (!sum.sides) {
		part(&l, STYLE_DIM, "not observed");
		return;
	}
	if (!kernel && sum.only)
		snprintf(text, sizeof(text), "%s %d%s", sum.only->comm, sum.only->pid,
			 sum.only->gone ? " (ended)" : "");
	else
		snprintf(text, sizeof(text), "%zu processes", sum.sides);
	if (!kernel)
		part(&l, STYLE_NORMAL, text);
	snprintf(text, sizeof(text), "%zu cache%s", sum.caches, sum.caches == 1 ? "" : "s");
	part(&l, STYLE_NORMAL, text);
	if (sum.bytes_known)
		part(&l, STYLE_NORMAL, unit_bytes((double)sum.bytes).text);
	rate_parts(&l, &sum, v->model->interval_s);
	if (sum.only)
		latency_parts(&l, &sum.only->traffic, c->utf8);
}

/* ---- what cannot be seen -------------------------------------------------------------- */

/* Lists what is missing for the same reason as the first. Returns how many others there are. */
static size_t missing_what(const struct model *m, char *text, size_t size)
{
	size_t others = 0, length = (size_t)snprintf(text, size, "%s", m->missing[0].what);

	for (size_t i = 1; i < m->nr_missing; i++) {
		if (strcmp(m->missing[i].why, m->missing[0].why))
			others++;
		else if (length < size)
			length += (size_t)snprintf(text + length, size - length, ", %s",
						   m->missing[i].what);
	}
	return others;
}

/* Cuts a list behind the last name that fits in width columns with "..." after it. */
static void cut_list(char *text, int width)
{
	static const char more[] = ", ...";

	if (text_width(text) <= width)
		return;
	for (char *at = text + strlen(text); at > text; at--) {
		if (strncmp(at, ", ", 2) || at - text + (int)strlen(more) > width)
			continue;
		memcpy(at, more, sizeof(more));
		return;
	}
}

static bool any_inferred(const struct model *m)
{
	for (size_t i = 0; i < m->nr_sides; i++)
		if (m->side[i].traffic.inferred)
			return true;
	return false;
}

/*
 * Draws one line: what is not available; why, if there is room for all of it; what ~ means; and
 * where there is more.
 */
static void missing_line(struct cells *c, const struct view *v, int row)
{
	char what[512], why[528], tail[80], others[32] = "";
	size_t nr_others = missing_what(v->model, what, sizeof(what));
	int room;

	if (nr_others)
		snprintf(others, sizeof(others), "; %zu more", nr_others);
	snprintf(tail, sizeof(tail), "%s%s; %s", any_inferred(v->model) ? "; ~: inferred" : "",
		 others, v->ui->printed ? "see doctor" : "D tells why");
	snprintf(why, sizeof(why), ": %s", v->model->missing[0].why);
	room = c->cols - (int)strlen("n/a: ") - text_width(tail);
	if (text_width(what) + text_width(why) > room)
		why[0] = 0;
	cut_list(what, room);
	cells_printf(c, row, 0, c->cols, STYLE_WARN, "n/a: %s%s%s", what, why, tail);
}

/* Draws the listed screens, each with the number that opens it. */
static void screens_line(struct cells *c, const struct view *v, int row)
{
	const struct ui *ui = v->ui;
	const struct screen *here =
		screens_listed(ui->screen, ui->comparison) ? ui->screen : ui->back;
	int col = 0;

	for (size_t i = 0; screens_at(i); i++) {
		const struct screen *s = screens_at(i);
		int from = col, number = screens_number(s);
		bool dim = unfilled_is(s, v);

		if (!screens_listed(s, ui->comparison))
			continue;
		if (col + 5 + text_width(s->title) > c->cols)
			break;
		col = cells_printf(c, row, col, c->cols,
				   s == here ? STYLE_HERE
				   : dim     ? STYLE_DIM
					     : STYLE_KEY,
				   " %d", number);
		col = cells_printf(c, row, col, c->cols,
				   s == here ? STYLE_HERE
				   : dim     ? STYLE_DIM
					     : STYLE_NORMAL,
				   " %s ", s->title);
		ui_zone(v->ui, row, from, col - from, '0' + number);
		col++;
	}
}

/* Draws a note on the comparison. */
static void note_line(struct cells *c, const struct view *v, int row, unsigned n)
{
	char text[256];

	if (compare_text_note(v->compare, n, c->utf8, text, sizeof(text)))
		cells_put_cut(c, row, 0, c->cols, STYLE_NORMAL, text);
}

void header_draw(struct cells *c, const struct view *v, int rows)
{
	int row = 1;

	title(c, v);
	if (rows >= ROWS_FOR_SIDES && v->compare) {
		note_line(c, v, row++, 0);
		note_line(c, v, row++, 1);
	} else if (rows >= ROWS_FOR_SIDES) {
		bool reference = has_side(v, SIDE_REFERENCE);

		if (has_side(v, SIDE_KERNEL) || !reference)
			side_line(c, v, row++, SIDE_KERNEL);
		if (reference)
			side_line(c, v, row++, SIDE_REFERENCE);
	}
	if (v->ui->message[0])
		cells_put_cut(c, row, 0, c->cols, STYLE_WARN, v->ui->message);
	else if (v->model->nr_missing)
		missing_line(c, v, row);
	if (rows >= ROWS_FOR_LINE)
		screens_line(c, v, row + has_note(v));
}
