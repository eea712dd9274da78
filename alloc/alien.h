/* SPDX-License-Identifier: MIT */
/*
 * alien.h: objects that are freed on another node than the one whose slab they are of. They wait in
 * the freeing node's alien array for that node, so that its lock is taken once for many.
 */
#ifndef SLAB_ALIEN_H
#define SLAB_ALIEN_H

#include "node.h"

/* Whether the object is of another node than the step's. */
static inline bool is_alien(const struct step *s, const void *objp)
{
	return virt_to_slab(objp)->node != (unsigned)s->node;
}

/* Puts an object of another node into the alien array for it. */
void cache_free_alien(const struct step *s, void *objp);

/* Sorts the aliens among nr objects to the front, keeping order. Returns how many there are. */
unsigned aliens_first(const struct step *s, void **objpp, unsigned nr);

/* Empties the step's node's alien arrays. Returns how many objects. */
unsigned drain_aliens(const struct step *s);

#endif
