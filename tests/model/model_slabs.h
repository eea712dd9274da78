/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * model_slabs.h: the steps of the model's operations, for the files of the model.
 */
#ifndef MODEL_SLABS_H
#define MODEL_SLABS_H

#include "model.h"

/* Ends the program: the model contradicts itself. */
_Noreturn void model_impossible(const char *what);

static inline unsigned cpu_node(const struct model *m, unsigned cpu)
{
	return cpu % m->params.nodes;
}

static inline struct model_counts *counts(struct model *m, unsigned cpu)
{
	return &m->cpu[cpu].counts;
}

/* Each step counts on a CPU. */
bool slab_grow(struct model *m, unsigned cpu, unsigned node, bool emergency);
void slab_destroy_last(struct model *m, unsigned cpu, unsigned node);

/* Gives objects back to their slabs, and then free slabs where there are too many free objects. */
void objects_home(struct model *m, unsigned cpu, const object_t *object, unsigned nr);

/* Returns whether the slabs of the node have an object that the caller may use. */
bool objects_there(const struct model *m, unsigned node, bool emergency);

/*
 * Takes objects from the slabs of the node: from the partial ones, then from the free ones, each
 * list in order. Returns how many, and the list of the last one.
 */
unsigned objects_take(struct model *m, unsigned cpu, unsigned node, bool emergency, object_t *to,
		      unsigned want, enum model_origin *origin);

/* Puts objects into the shared array of the node. Returns how many, from the first on, had room. */
unsigned shared_put(struct model *m, unsigned cpu, unsigned node, const object_t *object,
		    unsigned nr);

/*
 * Empties an alien array into the shared array of its node, and into the slabs where that has no
 * room.
 */
unsigned alien_empty(struct model *m, unsigned cpu, struct model_array *alien, unsigned home);

/* Sets the limits of a node by the parameters. */
void model_size_node(struct model *m, unsigned node);

/* Begins an operation. */
static inline void operation_begins(struct model *m, bool slow)
{
	m->slow = slow;
	m->grown = MODEL_NO_SLAB;
	m->nr_died = 0;
}

#endif
