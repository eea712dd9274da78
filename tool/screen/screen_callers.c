// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screen_callers.c: who is behind the refills and grows of the selected cache: processes, stacks. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "system/symbols.h"
#include "screen/view.h"

#define MARGIN 2
#define INDENT 12 /* of the rest of a stack, under its first line */
#define TEXT   1024

/* "45.0 %  kload 100  9 refills, 0 grows: kmem_cache_alloc < ...", the innermost function first. */
static void caller_text(const struct model *m, const struct model_caller *caller, char *to)
{
	const struct snap_caller *of = &caller->of;
	struct symbol_place place;
	size_t used;

	snprintf(to, TEXT, "%5.1f %%  %s %d  %" PRIu64 " refills, %" PRIu64 " grows%s",
		 100 * caller->share, of->comm, of->pid, of->refills, of->grows,
		 of->nr_frames ? ": " : "");
	for (uint32_t i = 0; i < of->nr_frames; i++) {
		used = strlen(to);
		if (symbols_find(m->symbols, of->frame[i], &place))
			snprintf(to + used, TEXT - used, "%s%s", i ? " < " : "", place.name);
		else
			snprintf(to + used, TEXT - used, "%s0x%" PRIx64, i ? " < " : "",
				 of->frame[i]);
	}
}

/* How much of text goes on a line of width columns: up to its last blank there, if it is longer. */
static int line_length(const char *text, int width)
{
	int length = (int)strlen(text);

	if (length <= width)
		return length;
	for (length = width; length > 0 && text[length] != ' '; length--)
		;
	return length ? length : width;
}

/* Puts a caller on as many rows as it takes, end excluded. Returns the row after it. */
static int put_caller(struct cells *c, const struct view *v, int row, int end,
		      const struct model_caller *caller)
{
	char text[TEXT];
	const char *at = text;
	int indent = MARGIN;

	caller_text(v->model, caller, text);
	while (*at && row < end) {
		int length = line_length(at, c->cols - indent > 1 ? c->cols - indent : 1);

		cells_printf(c, row++, indent, c->cols, indent == MARGIN ? STYLE_NORMAL : STYLE_DIM,
			     "%.*s", length, at);
		at += length;
		at += strspn(at, " ");
		indent = INDENT;
	}
	return row;
}

void view_callers(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int end = top + rows;
	char text[160];

	if (rows < 1 || !r)
		return;
	cells_style(c, top, 0, c->cols, STYLE_HEADING);
	snprintf(text, sizeof(text), "%s: who refills it, in this round's sample", r->cache->name);
	view_put_cut(c, top, MARGIN, c->cols - MARGIN, STYLE_SORTED, text);
	top++;
	if (top < end && !r->cache->callers_known)
		view_put_cut(c, top, MARGIN, c->cols - MARGIN, STYLE_DIM,
			     v->model->callers || v->model->played.of_ns
				     ? "n/a; see doctor"
				     : "nobody has asked: give --callers");
	else if (top < end && !r->cache->nr_callers)
		view_put_cut(c, top, MARGIN, c->cols - MARGIN, STYLE_DIM,
			     "nobody has refilled it in this round");
	for (size_t i = 0; i < r->cache->nr_callers && top < end; i++)
		top = put_caller(c, v, top, end, &r->cache->caller[i]);
}

int view_callers_line(struct cells *c, const struct view *v, int row,
		      const struct model_caller *caller)
{
	char text[TEXT];

	caller_text(v->model, caller, text);
	view_put_cut(c, row, 2 * MARGIN, c->cols - 2 * MARGIN, STYLE_DIM, text);
	return row + 1;
}
