/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pair.h: a cache of libslab and its model, side by side. Every operation runs on both, and both
 * must give the same answer and state. Their slabs correspond in the order in which they were
 * made.
 */
#ifndef PAIR_H
#define PAIR_H

#include <stddef.h>
#include <stdio.h>

#include "structs.h"
#include "model.h"

struct pair {
	struct kmem_cache *cachep;
	struct model *model;
	uint32_t *page;	 /* by the model's slot: the page number of libslab's slab; 0: none */
	char **first;	 /* by slot: its first object */
	char wrong[300]; /* the first difference; or "" */
};

/* An allocated object, as each of the two knows it. */
struct both {
	void *real;
	object_t object;
};

/* Returns false and sets wrong to the reason. */
bool pair_create(struct pair *p, const struct model_params *params, void (*ctor)(void *));
void pair_destroy(struct pair *p);

/*
 * Each runs the operation on both, and compares the answers, the CPU's array, and after a slow
 * path the counts of the node and the CPU. Returns false where they differ. (*got: NULL where
 * both have no memory.)
 */
bool pair_alloc(struct pair *p, unsigned cpu, int node, bool emergency, struct both *got);
bool pair_free(struct pair *p, unsigned cpu, struct both out);

/* These compare everything. */
bool pair_shrink(struct pair *p);
bool pair_reap(struct pair *p);
bool pair_tune(struct pair *p, unsigned limit, unsigned batchcount, unsigned sharedfactor);

/* Compares every slab, list, array, gauge and counter. */
bool pair_compare(struct pair *p);

extern const char *const pair_list_name[MODEL_LISTS];
const struct slab_list *pair_real_list(const struct kmem_cache_node *n, enum model_list list);

/* Prints both states. */
void pair_print(const struct pair *p, FILE *to);

#endif
