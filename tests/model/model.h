/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * model.h: the algorithm of libslab again, as plain as possible: lists and counters, without
 * memory and locks, on made-up CPUs. Written from the description of cache_alloc_refill() and of
 * its way back, not from the code of libslab. For each operation it computes which object libslab
 * must return, and every list, array and counter after it.
 *
 *	model_slabs.c    slabs and their lists
 *	model_refill.c   allocate and free
 *	model_drain.c    shrink, age, tune
 *	model.c makes and destroys a model
 *
 * An object is a number: the slot of its slab, and its index in the slab.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_SLABS_MAX	 65535 /* at once */
#define MODEL_NO_SLAB	 0     /* a slot that no slab has */
#define MODEL_NODES_MAX	 8
#define MODEL_LIMIT_MAX	 1024
#define MODEL_SHARED_MAX (16 * MODEL_LIMIT_MAX) /* sharedfactor times batchcount */

typedef uint32_t object_t;

static inline unsigned object_slab(object_t object)
{
	return object >> 16;
}

static inline unsigned object_index(object_t object)
{
	return object & 0xffff;
}

/* Where a slab keeps its list of free objects. */
enum model_where { BY_SIZE, ON_SLAB, OFF_SLAB };

struct model_params {
	unsigned object_size, align; /* as asked for; a power of two */
	bool chained;		     /* free objects are a chain, not an array: only wider */
	enum model_where where;
	unsigned cpus, nodes;
	unsigned limit, batchcount, sharedfactor;
	unsigned slabs; /* so many at once; one more ends the program */
};

/* The layout of objects of one size. */
struct model_layout {
	unsigned size;	     /* distance of two objects */
	unsigned pages;	     /* of a slab */
	unsigned num;	     /* objects of a slab */
	unsigned colours;    /* start offsets that slabs use in turn */
	unsigned colour_off; /* bytes between two of them */
	bool off_slab;	     /* the list of free objects is off the slab */
};

enum model_list { LIST_NONE, LIST_FREE, LIST_PARTIAL, LIST_FULL, MODEL_LISTS };
enum model_origin {
	FROM_SHARED,
	FROM_PARTIAL,
	FROM_FREE,
	FROM_GROWN,
	FROM_REMOTE,
	FROM_NOWHERE,
	MODEL_ORIGINS
};

struct model_slab {
	uint64_t ordinal; /* slabs in the order of their making, from 1 */
	unsigned node, colour;
	bool emergency; /* made from the emergency reserve */
	enum model_list list;
	unsigned before, behind; /* slots of its neighbours on the list */
	unsigned nr_free;
	uint16_t *free; /* a stack of indices: the last one is the next to go */
};

/* The counts of one CPU. */
struct model_counts {
	uint64_t hits, free_hits, refills, bypasses, flushes, slow_frees;
	uint64_t pushed, taken; /* into and out of the CPU's array, except by hits */
	uint64_t grows, slab_frees, list_moves;
	uint64_t transfers, transferred;
	uint64_t origins[MODEL_ORIGINS];
};

/* Of the cache. */
struct model_stats {
	uint64_t allocations, active, high; /* objects out of their slabs */
	uint64_t grown, reaped, errors, max_freeable;
	uint64_t node_allocs, node_frees, node_overflow;
};

struct model_array {
	unsigned avail, limit;
	bool touched;
	object_t *entry; /* the last one is the newest */
};

struct model_cpu {
	struct model_array array;
	bool used;
	struct model_counts counts;
};

struct model_line {
	unsigned first, last, count;
};

struct model_node {
	struct model_line line[MODEL_LISTS];
	struct model_array shared;
	struct model_array alien[MODEL_NODES_MAX]; /* by the objects' own node */
	bool free_touched, reap_due;
	unsigned long free_objects, free_limit;
	unsigned next_colour;
	uint64_t events; /* grows, list moves, transfers, slabs given back */
};

struct model {
	struct model_params params;
	struct model_layout layout;
	struct model_cpu *cpu;
	struct model_node *node;
	struct model_stats stats;
	struct model_slab *slab; /* by slot */
	uint16_t *free_indices;	 /* of all of them */
	unsigned slots;		 /* that ever had a slab */
	unsigned *spare;	 /* those that have none now, a stack */
	unsigned nr_spare;
	uint64_t ordinals;
	unsigned emergencies;	 /* slabs made from the emergency reserve */
	unsigned long pages;	 /* in use */
	unsigned long max_pages; /* how many there may be: ULONG_MAX from the start */
	unsigned long reserve;	 /* and how many more in an emergency */

	/* Of the last operation. */
	bool slow;	  /* it used more than the CPU's own array */
	unsigned grown;	  /* the slab it made, or MODEL_NO_SLAB */
	unsigned nr_died; /* slabs it gave back */
	unsigned *died;
};

struct model_layout model_layout(const struct model_params *params);

/* NULL: no memory. */
struct model *model_create(const struct model_params *params);
void model_destroy(struct model *m);

/*
 * Allocates an object and sets *object to it. Returns false where there is no memory or no such
 * node. node is the requested one, or -1. emergency: the caller may use the reserve.
 */
bool model_alloc(struct model *m, unsigned cpu, int node, bool emergency, object_t *object);
void model_free(struct model *m, unsigned cpu, object_t object);

/* Empties all arrays and gives all free slabs back. Returns how many. */
unsigned model_shrink(struct model *m);

/* Runs one pass of ageing. Returns how many objects left CPUs' and alien arrays. */
unsigned model_reap(struct model *m);

/*
 * Sets the tunables. Returns false, and changes nothing, where they are invalid or there is no
 * memory.
 */
bool model_tune(struct model *m, unsigned limit, unsigned batchcount, unsigned sharedfactor);

#endif
