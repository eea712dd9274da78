/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * view.h: a model and what the user has chosen -> a screen of cells. Knows no terminal.
 */
#ifndef SLABSCOPE_VIEW_H
#define SLABSCOPE_VIEW_H

#include "cells.h"
#include "trend.h"
#include "ui.h"

struct view {
	const struct model *model;
	const struct trend *trend;
	const struct list *list; /* of the model, made for ui */
	struct ui *ui;		 /* drawing settles its selection and its scrolling */
};

/* Draws the screen, ui->rows by ui->cols. 0 or -ENOMEM. */
int view_draw(struct cells *c, struct view *v);

/* ---- the parts, each of which draws itself into a grid that is there ------------------ */

/* Rows that the header takes on a screen of that height. */
int view_header_rows(const struct view *v, int rows);
void view_header(struct cells *c, const struct view *v, int rows);

/* The table: a heading and rows - 1 rows of the list from ui->table_top on. */
void view_table(struct cells *c, const struct view *v, int top, int rows);
void view_table_heading(struct cells *c, const struct view *v, int row);
void view_table_row(struct cells *c, const struct view *v, int row, const struct row *r,
		    bool selected);

/* The selected cache by CPU (r may be NULL): a heading and rows - 1 rows. */
void view_cpus(struct cells *c, struct view *v, int top, int rows, const struct row *r);

/* Rows that view_cpus() would fill. */
int view_cpus_rows(const struct row *r);

void view_help(struct cells *c, struct view *v, int top, int rows);

/* The last line: keys, or what is being typed. */
void view_keys(struct cells *c, const struct view *v, int row);

/* ---- what parts share ----------------------------------------------------------------- */

/* Text cut to width columns with an ellipsis, if it has to be. Returns the column after it. */
int view_put_cut(struct cells *c, int row, int col, int width, enum style style, const char *text);

/* Good, warn or bad; normal where there is none. */
enum style view_hit_style(double hit_rate);

/* STYLE_DIM for "n/a" and "-", otherwise style. */
enum style view_unit_style(const struct unit *u, enum style style);

#define ORIGIN_LETTERS "spfcCSbrg!?" /* of enum origin, for the bar */

#endif
