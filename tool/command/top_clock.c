// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* top_clock.c: when the next sample is due, live or in a recording that is played. */
#include "command/top_clock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>

#define PERIOD_MIN_S 0.05 /* between samples of a recording on a screen */

int top_clock_open(struct top *t)
{
	t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return t->timer < 0 ? -errno : 0;
}

/*
 * Sets how much of the recording a sample covers. Returns the real time between two samples: a
 * screen shows at most 20 a second.
 */
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

int top_clock_set(struct top *t, double interval_s)
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
