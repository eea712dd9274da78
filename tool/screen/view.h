/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* view.h: all that a screen is drawn from. */
#ifndef SLABSCOPE_VIEW_H
#define SLABSCOPE_VIEW_H

#include "model/trend.h"
#include "screen/cache_list.h"
#include "screen/cells.h"

struct compare;

struct view {
	const struct model *model;
	const struct trend *trend;
	const struct cache_list *list; /* of the model, made for ui */
	struct ui *ui;		       /* drawing settles its selection and its scrolling */
	struct walk *walk;	       /* NULL: no refill is watched */
	const struct compare *compare; /* NULL: the model is no comparison */
	const struct screen *(*screens)(
		size_t position); /* screens_at(); set by draw_screen() and batch_text() */
	void *own;		  /* data of the screen while it draws */
};

#endif
