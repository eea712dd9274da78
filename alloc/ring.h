/* SPDX-License-Identifier: MIT */
/*
 * ring.h: sends the events of the probes to a recorder through shared memory (slab_ring.h). A
 * process that a recorder has started does so from its first cache on.
 *
 * Nothing here waits. An event that finds no room is lost and counted. A signal handler may send an
 * event in the middle of another one.
 */
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__has_include) && __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define RING_SINGLE_THREADED __libc_single_threaded
#else
#define RING_SINGLE_THREADED false
#endif

#include "ring_clock.h"
#include "slab_ring.h"

/* Opens the rings of this process, where a recorder wants them. cpus: how many. */
void ring_open(unsigned cpus);

/* In a child of fork(): opens rings of its own, where its parent had some. */
void ring_after_fork(void);

/*
 * Makes room for nr slots of a CPU: starts its ring, or reads how far the recorder is, or goes on
 * with a larger ring. Returns false where there is no room.
 */
bool ring_make_room(struct slab_ring_cpu *c, unsigned cpu, uint64_t head, unsigned nr);

/* Stops sending events: the recorder has ended. */
void ring_stop(void);

/* Returns the position at which a ring of a CPU begins. */
static inline uint64_t ring_start(const struct slab_ring_cpu *c, uint32_t shift)
{
	return __atomic_load_n(&c->start[shift - SLAB_RING_MIN_SHIFT], __ATOMIC_RELAXED);
}

/* Returns the slot of a reserved position. */
static inline struct slab_ring_slot *ring_slot(const struct ring *r, uint64_t cpu,
					       uint64_t position)
{
	const struct slab_ring_cpu *c = &r->cpu[cpu];
	uint32_t shift = __atomic_load_n(&c->shift, __ATOMIC_ACQUIRE);

	/* Other writers may have gone on with the next ring. */
	while (__builtin_expect(ring_start(c, shift) > position, 0))
		shift--;
	return r->slot + slab_ring_first((uint32_t)cpu, r->max_shift, shift) +
	       (position & (((uint64_t)1 << shift) - 1));
}

/*
 * Returns whether a ring is nearly full, as far as the writers know. What is in smaller rings does
 * not count.
 */
static inline bool ring_nearly_full(const struct slab_ring_cpu *c, uint64_t head, uint64_t seen)
{
	uint32_t shift = __atomic_load_n(&c->shift, __ATOMIC_ACQUIRE);
	uint64_t start;

	if (__builtin_expect(!shift, 0))
		return true;
	start = ring_start(c, shift);
	return head - (seen > start ? seen : start) > (uint64_t)3 << shift >> 2;
}

/*
 * Exchanges as __atomic_compare_exchange_n(). With one thread, one instruction without the lock is
 * enough, also where a signal interrupts.
 */
static inline bool ring_exchange(uint64_t *at, uint64_t *expected, uint64_t value, bool alone)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
	if (alone) {
		bool done;

		__asm__ __volatile__("cmpxchgq %[value], %[at]"
				     : "=@ccz"(done), [at] "+m"(*at), "+a"(*expected)
				     : [value] "r"(value)
				     : "memory");
		return done;
	}
#else
	(void)alone;
#endif
	return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED);
}

/*
 * Reserves nr slots of a CPU, and begins the first one: an event at this time. Returns NULL where
 * no recorder wants it, or there is no room. *position: that of the first slot.
 */
static inline __attribute__((always_inline)) struct slab_ring_slot *ring_reserve(
	const struct ring *r, uint64_t cpu, unsigned nr, uint64_t *position)
{
	bool alone = RING_SINGLE_THREADED;
	struct slab_ring_cpu *c;
	uint64_t ns = ring_clock(), head;
	struct slab_ring_slot *slot;

	if (__builtin_expect(__atomic_load_n(&r->head->stop, __ATOMIC_RELAXED), 0)) {
		ring_stop();
		return NULL;
	}
	c = &r->cpu[cpu < r->nr_cpus ? cpu : 0];
	head = __atomic_load_n(&c->head, __ATOMIC_ACQUIRE);
	do {
		if (__builtin_expect(cpu >= r->nr_cpus ||
					     (ring_nearly_full(c, head,
							       __atomic_load_n(&c->seen,
									       __ATOMIC_RELAXED)) &&
					      !ring_make_room(c, (unsigned)cpu, head, nr)),
				     0)) {
			__atomic_fetch_add(&c->lost, 1, __ATOMIC_RELAXED);
			return NULL;
		}
	} while (!ring_exchange(&c->head, &head, head + nr, alone));
	*position = head;
	slot = ring_slot(r, cpu, head);
	slot->ns = ns;
	slot->more = (uint8_t)(nr - 1);
	return slot;
}

/* Makes a slot visible to the recorder. */
static inline void ring_commit(struct slab_ring_slot *slot, uint64_t position)
{
	__atomic_store_n(&slot->seq, slab_ring_seq(position), __ATOMIC_RELEASE);
}

#endif
