/* SPDX-License-Identifier: MIT */
/*
 * lock.h: a lock for the few dozen instructions of a step. Without contention, to take it and to
 * drop it are one inlined atomic instruction each. All zero is unlocked. A forked child may drop
 * it.
 */
#ifndef SLAB_LOCK_H
#define SLAB_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "sanitizer.h"

struct slab_lock {
	uint32_t state; /* 0 unlocked, 1 locked, 2 locked and a thread may sleep */
};

/* Takes the lock: spins a little, then sleeps. */
void slab_lock_slow(struct slab_lock *lock);

/* Wakes a thread that sleeps. */
void slab_unlock_slow(struct slab_lock *lock);

static inline void slab_lock(struct slab_lock *lock)
{
	uint32_t unlocked = 0;

	if (__builtin_expect(!__atomic_compare_exchange_n(&lock->state, &unlocked, 1, false,
							  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED),
			     0))
		slab_lock_slow(lock);
	sanitizer_acquire(lock);
}

static inline void slab_unlock(struct slab_lock *lock)
{
	sanitizer_release(lock);
	if (__builtin_expect(__atomic_exchange_n(&lock->state, 0, __ATOMIC_RELEASE) == 2, 0))
		slab_unlock_slow(lock);
}

/* Returns whether a thread holds the lock, for asserts. */
static inline bool slab_lock_held(struct slab_lock *lock)
{
	return __atomic_load_n(&lock->state, __ATOMIC_RELAXED) != 0;
}

#endif
