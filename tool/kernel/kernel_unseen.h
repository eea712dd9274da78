/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_unseen.h: caches that are used although no program sees it. Where calls in bulk are not
 * watched, a cache that is used in no other way has no events; but in slabinfo it gets objects.
 */
#ifndef SLABSCOPE_KERNEL_UNSEEN_H
#define SLABSCOPE_KERNEL_UNSEEN_H

#include <stdbool.h>

#include "system/slabinfo.h"

/* Zero it before its first use. */
struct kernel_unseen {
	struct kernel_unseen_cache *cache; /* ascending by id */
	size_t nr;
};

/*
 * Notes the objects of a cache and sets *used to whether they ever became more from one call to the
 * next: that takes an allocation. Returns 0 or -ENOMEM.
 */
int kernel_unseen_note(struct kernel_unseen *u, uint64_t id, const struct slabinfo_row *row,
		       bool *used);

void kernel_unseen_free(struct kernel_unseen *u);

#endif
