// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * verdict.c: refills differ where the interval of their difference, part by part of the same
 * stream, leaves 0 out; latencies where the medians' intervals have nothing in common. Where it cannot be
 * told, there is no verdict, and why.
 */
#include "compare/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

static const char *why_no_refills(const struct compare_cache *c)
{
	if (!c->replayed)
		return c->why_not;
	if (!c->recorded.counts_known)
		return "refills of the recorded side could not be seen";
	if (c->recorded.counts.refills + c->reference.counts.refills < COMPARE_FEW)
		return "there are too few";
	if (isnan(c->refills_difference.low))
		return "they came all at once";
	return NULL;
}

static const char *why_no_latency(const struct compare *all, const struct compare_cache *c)
{
	if (!c->replayed)
		return c->why_not;
	if (c->recorded.latency.why_not)
		return "those of the recorded side could not be seen";
	if (all->head.emulated && !all->instructions)
		return "the processor is emulated, its time says nothing";
	if (all->elsewhere)
		return all->elsewhere;
	if (c->reference.latency.why_not)
		return c->reference.latency.why_not;
	if (c->kernel && isnan(all->pair.value))
		return "what the probes take was not measured";
	if (c->recorded.latency.hist.count < COMPARE_FEW ||
	    c->reference.latency.hist.count < COMPARE_FEW)
		return "there are too few refills";
	if (isnan(c->recorded.latency.quantile[0].low) ||
	    isnan(c->reference.latency.quantile[0].low))
		return "there is one run only";
	return NULL;
}

/* What is inferred may be wrong by one of a hundred. */
static enum compare_verdict judge_refills(const struct compare_cache *c)
{
	double doubt = c->recorded.inferred ? c->recorded.refills_per_1000.value / 100 : 0;

	if (c->refills_difference.low > doubt)
		return COMPARE_MORE;
	return c->refills_difference.high < -doubt ? COMPARE_LESS : COMPARE_SAME;
}

static enum compare_verdict judge_latency(const struct compare_cache *c)
{
	struct estimate ours = c->reference.latency.quantile[0],
			theirs = c->recorded.latency.quantile[0];

	if (!stats_apart(ours, theirs))
		return COMPARE_SAME;
	return ours.value < theirs.value ? COMPARE_LESS : COMPARE_MORE;
}

/* ---- in words --------------------------------------------------------------------------------- */

struct text {
	char *to;
	size_t size, used;
	bool utf8;
};

static void __attribute__((format(printf, 2, 3))) say(struct text *t, const char *format, ...)
{
	va_list args;
	int nr;

	va_start(args, format);
	nr = vsnprintf(t->to + t->used, t->size - t->used, format, args);
	va_end(args);
	if (nr > 0)
		t->used = t->used + (size_t)nr < t->size ? t->used + (size_t)nr : t->size - 1;
}

/* Three digits, and no exponent. */
static struct unit number(double v)
{
	struct unit u;
	double size = fabs(v);

	snprintf(u.text, sizeof(u.text), "%.*f",
		 size >= 100  ? 0
		 : size >= 10 ? 1
		 : size >= 1  ? 2
			      : 3,
		 v);
	return u;
}

static struct unit duration(const struct text *t, const struct compare *all, double ns)
{
	return all->instructions ? unit_count(ns) : unit_time(ns, t->utf8);
}

static void say_refills(struct text *t, const struct compare_cache *c)
{
	static const char *const words[] = {
		[COMPARE_SAME] = "no difference beyond noise",
		[COMPARE_LESS] = "fewer, more than noise",
		[COMPARE_MORE] = "more, more than noise",
	};
	struct estimate d = c->refills_difference;
	double ours = c->reference.refills_per_1000.value,
	       theirs = c->recorded.refills_per_1000.value;

	if (c->no_refills) {
		say(t, "Refills: no verdict, %s", c->no_refills);
	} else if (c->refills == COMPARE_SAME && d.low == 0 && d.high == 0) {
		say(t, "Both refill %s times per 1,000 allocations, in every part of the recording",
		    number(ours).text);
	} else {
		say(t, "The reference refills %s times per 1,000 allocations, the %s %s%s",
		    number(ours).text, compare_side_name(c), c->recorded.inferred ? "~" : "",
		    number(theirs).text);
		say(t, ": %s%s (%s to %s)", words[c->refills],
		    c->recorded.inferred && c->refills == COMPARE_SAME
			    ? " and the 1 % that an inference may be wrong by"
			    : "",
		    number(d.low).text, number(d.high).text);
	}
}

static void say_latency(struct text *t, const struct compare *all, const struct compare_cache *c)
{
	static const char *const words[] = {
		[COMPARE_SAME] = "no difference beyond noise",
		[COMPARE_LESS] = "shorter, more than noise",
		[COMPARE_MORE] = "longer, more than noise",
	};

	if (c->no_latency) {
		say(t, "; latency: no verdict, %s.", c->no_latency);
		return;
	}
	say(t, "; its median refill takes %s",
	    duration(t, all, c->reference.latency.quantile[0].value).text);
	say(t, " against %s%s: %s.", duration(t, all, c->recorded.latency.quantile[0].value).text,
	    all->instructions ? " instructions" : "", words[c->latency]);
}

void compare_judge(const struct compare *all, struct compare_cache *c)
{
	c->no_refills = why_no_refills(c);
	c->refills = c->no_refills ? COMPARE_NONE : judge_refills(c);
	c->no_latency = why_no_latency(all, c);
	c->latency = c->no_latency ? COMPARE_NONE : judge_latency(c);
}

struct compare_sentence compare_sentence(const struct compare *all, const struct compare_cache *c,
					 bool utf8)
{
	struct compare_sentence s = {""};
	struct text t = {s.text, sizeof(s.text), 0, utf8};

	say_refills(&t, c);
	say_latency(&t, all, c);
	return s;
}
