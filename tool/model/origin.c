// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* origin.c: the table of origins. */
#include "model/origin.h"

#include "bpf/events.h"
#include "bpf/events_reference.h"
#include "slab_registry.h"

#define SAME(name)                                                                            \
	_Static_assert((int)ORIGIN_##name == (int)SLAB_ORIGIN_##name, "one list of origins"); \
	_Static_assert((int)ORIGIN_##name == (int)REFILL_##name, "one list of origins")
SAME(SHARED);
SAME(PARTIAL);
SAME(FREE);
SAME(CPU_SLAB);
SAME(CPU_PARTIAL);
SAME(SPARE);
SAME(BARN);
SAME(REMOTE);
SAME(GROWN);
SAME(FAILED);
SAME(UNEXPLAINED);
_Static_assert((int)ORIGINS == (int)SLAB_ORIGINS, "one list of origins");
_Static_assert((int)ORIGINS == (int)KERNEL_ORIGINS && (int)ORIGINS == REF_ORIGINS,
	       "one list of origins");

const struct origin_row origin_rows[ORIGINS] = {
	[ORIGIN_SHARED] = {"shared", "shared array", 's', 1},
	[ORIGIN_PARTIAL] = {"partial", "partial list", 'p', 4},
	[ORIGIN_FREE] = {"free", "free list", 'f', 3},
	[ORIGIN_CPU_SLAB] = {"cpu_slab", "cpu slab", 'c', 1},
	[ORIGIN_CPU_PARTIAL] = {"cpu_partial", "partial slabs of the CPU", 'C', 2},
	[ORIGIN_SPARE] = {"spare", "spare sheaf", 'S', 0},
	[ORIGIN_BARN] = {"barn", "barn", 'b', 2},
	[ORIGIN_REMOTE] = {"remote", "remote node", 'r', 5},
	[ORIGIN_GROWN] = {"grown", "grown: a new slab from the page allocator", 'g', 6},
	[ORIGIN_FAILED] = {"failed", "failed", '!', 7},
	[ORIGIN_UNEXPLAINED] = {"unexplained", "not explained by the probes", '?', -1},
};

const enum origin origin_by_cost[ORIGINS] = {
	ORIGIN_SPARE, ORIGIN_SHARED, ORIGIN_CPU_SLAB,	 ORIGIN_CPU_PARTIAL,
	ORIGIN_BARN,  ORIGIN_FREE,   ORIGIN_PARTIAL,	 ORIGIN_REMOTE,
	ORIGIN_GROWN, ORIGIN_FAILED, ORIGIN_UNEXPLAINED,
};
