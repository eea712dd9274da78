/* SPDX-License-Identifier: MIT */
/*
 * measure.h: gives the durations of refills to the program that contains libslab. Not part of the
 * stable interface. A duration is that of the probe refill_done: from right before
 * cache_alloc_refill() to right after it. Hits do not change.
 */
#ifndef SLAB_MEASURE_H
#define SLAB_MEASURE_H

#include <stdint.h>

#include "slab.h"

/*
 * The thread that has refilled calls it without a lock; it must not use libslab. origin is of enum
 * slab_origin; failed refills count too.
 */
typedef void slab_refill_hook(struct kmem_cache *cachep, unsigned origin, uint64_t ns);

/* Sets the hook, NULL for none. No thread may be inside a call of libslab. */
void slab_measure_refills(slab_refill_hook *hook);

/* Returns the duration of an empty step: two readings of the clock, in nanoseconds. */
uint64_t slab_measure_empty(void);

#endif
