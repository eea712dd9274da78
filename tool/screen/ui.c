// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* ui.c: changes that more than one screen makes to the choices of the user. */
#include "screen/ui.h"

void ui_init(struct ui *ui, const struct screen *first, int rows, int cols, bool utf8,
	     double interval_s)
{
	*ui = (struct ui){
		.rows = rows,
		.cols = cols,
		.utf8 = utf8,
		.interval_s = interval_s,
		.screen = first,
		.back = first,
		.sort = COLUMN_ALLOCS,
		.since = true,
		.walk = {.play = true},
		.playing = {.speed = 1},
		.page = 1,
	};
}

void ui_show(struct ui *ui, const struct screen *screen)
{
	ui->screen = screen;
	ui->cpus_top = ui->text_top = 0;
}

void ui_first_row(struct ui *ui)
{
	if (ui->follow)
		return;
	ui->selected_any = false;
	ui->selected_row = ui->table_top = 0;
}

void ui_scroll(size_t *top, long by)
{
	if (by < 0 && (size_t)-by > *top)
		*top = 0;
	else
		*top += (size_t)by;
}

void ui_zone(struct ui *ui, int row, int col, int width, int key)
{
	if (ui->nr_zones < UI_ZONES)
		ui->zone[ui->nr_zones++] = (struct zone){row, col, width, key};
}
