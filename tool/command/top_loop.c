// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * top_loop.c: the loop of top and demo. It waits for the clock, the keyboard and signals. At each
 * tick it asks for a sample, which top_show.c shows; top_input.c answers keys and signals at once.
 */
#include "command/top_loop.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/batch.h"
#include "command/preferences.h"
#include "system/privileges.h"
#include "system/sandbox.h"
#include "system/signals.h"
#include "command/top_clock.h"
#include "command/top_input.h"
#include "command/top_show.h"
#include "command/top_state.h"
#include "screen/tui.h"
#include "system/types.h"
#include "screen/view.h"
#include "screen/screens.h"

#define ROUNDS_WITHOUT_TERMINAL 3

/* ---- the loop ------------------------------------------------------------------------- */

enum { POLL_ROUND, POLL_SIGNALS, POLL_TIMER, POLL_TERMINAL, POLLS };

static void prepare(const struct top *t, struct pollfd *fds)
{
	fds[POLL_ROUND] = (struct pollfd){.fd = collector_fd(t->collector), .events = POLLIN};
	fds[POLL_SIGNALS] = (struct pollfd){.fd = t->signals, .events = POLLIN};
	fds[POLL_TIMER] = (struct pollfd){.fd = t->timer, .events = POLLIN};
	/* Without a screen, poll() only reports that the reader has gone. */
	fds[POLL_TERMINAL] = (struct pollfd){.fd = t->on_screen ? STDIN_FILENO : STDOUT_FILENO,
					     .events = t->on_screen ? POLLIN : 0};
}

static void tick(struct top *t)
{
	if (!t->on_screen)
		top_show_now(t);
	else if (!t->options.from || (!t->ui.paused && !t->at_end))
		collector_ask(t->collector);
}

/* Whether top plays a recording without a limit of speed. */
static bool in_a_hurry(const struct top *t)
{
	return t->options.from && !t->on_screen && !(t->speed > 0);
}

/* Reads the timer. Returns whether it has expired since the last time. */
static bool has_expired(struct top *t)
{
	uint64_t expirations;
	ssize_t nr = read(t->timer, &expirations, sizeof(expirations));

	if (nr < 0 && errno != EAGAIN && errno != EINTR && errno != ECANCELED)
		top_show_fail(t, -errno, "cannot read the clock");
	return nr > 0;
}

static void loop_once(struct top *t)
{
	struct pollfd fds[POLLS];

	prepare(t, fds);
	if (poll(fds, POLLS, in_a_hurry(t) ? 0 : -1) < 0) {
		if (errno != EINTR)
			top_show_fail(t, -errno, "cannot wait");
		return;
	}
	if (fds[POLL_TERMINAL].revents && t->on_screen)
		top_input_keys(t, fds[POLL_TERMINAL].revents);
	else if (fds[POLL_TERMINAL].revents & (POLLERR | POLLNVAL))
		top_show_end(t, 0); /* the reader has gone */
	if (fds[POLL_SIGNALS].revents && !t->end)
		top_input_signals(t);
	if (!t->end && (in_a_hurry(t) || (fds[POLL_TIMER].revents && has_expired(t))))
		tick(t);
	if (fds[POLL_ROUND].revents && !t->end)
		top_show_ready(t);
	if (t->redraw && !t->end)
		top_show_draw(t);
}

static int open_screen(struct top *t)
{
	int rows, cols, err = tui_open(&rows, &cols, t->failure);

	if (err)
		return err;
	t->on_screen = true;
	ui_init(&t->ui, screens_first(false), rows, cols, t->utf8, t->options.interval_s);
	t->mistakes = preferences_load(&t->ui, &t->options);
	t->ui.playing = (struct playing){.on = t->options.from,
					 .speed = t->options.speed > 0 ? t->options.speed : 1};
	if ((t->ui.interval_s != t->options.interval_s || t->options.from) &&
	    top_clock_set(t, t->ui.interval_s))
		return fail(t->failure, errno, "cannot set the clock: %s", strerror(errno));
	top_show_draw(t);
	return 0;
}

static int open_clocks(struct top *t)
{
	t->signals = signals_open(t->options.form == OUTPUT_SCREEN);
	if (t->signals < 0 || top_clock_open(t))
		return fail(t->failure, errno, "cannot watch signals and the clock: %s",
			    strerror(errno));
	return 0;
}

static void close_all(struct top *t)
{
	if (t->on_screen)
		tui_close();
	if (t->mistakes)
		fputs(t->mistakes, stderr);
	free(t->mistakes);
	collector_close(t->collector);
	privileges_end();
	if (t->timer >= 0)
		close(t->timer);
	if (t->signals >= 0)
		signals_close(t->signals);
	model_free(&t->model);
	trend_free(&t->held);
	trend_free(&t->trend);
	free(t->walk);
	logfile_close(&t->log);
	cells_free(&t->cells);
}

/* A kernel without such filters is no reason not to show it; doctor reports that. */
static void enter_sandbox(const struct top_options *o)
{
	sandbox_enter(o->log			 ? SANDBOX_LOGS
		      : o->form == OUTPUT_SCREEN ? SANDBOX_SAVES
						 : SANDBOX_READS);
}

/* Chooses text if standard input or output is no terminal. */
static void choose_form(struct top_options *o)
{
	if (o->form_given || (isatty(STDOUT_FILENO) && isatty(STDIN_FILENO)))
		return;
	o->form = OUTPUT_BATCH;
	if (!o->rounds && !o->from)
		o->rounds = ROUNDS_WITHOUT_TERMINAL;
}

int top_loop_run(const struct top_options *options, pid_t load, struct failure *f)
{
	struct top t = {
		.options = *options,
		.failure = f,
		.load = load,
		.signals = -1,
		.timer = -1,
		.log = {.fd = -1},
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
	struct source_options sources = {.choice = &options->choice,
					 .max_overhead = options->max_overhead,
					 .reference_pid = options->reference_pid,
					 .from = options->from};
	struct types types = {.fd = -1};
	int err;

	choose_form(&t.options);
	batch_init(&t.ui, t.utf8, t.options.interval_s);
	preferences_apply(&t.ui, &t.options);
	sources.callers = options->callers || t.options.form == OUTPUT_SCREEN ||
			  (t.options.screen && t.options.screen->wants & SCREEN_WANTS_CALLERS);
	sources.left_out = top_show_left_out(&t, &(struct cache_list){.row = NULL});
	privileges_prepare();
	err = options->from ? 0 : types_open(&types, options->btf, f);
	sources.types = types.path;
	if (!err)
		err = open_clocks(&t);
	if (!err && t.options.log)
		err = logfile_open(&t.log, t.options.log,
				   t.options.log_size ? t.options.log_size : LOGFILE_MAX_SIZE, f);
	if (!err && options->from)
		enter_sandbox(&t.options); /* the recording may be another user's */
	if (!err)
		err = collector_open(&t.collector, &sources, &t.model, f);
	if (!err)
		err = top_clock_set(&t, t.options.interval_s);
	if (!err && t.options.form == OUTPUT_SCREEN)
		err = open_screen(&t);
	if (err)
		top_show_fail(&t, err, "cannot start");
	else if (!options->from)
		enter_sandbox(&t.options);
	while (!t.end)
		loop_once(&t);
	top_show_check(&t);
	close_all(&t);
	types_close(&types);
	return t.status;
}
