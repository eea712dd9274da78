// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * stream.c: reads a recording twice: first the number of allocations, then what to do. During the
 * second time each slot contains the address of its allocation, so that object_map.h finds slots as
 * it finds objects.
 */
#include "replay/threads/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/array.h"
#include "base/glob.h"
#include "replay/live_objects.h"
#include "replay/play.h"
#include "replay/threads/stream_parts.h"
#include "replay/threads/stream_states.h"
#include "trace/event_meaning.h"

struct process {
	uint32_t pid;
	struct object_map map;
};

struct of_cache {
	unsigned cpus;
	size_t process;
	/*
	 * [cpus]: 1 + the slot of a refill of the kernel whose allocation has not come yet; 0:
	 * none. NULL: too many CPUs.
	 */
	uint32_t *refilled;
};

/* The state of the second pass. */
struct reading {
	struct stream *to;
	const struct replay_settings *settings;
	/* 1 + index of to->cache; 0: none; by the numbers in the recording */
	int32_t number[TRACE_CACHES];
	struct of_cache *of_cache; /* beside to->cache */
	struct process *process;
	size_t nr_processes;
	uint16_t *owner; /* of each slot: the cache */
	size_t nr;	 /* used slots */
	unsigned cpus;	 /* of all caches together, with a place for a refill */
	struct stream_parts parts;
	bool no_memory;
};

/* Adds an operation of the last event that was read. */
static void add_op(struct reading *r, uint32_t cpu, struct stream_op op)
{
	if (!stream_parts_add(&r->parts, cpu, r->to->events, op))
		r->no_memory = true;
}

/* ---- objects --------------------------------------------------------------------------------- */

static struct object_map *map_of(struct reading *r, unsigned cache)
{
	return &r->process[r->of_cache[cache].process].map;
}

static const void *owner_of(const void *slot, void *arg)
{
	const struct reading *r = arg;

	return &r->of_cache[r->owner[(void *const *)slot - r->to->slot]];
}

static void close_unseen(void *slot, unsigned cpu, void *arg)
{
	struct reading *r = arg;
	uint32_t nr = (uint32_t)((void **)slot - r->to->slot);

	add_op(r, cpu, (struct stream_op){.slot = nr, .cache = r->owner[nr], .kind = STREAM_FREE});
	r->to->cache[r->owner[nr]].freed_unseen++;
}

static const struct live_objects live = {owner_of, close_unseen};

/*
 * Adds an allocation. Returns false where there are no more slots, because the recording still
 * grows.
 */
static bool add_alloc(struct reading *r, unsigned cache, const struct trace_event *e)
{
	struct stream_op op = {
		.cache = (uint16_t)cache, .slot = (uint32_t)r->nr, .kind = STREAM_ALLOC};

	if (r->nr == r->to->nr_slots)
		return false;
	if (e->id == TRACE_ALLOC_BYPASS) {
		op.kind = STREAM_BYPASS;
		op.node = (uint8_t)e->value[ALLOC_NODE];
	}
	r->owner[r->nr++] = (uint16_t)cache;
	add_op(r, e->cpu, op);
	return true;
}

/* Adds the allocation of a refill before the events between the two, as play.c does. */
static void take_refill(struct reading *r, unsigned cache, const struct trace_event *e)
{
	uint32_t *refilled = r->of_cache[cache].refilled;

	if (refilled && !r->to->cache[cache].pid && event_meaning_refilled(e) &&
	    !refilled[e->cpu] && add_alloc(r, cache, e))
		refilled[e->cpu] = (uint32_t)r->nr;
}

static void take_alloc(struct reading *r, unsigned cache, const struct trace_event *e)
{
	struct object_map *map = map_of(r, cache);
	uint32_t *refilled = r->of_cache[cache].refilled;
	size_t slot = r->nr;

	live_objects_alloc(&live, map, e->value[ALLOC_OBJECT], e->cpu, r);
	if (refilled && play_takes_refilled(e) && refilled[e->cpu]) {
		slot = refilled[e->cpu] - 1;
		refilled[e->cpu] = 0;
	} else if (!add_alloc(r, cache, e)) {
		return;
	}
	if (object_map_put(map, e->value[ALLOC_OBJECT], &r->to->slot[slot]))
		r->no_memory = true;
}

static void take_free(struct reading *r, unsigned cache, const struct trace_event *e)
{
	void **slot = live_objects_free(&live, map_of(r, cache), e->value[FREE_OBJECT],
					&r->of_cache[cache], e->cpu, r);
	struct stream_op op = {.cache = (uint16_t)cache, .kind = STREAM_FREE};

	if (slot) {
		op.slot = (uint32_t)(slot - r->to->slot);
	} else {
		uint64_t *address =
			array_append(&r->to->before, &r->to->nr_before, sizeof(*address));

		if (!address || r->to->nr_before > UINT32_MAX) {
			r->no_memory = true;
			return;
		}
		*address = e->value[FREE_OBJECT];
		op.kind = STREAM_FREE_BEFORE;
		op.slot = (uint32_t)r->to->nr_before - 1;
		r->to->cache[cache].live_before++;
	}
	add_op(r, e->cpu, op);
}

/* ---- everything else ------------------------------------------------------------------------- */

/* Returns the index in r->process; -1: no memory. */
static int64_t process_of(struct reading *r, uint32_t pid)
{
	struct process *p;

	for (size_t i = r->nr_processes; i-- > 0;)
		if (r->process[i].pid == pid)
			return (int64_t)i;
	p = array_append(&r->process, &r->nr_processes, sizeof(*p));
	if (!p)
		return -1;
	p->pid = pid;
	return p - r->process;
}

/* Appends a cache to both arrays. Returns false without memory. */
static bool append_cache(struct reading *r)
{
	size_t nr = r->to->nr_caches;

	return array_append(&r->of_cache, &nr, sizeof(*r->of_cache)) &&
	       array_append(&r->to->cache, &r->to->nr_caches, sizeof(*r->to->cache));
}

static void take_cache(struct reading *r, const struct trace_event *e)
{
	unsigned number = (unsigned)e->value[TRACE_F_CACHE];
	uint32_t pid = (uint32_t)e->value[CACHE_PID];
	int64_t process;
	size_t nr = r->to->nr_caches;

	if (r->number[number]) {
		r->to->nonsense++;
		return;
	}
	if (!glob_chooses(r->settings->caches, e->text[0]))
		return;
	process = process_of(r, pid);
	if (process < 0 || !append_cache(r)) {
		r->no_memory = true;
		return;
	}
	r->to->cache[nr] = (struct stream_cache){
		.recipe = replay_cache_recipe(r->settings, e),
		.pid = pid,
		.object_size = (unsigned)event_meaning_object_size(e),
	};
	strcpy(r->to->cache[nr].comm, e->text[1]);
	r->of_cache[nr].cpus = at_most(e->value[CACHE_CPUS] ?: 1, SLAB_VIRTUAL_CPUS);
	if (r->cpus + r->of_cache[nr].cpus <= REPLAY_CPUS_MAX) {
		r->cpus += r->of_cache[nr].cpus;
		r->of_cache[nr].refilled =
			calloc(r->of_cache[nr].cpus, sizeof(*r->of_cache->refilled));
		if (!r->of_cache[nr].refilled)
			r->no_memory = true;
	}
	r->of_cache[nr].process = (size_t)process;
	r->number[number] = (int32_t)r->to->nr_caches;
}

static void take_state(struct reading *r, unsigned cache, const struct trace_event *e)
{
	int err = stream_states_add(r->to, cache, e);

	if (err == -E2BIG)
		r->to->nonsense++;
	else if (err)
		r->no_memory = true;
}

static void take_tune(struct reading *r, unsigned cache, uint32_t cpu, const struct trace_event *e)
{
	struct stream_op op = {
		.slot = (uint32_t)r->to->nr_tunings, .cache = (uint16_t)cache, .kind = STREAM_TUNE};
	struct slab_topology *tuning =
		array_append(&r->to->tuning, &r->to->nr_tunings, sizeof(*tuning));

	if (!tuning) {
		r->no_memory = true;
		return;
	}
	*tuning = replay_cache_tuning(r->settings, e);
	add_op(r, cpu, op);
}

static void take_reap(struct reading *r, unsigned cache, uint32_t cpu, const struct trace_event *e)
{
	struct stream_op op = {.cache = (uint16_t)cache};

	switch (event_meaning_reap(e, !r->to->cache[cache].pid)) {
	case EVENT_REAP_NOTHING:
		return;
	case EVENT_REAP_ALL:
		op.kind = STREAM_REAP;
		break;
	case EVENT_REAP_CPU:
		op.kind = STREAM_REAP_CPU;
		break;
	case EVENT_REAP_NODE:
		if (e->value[REAP_NODE] >= SLAB_VIRTUAL_NODES)
			return;
		op.kind = STREAM_REAP_NODE;
		op.node = (uint8_t)e->value[REAP_NODE];
		break;
	}
	add_op(r, cpu, op);
}

/* Adds what an event does to a cache. The first CPU does what has no CPU. */
static void take_of_cache(struct reading *r, unsigned cache, const struct trace_event *e)
{
	uint32_t cpu = e->cpu == TRACE_NO_CPU ? 0 : e->cpu;

	if (event_meaning_has(e->id, EVENT_ALLOCATES)) {
		take_alloc(r, cache, e);
		return;
	}
	if (event_meaning_has(e->id, EVENT_STATE)) {
		take_state(r, cache, e);
		return;
	}
	switch (e->id) {
	case TRACE_FREE:
		take_free(r, cache, e);
		break;
	case TRACE_REFILL:
		take_refill(r, cache, e);
		break;
	case TRACE_REAP:
		take_reap(r, cache, cpu, e);
		break;
	case TRACE_SHRINK:
	case TRACE_CACHE_DESTROY:
		add_op(r, cpu, (struct stream_op){.cache = (uint16_t)cache, .kind = STREAM_SHRINK});
		break;
	case TRACE_TUNE:
		take_tune(r, cache, cpu, e);
		break;
	}
}

static void take(struct reading *r, const struct trace_event *e)
{
	unsigned cache;

	if (e->id == TRACE_CACHE) {
		take_cache(r, e);
		return;
	}
	if (e->id == TRACE_FLAGS)
		return;
	if (!r->number[e->value[TRACE_F_CACHE]]) {
		r->to->nonsense += !r->settings->caches;
		return;
	}
	cache = (unsigned)r->number[e->value[TRACE_F_CACHE]] - 1;
	if (e->cpu != TRACE_NO_CPU ? e->cpu >= r->of_cache[cache].cpus
				   : event_meaning_has(e->id, EVENT_NEEDS_CPU)) {
		r->to->nonsense++;
		return;
	}
	take_of_cache(r, cache, e);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static size_t count_allocations(struct trace_reader *r)
{
	const struct trace_event *e;
	size_t nr = 0;

	trace_reader_rewind(r);
	while ((e = trace_reader_next(r)))
		nr += event_meaning_has(e->id, EVENT_ALLOCATES) ||
		      e->id == TRACE_REFILL; /* its allocation may be missing */
	return nr;
}

static size_t slot_bytes(const struct stream *s)
{
	return (s->nr_slots + 1) * sizeof(*s->slot);
}

static bool make_slots(struct stream *s, size_t nr)
{
	s->nr_slots = nr;
	s->slot = mmap(NULL, slot_bytes(s), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	if (s->slot == MAP_FAILED)
		s->slot = NULL;
	return s->slot != NULL;
}

static void take_all(struct reading *r, struct trace_reader *reader)
{
	const struct trace_event *e;
	uint64_t first = 0, last = 0;

	trace_reader_rewind(reader);
	trace_reader_nodes(reader, r->parts.node, SLAB_VIRTUAL_CPUS);
	while (!r->no_memory && (e = trace_reader_next(reader))) {
		if (!r->to->events++)
			first = e->ns;
		last = e->ns;
		take(r, e);
	}
	r->to->seconds_ns = last - first;
}

static void end_reading(struct reading *r)
{
	for (size_t i = 0; i < r->nr_processes; i++)
		object_map_free(&r->process[i].map);
	free(r->process);
	for (size_t i = 0; i < r->to->nr_caches; i++)
		free(r->of_cache[i].refilled);
	free(r->of_cache);
	free(r->owner);
	free(r);
}

int stream_make(struct stream *to, struct trace_reader *reader,
		const struct replay_settings *settings, struct failure *f)
{
	struct reading *r = calloc(1, sizeof(*r));
	size_t allocations;

	*to = (struct stream){.tuned = replay_cache_tuned(settings)};
	if (!r)
		return fail(f, ENOMEM, "no memory to replay");
	r->to = to;
	r->settings = settings;
	allocations = count_allocations(reader);
	if (allocations > UINT32_MAX) {
		free(r);
		return fail(
			f, E2BIG,
			"there are more than %u allocations in the recording: choose some caches "
			"with -c",
			UINT32_MAX);
	}
	r->owner = calloc(allocations + 1, sizeof(*r->owner));
	r->no_memory = !r->owner || !make_slots(to, allocations);
	if (!r->no_memory)
		take_all(r, reader);
	to->processes = r->nr_processes;
	if (!stream_parts_gather(&r->parts, to))
		r->no_memory = true;
	to->bytes += slot_bytes(to) + to->state_room * sizeof(*to->state) +
		     to->nr_before * sizeof(*to->before);
	if (r->no_memory) {
		end_reading(r);
		stream_free(to);
		return fail(f, ENOMEM,
			    "no memory to prepare the recording: choose fewer caches with -c");
	}
	end_reading(r);
	memset(to->slot, 0, slot_bytes(to));
	return 0;
}

void stream_free(struct stream *s)
{
	for (size_t i = 0; i < s->nr_cpus && s->cpu; i++) {
		free(s->cpu[i].op);
		free(s->cpu[i].batch);
	}
	free(s->cpu);
	free(s->cache);
	free(s->state);
	free(s->before);
	free(s->tuning);
	if (s->slot)
		munmap(s->slot, slot_bytes(s));
	*s = (struct stream){0};
}
