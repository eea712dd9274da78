/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_programs.h: the kernel's BPF programs, running, and the memory they count in.
 */
#ifndef SLABSCOPE_KERNEL_PROGRAMS_H
#define SLABSCOPE_KERNEL_PROGRAMS_H

#include "../bpf/events.h"
#include "failure.h"
#include "plan.h"
#include "source.h"

struct kernel_programs;

/*
 * Makes a plan from facts, and loads and attaches what it says, to count what the options choose. What the kernel refuses is noted in
 * facts->refused and the plan made anew, until the rest runs. *to is NULL where nothing is left to
 * run, which is no error. The caller closes it. Returns 0, -ENOMEM, or an error of the kernel that
 * no single program is to blame for (the plan then loads nothing).
 */
int kernel_programs_open(struct facts *facts, struct plan *plan,
			 const struct source_options *options, struct kernel_programs **to,
			 struct failure *f);
void kernel_programs_close(struct kernel_programs *k);

/* The counters, as the programs write them: read each value once, and bound it. */
struct kernel_counters {
	uint32_t cpus, slots, hists;
	const volatile uint64_t *slot_keys;	   /* [slots] */
	const volatile struct kernel_cache *cache; /* [slots] */
	const volatile struct kernel_count *count; /* [cpus * slots] */
	const volatile struct kernel_slow *slow; /* [cpus * slots], NULL: no slow path is watched */
	const volatile struct event_hist *hist;	 /* [hists] */
	const volatile struct kernel_inferred
		*inferred; /* [cpus * slots], NULL: nothing is inferred */
	const volatile struct kernel_troubles *troubles;
};
const struct kernel_counters *kernel_programs_counters(const struct kernel_programs *k);

/* Runs of programs that the kernel left out, because they would have nested on a CPU. */
uint64_t kernel_programs_misses(const struct kernel_programs *k);

/* How often an allocation or free was counted, and what all programs took, while it was measured. */
struct kernel_runs {
	uint64_t events, ns;
};
void kernel_programs_runs(const struct kernel_programs *k, struct kernel_runs *to);

/* Detaches the programs that the plan does not load any more, for good. */
void kernel_programs_detach(struct kernel_programs *k, const struct plan *plan);

/*
 * Calls each() for the sampled callers of refills and grows; for none where they are not sampled.
 * 0, or what each() returned that was not, or -ENOMEM.
 */
int kernel_programs_callers(const struct kernel_programs *k,
			    int (*each)(const struct kernel_caller_key *key,
					const struct kernel_caller *caller, void *arg),
			    void *arg);

/* Where events are sent, for those who record. */
int kernel_programs_ring_map(const struct kernel_programs *k);
int kernel_programs_lost_map(const struct kernel_programs *k);

/*
 * Of the cache at an address, or what stands where one would: its name, and the next one's address, in a
 * circle. False where this is not possible.
 */
bool kernel_programs_walk(const struct kernel_programs *k, uint64_t cache, struct kernel_walk *to);

/* Has what a cache holds sent now, and all of its events from now on. False: not possible. */
bool kernel_programs_state(const struct kernel_programs *k, uint64_t cache);

/* Caches that come from now on are recorded from their first event. */
void kernel_programs_began(const struct kernel_programs *k);

/* From now on the cache in this slot is not counted, or is again. */
void kernel_programs_skip(const struct kernel_programs *k, uint32_t slot, bool skip);

/* Looks at the cache in a slot now. False where this is not possible. */
bool kernel_programs_look(const struct kernel_programs *k, uint32_t slot, struct kernel_look *to);

#endif
