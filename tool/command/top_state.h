/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* top_state.h: what the loop of top, what it shows and what it is told have in common. */
#ifndef SLABSCOPE_TOP_STATE_H
#define SLABSCOPE_TOP_STATE_H

#include "screen/cells.h"
#include "rounds/collector.h"
#include "system/logfile.h"
#include "command/options.h"
#include "model/trend.h"
#include "screen/ui.h"
#include "model/refill_walk.h"

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
	double speed; /* 0: as fast as it goes */
	bool again;   /* a round was wanted while one was being made */
	bool at_end;  /* it stands still there */
	/* the screen */
	bool on_screen;
	bool redraw;
	bool no_colour; /* as last drawn */
	struct ui ui;
	struct cells cells;
};

/* top_show.c */

/* The loop is over; a status other than 0 is kept. */
void top_end(struct top *t, int status);
/* Likewise, with what failed. */
void top_end_failed(struct top *t, int err, const char *what);
/* The trend that goes with the round that is shown. */
const struct trend *top_trend(const struct top *t);
void top_draw(struct top *t);
/* Ends the round, waits for it, and shows it: where there are no keys to answer meanwhile. */
void top_round_over(struct top *t);
/* Shows the round that is ready. */
void top_take_round(struct top *t);

/* top_input.c */

void top_take_signals(struct top *t);
/* Keys and clicks; events are those of the terminal's descriptor. */
void top_take_keys(struct top *t, short events);

/* top.c */

/* A round takes so long from now on. 0 or -errno. */
int top_set_timer(struct top *t, double interval_s);

#endif
