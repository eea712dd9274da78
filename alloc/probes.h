/* SPDX-License-Identifier: MIT */
/*
 * probes.h: every USDT probe of libslab. Provider "slab"; each probe has a semaphore, and is a
 * one-byte nop while no tracer uses it. `readelf -n` and `bpftrace -l 'usdt:BINARY:slab:*'` list
 * them.
 *
 * cache   identifies a cache within its process: struct slab_registry_entry.generation. Modulo
 *         SLAB_REGISTRY_ENTRIES it is the index of its entry.
 * slab    number of the slab's first page within libslab's range
 * ns      duration in nanoseconds; SLAB_UNPAIRED when tracing began inside
 * seq     orders the steps of one node
 * hits    allocations that this CPU's array has served so far
 *
 * No probe fires while the clock of a refill or flush runs, or while a lock is held. libslab notes
 * events inside (struct probe_notes); their probes fire in order afterwards, before refill_done or
 * flush.
 */
#ifndef SLAB_PROBES_H
#define SLAB_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#define SLAB_UNPAIRED UINT64_MAX

/* Lists in list_move; direction in transfer. */
enum slab_list_kind { SLAB_LIST_NONE, SLAB_LIST_FREE, SLAB_LIST_PARTIAL, SLAB_LIST_FULL };
enum slab_direction { SLAB_FROM_SHARED, SLAB_TO_SHARED };
/* What served an allocation. */
enum slab_served { SLAB_SERVED_HIT, SLAB_SERVED_REFILL, SLAB_SERVED_BYPASS, SLAB_SERVED_FAILED };

/*
 *    probe           arguments, all 64 bits wide
 */
#define SLAB_PROBES(P)                                                                             \
	P(refill_start) /* cache, cpu, node, requested */                                          \
	P(refill_done)	/* cache, cpu, node, requested, got, origin, ns, hits */                   \
	P(grow)		/* cache, node, slab, objects, colour, ns, seq, cpu */                     \
	P(list_move)	/* cache, node, slab, from, to, inuse, seq, cpu */                         \
	P(transfer)	/* cache, cpu, node, count, direction, seq */                              \
	P(flush)	/* cache, cpu, node, count, ns, hits */                                    \
	P(slab_destroy) /* cache, node, slab, seq, cpu */                                          \
	P(cache_create) /* cache, name, size, address of struct slab_registry_entry or 0 */        \
	P(totals)	/* cache, cpu, address of struct slab_registry_cpu: final counts, before   \
			   cache_destroy and exit, for each CPU that used the cache */             \
	P(cache_destroy) /* cache, name, size */                                                   \
	P(exit)		 /* cache, name, size: for each cache that exists at exit */               \
	P(reap)		 /* cache, node, count, seq: objects that one pass of ageing took out of   \
			    arrays */                                                              \
	P(shrink)	 /* cache: after kmem_cache_shrink() */                                    \
	P(tune)		 /* cache, limit, batchcount, sharedfactor: after kmem_cache_tune() */     \
	P(events)	 /* cache, cpu, avail, hits, touched, node: from now on alloc and free     \
			    fire for every call on this CPU; avail is what its array holds */      \
	P(inherited)	 /* cache, name, size, address of struct slab_registry_entry or 0, slabs   \
			    full, partial, free, free objects, objects in shared arrays: in a      \
			    child of fork(), for each cache, before `events` of its CPUs */        \
	P(alloc)	 /* cache, cpu, node, object, flags, enum slab_served; a bypass has the    \
			    requested node */                                                      \
	P(free)		 /* cache, cpu, node, object: before the object goes back */               \
	P(notes_lost)	 /* cache, cpu, count: events of one refill or flush that found no room    \
			    in its notes; their grow, list_move, ... did not fire */

#define SLAB_PROBE_SEMAPHORE(name) extern volatile unsigned short slab_##name##_semaphore;
#pragma GCC visibility push(hidden)
SLAB_PROBES(SLAB_PROBE_SEMAPHORE)
#pragma GCC visibility pop

/* What the writers of this process use. fork() wipes it: no child writes to its parent's rings. */
struct ring {
	uint16_t on; /* not 0: a recorder wants all events through rings, see ring.h */
	uint32_t nr_cpus, max_shift;
	struct slab_ring_head *head;
	struct slab_ring_cpu *cpu;
	struct slab_ring_slot *slot;
};
extern struct ring *ring_here __attribute__((visibility("hidden"))); /* never NULL */

/* Whether a tracer uses the probe, and whether a recorder wants all events; 0: no. */
#define PROBE_TRACED(name) __atomic_load_n(&slab_##name##_semaphore, __ATOMIC_RELAXED)
#define PROBES_RECORDED	   __atomic_load_n(&ring_here->on, __ATOMIC_RELAXED)

/* Whether the probe must fire now. Several make one test by |: see NOTES_WANTED. */
#define PROBE_ENABLED(name) __builtin_expect(PROBE_TRACED(name) | PROBES_RECORDED, 0)

struct slab_registry_cpu;

/*
 * Each fires its probe, and sends the event through a ring. Call it only where PROBE_ENABLED(), and
 * without a lock.
 */
void probe_refill_start(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t requested);
void probe_refill_done(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t requested,
		       uint64_t got, uint64_t origin, uint64_t ns, uint64_t hits);
void probe_grow(uint64_t cache, uint64_t node, uint64_t slab, uint64_t objects, uint64_t colour,
		uint64_t ns, uint64_t seq, uint64_t cpu);
void probe_list_move(uint64_t cache, uint64_t node, uint64_t slab, uint64_t from, uint64_t to,
		     uint64_t inuse, uint64_t seq, uint64_t cpu);
void probe_transfer(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t count,
		    uint64_t direction, uint64_t seq);
void probe_flush(uint64_t cache, uint64_t cpu, uint64_t node, uint64_t count, uint64_t ns,
		 uint64_t hits);
void probe_slab_destroy(uint64_t cache, uint64_t node, uint64_t slab, uint64_t seq, uint64_t cpu);
void probe_cache_create(uint64_t cache, const char *name, uint64_t size, const void *entry);
void probe_totals(uint64_t cache, uint64_t cpu, const void *block);
void probe_cache_destroy(uint64_t cache, const char *name, uint64_t size);
void probe_exit(uint64_t cache, const char *name, uint64_t size);
void probe_reap(uint64_t cache, uint64_t node, uint64_t count, uint64_t seq);
void probe_shrink(uint64_t cache);
void probe_tune(uint64_t cache, uint64_t limit, uint64_t batchcount, uint64_t sharedfactor);
void probe_events(uint64_t cache, uint64_t cpu, uint64_t avail, uint64_t hits, uint64_t touched,
		  uint64_t node);
/* Sends through a ring what the array of a CPU holds; its lock may be held. */
void ring_send_state(uint64_t cache, uint64_t cpu, uint64_t avail, uint64_t touched, uint64_t node);
void probe_inherited(uint64_t cache, const char *name, uint64_t size, const void *entry,
		     uint64_t full, uint64_t partial, uint64_t unused, uint64_t free_objects,
		     uint64_t shared);
void probe_alloc(uint64_t cache, uint64_t cpu, uint64_t node, const void *object, uint64_t flags,
		 uint64_t served);
void probe_free(uint64_t cache, uint64_t cpu, uint64_t node, const void *object);
void probe_notes_lost(uint64_t cache, uint64_t cpu, uint64_t count);

#endif
