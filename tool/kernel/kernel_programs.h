/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* kernel_programs.h: the running BPF programs of the kernel, and their memory. */
#ifndef SLABSCOPE_KERNEL_PROGRAMS_H
#define SLABSCOPE_KERNEL_PROGRAMS_H

#include "bpf/events.h"
#include "base/failure.h"
#include "kernel/plan.h"
#include "model/source.h"

struct kernel_programs;

/*
 * Makes a plan, and loads and attaches its programs for the choice of the options. Notes each
 * program that the kernel refuses in facts->refused and makes a new plan, until the rest runs. *to
 * is NULL where nothing is left, which is no error. The caller closes it. Returns 0, -ENOMEM, or an
 * error that no single program causes; the plan then loads nothing.
 */
int kernel_programs_open(struct facts *facts, struct plan *plan,
			 const struct source_options *options, struct kernel_programs **to,
			 struct failure *f);
void kernel_programs_close(struct kernel_programs *k);

/* Memory that stays mapped. Programs write it: read each value once, and limit it. */
struct kernel_memory {
	uint32_t cpus, slots;
	const volatile uint64_t *slot_keys;	   /* [slots] */
	const volatile struct kernel_cache *cache; /* [slots] */
	const volatile struct kernel_troubles *troubles;
};
const struct kernel_memory *kernel_programs_memory(const struct kernel_programs *k);

/* Memory that is mapped in parts; see kernel_counters.h. */
enum kernel_map_name {
	KERNEL_MAP_COUNTS,   /* struct kernel_count [cpus * slots] */
	KERNEL_MAP_INFERRED, /* struct kernel_inferred [cpus * slots]; empty: nothing is inferred */
	KERNEL_MAP_SLOWS,    /* a pool of struct kernel_slow */
	KERNEL_MAP_BUCKETS,  /* a pool of struct kernel_buckets; no elements: no latencies */
};

struct kernel_map {
	int fd;
	uint32_t elements;
	uint32_t element; /* bytes */
	const volatile uint32_t
		*used; /* of a pool: in use, at times more than there are; NULL: not a pool */
};
struct kernel_map kernel_programs_map(const struct kernel_programs *k, enum kernel_map_name name);

/*
 * Proves that the programs on functions run, by a function that slabscope calls. Returns false if
 * some do not; facts then say which. A kernel may stop running them at any time.
 */
bool kernel_programs_prove(const struct kernel_programs *k, struct facts *facts);

/* Returns the runs that the kernel left out because they would nest on a CPU. */
uint64_t kernel_programs_misses(const struct kernel_programs *k);

/* Counted allocations and frees, and the time of all programs, while statistics were on. */
struct kernel_runs {
	uint64_t events, ns;
};
void kernel_programs_runs(const struct kernel_programs *k, struct kernel_runs *to);

/*
 * Detaches the programs that the plan does not load, and attaches those that it does, if they were
 * loaded at the beginning. Returns 0, or a negative errno where the kernel refused one, which facts
 * then name: call it again with a plan without it.
 */
int kernel_programs_switch(struct kernel_programs *k, struct facts *facts, const struct plan *plan);

/*
 * Calls each() for each sampled caller of refills and grows. Returns 0, the first result of each()
 * that is not 0, or -ENOMEM.
 */
int kernel_programs_callers(const struct kernel_programs *k,
			    int (*each)(const struct kernel_caller_key *key,
					const struct kernel_caller *caller, void *arg),
			    void *arg);

/* The maps with events and with lost events, for a recording. */
int kernel_programs_ring_map(const struct kernel_programs *k);
int kernel_programs_lost_map(const struct kernel_programs *k);

/*
 * Reads the name of the cache at an address, and the address of the next cache, in a circle.
 * Returns false on failure.
 */
bool kernel_programs_walk(const struct kernel_programs *k, uint64_t cache, struct kernel_walk *to);

/* Sends the contents of a cache, and all of its events from now on. Returns false on failure. */
bool kernel_programs_state(const struct kernel_programs *k, uint64_t cache);

/* Caches created from now on are recorded from their first event. */
void kernel_programs_began(const struct kernel_programs *k);

/* Stops or resumes counting the cache in a slot. */
void kernel_programs_skip(const struct kernel_programs *k, uint32_t slot, bool skip);

/* Looks at the cache in a slot now. Returns false on failure. */
bool kernel_programs_look(const struct kernel_programs *k, uint32_t slot, struct kernel_look *to);

#endif
