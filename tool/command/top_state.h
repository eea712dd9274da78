/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* top_state.h: the state of top, which its loop, its clock, its output and its input share. */
#ifndef SLABSCOPE_TOP_STATE_H
#define SLABSCOPE_TOP_STATE_H

#include <sys/types.h>

#include "command/top_options.h"
#include "model/refill_walk.h"
#include "model/trend.h"
#include "rounds/collector.h"
#include "screen/cells.h"
#include "screen/ui.h"
#include "system/logfile.h"

struct top {
	struct top_options options;
	struct failure *failure;
	pid_t load; /* child process of demo; 0: none */
	struct collector *collector;
	int signals, timer;
	bool utf8;
	unsigned long done; /* samples shown */
	char *mistakes;	    /* in the settings; NULL: none */
	bool any_cache;	    /* one of them had a cache */
	bool ending;	    /* a signal ends top after this sample */
	bool end;
	int status;
	struct model model; /* the last sample */
	struct trend trend;
	struct trend held; /* as it was when the screen was paused; empty otherwise */
	struct walk *walk;
	struct logfile log;
	/* a recording that is played */
	double speed; /* 0: no limit */
	bool again;   /* ask for another sample after the one in the making */
	bool at_end;  /* the end of the recording is on the screen */
	/* the screen */
	bool on_screen;
	bool redraw;
	bool no_colour; /* as last drawn */
	struct ui ui;
	struct cells cells;
};

#endif
