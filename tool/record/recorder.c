// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* recorder.c: queues of events, known caches, and what is written about each. */
#include "record/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "system/process_stat.h"
#include "record/record_translate.h"
#include "trace/event_meaning.h"

#define NOT_WANTED UINT32_MAX
#define KNOWN_MIN  256
#define QUEUE_MAX  (256u << 20) /* bytes of waiting events of a ring */

/* The events of a ring, in their order. */
struct queue {
	uint8_t *data;
	size_t from, to, room;
};

struct known {
	uint64_t cache;
	uint32_t tgid, binary;
	uint32_t number; /* in the recording; or NOT_WANTED */
	bool used;
};

struct recorder {
	struct trace_writer *writer;
	struct recorder_settings settings;
	struct queue *queue;
	unsigned rings;
	struct known *known; /* by hash */
	size_t room, nr;
	uint32_t next_number;
	uint32_t flags[256]; /* by their index */
	unsigned nr_flags;
	uint64_t events, dropped;
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
	r->room = KNOWN_MIN;
	r->queue = calloc(rings, sizeof(*r->queue));
	r->known = calloc(r->room, sizeof(*r->known));
	if (r->queue && r->known)
		return r;
	recorder_free(r);
	return NULL;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	for (unsigned i = 0; r->queue && i < r->rings; i++)
		free(r->queue[i].data);
	free(r->queue);
	free(r->known);
	free(r);
}

/* ---- caches ---------------------------------------------------------------------------------- */

static struct known *find(const struct recorder *r, uint32_t tgid, uint32_t binary, uint64_t cache)
{
	size_t at = ((cache * 31 + tgid) * 31 + binary) * 0x9e3779b97f4a7c15u >> 32;

	for (;; at++) {
		struct known *k = &r->known[at & (r->room - 1)];

		if (!k->used || (k->cache == cache && k->tgid == tgid && k->binary == binary))
			return k;
	}
}

static bool grow(struct recorder *r)
{
	struct known *was = r->known, *now = calloc(2 * r->room, sizeof(*now));
	size_t room = r->room;

	if (!now)
		return false;
	r->known = now;
	r->room = 2 * room;
	for (size_t i = 0; i < room; i++)
		if (was[i].used)
			*find(r, was[i].tgid, was[i].binary, was[i].cache) = was[i];
	free(was);
	return true;
}

static int write_event(struct recorder *r, const struct trace_event *e, struct failure *f)
{
	r->events++;
	return trace_writer_write(r->writer, e, f);
}

/* Writes a cache, and whether its counts are inferred. */
static int write_cache(struct recorder *r, const struct trace_event *cache, struct failure *f)
{
	struct trace_event inferred = {.ns = cache->ns, .cpu = TRACE_NO_CPU, .id = TRACE_INFERRED};
	int err = write_event(r, cache, f);

	inferred.value[TRACE_F_CACHE] = cache->value[TRACE_F_CACHE];
	return err || !r->settings.inferred ? err : write_event(r, &inferred, f);
}

/*
 * Numbers a cache, and describes it. entry NULL: the user does not want it; name NULL: that of the
 * entry. A cache with a known key is a new one.
 */
static int define(struct recorder *r, uint32_t tgid, uint32_t binary, uint64_t cache, uint64_t ns,
		  const struct slab_registry_entry *entry, const char *name, struct known **to,
		  struct failure *f)
{
	struct trace_event e = {.ns = ns, .cpu = TRACE_NO_CPU, .id = TRACE_CACHE};
	struct process_stat stat;
	struct known *k;

	if (2 * r->nr >= r->room && !grow(r))
		return fail(f, ENOMEM, "no memory to record");
	k = find(r, tgid, binary, cache);
	r->nr += !k->used;
	*k = (struct known){cache, tgid, binary, NOT_WANTED, true};
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
	if (tgid && !process_stat((int)tgid, &stat))
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
	e.value[CACHE_CPUS] = entry->nr_cpus < UINT16_MAX ? entry->nr_cpus : UINT16_MAX;
	return write_cache(r, &e, f);
}

/* Writes the objects in the arrays of a cache that is older than the recording. */
static int write_state(struct recorder *r, uint32_t number, uint64_t ns,
		       const struct registry_cache *c, struct failure *f)
{
	struct trace_event e = {.ns = ns, .cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE};
	int err = 0;

	e.value[TRACE_F_CACHE] = number;
	e.value[NODE_FULL] = c->gauges.slabs_full;
	e.value[NODE_PARTIAL] = c->gauges.slabs_partial;
	e.value[NODE_FREE] = c->gauges.slabs_free;
	e.value[NODE_FREE_OBJECTS] = c->gauges.free_objects;
	e.value[NODE_SHARED] = c->gauges.shared_avail;
	err = write_event(r, &e, f);
	/* A running CPU itself reports what its array contains, when it begins to show its hits. */
	for (uint32_t cpu = 0; cpu < c->entry.nr_cpus && cpu < TRACE_CPUS && !err; cpu++) {
		if (c->cpu[cpu].limit || !(c->cpu[cpu].state & 0xffff))
			continue;
		e.cpu = cpu;
		e.node = TRACE_NO_NODE;
		e.id = TRACE_ARRAY_STATE;
		e.value[ARRAY_AVAIL] = c->cpu[cpu].state & 0xffff;
		e.value[ARRAY_TOUCHED] = c->cpu[cpu].touched;
		err = write_event(r, &e, f);
	}
	return err;
}

int recorder_begin(struct recorder *r, uint32_t tgid, uint32_t binary, uint64_t ns,
		   struct failure *f)
{
	struct registry_reading reading;
	struct known *k;
	int err = 0;

	if (!r->settings.read(tgid, binary, &reading, r->settings.arg))
		return 0;
	for (size_t i = 0; i < reading.nr_caches && !err; i++) {
		const struct registry_cache *c = &reading.cache[i];

		if (c->busy || find(r, tgid, binary, c->entry.generation)->used)
			continue;
		err = define(r, tgid, binary, c->entry.generation, ns, &c->entry, NULL, &k, f);
		if (!err && k->number != NOT_WANTED)
			err = write_state(r, k->number, ns, c, f);
	}
	registry_reading_free(&reading);
	return err;
}

/*
 * Finds the cache of an event, and describes a new one. *to: NULL where the user does not want it.
 * Returns 0 or -errno.
 */
static int get_cache(struct recorder *r, const struct record_event *e, struct known **to,
		     struct failure *f)
{
	struct slab_registry_entry unknown = {.name = "?"};
	char name[TRACE_TEXT];
	struct known *k = find(r, e->tgid, e->binary, e->cache);
	int err = 0;

	if (!k->used && r->settings.describe) {
		bool wanted = r->settings.describe(e->cache, &unknown, name, r->settings.arg);

		err = define(r, e->tgid, e->binary, e->cache, e->ns, wanted ? &unknown : NULL, name,
			     &k, f);
	} else if (!k->used) {
		err = recorder_begin(r, e->tgid, e->binary, e->ns, f);
		k = find(r, e->tgid, e->binary, e->cache);
		if (!err && !k->used) /* it was destroyed before it could be read */
			err = define(r, e->tgid, e->binary, e->cache, e->ns, &unknown, NULL, &k, f);
	}
	*to = !err && k->number != NOT_WANTED ? k : NULL;
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
	return write_event(r, &e, f);
}

static uint8_t node_of(const struct recorder *r, uint32_t cpu)
{
	int node = cpu < r->settings.nr_cpu_nodes ? r->settings.cpu_node[cpu] : -1;

	return node >= 0 && node < TRACE_NO_NODE ? (uint8_t)node : TRACE_NO_NODE;
}

static int write_one(struct recorder *r, const struct record_event *e, struct failure *f)
{
	struct slab_registry_entry entry;
	struct trace_event to;
	struct known *k;
	int err;

	if (e->kind == RECORD_CREATE) {
		_Static_assert(sizeof(entry) == sizeof(e->arg), "the entry comes as it is");
		memcpy(&entry, e->arg, sizeof(entry));
		return define(r, e->tgid, e->binary, e->cache, e->ns, &entry, NULL, &k, f);
	}
	err = get_cache(r, e, &k, f);
	if (err || !k)
		return err;
	if (!record_translate(e, &to)) {
		r->dropped++;
		return 0;
	}
	if (event_meaning_has(to.id, EVENT_HAS_FLAGS))
		err = flags_index(r, e->ns, (uint32_t)to.value[ALLOC_FLAGS], &to.value[ALLOC_FLAGS],
				  f);
	to.value[TRACE_F_CACHE] = k->number;
	if (to.cpu != TRACE_NO_CPU && to.node == TRACE_NO_NODE)
		to.node = node_of(r, to.cpu);
	return err ? err : write_event(r, &to, f);
}

/* ---- order ----------------------------------------------------------------------------------- */

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
			r->dropped++;
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

		for (unsigned i = 0; i < r->rings; i++) {
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
			err = write_one(r, &e, f);
			if (err)
				return err;
		} while (next_ns(q) <= other && next_ns(q) <= until && q->from < q->to);
	}
}

uint64_t recorder_events(const struct recorder *r)
{
	return r->events;
}

uint64_t recorder_dropped(const struct recorder *r)
{
	return r->dropped;
}
