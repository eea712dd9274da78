// SPDX-License-Identifier: MIT
/*
 * probes.c: the probes. Each has its own function, which is never inlined. So a binary has one
 * location for each probe, with arguments in registers or at fixed places on the stack. Every
 * tracer can read these.
 */
#define _SDT_HAS_SEMAPHORES 1
#include "probes.h"

#include <sys/sdt.h>

#define DEFINE_SEMAPHORE(name) \
	volatile unsigned short slab_##name##_semaphore __attribute__((section(".probes"), used));
SLAB_PROBES(DEFINE_SEMAPHORE)

#define PROBE __attribute__((noinline))

PROBE void probe_refill_start(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t requested)
{
	STAP_PROBE4(slab, refill_start, cache, cpu, node, requested);
}

PROBE void probe_refill_done(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t requested,
			     uint64_t got, uint64_t origin, uint64_t ns, uint64_t hits)
{
	STAP_PROBE8(slab, refill_done, cache, cpu, node, requested, got, origin, ns, hits);
}

PROBE void probe_grow(uint64_t cache, uint64_t node, uint64_t slab, uint64_t objects,
		      uint64_t colour, uint64_t ns, uint64_t seq, uint64_t cpu)
{
	STAP_PROBE8(slab, grow, cache, node, slab, objects, colour, ns, seq, cpu);
}

PROBE void probe_list_move(uint64_t cache, uint64_t node, uint64_t slab, uint64_t from, uint64_t to,
			   uint64_t inuse, uint64_t seq, uint64_t cpu)
{
	STAP_PROBE8(slab, list_move, cache, node, slab, from, to, inuse, seq, cpu);
}

PROBE void probe_transfer(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t count,
			  uint64_t direction, uint64_t seq)
{
	STAP_PROBE6(slab, transfer, cache, cpu, node, count, direction, seq);
}

PROBE void probe_flush(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t count, uint64_t ns,
		       uint64_t hits)
{
	STAP_PROBE6(slab, flush, cache, cpu, node, count, ns, hits);
}

PROBE void probe_slab_destroy(uint64_t cache, uint64_t node, uint64_t slab, uint64_t seq,
			      uint64_t cpu)
{
	STAP_PROBE5(slab, slab_destroy, cache, node, slab, seq, cpu);
}

PROBE void probe_cache_create(uint64_t cache, const char *name, uint64_t size, const void *entry)
{
	STAP_PROBE4(slab, cache_create, cache, name, size, entry);
}

PROBE void probe_totals(uint64_t cache, uint64_t cpu, const void *block)
{
	STAP_PROBE3(slab, totals, cache, cpu, block);
}

PROBE void probe_cache_destroy(uint64_t cache, const char *name, uint64_t size)
{
	STAP_PROBE3(slab, cache_destroy, cache, name, size);
}

PROBE void probe_exit(uint64_t cache, const char *name, uint64_t size)
{
	STAP_PROBE3(slab, exit, cache, name, size);
}

PROBE void probe_notes_lost(uint64_t cache, uint64_t cpu, uint64_t count)
{
	STAP_PROBE3(slab, notes_lost, cache, cpu, count);
}

PROBE void probe_reap(uint64_t cache, uint64_t node, uint64_t count, uint64_t seq)
{
	STAP_PROBE4(slab, reap, cache, node, count, seq);
}

PROBE void probe_shrink(uint64_t cache)
{
	STAP_PROBE1(slab, shrink, cache);
}

PROBE void probe_tune(uint64_t cache, uint64_t limit, uint64_t batchcount, uint64_t sharedfactor)
{
	STAP_PROBE4(slab, tune, cache, limit, batchcount, sharedfactor);
}

PROBE void probe_events(uint64_t cache, uint64_t cpu, uint64_t avail, uint64_t hits,
			uint64_t touched, uint64_t node)
{
	STAP_PROBE6(slab, events, cache, cpu, avail, hits, touched, node);
}

PROBE void probe_inherited(uint64_t cache, const char *name, uint64_t size, const void *entry,
			   uint64_t full, uint64_t partial, uint64_t unused, uint64_t free_objects,
			   uint64_t shared)
{
	STAP_PROBE9(slab, inherited, cache, name, size, entry, full, partial, unused, free_objects,
		    shared);
}

PROBE void probe_alloc(uint64_t cache, uint64_t cpu, uint64_t node, const void *object,
		       uint64_t flags, uint64_t served)
{
	STAP_PROBE6(slab, alloc, cache, cpu, node, object, flags, served);
}

PROBE void probe_free(uint64_t cache, uint64_t cpu, uint64_t node, const void *object)
{
	STAP_PROBE4(slab, free, cache, cpu, node, object);
}
