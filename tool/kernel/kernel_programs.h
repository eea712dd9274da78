/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_programs.h: the kernel's BPF programs, running, and the memory they count in.
 */
#ifndef SLABSCOPE_KERNEL_PROGRAMS_H
#define SLABSCOPE_KERNEL_PROGRAMS_H

#include "bpf/events.h"
#include "base/failure.h"
#include "kernel/plan.h"
#include "model/source.h"

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

/* What stays mapped, as the programs write it: read each value once, and bound it. */
struct kernel_memory {
	uint32_t cpus, slots;
	const volatile uint64_t *slot_keys;	   /* [slots] */
	const volatile struct kernel_cache *cache; /* [slots] */
	const volatile struct kernel_troubles *troubles;
};
const struct kernel_memory *kernel_programs_memory(const struct kernel_programs *k);

/* What is mapped in parts; see kernel_counters.h. */
enum kernel_map_name {
	KERNEL_MAP_COUNTS, /* struct kernel_count [cpus * slots] */
	KERNEL_MAP_INFERRED, /* struct kernel_inferred [cpus * slots]; no elements: nothing is inferred */
	KERNEL_MAP_SLOWS,   /* a pool of struct kernel_slow */
	KERNEL_MAP_BUCKETS, /* a pool of struct kernel_buckets; no elements: no latencies */
};

struct kernel_map {
	int fd;
	uint32_t elements;
	uint32_t element; /* bytes */
	const volatile uint32_t
		*used; /* of a pool; it may say more than there are. NULL: no pool */
};
struct kernel_map kernel_programs_map(const struct kernel_programs *k, enum kernel_map_name name);

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
