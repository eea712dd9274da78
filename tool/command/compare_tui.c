// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* compare_tui.c: the screens of a comparison. They change only when a key is pressed. */
#include "command/compare_tui.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare/compare_model.h"
#include "system/signals.h"
#include "screen/tui.h"
#include "screen/draw.h"
#include "screen/screens.h"
#include "screen/ui_keys.h"

struct screen_of_one {
	const struct compare *compare;
	struct model model;
	struct cache_list list;
	struct ui ui;
	struct cells cells;
	bool no_colour; /* as last drawn */
	int signals;
	int status;
	bool end;
};

/* Makes the list from which the next key selects. */
static int make_list(struct screen_of_one *s)
{
	cache_list_free(&s->list);
	return cache_list_make(&s->list, &s->model, NULL, &s->ui);
}

static int draw(struct screen_of_one *s)
{
	struct view v = {.model = &s->model, .list = &s->list, .ui = &s->ui, .compare = s->compare};

	if (s->no_colour != s->ui.no_colour) {
		s->no_colour = s->ui.no_colour;
		tui_colours(!s->no_colour);
	}
	if (make_list(s) || draw_screen(&s->cells, &v))
		return -ENOMEM;
	tui_draw(&s->cells);
	return 0;
}

static void take_signals(struct screen_of_one *s)
{
	int signal;

	while (!s->end && (signal = signals_next(s->signals))) {
		if (signal == SIGCHLD || tui_signal(signal, &s->ui.rows, &s->ui.cols))
			continue;
		s->end = true;
		s->status = signal == SIGHUP ? EXIT_FAILURE : EXIT_SUCCESS;
	}
}

static int take_keys(struct screen_of_one *s, short events)
{
	int key, row = 0, col = 0;
	bool any = false;

	while (!s->ui.quit && (key = tui_key(&row, &col)) >= 0) {
		any = true;
		if (key == KEY_CODE_CLICK)
			ui_click(&s->ui, &s->list, row, col);
		else
			ui_key(&s->ui, &s->list, key);
		if (make_list(s))
			return -ENOMEM;
	}
	if (s->ui.save) {
		s->ui.save = false;
		snprintf(s->ui.message, sizeof(s->ui.message),
			 "only top saves settings: press w there");
	}
	if (s->ui.quit) {
		s->end = true;
	} else if ((events & (POLLHUP | POLLERR | POLLNVAL)) || !any) {
		s->end = true; /* the terminal is lost */
		s->status = EXIT_FAILURE;
	}
	return 0;
}

static int loop_once(struct screen_of_one *s)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			       {.fd = s->signals, .events = POLLIN}};
	int err = draw(s);

	if (err)
		return err;
	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[0].revents)
		err = take_keys(s, fds[0].revents);
	if (fds[1].revents && !s->end)
		take_signals(s);
	return err;
}

static int run(struct screen_of_one *s, bool utf8, struct failure *f)
{
	int rows, cols, err = compare_model(s->compare, &s->model);

	if (err)
		return err;
	s->signals = signals_open(true);
	if (s->signals < 0)
		return s->signals;
	err = tui_open(&rows, &cols, f);
	if (err) {
		signals_close(s->signals);
		return err;
	}
	ui_init(&s->ui, screens_first(true), rows, cols, utf8, 1);
	s->ui.comparison = true;
	while (!err && !s->end)
		err = loop_once(s);
	tui_close();
	signals_close(s->signals);
	return err;
}

int compare_tui(const struct compare *c, bool utf8, struct failure *f)
{
	struct screen_of_one s = {.compare = c, .status = EXIT_SUCCESS};
	int err = run(&s, utf8, f);

	if (err) {
		s.status = EXIT_FAILURE;
		if (!f->text[0])
			fail(f, -err, "cannot show the comparison: %s", strerror(-err));
	}
	cache_list_free(&s.list);
	cells_free(&s.cells);
	model_free(&s.model);
	return s.status;
}
