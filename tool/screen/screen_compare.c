// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * screen_compare.c: recorded caches and the reference on the same stream: a row a cache, and the
 * values of the selected one with their confidence intervals, under a sentence on the difference.
 */
#include <stdio.h>

#include "base/text.h"
#include "compare/compare_lines.h"
#include "compare/compare_table.h"
#include "compare/verdict.h"
#include "screen/screens.h"
#include "screen/values.h"

#define LABEL  18
#define MARGIN 2

/* ---- the list -------------------------------------------------------------------------- */

/* Returns how many of the values fit. */
static int values_shown(const struct cells *c, const struct view *v)
{
	return compare_table_shown(c->cols - list_view_name_end(c, v));
}

static void compare_heading(struct cells *c, const struct view *v, int row)
{
	int col = list_view_name_heading(c, v, row), shown = values_shown(c, v);

	for (int i = 0; i < COMPARE_VALUES; i++)
		if ((int)compare_table_place[i] < shown)
			col = cells_put_right(c, row, col, COMPARE_TABLE_VALUE, STYLE_HEADING,
					      compare_table_title[compare_table_place[i]]);
	if (col + COMPARE_TABLE_VERDICT <= c->cols)
		col = cells_put_right(c, row, col, COMPARE_TABLE_VERDICT, STYLE_HEADING, "REFILLS");
	if (col + COMPARE_TABLE_VERDICT <= c->cols)
		cells_put_right(c, row, col, COMPARE_TABLE_VERDICT, STYLE_HEADING, "TIMES");
}

static int put_verdict(struct cells *c, int row, int col, enum style base, enum verdict verdict,
		       const char *const *words)
{
	enum style style = base != STYLE_NORMAL	     ? base
			   : verdict == VERDICT_NONE ? STYLE_DIM
			   : verdict == VERDICT_SAME ? STYLE_NORMAL
						     : STYLE_TITLE;

	return col + COMPARE_TABLE_VERDICT <= c->cols
		       ? cells_put_right(c, row, col, COMPARE_TABLE_VERDICT, style, words[verdict])
		       : col;
}

static const struct compare_cache *cache_of(const struct view *v, const struct row *r)
{
	return v->compare && r && r->cache->id < v->compare->nr_caches
		       ? &v->compare->cache[r->cache->id]
		       : NULL;
}

static void compare_row(struct cells *c, const struct view *v, int row, const struct row *r,
			bool selected)
{
	const struct compare_cache *cache = cache_of(v, r);
	enum style base = selected ? STYLE_SELECTED : STYLE_NORMAL;
	int col = list_view_name(c, v, row, r, selected), shown = values_shown(c, v);

	if (!cache)
		return;
	for (int i = 0; i < COMPARE_VALUES; i++) {
		struct unit u;

		if ((int)compare_table_place[i] >= shown)
			continue;
		u = compare_table_value(v->compare, cache, compare_table_place[i], c->utf8);
		col = cells_put_right(c, row, col, COMPARE_TABLE_VALUE,
				      selected ? base : values_style(&u, base), u.text);
	}
	col = put_verdict(c, row, col, base, cache->refills, compare_table_refills);
	put_verdict(c, row, col, base, cache->latency, compare_table_times);
}

static const struct list_look look = {.heading = compare_heading, .row = compare_row};

/* ---- the pane -------------------------------------------------------------------------- */

/* Draws text on at most rows rows; c may be NULL. Returns how many rows the text takes. */
static int put_paragraph(struct cells *c, int row, int rows, int cols, const char *text)
{
	int nr = 0, room = cols - MARGIN - 1;

	if (room < 1)
		return 0;
	for (; *text; nr++) {
		const char *line = text;
		int length = text_line(line, room, &text);

		if (c && nr < rows)
			cells_printf(c, row + nr, MARGIN, room, STYLE_TITLE, "%.*s", length, line);
	}
	return nr;
}

static void put_line(struct cells *c, int row, const struct compare_line *line)
{
	int side = (c->cols - MARGIN - LABEL) / (c->cols >= 120 ? 3 : 2), col = MARGIN + LABEL;
	const char *texts[] = {line->recorded, line->reference, line->rest};

	cells_put_cut(c, row, MARGIN, LABEL - 1, STYLE_NORMAL, line->label);
	for (int i = 0; i < 3; i++, col += side) {
		struct unit u = {""};

		snprintf(u.text, sizeof(u.text), "%.15s", texts[i]);
		cells_put_cut(c, row, col, side - 1, values_style(&u, STYLE_NORMAL), texts[i]);
	}
}

static int pane_rows(const struct view *v, const struct row *r)
{
	const struct compare_cache *cache = cache_of(v, r);
	struct compare_line line;
	unsigned n = 0;

	if (!cache)
		return 0;
	while (compare_lines_get(v->compare, cache, n, false, &line))
		n++;
	return (int)n +
	       put_paragraph(NULL, 0, 0, v->ui->cols,
			     verdict_sentence(cache, v->compare->instructions, false).text);
}

static void pane(struct cells *c, const struct view *v, int top, int rows, const struct row *r)
{
	const struct compare_cache *cache = cache_of(v, r);
	struct compare_line line;
	int row = top + 1, end = top + rows;

	if (rows < 1 || !cache)
		return;
	compare_lines_get(v->compare, cache, 0, c->utf8, &line);
	snprintf(line.label, sizeof(line.label), "%.31s", cache->name);
	put_line(c, top, &line);
	cells_style(c, top, 0, c->cols, STYLE_HEADING);
	row += put_paragraph(c, row, end - row, c->cols,
			     verdict_sentence(cache, v->compare->instructions, c->utf8).text);
	for (unsigned n = 1; row < end && compare_lines_get(v->compare, cache, n, c->utf8, &line);
	     n++)
		put_line(c, row++, &line);
}

/* ---- the screen ------------------------------------------------------------------------ */

/* The values of the selected cache get their rows before the list does. */
static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int wanted = pane_rows(v, r), most = rows * 7 / 10;
	int of_pane = rows < LIST_VIEW_WITH_PANE || !r ? 0 : wanted < most ? wanted : most;

	list_view(c, v, &look, top, rows - of_pane);
	pane(c, v, top + rows - of_pane, of_pane, r);
}

/* A cache of the replay stands beside the recorded one, not on a row of its own. */
static bool shows(const struct row *row)
{
	return !row->side->replayed;
}

const struct screen screen_compare = {
	.name = "compare",
	.title = "Compare",
	.what = "the recorded caches and the reference, on the same stream",
	.letter = 'V',
	.compared = true,
	.look = &look,
	.shows = shows,
	.draw = draw,
};
