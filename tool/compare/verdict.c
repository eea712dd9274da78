// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * verdict.c: refills differ where the interval of their difference, part by part of the same
 * stream, excludes 0; latencies where the intervals of the medians, and all that the measurement
 * may be off, do not overlap. Without enough data, or where the sides were not measured alike,
 * there is no verdict, but a reason.
 */
#include "compare/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "model/latency.h"

#define CUT_OFF "the recording is cut off"

static const char *why_no_refills(const struct compare_cache *c, const struct verdict_terms *terms)
{
	if (!c->replayed)
		return c->why_not;
	if (terms->torn)
		return CUT_OFF;
	if (!c->recorded.counts_known)
		return "the recorded side does not show its refills";
	if (c->recorded.counts.refills + c->reference.counts.refills < VERDICT_FEW)
		return "too few refills";
	if (isnan(c->refills_difference.low))
		return "too few parts of the recording have allocations";
	return NULL;
}

static const char *why_no_latency(const struct compare_cache *c, const struct verdict_terms *terms)
{
	if (!c->replayed)
		return c->why_not;
	if (terms->torn)
		return CUT_OFF;
	if (c->recorded.latency.why_not)
		return "the recorded side does not show durations";
	if (!c->kernel && !terms->instructions)
		return "not measured alike: the process did other work between its refills, and "
		       "sent its events, which both slow the refills after it";
	if (terms->emulated)
		return "the recorded processor was emulated, so its clock does not measure time";
	if (terms->elsewhere)
		return terms->elsewhere;
	if (c->reference.latency.why_not)
		return c->reference.latency.why_not;
	if (c->kernel && !terms->pair_known)
		return "the duration of the probes was not measured";
	if (c->recorded.latency.hist.count < VERDICT_FEW ||
	    c->reference.latency.hist.count < VERDICT_FEW)
		return "too few refills";
	if (terms->lost >= c->recorded.latency.hist.count)
		return "too many events were lost while recording";
	if (isnan(c->recorded.latency.quantile[0].low))
		return "too few parts of the recording have refills";
	if (isnan(c->reference.latency.quantile[0].low))
		return "a single run has no interval";
	return NULL;
}

/*
 * An inferred count may be wrong by one in a hundred, and each lost event may be a refill of this
 * cache.
 */
static enum verdict judge_refills(const struct compare_cache *c, uint64_t lost)
{
	double doubt = c->recorded.inferred ? c->recorded.refills_per_1000.value / 100 : 0;

	if (lost)
		doubt += 1000 * (double)lost / (double)(c->recorded.counts.allocs ?: 1);
	if (c->refills_difference.low > doubt)
		return VERDICT_MORE;
	return c->refills_difference.high < -doubt ? VERDICT_LESS : VERDICT_SAME;
}

struct estimate verdict_bounds(const struct compare_latency *l, unsigned quantile)
{
	struct estimate e = l->quantile[quantile], m = l->measuring;

	if (isnan(m.value))
		m = (struct estimate){0, 0, 0};
	e.low = (e.low + m.value) / COMPARE_BUCKET - m.high;
	e.high = (e.high + m.value) * COMPARE_BUCKET - m.low;
	return e;
}

/*
 * Widens the bounds of a median: each lost event may be a refill of this cache, and shorter or
 * longer than all others, which moves the median by half a rank.
 */
static void allow_for_lost(struct estimate *to, const struct compare_latency *l, uint64_t lost)
{
	double ranks = (double)lost / 2 / (double)l->hist.count;
	double most = isnan(l->measuring.value) ? 0 : l->measuring.high;
	double least = isnan(l->measuring.value) ? 0 : l->measuring.low;

	if (!lost)
		return;
	to->low = fmin(to->low, latency_percentile(&l->hist, 0.5 - ranks) / COMPARE_BUCKET - most);
	to->high =
		fmax(to->high, latency_percentile(&l->hist, 0.5 + ranks) * COMPARE_BUCKET - least);
}

static enum verdict judge_latency(const struct compare_cache *c, uint64_t lost)
{
	struct estimate ours = verdict_bounds(&c->reference.latency, 0),
			theirs = verdict_bounds(&c->recorded.latency, 0);

	allow_for_lost(&theirs, &c->recorded.latency, lost);
	if (!statistics_apart(ours, theirs))
		return VERDICT_SAME;
	return ours.value < theirs.value ? VERDICT_LESS : VERDICT_MORE;
}

/* ---- in words -------------------------------------------------------------------------------- */

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

static struct unit duration(const struct text *t, bool instructions, double ns)
{
	return instructions ? unit_count(ns) : unit_time(ns, t->utf8);
}

static void say_difference(struct text *t, const struct compare_cache *c)
{
	struct estimate d = c->refills_difference;
	bool less = c->refills == VERDICT_LESS;

	if (c->refills == VERDICT_SAME)
		say(t, "no difference beyond noise%s (95 %% interval: %s to %s)",
		    c->recorded.inferred ? " and the 1 % error of inference" : "",
		    unit_digits(d.low, 3).text, unit_digits(d.high, 3).text);
	else
		say(t, "%s %s (95 %% interval: %s to %s)", unit_digits(fabs(d.value), 3).text,
		    less ? "fewer" : "more", unit_digits(less ? -d.high : d.low, 3).text,
		    unit_digits(less ? -d.low : d.high, 3).text);
}

static void say_refills(struct text *t, const struct compare_cache *c)
{
	struct estimate d = c->refills_difference;
	double ours = c->reference.refills_per_1000.value,
	       theirs = c->recorded.refills_per_1000.value;

	if (c->no_refills) {
		say(t, "Refills: no verdict, %s", c->no_refills);
	} else if (c->refills == VERDICT_SAME && d.low == 0 && d.high == 0) {
		say(t, "Both refill %s times per 1,000 allocations, in every part of the recording",
		    unit_digits(ours, 3).text);
	} else {
		say(t, "The reference refills %s times per 1,000 allocations, the %s %s%s: ",
		    unit_digits(ours, 3).text, compare_cache_side_name(c),
		    c->recorded.inferred ? "~" : "", unit_digits(theirs, 3).text);
		say_difference(t, c);
	}
}

static void say_latency(struct text *t, const struct compare_cache *c, bool instructions)
{
	static const char *const words[] = {
		[VERDICT_SAME] = "no difference beyond noise",
		[VERDICT_LESS] = "shorter, by more than noise",
		[VERDICT_MORE] = "longer, by more than noise",
	};

	if (c->no_latency) {
		say(t, "; latency: no verdict, %s.", c->no_latency);
		return;
	}
	say(t, "; its median refill takes %s",
	    duration(t, instructions, c->reference.latency.quantile[0].value).text);
	say(t, "%s, that of the %s %s: %s.", instructions ? " instructions" : "",
	    compare_cache_side_name(c),
	    duration(t, instructions, c->recorded.latency.quantile[0].value).text,
	    words[c->latency]);
}

void verdict_judge(struct compare_cache *c, const struct verdict_terms *terms)
{
	c->no_refills = why_no_refills(c, terms);
	c->refills = c->no_refills ? VERDICT_NONE : judge_refills(c, 0);
	if (!c->no_refills && c->refills != judge_refills(c, terms->lost)) {
		c->no_refills = "events that were lost while recording may be the difference";
		c->refills = VERDICT_NONE;
	}
	c->no_latency = why_no_latency(c, terms);
	c->latency = c->no_latency ? VERDICT_NONE : judge_latency(c, terms->lost);
}

struct verdict_sentence verdict_sentence(const struct compare_cache *c, bool instructions,
					 bool utf8)
{
	struct verdict_sentence s = {""};
	struct text t = {s.text, sizeof(s.text), 0, utf8};

	say_refills(&t, c);
	say_latency(&t, c, instructions);
	return s;
}
