// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* draw.c: where the header, the screen and the line of keys stand. */
#include "screen/draw.h"

#include "screen/header.h"
#include "screen/key_line.h"
#include "screen/screens.h"
#include "screen/unfilled.h"

int draw_screen(struct cells *c, struct view *v)
{
	const struct screen *screen = v->ui->screen;
	int err = cells_resize(c, v->ui->rows, v->ui->cols, v->ui->utf8), top = 0;
	size_t selected;

	if (err)
		return err;
	v->screens = screens_at;
	v->ui->nr_zones = v->ui->list_rows = 0;
	if (!screen->whole) {
		top = header_rows(v, c->rows);
		header_draw(c, v, c->rows);
	}
	selected = cache_list_settle(v->ui, v->list);
	if (unfilled_is(screen, v))
		unfilled_draw(c, v, top, c->rows - 1 - top);
	else
		screen->draw(c, v, top, c->rows - 1 - top,
			     v->list->nr ? &v->list->row[selected] : NULL);
	key_line_draw(c, v, c->rows - 1);
	return 0;
}
