// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* plan_leave_out.c: the programs that serve one count only. */
#include "kernel/plan_leave_out.h"

#include "model/snapshot.h"

static const struct {
	uint32_t count;
	enum program first, last;
} only_for[] = {
	{COUNT_BIT(COUNT_FREES), PROGRAM_COUNT_FREE, PROGRAM_COUNT_FREE},
	{COUNT_BIT(COUNT_FREES), PROGRAM_COUNT_KFREE, PROGRAM_COUNT_KFREE},
	{COUNT_BIT(COUNT_FREES), PROGRAM_LATE_FREE, PROGRAM_LATE_FREE},
	{COUNT_BIT(COUNT_FREES), PROGRAM_LATE_KFREE, PROGRAM_LATE_KFREE},
	{COUNT_BIT(COUNT_FREES), PROGRAM_FREE_BULK_FENTRY, PROGRAM_FREE_BULK_KPROBE},
	{COUNT_BIT(COUNT_FREES), PROGRAM_LARGE_FREE_FENTRY, PROGRAM_LARGE_FREE_KPROBE},
	{COUNT_BIT(COUNT_FLUSHES), PROGRAM_FLUSH_FENTRY, PROGRAM_DESTROY_KPROBE},
	{COUNT_BIT(COUNT_FLUSHES), PROGRAM_SLUB_FLUSH_FENTRY, PROGRAM_SLUB_FLUSH_KPROBE},
	{COUNT_BIT(COUNT_FLUSHES), PROGRAM_LATE_SHEAF_FLUSH, PROGRAM_SHEAF_FLUSH_KPROBE},
	{COUNT_BIT(COUNT_SLAB_FREES), PROGRAM_LATE_SLUB_FREE, PROGRAM_SLUB_FREE_KPROBE},
};

uint32_t plan_leave_out(struct plan *plan, uint32_t counts)
{
	uint32_t left_out = 0;

	/* Frees between two allocations tell how certain an inference is. */
	if (plan->infer)
		counts &= ~COUNT_BIT(COUNT_FREES);
	for (size_t i = 0; i < sizeof(only_for) / sizeof(only_for[0]); i++) {
		if (!(counts & only_for[i].count))
			continue;
		left_out |= only_for[i].count;
		for (int at = only_for[i].first; at <= (int)only_for[i].last; at++)
			plan->load[at] = false;
	}
	return left_out;
}
