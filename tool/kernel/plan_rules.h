/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* plan_rules.h: the rules that make a plan. Only plan_*.c and plan.c include it. */
#ifndef SLABSCOPE_PLAN_RULES_H
#define SLABSCOPE_PLAN_RULES_H

#include "kernel/plan.h"

struct planner {
	const struct facts *facts;
	struct plan *plan;
};

/* Two ways to watch a function. Both ends are the same program where one end is enough. */
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

/* Decide a quantity: how it is obtained; or why not, and the remedy ("": none). */
void rule_known(struct planner *p, enum quantity q, const char *how, ...)
	__attribute__((format(printf, 3, 4)));
void rule_unknown(struct planner *p, enum quantity q, const char *remedy, const char *why, ...)
	__attribute__((format(printf, 4, 5)));
/* Makes q unknown for the reason of another quantity. */
void rule_unknown_like(struct planner *p, enum quantity q, enum quantity from);

/* The remedy where kallsyms hides addresses. */
extern const char rule_show_addresses[];

/* "EPERM", ...; err is positive. */
const char *rule_error_name(int err);

/* Returns whether the program can run on this kernel, as far as is known. */
bool rule_usable(struct planner *p, enum program program);
/* Loads both ends, the first way that works. Returns the name of the way, or NULL. */
const char *rule_take(struct planner *p, const struct ways *ways);

/*
 * Watches a function that decides a quantity. Returns the name of the way, or NULL, and notes the
 * result.
 */
const char *rule_watch(struct planner *p, enum quantity q, const struct ways *ways);
/* The same for the function that refills: it decides refills and their latency. */
void rule_refills(struct planner *p, const struct ways *ways);

/* Returns how programs find the cache of an object, of enum kernel_owner. */
uint32_t plan_owner(const struct facts *facts);

/* Notes why no BPF program counts anything. */
void rule_no_tracepoints(struct planner *p, enum quantity q);
/* Notes why no function can be watched, and returns true. Returns false if some can. */
bool rule_no_functions(struct planner *p, enum quantity q);
/* Notes why this function cannot be watched although others can. */
void rule_no_function(struct planner *p, enum quantity q, const struct ways *ways);

/* Decides the objects in CPU caches. where is of enum kernel_cached. */
void rule_cached(struct planner *p, unsigned where, const char *how);
/* Decides callers; their stacks are worthless without names of functions. */
void rule_callers(struct planner *p);
/* Decides hits: allocs minus refills and bypasses. */
void rule_hits(struct planner *p);

#endif
