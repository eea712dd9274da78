/* SPDX-License-Identifier: MIT */
/*
 * alien.h: objects that a CPU frees on another node than the node of their slab. They wait in an
 * alien array, so that one lock of their own node serves many of them.
 */
#ifndef SLAB_ALIEN_H
#define SLAB_ALIEN_H

#include "node.h"

/* Returns whether the object belongs to another node than the step. */
static inline bool is_alien(const struct step *s, const void *objp)
{
	return virt_to_slab(objp)->node != (unsigned)s->node;
}

/* Puts an object of another node into the alien array of that node. */
void cache_free_alien(const struct step *s, void *objp);

/* Empties the alien arrays of the step's node. Returns how many objects left them. */
unsigned drain_aliens(const struct step *s);

#endif
