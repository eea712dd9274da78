// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* compare_model.c: makes two snapshots, before and after the recording, and the model of both. */
#include "compare/compare_model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "trace/event_meaning.h"

#define REPLAYED_ID (1ull << 40) /* above the pid of any process */

#define SERVED                                                                \
	(EVENT_INFERRED | COUNT_BIT(COUNT_GROWS) | COUNT_BIT(COUNT_FLUSHES) | \
	 (((1u << ORIGINS) - 1) << COUNT_ORIGIN))

static struct snap_side *side_of(struct snapshot *s, const struct compare_cache *c, bool replayed)
{
	uint64_t id = c->pid + 1ull + (replayed ? REPLAYED_ID : 0);
	struct snap_side *side =
		snapshot_add_side(s, replayed || !c->kernel ? SIDE_REFERENCE : SIDE_KERNEL, id);

	if (!side)
		return NULL;
	side->pid = (int)c->pid;
	side->replayed = replayed;
	snprintf(side->comm, sizeof(side->comm), "%.31s", replayed ? "replay" : c->comm);
	return side;
}

static int add_cpus(struct snap_cache *to, const struct compare_side *from, unsigned cpus)
{
	for (unsigned i = 0; i < cpus; i++) {
		const struct replay_counts *n = &from->cpu[i].counts;
		struct snap_cpu *cpu;

		if (!n->allocs && !n->frees)
			continue;
		cpu = snapshot_add_cpu(to, i);
		if (!cpu)
			return -ENOMEM;
		memcpy(cpu->count, n->count, sizeof(cpu->count));
	}
	return 0;
}

static int add_cache(struct snapshot *s, const struct compare_cache *c, uint64_t id, bool replayed)
{
	const struct compare_side *from = replayed ? &c->reference : &c->recorded;
	struct snap_side *side = side_of(s, c, replayed);
	struct snap_cache *to = side ? snapshot_add_cache(side, id, c->name) : NULL;

	if (!to || add_cpus(to, from, c->cpus))
		return -ENOMEM;
	to->counts_known = COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_FREES) |
			   COUNT_BIT(COUNT_FAILED) |
			   (!from->counts_known ? 0
			    : from->inferred	? EVENT_INFERRED
						: SERVED);
	to->counts_inferred = from->inferred ? EVENT_INFERRED : 0;
	to->cpus_known = true;
	to->gauges_known = GAUGE_BIT(GAUGE_OBJECT_SIZE);
	to->gauge[GAUGE_OBJECT_SIZE] = c->object_size;
	if (snapshot_finish_cache(to))
		return -ENOMEM;
	to->latency_known = !from->latency.why_not; /* of all CPUs together */
	if (to->latency_known && !snapshot_add_hist(&to->refill_ns))
		return -ENOMEM;
	if (to->latency_known)
		*to->refill_ns = from->latency.hist;
	return 0;
}

int compare_model(const struct compare *c, struct model *m)
{
	struct snapshot before = {0}, after = {0};
	int err = 0;

	after.time_ns = (uint64_t)(c->seconds > 0 ? c->seconds * 1e9 : 1);
	after.wall = c->wall;
	snprintf(after.release, sizeof(after.release), "%s", c->head.release);
	for (size_t i = 0; i < c->nr_caches && !err; i++) {
		err = add_cache(&after, &c->cache[i], i, false);
		if (!err && c->cache[i].replayed)
			err = add_cache(&after, &c->cache[i], i, true);
	}
	if (!err)
		err = model_make(m, &before, &after);
	else
		memset(m, 0, sizeof(*m));
	snapshot_free(&before);
	snapshot_free(&after);
	return err;
}
