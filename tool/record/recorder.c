// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* recorder.c: queues of events, known caches, and what is written about each. */
#include "record/recorder.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/glob.h"
#include "system/process_stat.h"
#include "base/clock.h"
#include "record/record_known.h"
#include "record/record_translate.h"
#include "trace/event_meaning.h"

#define QUEUE_MAX (256u << 20) /* bytes of waiting events of a ring */

/* The events of a ring, in their order. */
struct queue {
	uint8_t *data;
	size_t from, to, room;
	uint64_t dropped; /* without memory, or because they are invalid */
	uint32_t cpu;
	bool closed; /* no more will come */
};

struct recorder {
	struct trace_writer *writer;
	struct recorder_settings settings;
	struct queue *queue; /* the first ones are of the rings of the CPUs */
	size_t nr_queues;
	unsigned rings;
	uint64_t lost;
	struct record_known_table known;
	uint32_t next_number;
	uint32_t flags[256]; /* by their index */
	unsigned nr_flags;
};

struct recorder *recorder_new(struct trace_writer *w, unsigned rings,
			      const struct recorder_settings *s)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->writer = w;
	r->settings = *s;
	r->rings = rings;
	r->nr_flags = 1; /* index 0: no flags */
	if (!record_known_open(&r->known))
		goto no_memory;
	for (unsigned i = 0; i < rings; i++)
		if (recorder_open_queue(r, i) < 0)
			goto no_memory;
	return r;
no_memory:
	recorder_free(r);
	return NULL;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nr_queues; i++)
		free(r->queue[i].data);
	free(r->queue);
	record_known_close(&r->known);
	free(r);
}

/* ---- caches ---------------------------------------------------------------------------------- */

/* Writes a cache, and whether its counts are inferred. */
static int write_cache(struct recorder *r, const struct trace_event *cache, struct failure *f)
{
	struct trace_event inferred = {.ns = cache->ns, .cpu = TRACE_NO_CPU, .id = TRACE_INFERRED};
	int err = trace_writer_write(r->writer, cache, f);

	inferred.value[TRACE_F_CACHE] = cache->value[TRACE_F_CACHE];
	return err || !r->settings.inferred ? err : trace_writer_write(r->writer, &inferred, f);
}

/*
 * Numbers a cache, and describes it. entry NULL: the user does not want it; name NULL: that of the
 * entry. A cache with a known key is a new one.
 */
static int define(struct recorder *r, uint32_t tgid, uint32_t binary, uint64_t cache, uint64_t ns,
		  const struct slab_registry_entry *entry, const char *name,
		  struct record_known **to, struct failure *f)
{
	/* It may be gone before its CPUs are known. */
	unsigned cpus = entry && entry->nr_cpus ? entry->nr_cpus : r->rings;
	struct trace_event e = {.ns = ns, .cpu = TRACE_NO_CPU, .id = TRACE_CACHE};
	struct process_stat stat;
	const char *comm;
	struct record_known *k = record_known_add(&r->known, tgid, binary, cache, ns);

	if (!k)
		return fail(f, ENOMEM, "no memory to record");
	*to = k;
	if (!entry)
		return 0;
	if (name)
		registry_clean_name(e.text[0], sizeof(e.text[0]), name, TRACE_TEXT);
	else
		registry_clean_name(e.text[0], sizeof(e.text[0]), entry->name, sizeof(entry->name));
	if (!glob_chooses(r->settings.caches, e.text[0]))
		return 0;
	if (r->next_number == TRACE_CACHES)
		return fail(f, EOVERFLOW, "more than %d caches: choose some with -c", TRACE_CACHES);
	k->number = r->next_number++;
	comm = r->settings.comm ? r->settings.comm(tgid, binary, r->settings.arg) : NULL;
	if (comm)
		registry_clean_name(e.text[1], sizeof(e.text[1]), comm, strlen(comm));
	else if (tgid && !process_stat((int)tgid, &stat))
		registry_clean_name(e.text[1], sizeof(e.text[1]), stat.comm, sizeof(stat.comm));
	e.value[TRACE_F_CACHE] = k->number;
	e.value[CACHE_PID] = tgid;
	e.value[CACHE_SIDE] = r->settings.describe ? TRACE_KERNEL : TRACE_REFERENCE;
	e.value[CACHE_OBJECT_SIZE] = entry->object_size;
	e.value[CACHE_BUFFER_SIZE] = entry->buffer_size;
	e.value[CACHE_NUM] = entry->num;
	e.value[CACHE_SLAB_BYTES] = (uint64_t)entry->slab_pages * 4096;
	e.value[CACHE_LIMIT] = entry->limit;
	e.value[CACHE_BATCHCOUNT] = entry->batchcount;
	e.value[CACHE_SHAREDFACTOR] = entry->shared;
	e.value[CACHE_CPUS] = cpus < UINT16_MAX ? cpus : UINT16_MAX;
	return write_cache(r, &e, f);
}

/* Keeps what was read of the arrays of a cache that is older than the recording. */
static int keep_arrays(struct record_known *k, const struct registry_cache *c, struct failure *f)
{
	/* A running CPU itself reports what its array contains, when it begins to show its hits. */
	for (uint32_t cpu = 0; cpu < c->entry.nr_cpus && cpu < TRACE_CPUS; cpu++) {
		struct record_known_cpu *kept;

		if (c->cpu[cpu].limit || !c->cpu[cpu].entry)
			continue;
		kept = record_known_cpu(k, cpu);
		if (!kept)
			return fail(f, ENOMEM, "no memory to record");
		*kept = (struct record_known_cpu){.avail = c->cpu[cpu].state & 0xffff,
						  .touched = c->cpu[cpu].touched,
						  .state = RECORD_KNOWN_READ};
	}
	return 0;
}

/* Writes the slabs of a cache that is older than the recording. */
static int write_slabs(struct recorder *r, uint32_t number, uint64_t ns,
		       const struct slab_registry_gauges *g, struct failure *f)
{
	struct trace_event e = {.ns = ns, .cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE};

	e.value[TRACE_F_CACHE] = number;
	e.value[NODE_FULL] = g->slabs_full;
	e.value[NODE_PARTIAL] = g->slabs_partial;
	e.value[NODE_FREE] = g->slabs_free;
	e.value[NODE_FREE_OBJECTS] = g->free_objects;
	e.value[NODE_SHARED] = g->shared_avail;
	return trace_writer_write(r->writer, &e, f);
}

int recorder_begin(struct recorder *r, uint32_t tgid, uint32_t binary, uint64_t ns,
		   struct failure *f)
{
	uint64_t since = clock_monotonic_ns();
	struct registry_reading reading;
	struct record_known *k;
	int err = 0;

	if (!r->settings.read(tgid, binary, &reading, r->settings.arg))
		return 0;
	for (size_t i = 0; i < reading.nr_caches && !err; i++) {
		const struct registry_cache *c = &reading.cache[i];
		uint64_t cache = c->entry.generation;

		if (c->busy || record_known_find(&r->known, tgid, binary, cache)->used)
			continue;
		err = define(r, tgid, binary, cache, ns, &c->entry, NULL, &k, f);
		if (err || k->number == RECORD_KNOWN_NOT_WANTED)
			continue;
		k->since = since;
		err = write_slabs(r, k->number, ns, &c->gauges, f);
		if (!err)
			err = keep_arrays(k, c, f);
	}
	registry_reading_free(&reading);
	return err;
}

/*
 * Finds the cache of an event, and describes a new one. *to: NULL where the user does not want it.
 * Returns 0 or -errno.
 */
static int get_cache(struct recorder *r, const struct record_event *e, struct record_known **to,
		     struct failure *f)
{
	struct slab_registry_entry unknown = {.name = "?"};
	char name[TRACE_TEXT];
	struct record_known *k = record_known_find(&r->known, e->tgid, e->binary, e->cache);
	int err = 0;

	if (!k->used && r->settings.describe) {
		bool wanted = r->settings.describe(e->cache, &unknown, name, r->settings.arg);

		err = define(r, e->tgid, e->binary, e->cache, e->ns, wanted ? &unknown : NULL, name,
			     &k, f);
	} else if (!k->used) {
		err = recorder_begin(r, e->tgid, e->binary, e->ns, f);
		k = record_known_find(&r->known, e->tgid, e->binary, e->cache);
		if (!err && !k->used) /* it was destroyed before it could be read */
			err = define(r, e->tgid, e->binary, e->cache, e->ns, &unknown, NULL, &k, f);
	}
	*to = !err && k->number != RECORD_KNOWN_NOT_WANTED ? k : NULL;
	return err;
}

/* ---- events ---------------------------------------------------------------------------------- */

/*
 * Finds the index of the flags of an allocation, and describes new flags; 255: too many different
 * ones.
 */
static int flags_index(struct recorder *r, uint64_t ns, uint32_t flags, uint64_t *to,
		       struct failure *f)
{
	struct trace_event e = {.ns = ns, .cpu = TRACE_NO_CPU, .id = TRACE_FLAGS};
	unsigned i = 0;

	while (i < r->nr_flags && r->flags[i] != flags)
		i++;
	*to = i < 255 ? i : 255;
	if (i < r->nr_flags || i >= 255)
		return 0;
	r->flags[r->nr_flags++] = flags;
	e.value[FLAGS_INDEX] = i;
	e.value[FLAGS_VALUE] = flags;
	return trace_writer_write(r->writer, &e, f);
}

static uint8_t node_of(const struct recorder *r, uint32_t cpu)
{
	int node = cpu < r->settings.nr_cpu_nodes ? r->settings.cpu_node[cpu] : -1;

	return node >= 0 && node < TRACE_NO_NODE ? (uint8_t)node : TRACE_NO_NODE;
}

/* A refill asks for so many objects at most where the array was not touched since it was aged. */
#define UNTOUCHED_REFILL 16

/* Returns whether the event is of the array of a CPU, not of the slabs of a node. */
static bool is_of_array(const struct record_event *e)
{
	return (e->kind == RECORD_ALLOC && e->arg[4] != RECORD_BYPASSED) ||
	       e->kind == RECORD_FREE || e->kind == RECORD_REFILL || e->kind == RECORD_FLUSH ||
	       e->kind == RECORD_EVENTS;
}

/* Writes what was read of an array, before the first event after that. */
static int write_array(struct recorder *r, uint32_t number, const struct record_event *before,
		       const struct record_known_cpu *c, struct failure *f)
{
	struct record_event e = {
		.ns = before->ns,
		.kind = RECORD_EVENTS,
		.nr = 4,
		.arg = {before->arg[0], c->avail, c->touched, before->arg[1]},
	};
	struct trace_event to;

	if (!record_translate(&e, &to))
		return 0;
	to.value[TRACE_F_CACHE] = number;
	return trace_writer_write(r->writer, &to, f);
}

/*
 * Decides whether an event of libslab counts: of an array, from its state on; of slabs, unless what
 * was read of them includes it. Returns 0 or -errno.
 */
static int decide(struct recorder *r, struct record_known *k, const struct record_event *e,
		  bool *counts, struct failure *f)
{
	struct record_known_cpu *c;
	int err = 0;

	*counts = e->ns >= k->since;
	/* An invalid CPU is left to record_translate(). */
	if (!is_of_array(e) || e->arg[0] >= TRACE_CPUS)
		return 0;
	c = record_known_cpu(k, (uint32_t)e->arg[0]);
	if (!c)
		return fail(f, ENOMEM, "no memory to record");
	if (e->kind == RECORD_EVENTS) {
		c->state = *counts ? RECORD_KNOWN_SEEN : RECORD_KNOWN_AT_REFILL;
	} else if (c->state == RECORD_KNOWN_UNSEEN && r->settings.whole) {
		c->state = RECORD_KNOWN_AT_REFILL;
	} else if (*counts && (c->state == RECORD_KNOWN_READ ||
			       (c->state == RECORD_KNOWN_AT_REFILL && e->kind == RECORD_REFILL))) {
		if (c->state == RECORD_KNOWN_AT_REFILL) {
			c->avail = 0;
			c->touched = e->arg[2] > UNTOUCHED_REFILL;
		}
		c->state = RECORD_KNOWN_SEEN;
		err = write_array(r, k->number, e, c, f);
	}
	*counts = c->state == RECORD_KNOWN_SEEN;
	return err;
}

static int write_one(struct recorder *r, struct queue *q, const struct record_event *e,
		     struct failure *f)
{
	struct slab_registry_entry entry;
	struct record_known *k;
	struct trace_event to;
	bool counts = true;
	int err;

	if (e->kind == RECORD_CREATE) {
		_Static_assert(sizeof(entry) == sizeof(e->arg) &&
				       offsetof(struct slab_registry_entry, object_size) ==
					       RECORD_ENTRY_SIZE &&
				       offsetof(struct slab_registry_entry, name) ==
					       RECORD_ENTRY_NAME,
			       "the entry comes as it is");
		memcpy(&entry, e->arg, sizeof(entry));
		return define(r, e->tgid, e->binary, e->cache, e->ns, &entry, NULL, &k, f);
	}
	if (e->kind == RECORD_NOTES_LOST) {
		r->lost += e->arg[0];
		return trace_writer_write_lost(r->writer, q->cpu, e->ns, e->arg[0], f);
	}
	err = get_cache(r, e, &k, f);
	if (!err && k && !r->settings.describe)
		err = decide(r, k, e, &counts, f);
	if (err || !k || !counts)
		return err;
	if (!record_translate(e, &to)) {
		q->dropped++;
		return 0;
	}
	if (event_meaning_has(to.id, EVENT_HAS_FLAGS))
		err = flags_index(r, e->ns, (uint32_t)to.value[ALLOC_FLAGS], &to.value[ALLOC_FLAGS],
				  f);
	to.value[TRACE_F_CACHE] = k->number;
	/* A process may have nodes of its own, with SLAB_NODES. */
	if (r->settings.describe && to.cpu != TRACE_NO_CPU && to.node == TRACE_NO_NODE)
		to.node = node_of(r, to.cpu);
	return err ? err : trace_writer_write(r->writer, &to, f);
}

/* ---- order ----------------------------------------------------------------------------------- */

int recorder_open_queue(struct recorder *r, uint32_t cpu)
{
	struct queue *q = NULL;

	for (size_t i = r->rings; i < r->nr_queues && !q; i++)
		if (r->queue[i].closed && r->queue[i].from == r->queue[i].to)
			q = &r->queue[i];
	if (q)
		free(q->data);
	else if (r->nr_queues < INT_MAX)
		q = array_append(&r->queue, &r->nr_queues, sizeof(*r->queue));
	if (!q)
		return -ENOMEM;
	*q = (struct queue){.cpu = cpu, .dropped = q->dropped};
	return (int)(q - r->queue);
}

void recorder_close_queue(struct recorder *r, unsigned queue)
{
	r->queue[queue].closed = true;
}

unsigned recorder_queues(const struct recorder *r)
{
	return (unsigned)r->nr_queues;
}

uint32_t recorder_queue_cpu(const struct recorder *r, unsigned queue)
{
	return r->queue[queue].cpu;
}

void recorder_take(struct recorder *r, unsigned ring, const struct record_event *e, size_t size)
{
	struct queue *q = &r->queue[ring];
	size_t want = (sizeof(uint64_t) + size + 7) & ~(size_t)7;
	uint8_t *more;

	if (size > sizeof(*e))
		size = sizeof(*e);
	if (q->from == q->to)
		q->from = q->to = 0;
	if (q->to + want > q->room) {
		size_t room = q->room ? 2 * q->room : 1u << 20;

		more = room <= QUEUE_MAX ? realloc(q->data, room) : NULL;
		if (!more) {
			q->dropped++;
			return;
		}
		q->data = more;
		q->room = room;
	}
	memcpy(q->data + q->to, &want, sizeof(want));
	memcpy(q->data + q->to + sizeof(want), e, size);
	q->to += want;
}

static uint64_t next_ns(const struct queue *q)
{
	struct record_event *e = (struct record_event *)(q->data + q->from + sizeof(size_t));

	return q->from < q->to ? e->ns : UINT64_MAX;
}

int recorder_write(struct recorder *r, uint64_t until, struct failure *f)
{
	for (;;) {
		uint64_t earliest = UINT64_MAX, other = UINT64_MAX;
		struct queue *q = NULL;

		for (size_t i = 0; i < r->nr_queues; i++) {
			uint64_t ns = next_ns(&r->queue[i]);

			if (ns < earliest) {
				other = earliest;
				earliest = ns;
				q = &r->queue[i];
			} else if (ns < other) {
				other = ns;
			}
		}
		if (!q || earliest > until)
			return 0;
		do {
			struct record_event e = {0};
			size_t size;
			int err;

			memcpy(&size, q->data + q->from, sizeof(size));
			memcpy(&e, q->data + q->from + sizeof(size),
			       size - sizeof(size) < sizeof(e) ? size - sizeof(size) : sizeof(e));
			q->from += size;
			err = write_one(r, q, &e, f);
			if (err)
				return err;
		} while (next_ns(q) <= other && next_ns(q) <= until && q->from < q->to);
	}
}

uint64_t recorder_lost(const struct recorder *r)
{
	return r->lost;
}

uint64_t recorder_dropped(const struct recorder *r, unsigned ring)
{
	return r->queue[ring].dropped;
}
