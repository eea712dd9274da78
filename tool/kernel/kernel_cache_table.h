/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_cache_table.h: the caches that the kernel's programs have seen, by name.
 */
#ifndef SLABSCOPE_KERNEL_CACHE_TABLE_H
#define SLABSCOPE_KERNEL_CACHE_TABLE_H

#include "kernel/kernel_programs.h"

struct kernel_cache_row {
	uint32_t slot;	  /* in the counters of the programs */
	uint64_t address; /* of the kmem_cache */
	uint32_t object_size;
	uint64_t cached;	    /* objects in its arrays, where the plan knows them */
	char name[KERNEL_NAME_MAX]; /* cut where it is longer */
	bool skipped;		    /* neither counted nor looked at */
	bool looked;		    /* cached and gone are known */
	bool taken;		    /* found once */
	bool gone;		    /* the cache is gone: these are its last counts */
	/* For the snapshot: */
	size_t shown; /* 1 + its index there; 0: not there */
};

struct kernel_cache_table {
	struct kernel_cache_row *row; /* ascending by name, then by address */
	size_t nr_rows;
};

/*
 * Looks at each cache that the programs have described. Copies those that existed at the last look,
 * so that the last counts of a cache are seen once. Empty without programs (NULL). Returns 0 or
 * -ENOMEM.
 */
int kernel_cache_table_read(const struct kernel_programs *programs, struct kernel_cache_table *to);

/*
 * Takes the first row of this name that is not taken and whose objects fit in object_size bytes;
 * sizes in slabinfo include padding. Returns NULL where there is none.
 */
struct kernel_cache_row *kernel_cache_table_find(struct kernel_cache_table *table, const char *name,
						 uint64_t object_size);

void kernel_cache_table_free(struct kernel_cache_table *table);

#endif
