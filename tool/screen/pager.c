// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* pager.c: lines of text, counted, then drawn. */
#include "screen/pager.h"

#include "base/text.h"

#define ROWS_FOR_SIGN 4 /* text in fewer rows has no line that says that it scrolls */

static void page_line(struct pager *p, const char *term, const char *text, int length, int indent)
{
	if (p->line >= p->skip && p->line < p->skip + (size_t)p->rows) {
		int row = p->top + (int)(p->line - p->skip);

		if (term)
			cells_put(p->c, row, 0, p->term_width, STYLE_KEY, term);
		cells_printf(p->c, row, indent, p->c->cols, STYLE_NORMAL, "%.*s", length, text);
	}
	p->line++;
}

void pager_put(struct pager *p, const char *term, const char *text)
{
	int indent = term ? p->term_width : 0, room = p->c->cols - indent;

	if (!text)
		text = "";
	if (room < 8)
		room = 8;
	do {
		const char *line = text;
		int length = text_line(line, room, &text);

		page_line(p, term, line, length, indent);
		term = NULL;
	} while (*text);
}

void pager_draw(struct cells *c, struct view *v, int top, int rows, int term_width,
		void (*fill)(struct pager *p, const struct view *v))
{
	struct pager p = {c, top, 0, term_width, 0, 0};
	size_t room = rows > 0 ? (size_t)rows : 0, lines;
	bool scrolls;

	fill(&p, v); /* counts the lines */
	lines = p.line;
	scrolls = lines > room && room >= ROWS_FOR_SIGN;
	room -= scrolls;
	if (v->ui->text_top + room > p.line)
		v->ui->text_top = p.line > room ? p.line - room : 0;
	v->ui->page = room ? room : 1;
	p = (struct pager){c, top, (int)room, term_width, v->ui->text_top, 0};
	fill(&p, v);
	if (scrolls)
		cells_printf(c, top + (int)room, 0, c->cols, STYLE_DIM,
			     "lines %zu to %zu of %zu: arrows scroll", v->ui->text_top + 1,
			     v->ui->text_top + room, lines);
}

void pager_move(struct ui *ui, long by)
{
	ui_scroll(&ui->text_top, by);
}
