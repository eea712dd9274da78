/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * plan_rules.h: what the rules of the plan are written with. Only plan*.c includes it.
 */
#ifndef SLABSCOPE_PLAN_RULES_H
#define SLABSCOPE_PLAN_RULES_H

#include "kernel/plan.h"

struct planner {
	const struct facts *facts;
	struct plan *plan;
};

/* The two ways to watch a function. Where one end is enough, both ends are the same program. */
struct ways {
	enum program fentry, fexit, kprobe, kretprobe;
};

/* The ways to watch both ends of a function, its exit or its entry. */
#define BOTH(id)                                                                    \
	{                                                                           \
		PROGRAM_##id##_FENTRY, PROGRAM_##id##_FEXIT, PROGRAM_##id##_KPROBE, \
			PROGRAM_##id##_KRETPROBE                                    \
	}
#define EXIT(id)                                                                      \
	{                                                                             \
		PROGRAM_##id##_FEXIT, PROGRAM_##id##_FEXIT, PROGRAM_##id##_KRETPROBE, \
			PROGRAM_##id##_KRETPROBE                                      \
	}
#define ENTRY(id)                                                                    \
	{                                                                            \
		PROGRAM_##id##_FENTRY, PROGRAM_##id##_FENTRY, PROGRAM_##id##_KPROBE, \
			PROGRAM_##id##_KPROBE                                        \
	}

/* Decide a quantity: how it is obtained, or why not and what to do ("" where there is nothing). */
void rule_known(struct planner *p, enum quantity q, const char *how, ...)
	__attribute__((format(printf, 3, 4)));
void rule_unknown(struct planner *p, enum quantity q, const char *remedy, const char *why, ...)
	__attribute__((format(printf, 4, 5)));
/* q is unknown for the same reason as from. */
void rule_unknown_like(struct planner *p, enum quantity q, enum quantity from);

/* What to do where kallsyms shows names but no addresses. */
extern const char rule_show_addresses[];

/* "EPERM", ...; err is positive. */
const char *rule_error_name(int err);

/* The program can run on this kernel, as far as is known. */
bool rule_usable(struct planner *p, enum program program);
/* Has both ends loaded, the first way that can be taken. Returns its name, or NULL. */
const char *rule_take(struct planner *p, const struct ways *ways);

/*
 * Has a function watched that decides a quantity. Returns the name of the way, or NULL; both are
 * noted in the plan.
 */
const char *rule_watch(struct planner *p, enum quantity q, const struct ways *ways);
/* The same for the function that refills: it decides refills and their latency. */
void rule_refills(struct planner *p, const struct ways *ways);

/* Says why no BPF program counts anything. */
void rule_no_tracepoints(struct planner *p, enum quantity q);
/* Says why no function of the kernel can be watched, and returns true; false: some can. */
bool rule_no_functions(struct planner *p, enum quantity q);
/* Says why this function cannot be watched, though others can. */
void rule_no_function(struct planner *p, enum quantity q, const struct ways *ways);

/* Decides the number of objects in CPUs' caches: where is of enum kernel_cached, how says it. */
void rule_cached(struct planner *p, unsigned where, const char *how);
/* Decides callers, whose stacks are worth nothing without the names of functions. */
void rule_callers(struct planner *p);
/* Decides hits, which are what remains of the allocs. */
void rule_hits(struct planner *p);

#endif
