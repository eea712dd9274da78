// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* compare_text.c: numbers with their intervals, and notes about the whole comparison. */
#include "compare/compare_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const char *compare_text_unit_name(const struct compare *c)
{
	return c->instructions ? "instructions" : "ns";
}

struct unit compare_text_duration(const struct compare *c, double v, bool utf8)
{
	return c->instructions ? unit_count(v) : unit_time(v, utf8);
}

static struct unit percent(double share)
{
	struct unit u;

	/* Rounded down, as every rate of hits: 100 only where all are. */
	snprintf(u.text, sizeof(u.text), "%.2f", floor(share * 1e4 + 1e-7) / 100);
	return u;
}

static struct compare_text with_interval(struct estimate e, struct unit value, struct unit low,
					 struct unit high)
{
	struct compare_text t = {"n/a"};

	if (isnan(e.value))
		return t;
	if (isnan(e.low))
		snprintf(t.text, sizeof(t.text), "%s", value.text);
	else
		snprintf(t.text, sizeof(t.text), "%s (%s to %s)", value.text, low.text, high.text);
	return t;
}

struct compare_text compare_text_number(struct estimate e)
{
	return with_interval(e, unit_digits(e.value, 3), unit_digits(e.low, 3),
			     unit_digits(e.high, 3));
}

struct compare_text compare_text_percent(struct estimate e)
{
	return with_interval(e, percent(e.value), percent(e.low), percent(e.high));
}

struct compare_text compare_text_time(const struct compare *c, struct estimate e, bool utf8)
{
	return with_interval(e, compare_text_duration(c, e.value, utf8),
			     compare_text_duration(c, e.low, utf8),
			     compare_text_duration(c, e.high, utf8));
}

/* ---- notes ----------------------------------------------------------------------------------- */

static bool any(const struct compare *c, bool kernel)
{
	for (size_t i = 0; i < c->nr_caches; i++)
		if (c->cache[i].kernel == kernel)
			return true;
	return false;
}

/* Returns whether refills of the kernel have durations. */
static bool any_timed(const struct compare *c)
{
	for (size_t i = 0; i < c->nr_caches; i++)
		if (c->cache[i].kernel && !c->cache[i].recorded.latency.why_not)
			return true;
	return false;
}

static bool note_head(const struct compare *c, bool utf8, char *text, size_t size)
{
	(void)utf8;
	snprintf(text, size, "%s events in %.2f s, recorded on Linux %s%s%s%s",
		 unit_count((double)c->events).text, c->seconds, c->head.release,
		 c->head.cpu[0] ? ", " : "", c->head.cpu, c->head.emulated ? ", emulated" : "");
	return true;
}

static bool note_pair(const struct compare *c, bool utf8, char *text, size_t size)
{
	if (!any_timed(c))
		return false;
	if (isnan(c->pair.value))
		snprintf(text, size,
			 "kernel: the duration of its probes was not measured: "
			 "its latencies include it");
	else
		snprintf(text, size,
			 "kernel: an empty pair of probes takes %s%s, "
			 "already subtracted from its latencies",
			 compare_text_time(c, c->pair, utf8).text,
			 c->instructions ? " instructions" : "");
	return true;
}

static bool note_clock(const struct compare *c, bool utf8, char *text, size_t size)
{
	if (c->runs)
		snprintf(text, size,
			 "reference: %u run%s on real threads; reading the clock takes %s%s, "
			 "already subtracted from its latencies%s",
			 c->runs, c->runs == 1 ? "" : "s",
			 compare_text_time(c, c->clock, utf8).text,
			 c->instructions ? " instructions" : "",
			 any(c, false) && !c->elsewhere ? " (and those of a process)" : "");
	return c->runs != 0;
}

static bool note_process(const struct compare *c, bool utf8, char *text, size_t size)
{
	(void)utf8;
	if (!any(c, false))
		return false;
	snprintf(text, size,
		 "processes: their own work, and the recording, left a refill the caches of the "
		 "processor cold%s",
		 c->instructions ? "" : ": no verdict on latencies");
	return true;
}

static bool note_unit(const struct compare *c, bool utf8, char *text, size_t size)
{
	(void)utf8;
	if (c->instructions)
		snprintf(text, size,
			 "durations are numbers of instructions, which the recorded clock counts");
	else if (c->head.emulated)
		snprintf(text, size,
			 "the recorded processor was emulated: no verdict on latencies");
	return c->instructions || c->head.emulated;
}

static bool note_elsewhere(const struct compare *c, bool utf8, char *text, size_t size)
{
	(void)utf8;
	if (c->elsewhere)
		snprintf(text, size, "no verdict on latencies: %s", c->elsewhere);
	return c->elsewhere != NULL;
}

static bool note_idle(const struct compare *c, bool utf8, char *text, size_t size)
{
	(void)utf8;
	if (c->idle)
		snprintf(text, size, "%zu cache%s without allocations %s left out", c->idle,
			 c->idle == 1 ? "" : "s", c->idle == 1 ? "is" : "are");
	return c->idle != 0;
}

bool compare_text_note(const struct compare *c, unsigned n, bool utf8, char *text, size_t size)
{
	static bool (*const notes[])(const struct compare *, bool, char *, size_t) = {
		note_head, note_pair,	   note_clock, note_process,
		note_unit, note_elsewhere, note_idle,
	};

	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++)
		if (notes[i](c, utf8, text, size) && !n--)
			return true;
	return trace_losses_line(&c->losses, c->nonsense, n, text, size);
}
