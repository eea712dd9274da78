/* SPDX-License-Identifier: MIT */
/*
 * pages.h: runs of pages from one reserved range of addresses, and the descriptor of each page. The
 * range never moves, so that an address leads to its slab in O(1).
 */
#ifndef SLAB_PAGES_H
#define SLAB_PAGES_H

#include "structs.h"

#define SLAB_PAGE_SHIFT 12
#define SLAB_PAGE_SIZE	(1u << SLAB_PAGE_SHIFT)
#define SLAB_MAX_ORDER	10 /* the longest run: 4 MiB */

struct pages {
	char *base;	   /* of the range; page 0 is never used */
	struct slab *slab; /* descriptors, by page number */
	uint32_t nr;	   /* pages that may be accessed; grows */
};
extern struct pages slab_pages __attribute__((visibility("hidden")));

/* Reserves the range. Returns 0, or -ENOMEM where even a small one is too large. */
int pages_init(void);

/*
 * Allocates 1 << order pages of unspecified content, and marks all but the first as its tail.
 * Returns the descriptor of the first, for pages_free(); NULL when the system or the limit has no
 * memory.
 */
struct slab *pages_alloc(unsigned order);
void pages_free(struct slab *slabp, unsigned order);

/* Gives dirty free pages back to the system. Returns how many. */
unsigned long pages_trim(void);

/* Limits how many pages may be in use; 0: no limit. */
void pages_set_limit(unsigned long pages);

/* Allocates as pages_alloc(), but may exceed the limit by the emergency reserve. */
struct slab *pages_alloc_reserve(unsigned order);
void pages_set_reserve(unsigned long pages);
unsigned long pages_used(void);

/* Maps zeroed memory for libslab's own structures. Returns NULL when there is none. */
void *pages_map(size_t bytes);
void pages_unmap(void *at, size_t bytes);

static inline uint32_t slab_page(const struct slab *slabp)
{
	return (uint32_t)(slabp - slab_pages.slab);
}

static inline char *slab_address(const struct slab *slabp)
{
	return slab_pages.base + ((size_t)slab_page(slabp) << SLAB_PAGE_SHIFT);
}

/* Returns the slab of an address, or NULL outside of the pages of libslab. */
static inline struct slab *virt_to_slab(const void *address)
{
	size_t page = (size_t)((const char *)address - slab_pages.base) >> SLAB_PAGE_SHIFT;
	struct slab *slabp;

	if (unlikely(page >= __atomic_load_n(&slab_pages.nr, __ATOMIC_ACQUIRE)))
		return NULL;
	slabp = &slab_pages.slab[page];
	/* Atomic, because a slab changes list while its objects are in use. */
	return __atomic_load_n(&slabp->list, __ATOMIC_RELAXED) == SLAB_PAGE_TAIL
		       ? &slab_pages.slab[slabp->head]
		       : slabp;
}

#endif
