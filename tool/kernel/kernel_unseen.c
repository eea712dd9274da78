// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* kernel_unseen.c: compares the objects of each cache with those of the reading before. */
#include "kernel/kernel_unseen.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

struct kernel_unseen_cache {
	uint64_t id, objects, active;
	bool used;
};

static int comes_before(const void *element, const void *id)
{
	return ((const struct kernel_unseen_cache *)element)->id < *(const uint64_t *)id;
}

int kernel_unseen_note(struct kernel_unseen *u, uint64_t id, const struct slabinfo_row *row,
		       bool *used)
{
	size_t at = array_lower_bound(u->cache, u->nr, sizeof(*u->cache), &id, comes_before);
	struct kernel_unseen_cache *c;

	if (at < u->nr && u->cache[at].id == id) {
		c = &u->cache[at];
		c->used |= row->objects > c->objects || row->active_objects > c->active;
	} else {
		c = array_insert(&u->cache, &u->nr, at, sizeof(*c));
		if (!c)
			return -ENOMEM;
		c->id = id;
	}
	c->objects = row->objects;
	c->active = row->active_objects;
	*used = c->used;
	return 0;
}

void kernel_unseen_free(struct kernel_unseen *u)
{
	free(u->cache);
	*u = (struct kernel_unseen){0};
}
