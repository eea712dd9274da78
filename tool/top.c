// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * top.c: the loop of top and demo: waits for the clock, the keyboard and signals; asks for a round when
 * the clock says so, and shows it. Keys are answered from the last round, at once.
 */
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "batch.h"
#include "collector.h"
#include "csv.h"
#include "json.h"
#include "logfile.h"
#include "output.h"
#include "preferences.h"
#include "privileges.h"
#include "signals.h"
#include "top.h"
#include "trend.h"
#include "tui.h"
#include "types.h"
#include "view.h"

#define ROUNDS_WITHOUT_TERMINAL 3
#define PERIOD_MIN_S 0.05 /* of rounds of a recording on a screen */

struct top {
	struct options options;
	struct failure *failure;
	pid_t load;
	struct collector *collector;
	int signals, timer;
	bool utf8;
	unsigned long done; /* rounds shown */
	bool ending;	    /* by a signal: the round that is shown is the last */
	bool end;
	int status;
	struct model model; /* the last round */
	struct trend trend;
	struct trend held; /* as it was when the screen was paused; empty otherwise */
	struct walk *walk;
	struct logfile log;
	/* a recording that is played */
	double speed;	  /* 0: as fast as it goes */
	bool again;	  /* a round was wanted while one was being made */
	bool at_end;	  /* it stands still there */
	/* the screen */
	bool on_screen;
	bool redraw;
	bool no_colour; /* as last drawn */
	struct ui ui;
	struct cells cells;
};

/* ---- ending --------------------------------------------------------------------------- */

static void end(struct top *t, int status)
{
	t->end = true;
	if (status)
		t->status = status;
}

/* Ends with what f says. */
static void end_failed(struct top *t, int err, const char *what)
{
	fail(t->failure, -err, "%s: %s", what, strerror(-err));
	end(t, 1);
}

/* ---- showing -------------------------------------------------------------------------- */

/* Steps are told of the selected cache while they are looked at, and of none else. */
static void watch(struct top *t)
{
	bool wanted = t->ui.screen == SCREEN_WALK && t->ui.selected_any &&
		      t->ui.selected.kind == SIDE_REFERENCE;

	if (wanted && !t->walk)
		t->walk = calloc(1, sizeof(*t->walk));
	collector_watch(t->collector, wanted ? t->ui.selected.side : 0,
			wanted ? t->ui.selected.cache : 0);
}

/* What goes with the round that is shown. */
static const struct trend *shown_trend(const struct top *t)
{
	return t->ui.paused && t->held.cache ? &t->held : &t->trend;
}

static void draw(struct top *t)
{
	struct list list;
	struct view v = {&t->model, shown_trend(t), &list, &t->ui, t->walk, NULL, NULL, NULL};

	t->redraw = false;
	if (t->no_colour != t->ui.no_colour) {
		t->no_colour = t->ui.no_colour;
		tui_colours(!t->no_colour);
	}
	if (list_make(&list, &t->model, shown_trend(t), &t->ui)) {
		end_failed(t, -ENOMEM, "cannot draw");
		return;
	}
	if (view_draw(&t->cells, &v))
		end_failed(t, -ENOMEM, "cannot draw");
	else
		tui_draw(&t->cells);
	watch(t);
	list_free(&list);
}

static char *json_of(struct top *t, size_t *length)
{
	if (t->ui.screen != SCREEN_WALK)
		return json_line(&t->model, NULL, length);
	if (!t->walk)
		t->walk = calloc(1, sizeof(*t->walk));
	if (!t->walk || batch_walk(&t->model, &t->trend, t->walk, &t->ui))
		return NULL;
	return json_line(&t->model, t->walk, length);
}

static char *text_of(struct top *t, size_t *length)
{
	switch (t->options.form) {
	case OUTPUT_JSON:
		return json_of(t, length);
	case OUTPUT_CSV:
		return csv_text(&t->model, t->done == 1, length);
	default:
		return batch_text(&t->model, &t->trend, t->walk, &t->ui, length);
	}
}

/* Keeps the round. A log that cannot be written ends a run that nobody looks at; a screen says so. */
static void keep_log(struct top *t, const struct model *m)
{
	struct failure why = {""};
	size_t length = 0;
	char *line = json_line(m, NULL, &length);
	int err = line ? logfile_write(&t->log, line, length, &why) : -ENOMEM;

	free(line);
	if (!err)
		return;
	fail(&why, -err, "no memory for the log");
	if (t->on_screen) {
		snprintf(t->ui.message, sizeof(t->ui.message), "%s", why.text);
	} else {
		fail(t->failure, -err, "%s", why.text);
		end(t, 1);
	}
}

/* Writes the round to stdout. A reader that has gone has seen enough: that is no failure. */
static void print(struct top *t)
{
	size_t length = 0;
	char *text = text_of(t, &length);
	int err = text ? output_write(text, length, t->signals, t->ending) : -ENOMEM;

	free(text);
	if (err == -EPIPE)
		end(t, 0);
	else if (err == -EINTR)
		end(t, 1);
	else if (err)
		end_failed(t, err, "cannot write the round");
	else
		watch(t);
}

/* What came before a jump in a recording came not before what follows. */
static void forget_history(struct top *t)
{
	trend_free(&t->trend);
	if (t->walk)
		memset(t->walk, 0, sizeof(*t->walk));
}

/* Of a recording: what its end means. */
static void note_end(struct top *t, const struct model *m)
{
	if (!t->on_screen && m->played.over)
		end(t, 0);
	if (m->played.over && !t->at_end && t->on_screen)
		snprintf(t->ui.message, sizeof(t->ui.message),
			 "the recording ends here: , goes back, { a tenth of it, ^ to its beginning");
	t->at_end = m->played.over;
}

/* Whether what is shown stays. Rounds of a recording come only where they are asked for. */
static bool stands_still(const struct top *t)
{
	return t->ui.paused && !t->options.from;
}

/* Shows a round, unless the screen stands still. m is taken over. */
static void show_round(struct top *t, struct model m)
{
	if (m.played.jumped)
		forget_history(t);
	if (!stands_still(t))
		trend_free(&t->held);
	else if (!t->held.cache && trend_copy(&t->held, &t->trend))
		end_failed(t, -ENOMEM, "cannot keep what is shown");
	if (trend_update(&t->trend, &m))
		end_failed(t, -ENOMEM, "cannot keep the last rounds");
	if (t->walk)
		walk_update(t->walk, &m);
	if (t->options.log)
		keep_log(t, &m);
	t->done++;
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
		end(t, 0);
}

/* Ends the round, waits for it, and shows it: where there are no keys to answer meanwhile. */
static void round_over(struct top *t)
{
	struct model m;

	if (collector_round(t->collector, &m, t->failure))
		end(t, 1);
	else
		show_round(t, m);
}

/* Shows the round that is ready. */
static void take_round(struct top *t)
{
	struct model m;
	int got = collector_take(t->collector, &m, t->failure);

	if (got < 0)
		end(t, 1);
	else if (got)
		show_round(t, m);
	if (got > 0 && t->again)
		t->again = !collector_ask(t->collector);
}

/* ---- clocks --------------------------------------------------------------------------- */

/* A round is so much of the recording; returns how long it takes. A screen shows no more than 20 a second. */
static double pace(struct top *t)
{
	double period_s;

	t->speed = t->options.form == OUTPUT_SCREEN ? t->ui.playing.speed : t->options.speed;
	period_s = t->speed > 0 ? t->options.interval_s / t->speed : t->options.interval_s;
	if (t->options.form == OUTPUT_SCREEN && period_s < PERIOD_MIN_S)
		period_s = PERIOD_MIN_S;
	collector_step(t->collector, (uint64_t)(1e9 * (t->speed > 0 ? period_s * t->speed : period_s)));
	return period_s;
}

static int set_timer(struct top *t, double interval_s)
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

/* ---- signals and keys ----------------------------------------------------------------- */

static void load_ended(struct top *t)
{
	char text[sizeof(t->ui.message)];
	int status;

	if (!t->load || waitpid(t->load, &status, WNOHANG) != t->load)
		return;
	t->load = 0;
	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "the load has ended: killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, sizeof(text), "the load has ended with status %d",
			 WEXITSTATUS(status));
	if (t->on_screen) {
		memcpy(t->ui.message, text, sizeof(text));
		t->redraw = true;
		return;
	}
	round_over(t); /* the last one in which it was there */
	fail(t->failure, ECHILD, "%s, and nothing is left to show; start the demo again", text);
	end(t, 1);
}

static void interrupted(struct top *t, int signal)
{
	if (t->on_screen) {
		end(t, signal == SIGHUP); /* without a terminal there is nobody to tell */
		return;
	}
	t->ending = true;
	round_over(t); /* what has happened since the last one, however short */
	if (t->options.rounds > t->done) {
		fail(t->failure, EINTR, "ended by a signal (%s) after %lu of %lu rounds",
		     strsignal(signal), t->done, t->options.rounds);
		end(t, 1);
	}
	end(t, 0);
}

static void resized(struct top *t)
{
	tui_resize(&t->ui.rows, &t->ui.cols);
	t->redraw = true;
}

static void take_signals(struct top *t)
{
	int signal;

	while (!t->end && (signal = signals_next(t->signals))) {
		switch (signal) {
		case SIGCHLD:
			load_ended(t);
			break;
		case SIGWINCH:
			resized(t);
			break;
		case SIGTSTP:
			tui_suspend();
			raise(SIGSTOP);
			break; /* SIGCONT follows */
		case SIGCONT:
			tui_resume(&t->ui.rows, &t->ui.cols);
			t->redraw = true;
			break;
		default:
			interrupted(t, signal);
		}
	}
}

/* Does what keys want of the recording. */
static void steer(struct top *t)
{
	struct playing *wish = &t->ui.playing;
	double at = (double)t->model.played.at_ns, of = (double)t->model.played.of_ns;
	double step = 1e9 * t->options.interval_s;

	if (!wish->steps && !wish->tenths && !wish->edge)
		return;
	at += wish->steps * step + wish->tenths * of / 10;
	if (wish->edge)
		at = wish->edge < 0 ? 0 : of;
	if (wish->steps != 1 || wish->tenths || wish->edge)
		collector_jump(t->collector, (uint64_t)(at < step ? step : at < of ? at : of));
	wish->steps = wish->tenths = wish->edge = 0;
	t->again = !collector_ask(t->collector);
}

static void take_keys(struct top *t, short events)
{
	struct list list;
	bool any = false;
	int key, row = 0, col = 0;

	if (list_make(&list, &t->model, shown_trend(t), &t->ui)) {
		end_failed(t, -ENOMEM, "cannot take keys");
		return;
	}
	while (!t->ui.quit && (key = tui_key(&row, &col)) >= 0) {
		enum column sort = t->ui.sort;
		enum shown_side side = t->ui.side;
		enum ui_screen screen = t->ui.screen;
		bool invert = t->ui.invert;

		any = true;
		if (key == KEY_CODE_CLICK)
			ui_click(&t->ui, &list, row, col);
		else
			ui_key(&t->ui, &list, key);
		/* What is selected next depends on what the list is now. */
		if (sort != t->ui.sort || invert != t->ui.invert || t->ui.filter[0] ||
		    side != t->ui.side || screen != t->ui.screen || key == KEY_CODE_ESCAPE ||
		    key == KEY_CODE_BACKSPACE) {
			list_free(&list);
			if (list_make(&list, &t->model, shown_trend(t), &t->ui))
				break;
		}
	}
	list_free(&list);
	t->redraw = true;
	if (t->ui.save)
		preferences_save(&t->ui);
	if (t->ui.quit)
		end(t, 0);
	else if ((events & (POLLHUP | POLLERR | POLLNVAL)) || ((events & POLLIN) && !any))
		end(t, 1); /* the terminal has gone */
	if ((t->ui.interval_s != t->options.interval_s ||
	     (t->options.from && t->ui.playing.speed != t->speed)) && set_timer(t, t->ui.interval_s))
		end_failed(t, -errno, "cannot set the clock");
	if (t->options.from)
		steer(t);
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
		round_over(t);
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
			end_failed(t, -errno, "cannot wait");
		return;
	}
	if (fds[POLL_TERMINAL].revents && t->on_screen)
		take_keys(t, fds[POLL_TERMINAL].revents);
	else if (fds[POLL_TERMINAL].revents & (POLLERR | POLLNVAL))
		end(t, 0); /* nobody reads any more */
	if (fds[POLL_SIGNALS].revents && !t->end)
		take_signals(t);
	if (in_a_hurry(t) ? !t->end
			  : fds[POLL_TIMER].revents && !t->end &&
				    read(t->timer, &expirations, sizeof(expirations)) > 0)
		tick(t);
	if (fds[POLL_ROUND].revents && !t->end)
		take_round(t);
	if (t->redraw && !t->end)
		draw(t);
}

static int open_screen(struct top *t)
{
	int rows, cols, err = tui_open(&rows, &cols, t->failure);

	if (err)
		return err;
	t->on_screen = true;
	ui_init(&t->ui, rows, cols, t->utf8, t->options.interval_s);
	preferences_load(&t->ui, &t->options);
	t->ui.playing = (struct playing){.on = t->options.from, .speed = t->options.speed > 0 ? t->options.speed : 1};
	if ((t->ui.interval_s != t->options.interval_s || t->options.from) && set_timer(t, t->ui.interval_s))
		return fail(t->failure, errno, "cannot set the clock: %s", strerror(errno));
	draw(t);
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
	batch_init(&t.ui, &t.options, t.utf8);
	sources.callers = options->callers || t.options.form == OUTPUT_SCREEN ||
			  t.options.screen == SCREEN_CALLERS;
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
		err = set_timer(&t, t.options.interval_s);
	if (!err && t.options.form == OUTPUT_SCREEN)
		err = open_screen(&t);
	if (err)
		end_failed(&t, err, "cannot start");
	while (!t.end)
		loop_once(&t);
	close_all(&t);
	types_close(&types);
	return t.status;
}
