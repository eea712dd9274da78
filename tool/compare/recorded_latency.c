// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * recorded_latency.c: one pass over a recording. The part that a refill belongs to is known only at
 * the end: until then each duration is kept.
 */
#include "compare/recorded_latency.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "trace/event_meaning.h"

#define SHOW_EVERY 65536 /* events */

struct sample {
	uint32_t ns;
	uint16_t cache;
};

struct pass {
	struct recorded_latency *to;
	struct sample *sample;
	size_t nr;
	bool no_memory;
};

/* Returns the cache with this number, which may be new; NULL: no memory. */
static struct recorded_latency_cache *cache_of(struct pass *p, unsigned number)
{
	while (p->to->nr <= number)
		if (!array_append(&p->to->cache, &p->to->nr, sizeof(*p->to->cache))) {
			p->no_memory = true;
			return NULL;
		}
	return &p->to->cache[number];
}

static void keep(struct pass *p, const struct trace_event *e)
{
	struct sample *sample = array_append(&p->sample, &p->nr, sizeof(*sample));

	if (!sample) {
		p->no_memory = true;
		return;
	}
	*sample = (struct sample){(uint32_t)e->value[REFILL_NS], (uint16_t)e->value[TRACE_F_CACHE]};
}

static void count_slabs(struct recorded_latency_cache *c, int64_t by)
{
	/* a recording may contain any number */
	c->slabs = (int64_t)((uint64_t)c->slabs + (uint64_t)by);
	if (c->slabs > c->slabs_peak)
		c->slabs_peak = c->slabs;
}

static void take_of_cache(struct pass *p, struct recorded_latency_cache *c,
			  const struct trace_event *e)
{
	p->to->proved[c->kernel] |= event_meaning[e->id].proves;
	count_slabs(c, event_meaning_slabs(e));
	if (event_meaning_timed(e)) {
		c->durations++;
		keep(p, e);
	}
	switch (e->id) {
	case TRACE_CACHE:
		c->kernel = e->value[CACHE_SIDE] != TRACE_REFERENCE;
		c->state_known =
			!c->kernel; /* a cache without a state is younger than the recording */
		c->slab_bytes = e->value[CACHE_SLAB_BYTES];
		break;
	case TRACE_NODE_STATE:
		c->state_known = true;
		break;
	case TRACE_GROW:
		c->grew = true;
		break;
	}
}

static void take(struct pass *p, const struct trace_event *e)
{
	struct recorded_latency_cache *c;

	if (e->cpu != TRACE_NO_CPU) {
		if (!p->to->from)
			p->to->from = e->ns;
		p->to->to = e->ns + 1;
	} else if (event_meaning_has(e->id, EVENT_NEEDS_CPU)) {
		return;
	}
	if (e->id == TRACE_FLAGS)
		return;
	c = cache_of(p, (uint16_t)e->value[TRACE_F_CACHE]);
	if (c)
		take_of_cache(p, c, e);
}

/* Each part gets as many durations, in the order of their times. */
static void sort_samples(struct pass *p)
{
	for (size_t i = 0; i < p->nr && !p->no_memory; i++) {
		const struct sample *s = &p->sample[i];
		struct recorded_latency_cache *c = &p->to->cache[s->cache];

		if (!c->part)
			c->part = calloc(STATISTICS_PARTS, sizeof(*c->part));
		if (!c->part) {
			p->no_memory = true;
			return;
		}
		c->timed = true;
		hist_record(&c->part[c->seen++ * STATISTICS_PARTS / c->durations], s->ns);
	}
}

int recorded_latency_read(struct trace_reader *r, struct progress *progress,
			  struct recorded_latency *to, struct failure *f)
{
	uint64_t first, last, events = 0;
	struct pass p = {.to = to};
	const struct trace_event *e;

	*to = (struct recorded_latency){0};
	trace_reader_span(r, &first, &last);
	trace_reader_rewind(r);
	while (!p.no_memory && (e = trace_reader_next(r))) {
		if (events++ % SHOW_EVERY == 0 && e->ns >= first && e->ns < last)
			progress_show(progress, "reading the recording",
				      (double)(e->ns - first) / (double)(last - first));
		take(&p, e);
	}
	sort_samples(&p);
	free(p.sample);
	if (p.no_memory) {
		recorded_latency_free(to);
		return fail(f, ENOMEM, "no memory to compare: choose fewer caches with -c");
	}
	return 0;
}

void recorded_latency_free(struct recorded_latency *r)
{
	for (size_t i = 0; i < r->nr; i++)
		free(r->cache[i].part);
	free(r->cache);
	*r = (struct recorded_latency){0};
}
