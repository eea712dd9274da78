// SPDX-License-Identifier: MIT
/*
 * measure.c: a hook counts as one more tracer of refill_done, so that step.c needs no other test
 * before a refill.
 */
#include "measure.h"

#include "notes.h"
#include "step.h"

void slab_measure_refills(slab_refill_hook *hook)
{
	bool was = __atomic_exchange_n(&step_refill_hook, hook, __ATOMIC_ACQ_REL) != NULL;

	if (hook && !was)
		__atomic_fetch_add(&slab_refill_done_semaphore, 1, __ATOMIC_SEQ_CST);
	else if (!hook && was)
		__atomic_fetch_sub(&slab_refill_done_semaphore, 1, __ATOMIC_SEQ_CST);
}

uint64_t slab_measure_empty(void)
{
	uint64_t ns = trace_clock();

	return trace_clock() - ns;
}
