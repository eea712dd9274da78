// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * compare_lines.c: the quantities of a cache in their order: counts, origins, latencies, memory.
 * Each group makes its lines; the requested line is kept.
 */
#include "compare/compare_lines.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/compare_text.h"

struct lines {
	const struct compare *all;
	const struct compare_cache *cache;
	bool utf8;
	unsigned wanted, nr;
	struct compare_line *to;
};

static void add(struct lines *l, const char *label, const char *recorded, const char *reference,
		const char *rest)
{
	if (l->nr++ != l->wanted)
		return;
	snprintf(l->to->label, sizeof(l->to->label), "%s", label);
	snprintf(l->to->recorded, sizeof(l->to->recorded), "%s", recorded);
	snprintf(l->to->reference, sizeof(l->to->reference), "%s", reference);
	snprintf(l->to->rest, sizeof(l->to->rest), "%s", rest);
}

static void heading(struct lines *l)
{
	const struct compare_cache *c = l->cache;
	char recorded[80] = "KERNEL", reference[80] = "REFERENCE: n/a";

	if (!c->kernel)
		snprintf(recorded, sizeof(recorded), "%.16s, %u", c->comm[0] ? c->comm : "process",
			 c->pid);
	if (c->replayed)
		snprintf(reference, sizeof(reference), "REFERENCE %u %u %u", c->limit,
			 c->batchcount, c->sharedfactor);
	add(l, "", recorded, reference, "");
}

struct marked {
	char text[sizeof(struct compare_text) + 1];
};

/* Marks a value that was inferred. */
static struct marked marked(const struct compare_cache *c, struct compare_text value)
{
	bool mark = c->recorded.inferred && value.text[0] != 'n'; /* n/a */
	struct marked m;

	snprintf(m.text, sizeof(m.text), "%s%s", mark ? "~" : "", value.text);
	return m;
}

static void counts(struct lines *l)
{
	const struct compare_cache *c = l->cache;
	char rest[96] = "";

	add(l, "hit rate, %", marked(c, compare_text_percent(c->recorded.hit_rate)).text,
	    compare_text_percent(c->reference.hit_rate).text, "");
	for (unsigned cpu = 0; cpu < c->cpus; cpu++) {
		const struct compare_cpu *a = &c->recorded.cpu[cpu], *b = &c->reference.cpu[cpu];
		char label[24];

		snprintf(label, sizeof(label), "  cpu%u", cpu);
		if (a->counts.allocs || b->counts.allocs)
			add(l, label, marked(c, compare_text_percent(a->hit_rate)).text,
			    compare_text_percent(b->hit_rate).text, "");
	}
	if (!isnan(c->refills_difference.value))
		snprintf(rest, sizeof(rest), "difference %s",
			 compare_text_number(c->refills_difference).text);
	add(l, "refills of 1,000",
	    marked(c, compare_text_number(c->recorded.refills_per_1000)).text,
	    compare_text_number(c->reference.refills_per_1000).text, rest);
}

static const char *share(const struct compare_side *s, int origin, struct compare_text *room)
{
	if (!s->origins_known)
		return "n/a";
	if (!s->counts.origins[origin])
		return "-";
	*room = compare_text_percent(s->origin[origin]);
	return room->text;
}

static void origins(struct lines *l)
{
	const struct compare_side *a = &l->cache->recorded, *b = &l->cache->reference;

	for (int o = 0; o < ORIGINS; o++) {
		struct compare_text left, right;
		char label[32];

		if (!(a->origins_known && a->counts.origins[o]) && !b->counts.origins[o])
			continue;
		snprintf(label, sizeof(label), "  from %s, %%", origin_rows[o].key);
		add(l, label, share(a, o, &left), share(b, o, &right), "");
	}
}

/* How much lower and higher the true durations may be, as far as measuring them decides that. */
static struct compare_text error_of(const struct lines *l, const struct compare_latency *of)
{
	struct estimate m = of->measuring;
	struct compare_text t = {"n/a"};

	if (!of->why_not && !isnan(m.value))
		snprintf(t.text, sizeof(t.text), "-%s to +%s",
			 compare_text_duration(l->all, m.high - m.value, l->utf8).text,
			 compare_text_duration(l->all, m.value - m.low, l->utf8).text);
	return t;
}

static void latencies(struct lines *l)
{
	static const char *const names[COMPARE_QUANTILES] = {"p50", "p90", "p99", "p99.9"};
	const struct compare_latency *a = &l->cache->recorded.latency,
				     *b = &l->cache->reference.latency;
	const char *unit = l->all->instructions ? ", insn" : "";
	char label[32];

	for (int i = 0; i < COMPARE_QUANTILES; i++) {
		snprintf(label, sizeof(label), "refill %s%s", names[i], unit);
		add(l, label, compare_text_time(l->all, a->quantile[i], l->utf8).text,
		    compare_text_time(l->all, b->quantile[i], l->utf8).text, "");
	}
	snprintf(label, sizeof(label), "refill max%s", unit);
	add(l, label, compare_text_duration(l->all, a->max, l->utf8).text,
	    compare_text_duration(l->all, b->max, l->utf8).text, "");
	if (!a->why_not || !b->why_not)
		add(l, "measuring error", error_of(l, a).text, error_of(l, b).text, "");
}

bool compare_lines_get(const struct compare *all, const struct compare_cache *c, unsigned n,
		       bool utf8, struct compare_line *to)
{
	struct lines l = {all, c, utf8, n, 0, to};

	heading(&l);
	counts(&l);
	origins(&l);
	latencies(&l);
	add(&l, "memory at most", unit_bytes(c->recorded.bytes_peak).text,
	    unit_bytes(c->reference.bytes_peak).text, "");
	return n < l.nr;
}
