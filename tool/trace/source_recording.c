// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * source_recording.c: makes a snapshot from a recording. What a recording does not contain is
 * unknown; of the kernel it contains what the probes observed.
 */
#include "trace/source_recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/missing.h"
#include "trace/event_meaning.h"
#include "trace/recorded_counts.h"

struct played {
	struct source base;
	struct recorded_counts *recording;
	uint64_t wanted_ns;
	uint64_t watch_side, watch_cache;
};

/* ---- what is known --------------------------------------------------------------------------- */

#define ALWAYS_KNOWN (COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_FREES))

/* Inferred refills have no origins. */
static void show_inferred(const struct recorded_counts *r, const struct recorded_counts_cache *c,
			  struct snap_cache *to)
{
	if (!c->inferred)
		return;
	to->counts_known &= COUNT_BIT(COUNT_ORIGIN) - 1;
	if (r->proved & COUNT_BIT(COUNT_HITS))
		to->counts_known |= EVENT_INFERRED;
	to->doubtful = c->doubtful;
	to->counts_inferred = EVENT_INFERRED;
}

static void set_gauge(struct snap_cache *to, enum gauge g, uint64_t value)
{
	to->gauges_known |= GAUGE_BIT(g);
	to->gauge[g] = value;
}

static void show_gauges(const struct recorded_counts_cache *c, uint32_t proved,
			struct snap_cache *to)
{
	const uint32_t moves = COUNT_BIT(COUNT_GROWS) | COUNT_BIT(COUNT_SLAB_FREES);
	bool moves_seen = c->pid || (proved & moves) == moves;

	if (c->object_size)
		set_gauge(to, GAUGE_OBJECT_SIZE, c->object_size);
	if (c->limit) {
		set_gauge(to, GAUGE_LIMIT, c->limit);
		set_gauge(to, GAUGE_BATCHCOUNT, c->batchcount);
	}
	if (c->slab_bytes)
		set_gauge(to, GAUGE_SLAB_PAGES, c->slab_bytes / 4096);
	if (!c->slabs_known || !moves_seen || c->slabs > UINT32_MAX)
		return; /* or more slabs were freed than existed */
	set_gauge(to, GAUGE_SLABS, c->slabs);
	set_gauge(to, GAUGE_OBJECTS, c->slabs * c->objects_per_slab);
	set_gauge(to, GAUGE_BYTES, c->slabs * c->slab_bytes);
}

/* ---- snapshots ------------------------------------------------------------------------------- */

static int show_cpu(const struct recorded_counts_cpu *from, struct snap_cache *to)
{
	struct snap_cpu *cpu = snapshot_add_cpu(to, from->cpu);

	if (!cpu)
		return -ENOMEM;
	memcpy(cpu->count, from->count, sizeof(cpu->count));
	if (!from->refill_ns)
		return 0;
	cpu->refill_ns = hist_cpu_of(to->rooms, from->refill_ns);
	return cpu->refill_ns ? 0 : -ENOMEM;
}

static int show_cache(const struct recorded_counts *r, const struct recorded_counts_cache *c,
		      struct snapshot *to)
{
	struct snap_side *side =
		snapshot_add_side(to, c->pid ? SIDE_REFERENCE : SIDE_KERNEL, c->pid ?: 1);
	struct snap_cache *cache = side ? snapshot_add_cache(side, c->number + 1u, c->name) : NULL;
	int err = 0;

	if (!cache)
		return -ENOMEM;
	if (c->pid) {
		side->pid = (int)c->pid;
		snprintf(side->comm, sizeof(side->comm), "%.31s", c->comm);
	}
	cache->aliases_known = c->pid != 0;
	cache->cpus_known = true;
	cache->counts_known = c->pid ? COUNT_BIT(COUNTS) - 1 : (ALWAYS_KNOWN | r->proved);
	cache->latency_known = c->pid || r->timed;
	show_gauges(c, r->proved, cache);
	for (size_t i = 0; i < c->nr_cpus && !err; i++)
		err = show_cpu(&c->cpu[i], cache);
	if (!err)
		err = snapshot_finish_cache(cache);
	if (!err)
		show_inferred(r, c, cache);
	return err;
}

static int show_nodes(const struct recorded_counts *r, struct snapshot *to)
{
	uint8_t node[TRACE_CPUS];
	unsigned cpus = 0;

	for (size_t i = 0; i < r->nr_caches; i++)
		if (r->cache[i].nr_cpus && r->cache[i].cpu[r->cache[i].nr_cpus - 1].cpu >= cpus)
			cpus = r->cache[i].cpu[r->cache[i].nr_cpus - 1].cpu + 1;
	if (!cpus)
		return 0;
	if (cpus > TRACE_CPUS)
		cpus = TRACE_CPUS;
	memset(node, TRACE_NO_NODE, sizeof(node));
	trace_reader_nodes(r->reader, node, cpus);
	to->cpu_node = calloc(cpus, sizeof(*to->cpu_node));
	if (!to->cpu_node)
		return -ENOMEM;
	to->nr_cpu_nodes = cpus;
	for (unsigned cpu = 0; cpu < cpus; cpu++)
		to->cpu_node[cpu] = node[cpu] == TRACE_NO_NODE ? -1 : node[cpu];
	return 0;
}

static int say_missing(const struct recorded_counts *r, struct snapshot *to)
{
	const struct trace_losses *losses = trace_reader_losses(r->reader);
	char where[160];
	int err = missing_add(to, MISSING_STACKS, NULL, NULL);

	if (!err && losses->torn) {
		snprintf(where, sizeof(where), "%u place%s: %.95s", losses->torn,
			 losses->torn == 1 ? "" : "s", losses->what);
		err = missing_add(to, MISSING_REST, NULL, where);
	}
	return err;
}

/* Moves the steps to the snapshot. */
static void show_steps(struct played *p, struct snapshot *to)
{
	struct recorded_counts *r = p->recording;

	if (!p->watch_side)
		return;
	to->watch = (struct snap_watch){.on = true,
					.side = p->watch_side,
					.cache = p->watch_cache,
					.step = r->step,
					.nr = r->nr_steps};
	r->step = NULL;
	r->nr_steps = 0;
}

static void show_time(const struct recorded_counts *r, struct snapshot *to)
{
	const struct trace_head *head = trace_reader_head(r->reader);

	to->time_ns = r->first_ns + r->at_ns;
	to->wall = ((double)head->clock_offset + (double)to->time_ns) / 1e9;
	to->played = (struct snap_played){
		.at_ns = r->at_ns, .of_ns = r->length_ns, .over = recorded_counts_over(r)};
	memcpy(to->release, head->release, sizeof(head->release));
}

static int played_read(struct source *self, struct snapshot *to, struct failure *f)
{
	struct played *p = (struct played *)self;
	struct recorded_counts *r = p->recording;
	uint64_t wanted = p->wanted_ns;
	int err;

	err = recorded_counts_go(r, wanted);
	/*
	 * After the last event the interval ends with the recording. The end in the headers may be
	 * wrong.
	 */
	if (!err && recorded_counts_over(r) && wanted > r->length_ns)
		r->at_ns = r->length_ns;
	else if (!err && !recorded_counts_over(r) && r->length_ns <= wanted)
		r->length_ns = wanted + 1;
	for (size_t i = 0; i < r->nr_caches && !err; i++)
		err = show_cache(r, &r->cache[i], to);
	if (!err)
		err = show_nodes(r, to);
	if (!err)
		err = say_missing(r, to);
	if (err)
		return fail(f, -err, "no memory for the recording's counts");
	to->lost += trace_reader_losses(r->reader)->discarded + r->lost;
	show_time(r, to);
	show_steps(p, to);
	return 0;
}

void source_recording_seek(struct source *self, uint64_t at_ns)
{
	((struct played *)self)->wanted_ns = at_ns;
}

static void played_watch(struct source *self, uint64_t side, uint64_t cache)
{
	struct played *p = (struct played *)self;

	if (side == p->watch_side && cache == p->watch_cache)
		return;
	p->watch_side = side;
	p->watch_cache = cache;
	recorded_counts_watch(p->recording,
			      side ? (uint32_t)cache : 0); /* an id is a number plus 1 */
}

static void played_close(struct source *self)
{
	struct played *p = (struct played *)self;

	recorded_counts_close(p->recording);
	free(p);
}

int source_recording_open(struct source **to, const struct source_options *o, struct failure *f)
{
	struct played *p = calloc(1, sizeof(*p));
	int err;

	*to = NULL;
	if (!p)
		return fail(f, ENOMEM, "no memory to play %s", o->from);
	err = recorded_counts_open(&p->recording, o->from, o->choice, o->reference_pid, f);
	if (err) {
		free(p);
		return err;
	}
	p->base = (struct source){
		.name = "recording",
		.read = played_read,
		.fd = -1,
		.wake_in_ms = -1,
		.watch = played_watch,
		.close = played_close,
	};
	*to = &p->base;
	return 0;
}
