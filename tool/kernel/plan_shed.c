// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* plan_shed.c: the programs that only certain quantities need, level by level. */
#include "kernel/plan_shed.h"

#include "base/clock.h"
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

/* Returns whether programs on functions find this quantity. */
static bool by_function(const struct plan *plan, enum quantity q)
{
	switch (q) {
	case QUANTITY_FREES:
		return plan->load[PROGRAM_OWNED_FREE_FENTRY] ||
		       plan->load[PROGRAM_OWNED_FREE_KPROBE];
	case QUANTITY_LARGE:
		return !plan->load[PROGRAM_OWNED_KMALLOC];
	default:
		return q > QUANTITY_LARGE && q != QUANTITY_FAILED && q != QUANTITY_CACHED;
	}
}

void plan_shed_functions(struct plan *plan)
{
	struct planner p = {.plan = plan};

	for (int q = QUANTITY_FREES; q < QUANTITIES; q++) {
		const struct quantity_plan *it = &plan->quantity[q];

		if (!it->known || it->inferred || !by_function(plan, q))
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
		if (plan->load[PROGRAM_OWNED_KMALLOC])
			give_up(plan, QUANTITY_LARGE, cost, most);
		plan->owner = OWNER_NONE;
		plan->load[PROGRAM_COUNT_KMALLOC] = plan->load[PROGRAM_COUNT_KFREE] = false;
		plan->load[PROGRAM_LATE_KMALLOC] = plan->load[PROGRAM_LATE_KFREE] = false;
		unload(plan, PROGRAM_OWNED_KMALLOC, PROGRAM_REFILL_FENTRY);
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

/* ---- one level after another, and back ------------------------------------------------------- */

#define WAIT_NS	    (10ull * CLOCK_SECOND)
#define WAIT_MAX_NS (320ull * CLOCK_SECOND)
#define BLIND	    6	 /* so many waits later, it is tried whatever the samples say */
#define HEADROOM    0.75 /* of what is allowed: what comes back must not exceed it at once */

bool shedding_off(struct shedding *s, struct plan *plan, bool callers, double cost, double most,
		  uint64_t now)
{
	enum shed level = s->level;
	struct shed_level *l;

	if (level == SHED_ALLOCATIONS || cost <= most)
		return false;
	s->level = plan_shed_next(plan, level, callers, cost, most);
	l = &s->of[s->level];
	/* It came back too early. */
	if (l->back && now < l->back + 2 * l->wait)
		l->wait = 2 * l->wait < WAIT_MAX_NS ? 2 * l->wait : WAIT_MAX_NS;
	else
		l->wait = WAIT_NS;
	l->before = level;
	l->cost = cost;
	l->left = 0;
	l->since = now;
	return true;
}

bool shedding_on(struct shedding *s, double cost, double most, uint64_t now)
{
	struct shed_level *l = &s->of[s->level];

	if (s->level == SHED_NOTHING || cost > most)
		return false;
	if (cost > 0 && !(l->left > 0))
		l->left = cost;
	if (now < l->since + l->wait)
		return false;
	if (s->level != SHED_ALLOCATIONS && now < l->since + BLIND * l->wait &&
	    !(cost > 0 && l->cost * cost / l->left <= HEADROOM * most))
		return false;
	l->back = now;
	s->level = l->before;
	return true;
}

void shedding_apply(const struct shedding *s, struct plan *plan, double most)
{
	enum shed off[SHEDS];
	int nr = 0;

	for (enum shed at = s->level; at != SHED_NOTHING; at = s->of[at].before)
		off[nr++] = at;
	while (nr-- > 0)
		shed_level(plan, off[nr], s->of[off[nr]].cost, most);
}
