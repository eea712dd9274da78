// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screen_callers.c: the processes and stacks that refill and grow the selected cache. */
#include <stdio.h>

#include "screen/cache_table.h"
#include "screen/caller_lines.h"
#include "screen/screens.h"

#define MARGIN 2

static const char *why_none(const struct model *m, const struct model_cache *cache)
{
	if (!cache->callers_known)
		return m->callers || m->played.of_ns ? "n/a; see doctor"
						     : "not collected; use --callers";
	return cache->nr_callers ? NULL : "no refill in the sample of this interval";
}

static void pane(struct cells *c, const struct view *v, int top, int rows, const struct row *r)
{
	const char *why = why_none(v->model, r->cache);
	int end = top + rows;
	char text[160];

	cells_style(c, top, 0, c->cols, STYLE_HEADING);
	snprintf(text, sizeof(text), "%s: its callers, in the sample of this interval",
		 r->cache->name);
	cells_put_cut(c, top, MARGIN, c->cols - MARGIN, STYLE_SORTED, text);
	top++;
	if (top < end && why)
		cells_put_cut(c, top, MARGIN, c->cols - MARGIN, STYLE_DIM, why);
	for (size_t i = 0; i < r->cache->nr_callers && top < end; i++)
		top = caller_lines_put(c, v->model, top, end, &r->cache->caller[i]);
}

static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	list_view_and_pane(c, v, &cache_table_look, pane, top, rows, r);
}

static bool fills(const struct row *r)
{
	return r->cache->callers_known;
}

const struct screen screen_callers = {
	.name = "callers",
	.title = "Callers",
	.what = "which processes and stacks refill a cache",
	.letter = 'W',
	.live = true,
	.wants = SCREEN_WANTS_CALLERS,
	.look = &cache_table_look,
	.fills = fills,
	.about = "callers",
	.draw = draw,
};
