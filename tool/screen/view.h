/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * view.h: a model and what the user has chosen -> a screen of cells. Knows no terminal.
 */
#ifndef SLABSCOPE_VIEW_H
#define SLABSCOPE_VIEW_H

#include "screen/cells.h"
#include "model/trend.h"
#include "screen/ui.h"

struct compare;

struct view {
	const struct model *model;
	const struct trend *trend;
	const struct list *list;       /* of the model, made for ui */
	struct ui *ui;		       /* drawing settles its selection and its scrolling */
	struct walk *walk;	       /* NULL: nothing can be watched */
	struct walk_slabs *walk_room;  /* for drawing; NULL: no memory */
	struct map *map;	       /* while the map of CPUs is drawn */
	const struct compare *compare; /* NULL: what is shown is no comparison */
};

/* Draws the screen, ui->rows by ui->cols. 0 or -ENOMEM. */
int view_draw(struct cells *c, struct view *v);

/* ---- the parts, each of which draws itself into a grid that is there ------------------ */

/* Rows that the header takes on a screen of that height. */
int view_header_rows(const struct view *v, int rows);
void view_header(struct cells *c, const struct view *v, int rows);

/* A list of caches: a heading and a row each, at most rows rows from top on. */
struct list_look {
	void (*heading)(struct cells *c, const struct view *v, int row);
	void (*row)(struct cells *c, const struct view *v, int row, const struct row *r,
		    bool selected);
};
void view_list(struct cells *c, struct view *v, const struct list_look *look, int top, int rows);

/* What the lists but the table begin with: marker, name, side. Returns the column after it. */
int view_list_name(struct cells *c, const struct view *v, int row, const struct row *r,
		   bool selected);
int view_list_name_heading(struct cells *c, int row);
int view_list_name_end(const struct cells *c);

/* The table of caches. */
extern const struct list_look table_look;

/* The map of CPUs, a row a cache; and what its signs mean. view_map_make() says what v->map must be;
 * NULL: no memory. */
struct map *view_map_make(struct cells *c, const struct view *v);
void view_map_free(struct map *m);
extern const struct list_look map_look;
void view_map_legend(struct cells *c, const struct view *v, int row);

/* Latencies by cache; and the selected cache's histogram, maybe beside another one. */
extern const struct list_look latency_look;
void view_latency(struct cells *c, const struct view *v, int top, int rows, const struct row *r);

/* Origins by cache; and the selected cache's over time. */
extern const struct list_look origins_look;
void view_origins(struct cells *c, const struct view *v, int top, int rows, const struct row *r);

/* Caches whose steps can be seen; and the replay of the selected one's last refill. */
extern const struct list_look walk_look;
void view_walk(struct cells *c, const struct view *v, int top, int rows, const struct row *r);

/* One cache by CPU (r may be NULL): a heading and rows - 1 rows. */
void view_cpus(struct cells *c, struct view *v, int top, int rows, const struct row *r);

/* Rows that view_cpus() would fill. */
int view_cpus_rows(const struct row *r);

/* Recorded caches beside the reference, and the selected one's quantities. */
extern const struct list_look compare_look;
int view_compare_rows(const struct view *v, const struct row *r); /* that it would fill */
void view_compare(struct cells *c, const struct view *v, int top, int rows, const struct row *r);

void view_doctor(struct cells *c, struct view *v, int top, int rows);
void view_setup(struct cells *c, struct view *v, int top, int rows);
/* Who refills the selected cache (r may be NULL): a heading, and of rows - 1 rows those that fit. */
void view_callers(struct cells *c, struct view *v, int top, int rows, const struct row *r);

/* One of them on one line. Returns the row after it. */
int view_callers_line(struct cells *c, const struct view *v, int row,
		      const struct model_caller *caller);

void view_help(struct cells *c, struct view *v, int top, int rows);

/* The last line: keys, or what is being typed. */
void view_keys(struct cells *c, const struct view *v, int row);

/* ---- what parts share ----------------------------------------------------------------- */

/* Text cut to width columns with an ellipsis, if it has to be. Returns the column after it. */
int view_put_cut(struct cells *c, int row, int col, int width, enum style style, const char *text);

/* "kernel", or the number of the process. */
struct unit view_side_name(const struct model_side *side);

/*
 * Lines of text that scroll: terms and explanations, broken at blanks. Lines before skip and after
 * rows are counted only, so that what is drawn twice knows its length.
 */
struct pager {
	struct cells *c;
	int top, rows, term_width;
	size_t skip, line;
};

/* term may be NULL: text is then a paragraph; with neither, a blank line. */
void view_page(struct pager *p, const char *term, const char *text);

/* Draws what fill writes, scrolled to ui->text_top, which it keeps in bounds. */
void view_pages(struct cells *c, struct view *v, int top, int rows, int term_width,
		void (*fill)(struct pager *p, const struct view *v));

/* ---- the scale of costs --------------------------------------------------------------- */

/* Levels, from 0 to SCALE_LEVELS - 1: logarithmic, as costs are felt. -1 where there is no value. */
int scale_hit(double hit_rate);		/* 0.1 % of misses is the lowest, 100 % the highest */
int scale_time(double ns);		/* 200 ns to 200 us */
int scale_share(double v, double most); /* a thousandth of the most to the most */

/* The style of text, or of a filled cell, on the scale; normal and dim where level is -1. */
enum style scale_text(int level);
enum style scale_fill(int level);

/* A sign for the level that needs no colour. */
const char *scale_sign(int level, bool utf8);

/* STYLE_DIM for "n/a" and "-", otherwise style. */
enum style view_unit_style(const struct unit *u, enum style style);

/* Known, but without anything to take a percentile or a rate of: "-" instead of "n/a". */
struct unit view_or_nothing(struct unit u, bool known);

/*
 * Where refills found objects, as a bar: each origin gets letters in proportion to its share, and
 * each that occurred at least one while there is room. With plain the cells get that style, else
 * that of their costs. Returns false where there were none.
 */
bool view_origin_bar(struct cells *c, int row, int col, int width, const double *origins,
		     const enum style *plain);

#endif
