// SPDX-License-Identifier: MIT
/*
 * probes.c: the probes. Each has its own function, which is never inlined. So a binary has one
 * location for each probe, with arguments in registers or at fixed places on the stack. Every
 * tracer can read these. Behind its probe each sends the same event through a ring.
 */
#define _SDT_HAS_SEMAPHORES 1
#include "probes.h"

#include <sched.h>
#include <string.h>
#include <sys/sdt.h>

#include "ring.h"
#include "slab_registry.h"

#define DEFINE_SEMAPHORE(name) \
	volatile unsigned short slab_##name##_semaphore __attribute__((section(".probes"), used));
SLAB_PROBES(DEFINE_SEMAPHORE)

#define PROBE	__attribute__((noinline))
#define NS_MASK (((uint64_t)1 << 48) - 1)

/* Returns a CPU for an event that is of none. */
static uint64_t this_cpu(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 || (unsigned)cpu >= ring_here->nr_cpus ? 0 : (uint64_t)cpu;
}

/* Sends an event of one slot. The arguments are those of enum slab_ring_kind. */
static inline __attribute__((always_inline)) void send(enum slab_ring_kind kind, uint64_t cache,
						       uint64_t cpu, uint64_t node, uint64_t a,
						       uint64_t b, uint64_t c)
{
	const struct ring *r = ring_here;
	struct slab_ring_slot *slot;
	uint64_t position;

	if (!__atomic_load_n(&r->on, __ATOMIC_ACQUIRE))
		return;
	slot = ring_reserve(r, cpu, 1, &position);
	if (!slot)
		return;
	slot->kind = (uint8_t)kind;
	slot->node = (uint8_t)node;
	slot->a = (uint8_t)a;
	slot->cache = (uint32_t)cache;
	slot->b = (uint32_t)b;
	slot->c = c;
	ring_commit(slot, position);
}

/* Sends an event with data, which is a multiple of SLAB_RING_SLOT_DATA. */
static void send_data(enum slab_ring_kind kind, uint64_t cache, uint64_t b, const void *data,
		      size_t bytes)
{
	const struct ring *r = ring_here;
	unsigned more = (unsigned)(bytes / SLAB_RING_SLOT_DATA);
	struct slab_ring_slot *slot;
	uint64_t position, cpu = this_cpu();

	if (!__atomic_load_n(&r->on, __ATOMIC_ACQUIRE))
		return;
	slot = ring_reserve(r, cpu, 1 + more, &position);
	if (!slot)
		return;
	slot->kind = (uint8_t)kind;
	slot->node = slot->a = 0;
	slot->cache = (uint32_t)cache;
	slot->b = (uint32_t)b;
	slot->c = 0;
	for (unsigned i = 0; i < more; i++) {
		struct slab_ring_slot *s = ring_slot(r, cpu, position + 1 + i);

		s->kind = SLAB_RING_DATA;
		s->more = (uint8_t)i;
		memcpy(s->data, (const char *)data + i * SLAB_RING_SLOT_DATA, sizeof(s->data));
		ring_commit(s, position + 1 + i);
	}
	ring_commit(slot, position);
}

/* Describes a cache by its entry, or by what is known of one without an entry. */
static void send_cache(uint64_t cache, const char *name, uint64_t size, const void *entry)
{
	struct slab_registry_entry only = {.object_size = (uint32_t)size};

	if (!ring_here->on)
		return;
	if (!entry) {
		strncpy(only.name, name, sizeof(only.name) - 1);
		entry = &only;
	}
	send_data(SLAB_RING_CREATE, cache, size, entry, SLAB_RING_ENTRY);
}

PROBE void probe_refill_start(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t requested)
{
	STAP_PROBE4(slab, refill_start, cache, cpu, node, requested);
}

PROBE void probe_refill_done(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t requested,
			     uint64_t got, uint64_t origin, uint64_t ns, uint64_t hits)
{
	STAP_PROBE8(slab, refill_done, cache, cpu, node, requested, got, origin, ns, hits);
	send(SLAB_RING_REFILL, cache, cpu, node, origin, requested << 16 | (got & 0xffff), ns);
}

PROBE void probe_grow(uint64_t cache, uint64_t node, uint64_t slab, uint64_t objects,
		      uint64_t colour, uint64_t ns, uint64_t seq, uint64_t cpu)
{
	STAP_PROBE8(slab, grow, cache, node, slab, objects, colour, ns, seq, cpu);
	send(SLAB_RING_GROW, cache, cpu, node, 0, slab,
	     objects << 48 | (ns < NS_MASK ? ns : NS_MASK));
}

PROBE void probe_list_move(uint64_t cache, uint64_t node, uint64_t slab, uint64_t from, uint64_t to,
			   uint64_t inuse, uint64_t seq, uint64_t cpu)
{
	STAP_PROBE8(slab, list_move, cache, node, slab, from, to, inuse, seq, cpu);
	send(SLAB_RING_MOVE, cache, cpu, node, from << 4 | to, slab, inuse);
}

PROBE void probe_transfer(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t count,
			  uint64_t direction, uint64_t seq)
{
	STAP_PROBE6(slab, transfer, cache, cpu, node, count, direction, seq);
	send(SLAB_RING_TRANSFER, cache, cpu, node, direction, count, 0);
}

PROBE void probe_flush(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t count, uint64_t ns,
		       uint64_t hits)
{
	STAP_PROBE6(slab, flush, cache, cpu, node, count, ns, hits);
	send(SLAB_RING_FLUSH, cache, cpu, node, 0, count, ns);
}

PROBE void probe_slab_destroy(uint64_t cache, uint64_t node, uint64_t slab, uint64_t seq,
			      uint64_t cpu)
{
	STAP_PROBE5(slab, slab_destroy, cache, node, slab, seq, cpu);
	send(SLAB_RING_SLAB_DESTROY, cache, cpu, node, 0, slab, 0);
}

PROBE void probe_cache_create(uint64_t cache, const char *name, uint64_t size, const void *entry)
{
	STAP_PROBE4(slab, cache_create, cache, name, size, entry);
	send_cache(cache, name, size, entry);
}

PROBE void probe_totals(uint64_t cache, uint64_t cpu, const void *block)
{
	STAP_PROBE3(slab, totals, cache, cpu, block);
}

PROBE void probe_cache_destroy(uint64_t cache, const char *name, uint64_t size)
{
	STAP_PROBE3(slab, cache_destroy, cache, name, size);
	send(SLAB_RING_DESTROY, cache, this_cpu(), 0, 0, 0, size);
}

PROBE void probe_exit(uint64_t cache, const char *name, uint64_t size)
{
	STAP_PROBE3(slab, exit, cache, name, size);
}

PROBE void probe_notes_lost(uint64_t cache, uint64_t cpu, uint64_t count)
{
	STAP_PROBE3(slab, notes_lost, cache, cpu, count);
	send(SLAB_RING_NOTES_LOST, cache, cpu, 0, 0, count, 0);
}

PROBE void probe_reap(uint64_t cache, uint64_t node, uint64_t count, uint64_t seq)
{
	STAP_PROBE4(slab, reap, cache, node, count, seq);
	send(SLAB_RING_REAP, cache, this_cpu(), node, 0, count, 0);
}

PROBE void probe_shrink(uint64_t cache)
{
	STAP_PROBE1(slab, shrink, cache);
	send(SLAB_RING_SHRINK, cache, this_cpu(), 0, 0, 0, 0);
}

PROBE void probe_tune(uint64_t cache, uint64_t limit, uint64_t batchcount, uint64_t sharedfactor)
{
	STAP_PROBE4(slab, tune, cache, limit, batchcount, sharedfactor);
	send(SLAB_RING_TUNE, cache, this_cpu(), 0, 0, limit, sharedfactor << 32 | batchcount);
}

PROBE void probe_events(uint64_t cache, uint64_t cpu, uint64_t avail, uint64_t hits,
			uint64_t touched, uint64_t node)
{
	STAP_PROBE6(slab, events, cache, cpu, avail, hits, touched, node);
}

void ring_send_state(uint64_t cache, uint64_t cpu, uint64_t avail, uint64_t touched, uint64_t node)
{
	send(SLAB_RING_STATE, cache, cpu, node, touched, avail, 0);
}

PROBE void probe_inherited(uint64_t cache, const char *name, uint64_t size, const void *entry,
			   uint64_t full, uint64_t partial, uint64_t unused, uint64_t free_objects,
			   uint64_t shared)
{
	STAP_PROBE9(slab, inherited, cache, name, size, entry, full, partial, unused, free_objects,
		    shared);
	send_cache(cache, name, size, entry);
	if (ring_here->on) {
		const uint64_t state[6] = {full, partial, unused, free_objects, shared};

		send_data(SLAB_RING_NODE, cache, 0, state, sizeof(state));
	}
}

PROBE void probe_alloc(uint64_t cache, uint64_t cpu, uint64_t node, const void *object,
		       uint64_t flags, uint64_t served)
{
	STAP_PROBE6(slab, alloc, cache, cpu, node, object, flags, served);
	send(SLAB_RING_ALLOC, cache, cpu, node, served, flags, (uintptr_t)object);
}

PROBE void probe_free(uint64_t cache, uint64_t cpu, uint64_t node, const void *object)
{
	STAP_PROBE4(slab, free, cache, cpu, node, object);
	send(SLAB_RING_FREE, cache, cpu, node, 0, 0, (uintptr_t)object);
}
