// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* plan_shed.c: the programs that only certain quantities need, level by level. */
#include "kernel/plan_shed.h"

#include "bpf/events.h"
#include "kernel/plan_rules.h"

static void give_up(struct plan *plan, enum quantity q, double cost, double most)
{
	struct planner p = {.plan = plan};

	if (plan->quantity[q].known)
		rule_unknown(&p, q, "allow more, or choose caches (-c) or a process (-p)",
			     "turned off: the programs took %.1f %% of a CPU, more than "
			     "--max-overhead %g",
			     cost, most);
}

static void unload(struct plan *plan, enum program first, enum program end)
{
	for (int i = first; i < (int)end; i++)
		plan->load[i] = false;
}

void plan_shed_functions(struct plan *plan)
{
	struct planner p = {.plan = plan};

	for (int q = QUANTITY_LARGE; q < QUANTITIES; q++) {
		const struct quantity_plan *it = &plan->quantity[q];

		if (!it->known || it->inferred || q == QUANTITY_FAILED || q == QUANTITY_CACHED)
			continue;
		rule_unknown(
			&p, q,
			"set kernel.ftrace_enabled and /sys/kernel/debug/kprobes/enabled to 1, "
			"then start slabscope again",
			"this kernel has stopped running programs that are attached to its "
			"functions");
	}
	unload(plan, PROGRAM_REFILL_FENTRY, PROGRAM_WALK);
	plan->probes = "tracepoint";
}

/* Returns whether this level still has something to give up. */
static bool has(const struct plan *plan, enum shed level, bool callers)
{
	switch (level) {
	case SHED_CALLERS:
		return callers && plan->quantity[QUANTITY_CALLERS].known;
	case SHED_KMALLOC:
		return plan->quantity[QUANTITY_KMALLOC].known;
	case SHED_SLOW_PATH:
		for (int q = QUANTITY_REFILLS; q < QUANTITY_CACHED; q++)
			if (plan->quantity[q].known)
				return true;
		return false;
	default:
		return plan->quantity[QUANTITY_ALLOCS].known;
	}
}

static void shed_level(struct plan *plan, enum shed level, double cost, double most)
{
	switch (level) {
	case SHED_CALLERS:
		give_up(plan, QUANTITY_CALLERS, cost, most);
		break;
	case SHED_KMALLOC:
		give_up(plan, QUANTITY_KMALLOC, cost, most);
		plan->owner = OWNER_NONE;
		plan->load[PROGRAM_COUNT_KMALLOC] = plan->load[PROGRAM_COUNT_KFREE] = false;
		plan->load[PROGRAM_LATE_KMALLOC] = plan->load[PROGRAM_LATE_KFREE] = false;
		break;
	case SHED_SLOW_PATH:
		for (int q = QUANTITY_REFILLS; q < QUANTITIES; q++)
			if (q != QUANTITY_CACHED)
				give_up(plan, q, cost, most);
		unload(plan, PROGRAM_REFILL_FENTRY, PROGRAM_SLOW_PATH_END);
		plan->infer = 0;
		break;
	default:
		for (int q = QUANTITY_ALLOCS; q <= QUANTITY_FAILED; q++)
			give_up(plan, q, cost, most);
		unload(plan, 0, PROGRAM_LOOK);
	}
}

enum shed plan_shed_next(struct plan *plan, enum shed level, bool callers, double cost, double most)
{
	while (++level < SHEDS && !has(plan, level, callers))
		;
	if (level >= SHEDS)
		return SHED_ALLOCATIONS;
	shed_level(plan, level, cost, most);
	return level;
}
