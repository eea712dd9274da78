// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* unfilled.c: finds the reason why a screen is empty, and draws it. */
#include "screen/unfilled.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define WIDTH 72 /* of the text */

bool unfilled_is(const struct screen *s, const struct view *v)
{
	const struct model *m = v->model;
	size_t nr = 0;

	if (!s->fills || v->ui->comparison)
		return false;
	for (size_t i = 0; i < m->nr_sides; i++) {
		for (size_t j = 0; j < m->side[i].nr_caches; j++, nr++)
			if (s->fills(&(struct row){&m->side[i], &m->side[i].cache[j], NULL}))
				return false;
	}
	return nr != 0;
}

/* Returns the entry that names it, or else the first one; NULL: there is none. */
static const struct snap_missing *reason(const struct model *m, const char *about)
{
	for (size_t i = 0; about && i < m->nr_missing; i++)
		if (strstr(m->missing[i].what, about))
			return &m->missing[i];
	return about && m->nr_missing ? m->missing : NULL;
}

/* Draws a text in lines of WIDTH at most. Returns the row after it. */
static int paragraph(struct cells *c, int row, int end, enum style style, const char *text)
{
	int width = c->cols - 4 < WIDTH ? c->cols - 4 : WIDTH;
	int col = (c->cols - width) / 2;

	if (width < 1)
		return row;
	do {
		const char *line = text;
		int length = text_line(line, width, &text);

		if (row < end)
			cells_printf(c, row++, col, width, style, "%.*s", length, line);
	} while (*text && row < end);
	return row;
}

void unfilled_draw(struct cells *c, const struct view *v, int top, int rows)
{
	const struct screen *s = v->ui->screen;
	const struct snap_missing *why = reason(v->model, s->about);
	int end = top + rows, row = top + (rows > 7 ? (rows - 6) / 2 : 0);
	char text[256];

	snprintf(text, sizeof(text), "%s: %s", s->title,
		 s->look && s->look->empty ? s->look->empty : "not available here");
	row = paragraph(c, row, end, STYLE_WARN, text);
	if (!why)
		return;
	row = paragraph(c, row, end, STYLE_NORMAL, why->why);
	if (why->remedy[0])
		paragraph(c, row, end, STYLE_TITLE, why->remedy);
}
