/* SPDX-License-Identifier: MIT */
/*
 * freelist.h: freelists of slabs that keep theirs outside, because their objects are large.
 * They are objects of a cache of libslab's own, "freelist-128", made at first use.
 */
#ifndef SLAB_FREELIST_H
#define SLAB_FREELIST_H

#define FREELIST_BYTES 128

/* Makes the cache of freelists. Returns 0, or -ENOMEM. */
int freelist_init(void);

/* FREELIST_BYTES bytes, or NULL when there is no memory. */
void *freelist_alloc(void);
void freelist_free(void *freelist);

#endif
