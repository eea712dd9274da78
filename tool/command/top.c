// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * top.c: the loop of top and demo: waits for the clock, the keyboard and signals; asks for a round when
 * the clock says so (top_show.c shows it), and answers at once what it is told (top_input.c).
 */
#include "command/top.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "report/batch.h"
#include "command/preferences.h"
#include "system/privileges.h"
#include "system/signals.h"
#include "command/top_state.h"
#include "screen/tui.h"
#include "system/types.h"
#include "screen/view.h"
#include "screen/screens.h"

#define ROUNDS_WITHOUT_TERMINAL 3
#define PERIOD_MIN_S		0.05 /* of rounds of a recording on a screen */

/* ---- clocks --------------------------------------------------------------------------- */

/* A round is so much of the recording; returns how long it takes. A screen shows no more than 20 a second. */
static double pace(struct top *t)
{
	double period_s;

	t->speed = t->options.form == OUTPUT_SCREEN ? t->ui.playing.speed : t->options.speed;
	period_s = t->speed > 0 ? t->options.interval_s / t->speed : t->options.interval_s;
	if (t->options.form == OUTPUT_SCREEN && period_s < PERIOD_MIN_S)
		period_s = PERIOD_MIN_S;
	collector_step(t->collector,
		       (uint64_t)(1e9 * (t->speed > 0 ? period_s * t->speed : period_s)));
	return period_s;
}

int top_set_timer(struct top *t, double interval_s)
{
	struct itimerspec spec = {0};

	t->options.interval_s = interval_s;
	if (t->options.from)
		interval_s = pace(t);
	spec.it_interval.tv_sec = (time_t)interval_s;
	spec.it_interval.tv_nsec = (long)((interval_s - (double)spec.it_interval.tv_sec) * 1e9);
	spec.it_value = spec.it_interval;
	return timerfd_settime(t->timer, 0, &spec, NULL) ? -errno : 0;
}

/* ---- the loop ------------------------------------------------------------------------- */

enum { POLL_ROUND, POLL_SIGNALS, POLL_TIMER, POLL_TERMINAL, POLLS };

static void prepare(const struct top *t, struct pollfd *fds)
{
	fds[POLL_ROUND] = (struct pollfd){.fd = collector_fd(t->collector), .events = POLLIN};
	fds[POLL_SIGNALS] = (struct pollfd){.fd = t->signals, .events = POLLIN};
	fds[POLL_TIMER] = (struct pollfd){.fd = t->timer, .events = POLLIN};
	/* Without a screen only whether the reader has gone. */
	fds[POLL_TERMINAL] = (struct pollfd){.fd = t->on_screen ? STDIN_FILENO : STDOUT_FILENO,
					     .events = t->on_screen ? POLLIN : 0};
}

static void tick(struct top *t)
{
	if (!t->on_screen)
		top_round_over(t);
	else if (!t->options.from || (!t->ui.paused && !t->at_end))
		collector_ask(t->collector);
}

/* Nobody waits for a recording's time. */
static bool in_a_hurry(const struct top *t)
{
	return t->options.from && !t->on_screen && !(t->speed > 0);
}

static void loop_once(struct top *t)
{
	struct pollfd fds[POLLS];
	uint64_t expirations;

	prepare(t, fds);
	if (poll(fds, POLLS, in_a_hurry(t) ? 0 : -1) < 0) {
		if (errno != EINTR)
			top_end_failed(t, -errno, "cannot wait");
		return;
	}
	if (fds[POLL_TERMINAL].revents && t->on_screen)
		top_take_keys(t, fds[POLL_TERMINAL].revents);
	else if (fds[POLL_TERMINAL].revents & (POLLERR | POLLNVAL))
		top_end(t, 0); /* nobody reads any more */
	if (fds[POLL_SIGNALS].revents && !t->end)
		top_take_signals(t);
	if (in_a_hurry(t) ? !t->end
			  : fds[POLL_TIMER].revents && !t->end &&
				    read(t->timer, &expirations, sizeof(expirations)) > 0)
		tick(t);
	if (fds[POLL_ROUND].revents && !t->end)
		top_take_round(t);
	if (t->redraw && !t->end)
		top_draw(t);
}

static int open_screen(struct top *t)
{
	int rows, cols, err = tui_open(&rows, &cols, t->failure);

	if (err)
		return err;
	t->on_screen = true;
	ui_init(&t->ui, screens_first(false), rows, cols, t->utf8, t->options.interval_s);
	preferences_load(&t->ui, &t->options);
	t->ui.playing = (struct playing){.on = t->options.from,
					 .speed = t->options.speed > 0 ? t->options.speed : 1};
	if ((t->ui.interval_s != t->options.interval_s || t->options.from) &&
	    top_set_timer(t, t->ui.interval_s))
		return fail(t->failure, errno, "cannot set the clock: %s", strerror(errno));
	top_draw(t);
	return 0;
}

static int open_clocks(struct top *t)
{
	t->signals = signals_open(t->options.form == OUTPUT_SCREEN);
	t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (t->signals < 0 || t->timer < 0)
		return fail(t->failure, errno, "cannot watch signals and the clock: %s",
			    strerror(errno));
	return 0;
}

static void close_all(struct top *t)
{
	if (t->on_screen)
		tui_close();
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

/* A pipe gets text, and so does a terminal that nobody types at. */
static void choose_form(struct options *o)
{
	if (o->form_given || (isatty(STDOUT_FILENO) && isatty(STDIN_FILENO)))
		return;
	o->form = OUTPUT_BATCH;
	if (!o->rounds && !o->from)
		o->rounds = ROUNDS_WITHOUT_TERMINAL;
}

int top_run(const struct options *options, pid_t load, struct failure *f)
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
	privileges_prepare();
	err = options->from ? 0 : types_open(&types, options->btf, f);
	sources.types = types.path;
	if (!err)
		err = open_clocks(&t);
	if (!err && t.options.log)
		err = logfile_open(&t.log, t.options.log,
				   t.options.log_size ? t.options.log_size : LOGFILE_MAX_SIZE, f);
	if (!err)
		err = collector_open(&t.collector, &sources, &t.model, f);
	if (!err)
		err = top_set_timer(&t, t.options.interval_s);
	if (!err && t.options.form == OUTPUT_SCREEN)
		err = open_screen(&t);
	if (err)
		top_end_failed(&t, err, "cannot start");
	while (!t.end)
		loop_once(&t);
	close_all(&t);
	types_close(&types);
	return t.status;
}
