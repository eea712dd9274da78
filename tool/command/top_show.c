// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* top_show.c: draws, prints and logs each sample, and keeps it for the trend. */
#include "command/top_show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/batch.h"
#include "report/csv.h"
#include "report/json.h"
#include "system/output.h"
#include "screen/draw.h"
#include "screen/screen.h"
#include "screen/tui.h"

/* ---- ending --------------------------------------------------------------------------- */

void top_show_end(struct top *t, int status)
{
	t->end = true;
	if (status)
		t->status = status;
}

void top_show_fail(struct top *t, int err, const char *what)
{
	fail(t->failure, -err, "%s: %s", what, strerror(-err));
	top_show_end(t, 1);
}

/* ---- showing -------------------------------------------------------------------------- */

/* Asks for the steps of the selected cache while the screen shows them, and of no other cache. */
static void watch(struct top *t)
{
	bool wanted = t->ui.screen->wants & SCREEN_WANTS_STEPS && t->ui.selected_any &&
		      t->ui.selected.kind == SIDE_REFERENCE;

	if (wanted && !t->walk)
		t->walk = calloc(1, sizeof(*t->walk));
	collector_watch(t->collector, wanted ? t->ui.selected.side : 0,
			wanted ? t->ui.selected.cache : 0);
}

uint32_t top_show_left_out(const struct top *t, const struct cache_list *l)
{
	const uint32_t on_request =
		COUNT_BIT(COUNT_FREES) | COUNT_BIT(COUNT_FLUSHES) | COUNT_BIT(COUNT_SLAB_FREES);
	const struct top_options *o = &t->options;

	if (o->full || o->log || o->form == OUTPUT_JSON || o->form == OUTPUT_CSV)
		return 0;
	return on_request & ~(t->ui.screen->counts ? t->ui.screen->counts(&t->ui, l) : 0);
}

const struct trend *top_show_trend(const struct top *t)
{
	return t->ui.paused && t->held.cache ? &t->held : &t->trend;
}

static struct view view_of(struct top *t, const struct cache_list *list)
{
	return (struct view){.model = &t->model,
			     .trend = top_show_trend(t),
			     .list = list,
			     .ui = &t->ui,
			     .walk = t->walk};
}

void top_show_draw(struct top *t)
{
	struct cache_list list;
	struct view v = view_of(t, &list);

	t->redraw = false;
	if (t->no_colour != t->ui.no_colour) {
		t->no_colour = t->ui.no_colour;
		tui_colours(!t->no_colour);
	}
	if (cache_list_make(&list, &t->model, top_show_trend(t), &t->ui)) {
		top_show_fail(t, -ENOMEM, "cannot draw");
		return;
	}
	if (draw_screen(&t->cells, &v))
		top_show_fail(t, -ENOMEM, "cannot draw");
	else
		tui_draw(&t->cells);
	watch(t);
	collector_leave_out(t->collector, top_show_left_out(t, &list));
	cache_list_free(&list);
}

/* Returns the interval in the form that was asked for. */
static char *text_of(struct top *t, size_t *length)
{
	struct cache_list list;
	struct view v = view_of(t, &list);
	char *text = NULL;

	if (t->options.form == OUTPUT_CSV)
		return csv_text(&t->model, t->done == 1, length);
	if (!cache_list_make(&list, &t->model, &t->trend, &t->ui)) {
		text = t->options.form == OUTPUT_JSON ? json_line(&t->model, &v, length)
						      : batch_text(&v, length);
		collector_leave_out(t->collector, top_show_left_out(t, &list));
		cache_list_free(&list);
	}
	return text;
}

/*
 * Appends the sample to the log. If that fails, the screen shows a message; without a screen, top
 * ends.
 */
static void keep_log(struct top *t, const struct model *m)
{
	struct failure why = {""};
	size_t length = 0;
	char *line = json_line(m, NULL, &length);
	int err = line ? logfile_write(&t->log, line, length, &why) : -ENOMEM;

	free(line);
	if (!err)
		return;
	fail(&why, -err, "not enough memory for the log");
	if (t->on_screen) {
		snprintf(t->ui.message, sizeof(t->ui.message), "%s", why.text);
	} else {
		fail(t->failure, -err, "%s", why.text);
		top_show_end(t, 1);
	}
}

/* Writes the sample to standard output. A reader that has gone is no failure. */
static void print(struct top *t)
{
	size_t length = 0;
	char *text = text_of(t, &length);
	int err = text ? output_write(text, length, t->signals, t->ending) : -ENOMEM;

	free(text);
	if (err == -EPIPE)
		top_show_end(t, 0);
	else if (err == -EINTR)
		top_show_end(t, 1);
	else if (err)
		top_show_fail(t, err, "cannot write the sample");
	else
		watch(t);
}

/* Drops the history after a jump in a recording: it does not precede what follows. */
static void forget_history(struct top *t)
{
	trend_free(&t->trend);
	if (t->walk)
		memset(t->walk, 0, sizeof(*t->walk));
}

/* At the end of a recording, ends the output, or shows a message on the screen. */
static void note_end(struct top *t, const struct model *m)
{
	if (!t->on_screen && m->played.over)
		top_show_end(t, 0);
	if (m->played.over && !t->at_end && t->on_screen)
		snprintf(t->ui.message, sizeof(t->ui.message),
			 "the recording ends here: , goes back, { by a tenth, ^ to its beginning");
	t->at_end = m->played.over;
}

/* Whether the screen is paused. A recording makes samples only on request, so it needs no hold. */
static bool stands_still(const struct top *t)
{
	return t->ui.paused && !t->options.from;
}

/* Shows a sample, unless the screen is paused. Takes ownership of m. */
static void show(struct top *t, struct model m)
{
	if (m.played.jumped)
		forget_history(t);
	if (!stands_still(t))
		trend_free(&t->held);
	else if (!t->held.cache && trend_copy(&t->held, &t->trend))
		top_show_fail(t, -ENOMEM, "cannot keep the paused screen");
	if (trend_update(&t->trend, &m))
		top_show_fail(t, -ENOMEM, "cannot keep the last samples");
	if (t->walk)
		refill_walk_update(t->walk, &m);
	if (t->options.log)
		keep_log(t, &m);
	t->done++;
	for (size_t i = 0; i < m.nr_sides; i++)
		t->any_cache |= m.side[i].nr_caches != 0;
	note_end(t, &m);
	if (t->on_screen && stands_still(t)) {
		model_free(&m);
	} else {
		model_free(&t->model);
		t->model = m;
		t->redraw = t->on_screen;
	}
	if (!t->on_screen && !t->status)
		print(t);
	if (t->options.rounds && t->done >= t->options.rounds)
		top_show_end(t, 0);
}

void top_show_check(struct top *t)
{
	char why[448];

	if (t->status || t->on_screen || t->any_cache || !t->done || !t->model.nr_missing ||
	    t->options.form == OUTPUT_JSON || t->options.choice.nr_globs)
		return;
	list_view_no_caches(&t->model, why, sizeof(why));
	fail(t->failure, EPERM, "%s", why);
	t->status = 1;
}

void top_show_now(struct top *t)
{
	struct model m;

	if (collector_round(t->collector, &m, t->failure))
		top_show_end(t, 1);
	else
		show(t, m);
}

void top_show_ready(struct top *t)
{
	struct model m;
	int got = collector_take(t->collector, &m, t->failure);

	if (got < 0)
		top_show_end(t, 1);
	else if (got)
		show(t, m);
	if (got > 0 && t->again)
		t->again = !collector_ask(t->collector);
}
