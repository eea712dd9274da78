/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * model.h: the algorithm of libslab once more, as plainly as it can be said: lists and counters, no
 * memory, no locks, no CPUs but made-up ones. Written from the description of cache_alloc_refill()
 * and of its way back, not from libslab's code. It says of each operation which object it must give,
 * and what every list, array and counter must be after it.
 *
 * An object is a number: the slot of its slab, and its index there.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_SLABS_MAX 65535 /* at once */
#define MODEL_NO_SLAB	0     /* a slot that no slab has */

typedef uint32_t object_t;

static inline unsigned object_slab(object_t object)
{
	return object >> 16;
}

static inline unsigned object_index(object_t object)
{
	return object & 0xffff;
}

struct model_params {
	unsigned object_size, align; /* as asked for; a power of two */
	unsigned cpus, nodes;
	unsigned limit, batchcount, sharedfactor;
	unsigned slabs; /* room for so many at once; to need more ends the program */
};

/* How objects of a size are cut out of pages. */
struct model_layout {
	unsigned size;	     /* distance of two objects */
	unsigned pages;	     /* of a slab */
	unsigned num;	     /* objects of a slab */
	unsigned colours;    /* first offsets that slabs take in turn */
	unsigned colour_off; /* bytes between two of them */
	bool off_slab;	     /* the list of free indices stands elsewhere */
};

enum model_list { LIST_NONE, LIST_FREE, LIST_PARTIAL, LIST_FULL, MODEL_LISTS };
enum model_origin { FROM_SHARED, FROM_PARTIAL, FROM_FREE, FROM_GROWN, FROM_NOWHERE, MODEL_ORIGINS };

struct model_slab {
	uint64_t ordinal; /* slabs in the order of their making, from 1 */
	unsigned node, colour;
	enum model_list list;
	unsigned before, behind; /* slots of its neighbours on the list */
	unsigned nr_free;
	uint16_t *free; /* a stack of indices: the last one is the next to be handed out */
};

struct model_counts {
	uint64_t hits, refills, flushes, slow_frees;
	uint64_t pushed, taken; /* into and out of the CPU's array, hits aside */
	uint64_t grows, slab_frees, list_moves;
	uint64_t transfers, transferred;
	uint64_t origins[MODEL_ORIGINS];
};

struct model_cpu {
	unsigned avail;
	bool touched;
	object_t *entry; /* the last one is the newest */
	struct model_counts counts;
};

struct model_line {
	unsigned first, last, count;
};

struct model_node {
	struct model_line line[MODEL_LISTS];
	unsigned shared_avail, shared_limit;
	bool shared_touched, free_touched;
	object_t *shared;
	unsigned long free_objects, free_limit;
	unsigned next_colour;
	uint64_t events; /* grows, list moves, transfers, slabs given back */
};

struct model {
	struct model_params params;
	struct model_layout layout;
	struct model_cpu *cpu;
	struct model_node *node;
	struct model_slab *slab; /* by slot */
	uint16_t *free_indices;	 /* of all of them */
	unsigned slots;		 /* that ever had a slab */
	unsigned *spare;	 /* those that have none now, a stack */
	unsigned nr_spare;
	uint64_t ordinals;
	unsigned long pages, max_pages; /* in use; and how many there may be: ULONG_MAX from the start */

	/* Of the last operation. */
	bool slow;	  /* it went beyond the CPU's own array */
	unsigned grown;	  /* the slab it made, or MODEL_NO_SLAB */
	unsigned nr_died; /* slabs it gave back */
	unsigned *died;
};

struct model_layout model_layout(unsigned object_size, unsigned align);

/* NULL: no memory. */
struct model *model_create(const struct model_params *params);
void model_destroy(struct model *m);

/* Returns false where there is no memory; else *object is what the CPU gets. */
bool model_alloc(struct model *m, unsigned cpu, object_t *object);
void model_free(struct model *m, unsigned cpu, object_t object);

/* Empties all arrays and gives all free slabs back. Returns how many. */
unsigned model_shrink(struct model *m);

#endif
