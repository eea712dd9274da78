/* SPDX-License-Identifier: MIT */
/*
 * structs.h: the structures of a cache. Each module owns the functions on its part.
 *
 *	struct kmem_cache ── cpu[]     the free objects of a CPU (struct slab_cpu; percpu.c)
 *	                  └─ node[]    three lists of slabs, the shared array, one lock (node.c)
 *	                       └─ struct slab: a run of pages with objects (slab_desc.c, pages.c)
 *
 * Lock order: a node's lock, a CPU's lock, the pages' lock. The list of caches is outermost. The
 * locks of nodes and pages are taken inside a step, or with the list locked: fork() waits for both.
 */
#ifndef SLAB_STRUCTS_H
#define SLAB_STRUCTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lock.h"
#include "probes.h"
#include "slab.h"
#include "slab_registry.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Stops the process at a broken invariant, before it corrupts more memory. */
#define BUG_ON(cond)                                                                               \
	do {                                                                                       \
		if (unlikely(cond)) {                                                              \
			fprintf(stderr, "libslab: BUG at %s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The most objects that one refill takes for a cache that saw little recent activity. */
#define BATCHREFILL_LIMIT 16

#define SLAB_LIMIT_MAX	  1024 /* entries of a CPU's array */
#define RSEQ_COPY_SLACK	  7    /* pointers that a copy may read and write behind its end */
#define SLAB_ARRAY_STRIDE (SLAB_LIMIT_MAX + 8)
#define SLAB_ARRAY_BYTES  8256 /* the same in bytes, for sequences */
#define SLAB_ARRAY_ROAM	  2048 /* bytes of it that an array may use by starting higher up */
_Static_assert(SLAB_ARRAY_BYTES == SLAB_ARRAY_STRIDE * sizeof(void *), "the same size");
_Static_assert(SLAB_ARRAY_STRIDE >= SLAB_LIMIT_MAX + RSEQ_COPY_SLACK, "arrays have room for it");
#define SLAB_SIZE_MAX	      (1u << 20) /* bytes of an object */
#define SLAB_NODES_MAX	      8
#define SLAB_SHAREDFACTOR_MAX 1024

/*
 * An array of free objects: the shared array of a node, an alien array, or the batch that a
 * refill has taken and not yet published. (The array of a CPU is struct slab_cpu, which the hit
 * requires.)
 */
struct array_cache {
	unsigned avail;
	unsigned limit;
	unsigned batchcount;
	unsigned touched;
	void *entry[];
};

/*
 * One slab: a run of pages that holds cachep->num objects. Each page of libslab's range has a
 * descriptor of 32 bytes, as the kernel's struct page. The management records the free objects.
 * It is at the end of the slab, or in an object of another cache: see slab_desc.h.
 */
struct slab {
	uint32_t next, prev; /* neighbours on the list, as page numbers; 0: none */
	struct kmem_cache *cache;
	void *freelist; /* the management */
	union {
		struct {
			uint16_t s_mem; /* where the first object starts, in units of SLAB_COLOUR */
			uint16_t free;	/* SLAB_BUFCTL: index of the next free object */
		};
		uint32_t head; /* of a tail page: the head's page number */
	};
	uint16_t active; /* allocated objects; of a free or kmalloc()ed run its order */
	uint8_t list;	 /* enum slab_list_kind, or one of the states below */
	uint8_t node : 7;
	uint8_t pfmemalloc : 1; /* made from the emergency reserve */
};
_Static_assert(sizeof(struct slab) == 32, "descriptors cost at most 0.8 % of a page");

enum {
	SLAB_PAGE_TAIL = 0x10,
	SLAB_PAGE_FREE = 0x20,
	SLAB_PAGE_DIRTY = 0x21,
	SLAB_PAGE_LARGE = 0x40
};

#define SLAB_COLOUR_SHIFT 6 /* colours are multiples of a cache line */
#define SLAB_COLOUR	  (1u << SLAB_COLOUR_SHIFT)

struct slab_list {
	uint32_t first, last; /* page numbers; 0: none */
	uint32_t count;
};

struct kmem_cache_node {
	struct slab_lock list_lock;
	union {
		struct {
			struct slab_list slabs_free;
			struct slab_list slabs_partial; /* refills use these first */
			struct slab_list slabs_full;
		};
		struct slab_list list[3]; /* the same, by enum slab_list_kind - 1 */
	};
	unsigned long free_objects; /* in slabs of this node */
	unsigned long free_limit;   /* above it free slabs go back */
	unsigned colour_next;
	bool free_touched;
	bool reap_due;		    /* the next pass of ageing includes the node */
	uint64_t seq;		    /* numbers the steps of the node, for probes */
	struct array_cache *shared; /* of all CPUs of the node; NULL: none */
	/* Objects freed here that belong to other nodes, by their node; NULL: no such array. */
	struct array_cache *alien[SLAB_NODES_MAX];
} __attribute__((aligned(64)));

enum cache_backend {
	CACHE_RSEQ,    /* restartable sequences */
	CACHE_LOCK,    /* a lock for each CPU: every call out of line */
	CACHE_VIRTUAL, /* the caller makes up the CPUs; one thread at a time */
};

struct kmem_cache {
	/* Constant after creation. */
	char name[SLAB_NAME_MAX];
	unsigned object_size; /* as requested */
	unsigned size;	      /* distance of two objects */
	unsigned align;
	unsigned flags;
	unsigned num;			   /* objects in a slab */
	unsigned order;			   /* a slab is 1 << order pages */
	unsigned colour;		   /* how many colours there are */
	unsigned colour_off;		   /* bytes from one colour to the next */
	unsigned index_size;		   /* bytes of an index in the management: 1 or 2 */
	bool off_slab;			   /* the management is outside of the slab, */
	struct kmem_cache *freelist_cache; /* in an object of this cache */
	uint32_t reciprocal;		   /* of size, for obj_to_index() */
	void (*ctor)(void *);
	bool forking; /* the thread that forks has locked all CPUs */
	enum cache_backend backend;
	unsigned nr_cpus;
	unsigned nr_nodes;
	size_t mapped; /* bytes of the mapping of this structure */

	/* Tunables; kmem_cache_tune() changes them while other threads read them: see tunable(). */
	unsigned limit;
	unsigned batchcount;
	unsigned shared; /* the shared array holds shared * batchcount objects */

	unsigned pfmemalloc_slabs; /* above 0 calls run out of line */
	struct kmem_cache_stats stats;

	/* For observers. */
	uint64_t id;			   /* "cache" in every probe */
	struct slab_registry_entry *entry; /* NULL: unlisted */
	struct slab_registry_gauges *gauges;

	void **entries;	       /* the arrays of the CPUs, SLAB_ARRAY_STRIDE apart */
	pthread_mutex_t *lock; /* of each CPU: its owner may stop the CPU and write its unit */
	uint8_t *cpu_node;     /* the node of each CPU */
	struct kmem_cache_node *node;
	struct kmem_cache *next; /* list of all caches */

	/* The units of the CPUs -2 and -1, always stopped: of threads without a registration. */
	struct slab_cpu unregistered[2] __attribute__((aligned(SLAB_CPU_OFFSET / 2)));
	struct slab_cpu cpu[];
};
_Static_assert(offsetof(struct kmem_cache, cpu) == SLAB_CPU_OFFSET, "the hit finds the CPUs");
_Static_assert(offsetof(struct kmem_cache, unregistered[2]) == SLAB_CPU_OFFSET, "no CPU before");
_Static_assert(sizeof(struct slab_cpu) == 1 << SLAB_CPU_SHIFT, "the hit shifts");

/* Returns the counters of a CPU. */
static inline struct slab_cpu_counters *cpu_counters(struct kmem_cache *cachep, int cpu)
{
	return (struct slab_cpu_counters *)cachep->cpu[cpu].counters;
}

static inline int numa_mem_id(const struct kmem_cache *cachep, int cpu)
{
	return cachep->nr_nodes == 1 ? 0 : cachep->cpu_node[cpu];
}

/* Returns a CPU of the node, for steps that no CPU began; 0 where the node has none. */
static inline int node_first_cpu(const struct kmem_cache *cachep, int node)
{
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		if (numa_mem_id(cachep, (int)cpu) == node)
			return (int)cpu;
	return 0;
}

static inline unsigned tunable(const unsigned *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static inline struct kmem_cache_node *get_node(struct kmem_cache *cachep, int node)
{
	return &cachep->node[node];
}

/*
 * Adds to a counter of a CPU, or to a gauge, with the lock of a node held. With one node no other
 * thread writes it meanwhile, and a plain addition is enough.
 */
static inline void stats_add(const struct kmem_cache *cachep, uint64_t *counter, uint64_t n)
{
	if (likely(cachep->nr_nodes == 1))
		__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
	else
		__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* Raises a maximum, which other nodes may raise at the same time. */
static inline void stats_max(uint64_t *mark, uint64_t value)
{
	uint64_t was = __atomic_load_n(mark, __ATOMIC_RELAXED);

	while (value > was && !__atomic_compare_exchange_n(mark, &was, value, true,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

#define STATS_INC_ALLOCED(cachep, n) stats_add(cachep, &(cachep)->stats.num_allocations, n)
#define STATS_INC_ACTIVE(cachep, n)  stats_add(cachep, &(cachep)->stats.num_active, n)
#define STATS_SET_HIGH(stats) \
	stats_max(&(stats)->high_mark, __atomic_load_n(&(stats)->num_active, __ATOMIC_RELAXED))
#define STATS_SET_FREEABLE(cachep, n) stats_max(&(cachep)->stats.max_freeable, n)

#endif
