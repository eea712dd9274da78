/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * model_slabs.h: what the model's operations are made of. For the model's own files.
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

/* Each does its work on behalf of a CPU, on whose counts it goes. */
bool slab_grow(struct model *m, unsigned cpu, unsigned node, bool emergency);
void slab_destroy_last(struct model *m, unsigned cpu, unsigned node);

/* Objects return to their slabs; then free slabs go where there are too many free objects. */
void objects_home(struct model *m, unsigned cpu, const object_t *object, unsigned nr);

/* Whether the node's slabs have an object that the caller may have. */
bool objects_there(const struct model *m, unsigned node, bool emergency);

/*
 * Takes objects out of the node's slabs: of the partial ones first, then of the free ones, each list from
 * its first on. Returns how many, and where the last one was found.
 */
unsigned objects_take(struct model *m, unsigned cpu, unsigned node, bool emergency, object_t *to,
		      unsigned want, enum model_origin *origin);

/* How many of the objects, from the first on, the node's shared array takes. */
unsigned shared_put(struct model *m, unsigned cpu, unsigned node, const object_t *object,
		    unsigned nr);

/* An alien array is emptied: into its node's shared array, and home what finds no room there. */
unsigned alien_empty(struct model *m, unsigned cpu, struct model_array *alien, unsigned home);

/* Gives a node the limits that follow from the parameters. */
void model_size_node(struct model *m, unsigned node);

/* To be called when an operation begins. */
static inline void operation_begins(struct model *m, bool slow)
{
	m->slow = slow;
	m->grown = MODEL_NO_SLAB;
	m->nr_died = 0;
}

#endif
