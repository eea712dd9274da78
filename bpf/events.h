/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * events.h: the contract between the kernel's BPF programs and the tool. It has fixed-width fields,
 * explicit padding, size asserts, and no pointers, so that both read the same layout.
 */
#ifndef SLABSCOPE_EVENTS_H
#define SLABSCOPE_EVENTS_H

#include <linux/types.h>

#include "hist.h"

/* ---- the kernel's allocator ------------------------------------------------------------------ */

/*
 * Caches are in an open-addressed table: slot_keys[slot] is the address of a kmem_cache, 0 where
 * the slot is free. A pair is a cache on a CPU; its hot counters are at [cpu * slots + slot].
 */
#define KERNEL_SLOTS_MIN   1024
#define KERNEL_SLOTS_MAX   16384
#define KERNEL_SLOT_PROBES 16
#define KERNEL_NAME_MAX	   48
/* Instead of an address: */
#define KERNEL_RETIRED 1 /* the cache is gone, and the slot stays unused */
#define KERNEL_LARGE   2 /* memory that kmalloc() takes from the page allocator, as if of a cache */

#define KERNEL_CPUS_MAX 8192 /* a power of two; no kernel has more */

/* The mark of an event, and of the event that it interrupted; 0: there is none. */
struct kernel_done {
	__u64 event, behind;
};

/* The events on tracepoints, each with a program and its stand-in. */
enum kernel_event { EVENT_ALLOC, EVENT_FREE, EVENT_KMALLOC, EVENT_KFREE, KERNEL_EVENTS };

/* The data of the most frequent programs on each CPU. */
struct kernel_own {
	__u64 everything; /* set by the tool: bits of events that count without further tests */
	struct kernel_done alloc, free;
	__u64 reserved[3];
};
_Static_assert(sizeof(struct kernel_own) == 64, "a cache line");

/* How the programs find the cache that an object belongs to. */
enum kernel_owner {
	OWNER_NONE,  /* not at all: kmalloc and kfree do not count */
	OWNER_PAGE,  /* through the page of the object, in the memory map */
	OWNER_KFUNC, /* the kernel's own bpf_get_kmem_cache() */
};

/* Where the kernel keeps the objects in the CPUs' caches; bits. */
enum kernel_cached {
	CACHED_ARRAYS = 1,    /* SLAB */
	CACHED_CPU_SLABS = 2, /* SLUB to 6.19 */
	CACHED_SHEAVES = 4,
};

/* The tasks whose events count. */
enum kernel_tasks {
	TASKS_ALL,
	TASKS_PROCESS, /* of one process, all its threads */
	TASKS_CGROUP,  /* of a cgroup and those below it: the first in the map "cgroups" */
};

/* The tool sets these before it loads the programs; the verifier folds them in. */
struct kernel_settings {
	__u32 cpus;		/* counters exist for CPUs below this one */
	__u32 slots;		/* a power of two */
	__u32 slows;		/* in the pool of struct kernel_slow */
	__u32 buckets;		/* in the pool of struct kernel_buckets; 0: no latencies */
	__u32 owner;		/* enum kernel_owner */
	__u32 nodes;		/* NUMA nodes are below this one */
	__u32 cached;		/* of enum kernel_cached, 0: none */
	__u32 bulk_bool;	/* kmem_cache_alloc_bulk() returns a bool, not how many */
	__u32 bulk_pairs;	/* a program is at its entry, too */
	__u32 mixed;		/* CPUs own slabs, and sheaves in some caches */
	__u32 choose_caches;	/* caches with skipped set do not count */
	__u32 record_served;	/* a recording includes what served each allocation */
	__u64 vmemmap_base;	/* OWNER_PAGE: the address of the kernel's variable of this name */
	__u64 page_offset_base; /* OWNER_PAGE: the same */
	__u64 free_begin, free_end;	   /* the text of the function that calls flushes, or 0 */
	__u64 pid_ns_device, pid_ns_inode; /* TASKS_PROCESS: in which namespace; 0: the initial */
	__u32 tasks;			   /* enum kernel_tasks */
	__u32 pid;			   /* TASKS_PROCESS */
	__u32 callers;			   /* the programs sample callers */
	__u32 samples;			   /* for tests: keep so many single latencies */
	__u32 infer;  /* of enum kernel_cached: the CPU caches from which programs infer refills */
	__u32 record; /* the programs also send each event */
	__u64 per_cpu_offset; /* the address of the kernel's variable of this name, or 0 */
	__u32 flags_at;	      /* which argument of the tracepoint kmem_cache_alloc the flags are */
	__u32 large;	      /* programs on tracepoints count large kmallocs */
	__u32 all_slow; /* with cpu slabs, hits run ___slab_alloc, too, and tasks preempt it */
	__u32 reserved;
};
_Static_assert(sizeof(struct kernel_settings) == 144, "no padding");

/* The cache in a slot. Written once, before ready; the tool writes skipped. */
struct kernel_cache {
	__u32 ready;
	__u32 object_size;
	char name[KERNEL_NAME_MAX];
	__u32 skipped; /* the cache does not count any more */
	__u32 reserved;
};
_Static_assert(sizeof(struct kernel_cache) == 64, "no padding");

/*
 * The hot counters of a pair. One program writes each, on that CPU only. Most pairs never count
 * an event, so they have only these.
 */
struct kernel_count {
	__u64 allocs;
	__u64 frees;
	__u64 kmallocs;
	__u64 kfrees;
	__u64 bulk_allocs;
	__u64 bulk_frees;
	__u64 cache; /* the address of the cache, as in slot_keys; 0: not known yet */
	__u32 slow;  /* 1 + index of the struct kernel_slow of the pair in the pool; 0: none yet */
	__u32 slot;  /* of the cache */
};
_Static_assert(sizeof(struct kernel_count) == 64, "a cache line");

/*
 * For inference, of a pair: the state of the CPU's cache after the last allocation, and the
 * results so far, which programs count atomically.
 */
struct kernel_inferred {
	__u64 owned; /* the slab or the main sheaf, 0: there was no allocation yet */
	union {
		__u64 tid;   /* cpu slabs: the transaction number */
		__u64 spare; /* sheaves: the other one */
	};
	__u32 left;  /* objects in it; cpu slabs: 1 for any */
	__u32 frees; /* so far, of all kinds */
	__u64 refills;
	__u64 bypasses;
	__u64 missed;	   /* refills too many or too few: some calls fire no tracepoint */
	__u64 other_frees; /* that the hot counters of the pair omit */
	__u64 reserved;
};
_Static_assert(sizeof(struct kernel_inferred) == 64, "a cache line");

/* The same numbers as enum origin in tool/model/origin.h. */
enum kernel_origin {
	REFILL_SHARED,
	REFILL_PARTIAL,
	REFILL_FREE,
	REFILL_CPU_SLAB,
	REFILL_CPU_PARTIAL,
	REFILL_SPARE,
	REFILL_BARN,
	REFILL_REMOTE,
	REFILL_GROWN,
	REFILL_FAILED,
	REFILL_UNEXPLAINED,
	KERNEL_ORIGINS
};

/* Adjacent buckets of a latency histogram. A pair has the parts that its refills need. */
#define KERNEL_BUCKETS	     32
#define KERNEL_BUCKETS_PARTS ((HIST_BUCKETS + KERNEL_BUCKETS - 1) / KERNEL_BUCKETS)
struct kernel_buckets {
	__u64 bucket[KERNEL_BUCKETS];
};

/*
 * The rare counts of a pair, from a pool, which the first of them takes. Programs update them
 * atomically, because a refill may migrate. late: by the second programs, where the first were
 * interrupted.
 */
struct kernel_slow {
	__u64 origins[KERNEL_ORIGINS]; /* of refills */
	__u64 bypasses;
	__u64 grows;
	__u64 flushes;
	__u64 slab_frees;
	__u64 failed; /* allocations that returned NULL; kmalloc does not say of which cache */
	__u32 late_allocs;
	__u32 late_frees;
	__u64 sum, max;			     /* of the latencies of refills */
	__u32 buckets[KERNEL_BUCKETS_PARTS]; /* 1 + index in the pool; 0: none yet */
	__u32 place; /* 1 + its own index, where the tool has assigned it to a pair */
};
_Static_assert(sizeof(struct kernel_slow) == 192, "three cache lines");

/* Counted by any program, atomically. */
struct kernel_troubles {
	__u64 unpaired;	    /* refills with one unknown end */
	__u64 lost_slots;   /* events of caches that found no slot */
	__u64 lost_slows;   /* events of pairs that found no struct kernel_slow */
	__u64 lost_hists;   /* refills whose latency found no buckets */
	__u64 lost_pairs;   /* refills that found no room to be paired */
	__u64 caught;	    /* events that one program missed and the second counted */
	__u64 lost_callers; /* samples of callers that found no room */
};

#define KERNEL_CALLERS 2048 /* in the table */
#define CALLER_FRAMES  20   /* the innermost frames of a stack */
#define CALLER_SAMPLES 128  /* a second and CPU, of refills and of grows each */

/*
 * A caller: a process and its stack. It begins with frames of the programs and of the traced
 * function.
 */
struct kernel_caller_key {
	__u32 slot;
	__u32 pid;
	__u64 frame[CALLER_FRAMES]; /* addresses, 0 after the last */
};
_Static_assert(sizeof(struct kernel_caller_key) == 8 * (1 + CALLER_FRAMES), "no padding");

/* The samples of a caller. */
struct kernel_caller {
	__u64 refills;
	__u64 grows;
	char comm[16];
};
_Static_assert(sizeof(struct kernel_caller) == 32, "no padding");

#define LOOK_NODES 64

/* Result of the program that walks the caches: the name of one, and the address of the next. */
struct kernel_walk {
	char name[KERNEL_NAME_MAX];
	__u64 next;
};

/* Result of the program that looks at the cache in one slot, on request. */
struct kernel_look {
	__u64 cached;  /* objects in the CPUs' arrays and the shared ones */
	__u64 retired; /* 1: the cache is gone, and its slot is retired */
};

#endif
