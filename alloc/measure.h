/* SPDX-License-Identifier: MIT */
/*
 * measure.h: how long refills take, told to the program that libslab is part of. Not part of the stable
 * interface. A duration is what the probe refill_done says: from right before cache_alloc_refill() to
 * right after it. Nothing changes for hits, and for refills only where refill_done is traced, too.
 */
#ifndef SLAB_MEASURE_H
#define SLAB_MEASURE_H

#include <stdint.h>

#include "slab.h"

/* Called by the thread that has refilled, on the CPU's behalf, without a lock; it must not use libslab.
 * origin is one of enum slab_origin; failed refills are told, too. */
typedef void slab_refill_hook(struct kmem_cache *cachep, unsigned origin, uint64_t ns);

/* From now on; NULL: no more. While no thread is in a call of libslab. */
void slab_measure_refills(slab_refill_hook *hook);

/* What such a duration is where nothing happens in it: two readings of the clock, in nanoseconds. */
uint64_t slab_measure_empty(void);

#endif
