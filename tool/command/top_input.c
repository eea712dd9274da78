// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* top_input.c: answers signals, keys and clicks from the last sample, at once. */
#include "command/top_input.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "command/preferences.h"
#include "system/signals.h"
#include "command/top_clock.h"
#include "command/top_show.h"
#include "screen/cache_list.h"
#include "screen/tui.h"
#include "screen/ui_keys.h"

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
	top_show_now(t); /* the last sample with the load in it */
	fail(t->failure, ECHILD, "%s: no more samples to show; start the demo again", text);
	top_show_end(t, 1);
}

static void interrupted(struct top *t, int signal)
{
	bool limited = signal == SIGXCPU;

	if (limited)
		fail(t->failure, EINTR, "ended at the limit of CPU time; raise it (ulimit -t)");
	if (t->on_screen) {
		top_show_end(t, limited || signal == SIGHUP);
		return;
	}
	t->ending = true;
	top_show_now(t); /* a last sample, shorter than the interval */
	if (t->options.rounds > t->done) {
		fail(t->failure, EINTR, "ended by a signal (%s) after %lu of %lu samples",
		     strsignal(signal), t->done, t->options.rounds);
		top_show_end(t, 1);
	}
	top_show_end(t, limited);
}

void top_input_signals(struct top *t)
{
	int signal;

	while (!t->end && (signal = signals_next(t->signals))) {
		if (signal == SIGCHLD)
			load_ended(t);
		else if (tui_signal(signal, &t->ui.rows, &t->ui.cols))
			t->redraw = true;
		else
			interrupted(t, signal);
	}
}

/* Steps or jumps in the recording as the keys asked. */
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

void top_input_keys(struct top *t, short events)
{
	struct cache_list list;
	bool any = false;
	int key, row = 0, col = 0;

	if (cache_list_make(&list, &t->model, top_show_trend(t), &t->ui)) {
		top_show_fail(t, -ENOMEM, "cannot take keys");
		return;
	}
	while (!t->ui.quit && (key = tui_key(&row, &col)) >= 0) {
		enum column sort = t->ui.sort;
		enum shown_side side = t->ui.side;
		const struct screen *screen = t->ui.screen;
		bool invert = t->ui.invert;

		any = true;
		if (key == KEY_CODE_CLICK)
			ui_click(&t->ui, &list, row, col);
		else
			ui_key(&t->ui, &list, key);
		/* The next key selects from the list as it is now. */
		if (sort != t->ui.sort || invert != t->ui.invert || t->ui.filter[0] ||
		    side != t->ui.side || screen != t->ui.screen || key == KEY_CODE_ESCAPE ||
		    key == KEY_CODE_BACKSPACE) {
			cache_list_free(&list);
			if (cache_list_make(&list, &t->model, top_show_trend(t), &t->ui))
				break;
		}
	}
	cache_list_free(&list);
	t->redraw = true;
	if (t->ui.save)
		preferences_save(&t->ui);
	if (t->ui.quit)
		top_show_end(t, 0);
	else if ((events & (POLLHUP | POLLERR | POLLNVAL)) || ((events & POLLIN) && !any))
		top_show_end(t, 1); /* the terminal is lost */
	if ((t->ui.interval_s != t->options.interval_s ||
	     (t->options.from && t->ui.playing.speed != t->speed)) &&
	    top_clock_set(t, t->ui.interval_s))
		top_show_fail(t, -errno, "cannot set the clock");
	if (t->options.from)
		steer(t);
}
