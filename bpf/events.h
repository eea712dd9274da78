/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * events.h: the one contract between the BPF programs and the tool. Fixed-width fields, explicit
 * padding, size asserts, no pointers: what the programs write is what the tool reads.
 */
#ifndef SLABSCOPE_EVENTS_H
#define SLABSCOPE_EVENTS_H

#include <linux/types.h>

#include "hist.h"

/* ---- the kernel's allocator ------------------------------------------------------------------ */

/*
 * Caches stand in an open-addressed table: slot_keys[slot] is the address of a kmem_cache, 0 where
 * nobody was yet. The hot counters of a cache on a CPU, which is a pair, stand at [cpu * slots + slot].
 */
#define KERNEL_SLOTS_MIN   1024
#define KERNEL_SLOTS_MAX   16384
#define KERNEL_SLOT_PROBES 16
#define KERNEL_NAME_MAX	   48
/* Instead of an address: the cache is gone, the slot is not used again; what kmalloc() takes from
 * the page allocator itself, as if it were a cache. */
#define KERNEL_RETIRED 1
#define KERNEL_LARGE   2

#define KERNEL_CPUS_MAX 8192 /* a power of two; no kernel has more */

/* What tells an event from others, and of what it interrupted; 0: there is none. */
struct kernel_done {
	__u64 event, behind;
};

/* What the programs that count most have of their own on each CPU. */
struct kernel_own {
	__u64 everything; /* is to be counted, and no more is asked; set by the tool */
	struct kernel_done alloc, free;
	__u64 reserved[3];
};
_Static_assert(sizeof(struct kernel_own) == 64, "a cache line");

/* How the programs find the cache that an object belongs to. */
enum kernel_owner {
	OWNER_NONE,  /* they do not: kmalloc and kfree are not counted */
	OWNER_PAGE,  /* through the page of the object, in the memory map */
	OWNER_KFUNC, /* the kernel's own bpf_get_kmem_cache() */
};

/* Where the program that looks at a cache finds the objects that lie in the CPUs' caches; bits. */
enum kernel_cached {
	CACHED_ARRAYS = 1,    /* SLAB */
	CACHED_CPU_SLABS = 2, /* SLUB to 6.19 */
	CACHED_SHEAVES = 4,
};

/* Whose events are counted. */
enum kernel_tasks {
	TASKS_ALL,
	TASKS_PROCESS, /* of one process, all its threads */
	TASKS_CGROUP,  /* of a cgroup and those below it: the first of the map "cgroups" */
};

/* What the tool fixes before the programs are loaded; the verifier folds it into them. */
struct kernel_settings {
	__u32 cpus;	     /* counters exist for CPUs below this one */
	__u32 slots;	     /* a power of two */
	__u32 slows;	     /* in the pool of struct kernel_slow */
	__u32 buckets;	     /* in the pool of struct kernel_buckets; 0: no latencies */
	__u32 owner;	     /* enum kernel_owner */
	__u32 nodes;	     /* NUMA nodes are below this one */
	__u32 cached;	     /* of enum kernel_cached, 0: nothing is looked at */
	__u32 bulk_bool;     /* kmem_cache_alloc_bulk() returns a bool, not how many */
	__u32 bulk_pairs;    /* its entry is watched, too */
	__u32 mixed;	     /* CPUs own slabs, and sheaves in some caches */
	__u32 choose_caches; /* those in which the tool sets skipped are not counted */
	__u32 record_served; /* where it is recorded: with how it was served, which can be known */
	__u64 vmemmap_base;  /* OWNER_PAGE: the kernel's variable of this name, its address */
	__u64 page_offset_base;	    /* OWNER_PAGE: the same */
	__u64 free_begin, free_end; /* the text of the function whose callees are flushes, or 0 */
	__u64 pid_ns_device, pid_ns_inode; /* TASKS_PROCESS: in which namespace; 0: the initial */
	__u32 tasks;			   /* enum kernel_tasks */
	__u32 pid;			   /* TASKS_PROCESS */
	__u32 callers;			   /* they are sampled */
	__u32 samples;			   /* so many latencies are kept one by one, for tests */
	__u32 infer;  /* of enum kernel_cached: from which CPU caches refills are inferred */
	__u32 record; /* each event is sent, too */
};
_Static_assert(sizeof(struct kernel_settings) == 120, "no padding");

/* What is known of the cache in a slot. Written once, before ready; skipped by the tool. */
struct kernel_cache {
	__u32 ready;
	__u32 object_size;
	char name[KERNEL_NAME_MAX];
	__u32 skipped; /* nobody wants to see it: it is not counted any more */
	__u32 reserved;
};
_Static_assert(sizeof(struct kernel_cache) == 64, "no padding");

/*
 * The hot counters of a cache on a CPU: each is written by one program, on that CPU only. Most pairs of a
 * cache and a CPU never count anything, so this is all that each of them has.
 */
struct kernel_count {
	__u64 allocs;
	__u64 frees;
	__u64 kmallocs;
	__u64 kfrees;
	__u64 bulk_allocs;
	__u64 bulk_frees;
	__u64 cache; /* whose they are: its address as in slot_keys, 0: not known yet */
	__u32 slow;  /* 1 + index of the pair's struct kernel_slow in the pool; 0: none yet */
	__u32 slot;  /* of the cache */
};
_Static_assert(sizeof(struct kernel_count) == 64, "a cache line");

/*
 * Where refills are inferred: of a cache on a CPU, what its CPU's cache looked like after the last
 * allocation, and what that has told, counted atomically.
 */
struct kernel_inferred {
	__u64 owned; /* the slab or the main sheaf, 0: there was no allocation yet */
	union {
		__u64 tid;   /* cpu slabs: its transactions so far */
		__u64 spare; /* sheaves: the other one */
	};
	__u32 left;  /* objects in it; cpu slabs: 1 for any */
	__u32 frees; /* so far, of all kinds */
	__u64 refills;
	__u64 bypasses;
	__u64 missed; /* refills that were too many or too few, because of what no tracepoint sees
		       */
	__u64 other_frees; /* that the pair's hot counters leave out */
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

/* Buckets of a latency histogram that lie side by side: a pair has those that its refills have fallen into. */
#define KERNEL_BUCKETS	     32
#define KERNEL_BUCKETS_PARTS ((HIST_BUCKETS + KERNEL_BUCKETS - 1) / KERNEL_BUCKETS)
struct kernel_buckets {
	__u64 bucket[KERNEL_BUCKETS];
};

/*
 * What is seldom counted of a cache on a CPU: from a pool, taken when there is something to count. Updated
 * atomically, as a refill may migrate. late: by the programs that stand in where others were interrupted.
 */
struct kernel_slow {
	__u64 origins[KERNEL_ORIGINS]; /* of refills by where the objects came from */
	__u64 bypasses;
	__u64 grows;
	__u64 flushes;
	__u64 slab_frees;
	__u64 failed; /* allocations that returned NULL; kmalloc does not say of which cache */
	__u32 late_allocs;
	__u32 late_frees;
	__u64 sum, max;			     /* of the latencies of refills */
	__u32 buckets[KERNEL_BUCKETS_PARTS]; /* 1 + index in the pool; 0: none yet */
	__u32 reserved;
};
_Static_assert(sizeof(struct kernel_slow) == 192, "three cache lines");

/* Counted by any program, atomically. */
struct kernel_troubles {
	__u64 unpaired;	    /* refills of which one end was not seen */
	__u64 lost_slots;   /* events of caches that found no slot */
	__u64 lost_slows;   /* events of pairs that found no struct kernel_slow */
	__u64 lost_hists;   /* refills whose latency found no buckets */
	__u64 lost_pairs;   /* refills that found no room to be paired */
	__u64 caught;	    /* events that one program missed and another one counted */
	__u64 lost_callers; /* samples of callers that found no room */
};

#define KERNEL_CALLERS 2048 /* that are remembered */
#define CALLER_FRAMES  20   /* of a stack, the innermost ones */
#define CALLER_SAMPLES 128  /* a second and CPU, of refills and of grows each */

/* Who: a process and its stack, the programs' own frames and the watched function's first. */
struct kernel_caller_key {
	__u32 slot;
	__u32 pid;
	__u64 frame[CALLER_FRAMES]; /* addresses, 0 after the last */
};
_Static_assert(sizeof(struct kernel_caller_key) == 8 * (1 + CALLER_FRAMES), "no padding");

/* What was sampled of its doings. */
struct kernel_caller {
	__u64 refills;
	__u64 grows;
	char comm[16];
};
_Static_assert(sizeof(struct kernel_caller) == 32, "no padding");

#define LOOK_NODES 64

/* Result of the program that goes from one cache to the next: its name, and that one's address. */
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
