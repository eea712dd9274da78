/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* top_show.h: shows the samples of top: on the screen, on standard output, in the log. */
#ifndef SLABSCOPE_TOP_SHOW_H
#define SLABSCOPE_TOP_SHOW_H

#include "command/top_state.h"

/* Ends the loop. Keeps a status other than 0. */
void top_show_end(struct top *t, int status);

/* Ends the loop with a failure: "WHAT: REASON". err is a negative errno. */
void top_show_fail(struct top *t, int err, const char *what);

/* Returns the trend that belongs to the sample on the screen. */
const struct trend *top_show_trend(const struct top *t);

/* Returns the counts, of COUNT_BIT, that need not be counted for what is shown of l. */
uint32_t top_show_left_out(const struct top *t, const struct cache_list *l);

void top_show_draw(struct top *t);

/* Ends the interval, waits for its sample, and shows it. For output without a screen. */
void top_show_now(struct top *t);

/* Shows the sample that is ready. */
void top_show_ready(struct top *t);

/* Fails if no printed sample had a cache, because something is missing. JSON has the reasons. */
void top_show_check(struct top *t);

#endif
