// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* replay.c: a replay from the first event to the last, and its result. */
#include "replay/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "replay/play.h"
#include "replay/replay_slices.h"
#include "slab.h"

/* ---- the end --------------------------------------------------------------------------------- */

static void conclude(const struct session *s, struct player *p)
{
	struct replay_cache *c = &p->result;
	struct slab_virtual_layout layout;

	for (unsigned cpu = 0; cpu < c->cpus && c->cpu_recorded; cpu++) {
		if (c->kernel)
			replay_counts_derive_hits(&c->cpu_recorded[cpu]);
		replay_counts_add(&c->recorded, &c->cpu_recorded[cpu], 1);
	}
	c->known = c->kernel ? replay_counts_known(s->proved, c->known.inferred, c->doubtful,
						   c->recorded.refills)
			     : replay_counts_all_known;
	if (!p->kmem)
		return;
	play_look_at_arrays(p);
	for (unsigned cpu = 0; cpu < c->cpus; cpu++) {
		c->cpu_replayed[cpu] = replay_counts_of(p->kmem, cpu);
		replay_counts_add(&c->cpu_replayed[cpu], &p->setup[cpu], -1);
		/* its allocation was not recorded, so the recording does not count it either */
		if (p->refilled[cpu] && c->cpu_replayed[cpu].hits) {
			c->cpu_replayed[cpu].hits--;
			c->cpu_replayed[cpu].allocs--;
		}
		replay_counts_add(&c->replayed_counts, &c->cpu_replayed[cpu], 1);
	}
	if (c->replayed_counts.failed || p->before.no_memory) { /* its counts are not the load's */
		c->replayed = false;
		c->why_not = "no memory";
	}
	layout = slab_virtual_layout(p->kmem);
	c->limit = layout.limit;
	c->batchcount = layout.batchcount;
	c->sharedfactor = layout.sharedfactor;
	c->peak_bytes = p->slabs_peak * c->slab_bytes;
	c->peak_used = p->used_peak * c->object_size;
	c->idle_mean = (double)p->idle_sum / (double)p->idle_samples;
	c->idle_peak = p->idle_peak;
}

static void end_domain(struct domain *d)
{
	size_t from = 0;
	void *object;

	while ((object = object_map_take_any(&d->map, &from)))
		slab_virtual_free(slab_virtual_cache(object), object, 0);
	object_map_free(&d->map);
	free(d);
}

static void end_player(struct player *p, struct replay_cache *to)
{
	void *object;

	*to = p->result;
	while ((object = replay_state_end(&p->before)))
		slab_virtual_free(p->kmem, object, 0);
	for (unsigned cpu = 0; p->refilled && cpu < to->cpus; cpu++)
		if (p->refilled[cpu])
			slab_virtual_free(p->kmem, p->refilled[cpu], 0);
	kmem_cache_destroy(p->kmem);
	free(p->refilled);
	free(p->setup);
	free(p->sum);
	free(p);
}

/* Moves the results to the caller, and frees everything else. Returns 0 or -ENOMEM. */
static int end_session(struct session *s, struct replay *to)
{
	to->cache = calloc(s->nr + 1, sizeof(*to->cache));
	for (size_t i = 0; i < s->nr; i++)
		conclude(s, s->all[i]);
	to->nonsense = s->nonsense;
	to->peak_live = s->peak_live;
	to->processes = s->nr_domains;
	for (size_t i = 0; i < s->nr_domains; i++) {
		to->map_bytes += object_map_bytes(&s->domain[i]->map);
		end_domain(s->domain[i]);
	}
	for (size_t i = 0; i < s->nr; i++) {
		struct replay_cache lost;

		end_player(s->all[i], to->cache ? &to->cache[i] : &lost);
	}
	to->nr_caches = to->cache ? s->nr : 0;
	free(s->domain);
	free(s->all);
	return to->cache && !s->no_memory ? 0 : -ENOMEM;
}

/* Returns the number of nodes of the CPUs with events. */
static unsigned count_nodes(const struct session *s)
{
	unsigned nodes = 1;

	for (unsigned cpu = 0; cpu < SLAB_VIRTUAL_CPUS; cpu++)
		if (s->node[cpu] >= nodes)
			nodes = s->node[cpu] + 1u;
	return nodes;
}

int replay_run(struct trace_reader *r, const struct replay_settings *settings, struct replay *to,
	       struct failure *f)
{
	struct session *s = calloc(1, sizeof(*s));
	const struct trace_event *e;
	uint64_t first = 0, last = 0;

	*to = (struct replay){.took_s = clock_monotonic()};
	if (!s)
		return fail(f, ENOMEM, "no memory to replay");
	s->settings = settings;
	trace_reader_rewind(r);
	trace_reader_nodes(r, s->node, SLAB_VIRTUAL_CPUS);
	for (unsigned cpu = 0; cpu < SLAB_VIRTUAL_CPUS; cpu++)
		if (s->node[cpu] >= SLAB_VIRTUAL_NODES)
			s->node[cpu] = 0;
	s->nodes = count_nodes(s);
	replay_slices_begin(s);
	while (!s->no_memory && (e = trace_reader_next(r))) {
		if (!to->events++)
			first = e->ns;
		last = e->ns;
		if (e->ns >= s->slice_end)
			replay_slices_until(s, e->ns);
		play_event(s, e);
	}
	to->seconds_ns = last - first;
	replay_slices_until(s, UINT64_MAX);
	if (end_session(s, to)) {
		replay_free(to);
		free(s);
		return fail(f, ENOMEM, "no memory to replay: choose fewer caches with -c");
	}
	free(s);
	to->took_s = clock_monotonic() - to->took_s;
	return 0;
}

void replay_free(struct replay *r)
{
	for (size_t i = 0; i < r->nr_caches; i++) {
		free(r->cache[i].cpu_recorded);
		free(r->cache[i].cpu_replayed);
		replay_slices_free(&r->cache[i]);
	}
	free(r->cache);
	*r = (struct replay){0};
}
