/* SPDX-License-Identifier: MIT */
/*
 * slab.h: the public face of libslab, the reference slab allocator.
 *
 * libslab is the algorithm of Linux's mm/slab.c (array caches over a shared array over three slab
 * lists), in user space. This header declares its calls and inlines the one path that matters for
 * speed, the hit: a restartable sequence without lock, atomic or call. What is inlined here is
 * compiled into other people's programs, so its layout is an ABI: SLAB_ABI numbers it and
 * kmem_cache_create() refuses a caller that was built with another one.
 *
 * Define SLAB_NO_INLINE before including it to have calls only.
 */
#ifndef SLAB_H
#define SLAB_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLAB_ABI 1

#pragma GCC visibility push(default)

struct kmem_cache;

/*
 * All calls may come from any thread at any time. A signal handler may free or allocate only what is a
 * hit for sure: the slow path takes locks that the interrupted code may hold. (In the kernel interrupts
 * are off there.)
 */

/* Flags of kmem_cache_create(). */
#define SLAB_HWCACHE_ALIGN 0x00002000u /* objects start on a cache line */
#define SLAB_NO_SHARED	   0x00000001u /* no shared array: the lists are asked at once */

/*
 * How a slab's free objects are kept: as an array of indices (Linux 4.x), or with SLAB_BUFCTL as a
 * chain of indices through an array (Linux 2.6). Where that array stands: at the end of the slab, or
 * for objects of 512 bytes and more outside, in an object of another cache; the other two flags
 * choose one for any size.
 */
#define SLAB_BUFCTL   0x00000002u
#define SLAB_OFF_SLAB 0x00000004u
#define SLAB_ON_SLAB  0x00000008u

/* Flags of kmem_cache_alloc(): 0, or */
#define SLAB_KERNEL   0u    /* the books' name for 0 */
#define SLAB_MEMALLOC 0x01u /* may use the emergency reserve: see slab_set_limit() */

/*
 * Makes a cache of objects of size bytes. align is a power of two up to 4096; at least a
 * pointer's alignment is given; ctor, if not NULL, runs once on each object when its slab is made. The name is copied
 * (31 bytes of it).
 * Returns NULL with errno EINVAL (size 0 or above 1 MiB, bad align, SLAB_OFF_SLAB with SLAB_ON_SLAB,
 * other ABI) or ENOMEM.
 */
struct kmem_cache *slab_cache_create_abi(unsigned abi, const char *name, size_t size, size_t align,
					 unsigned flags, void (*ctor)(void *));
static inline struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
						   unsigned flags, void (*ctor)(void *))
{
	return slab_cache_create_abi(SLAB_ABI, name, size, align, flags, ctor);
}

/*
 * Gives everything back to the system. Every object must have been freed and no other thread may
 * be using the cache: objects still out are reported on stderr, and the cache is then left alone.
 */
void kmem_cache_destroy(struct kmem_cache *cachep);

/* Out of line forms: what the inlined ones call when the CPU's array cannot serve. */
void *slab_alloc(struct kmem_cache *cachep, unsigned flags);
void slab_free(struct kmem_cache *cachep, void *objp);

/*
 * Takes an object of the given node's slabs; where there are several nodes, past the CPU's array (a
 * bypass). node -1 is as kmem_cache_alloc(). NULL when there is no memory, or no such node.
 */
void *kmem_cache_alloc_node(struct kmem_cache *cachep, unsigned flags, int node);

/* Usable bytes of each object of the cache. */
unsigned kmem_cache_size(const struct kmem_cache *cachep);

/* Gives the free slabs back to the system. Returns how many slabs it gave. */
int kmem_cache_shrink(struct kmem_cache *cachep);

/*
 * Changes the cache's tunables while it is used: limit objects in each CPU's array (1 to 1024),
 * batchcount (1 to limit) moved by a refill or flush, sharedfactor * batchcount objects in a node's
 * shared array (0: none). Returns 0, -EINVAL, -ENOMEM, or -ENOSYS where the kernel lacks membarrier's
 * rseq fence; then nothing is changed. Source: the write to SLAB's /proc/slabinfo.
 */
int kmem_cache_tune(struct kmem_cache *cachep, unsigned limit, unsigned batchcount,
		    unsigned sharedfactor);

/*
 * Ageing, as the kernel's cache_reap(): gives part of what sat unused in arrays since the last pass
 * back to the slabs, and some free slabs to the system. One pass over all caches. Returns how many
 * objects left arrays.
 */
unsigned long slab_reap(void);

/*
 * Makes a thread that does so every interval_ms milliseconds; 0 ends it. Off unless called, or
 * SLAB_REAP=milliseconds is in the environment. Returns 0 or -errno.
 */
int slab_reap_every(unsigned interval_ms);

/*
 * Bounds the memory of all slabs together, in bytes; 0 is no bound. Allocations with SLAB_MEMALLOC may
 * use reserve bytes more: an emergency reserve for those who free memory by allocating some. While
 * slabs made from it exist, calls on their cache run out of line, so that nobody else is served
 * their objects as long as there are others.
 */
void slab_set_limit(size_t bytes, size_t reserve);

/* What DEBUG_SLAB of the kernel counts, of the whole cache, since it was made. */
struct kmem_cache_stats {
	uint64_t num_allocations; /* objects taken out of slabs */
	uint64_t num_active;	  /* of them not back in their slabs: in arrays, or in use */
	uint64_t high_mark;	  /* the most that num_active ever was */
	uint64_t grown;		  /* slabs made */
	uint64_t reaped;	  /* slabs given back by ageing */
	uint64_t errors;	  /* slabs that could not be made */
	uint64_t max_freeable;	  /* the most free slabs that a flush has left */
	uint64_t node_allocs;	  /* objects taken past the arrays */
	uint64_t node_frees;	  /* objects freed that were another node's */
	uint64_t node_overflow;	  /* alien arrays that had to be emptied first */
	uint64_t allochit, allocmiss;
	uint64_t freehit, freemiss;
};
void kmem_cache_get_stats(struct kmem_cache *cachep, struct kmem_cache_stats *to);

/*
 * What one CPU owns of a cache. The first 16 bytes are the unit: the array and, in one word that
 * one store commits, how many objects it holds (low 16 bits) and how many allocations it has served
 * (high 48 bits). limit is how many it may hold; 0 stops the hit, so that every call goes out of
 * line (before the CPU's first use, under the lock back end, while somebody drains the array).
 * Only code running on the CPU writes the unit, except while it is stopped and locked.
 */
struct slab_cpu {
	void **entry;
	uint64_t state;
	uint16_t limit;
	uint8_t touched;
	uint8_t reserved[45];
	uint64_t counters[24]; /* struct slab_cpu_counters of slab_registry.h */
} __attribute__((aligned(64)));

/* Where the blocks stand: struct kmem_cache + SLAB_CPU_OFFSET + (cpu << SLAB_CPU_SHIFT). */
#define SLAB_CPU_OFFSET 1024
#define SLAB_CPU_SHIFT	8

#define SLAB_AVAIL_MASK	 0xffffu
#define SLAB_STATE_ALLOC 0xffff /* added to state: one object fewer, one allocation more */
#define SLAB_STATE_FREE	 1	/* added to state: one object more */

#if defined(__x86_64__) && defined(__linux__) && !defined(SLAB_NO_INLINE) && \
	!defined(__SANITIZE_THREAD__) && defined(__has_include)
#if __has_include(<sys/rseq.h>)
#define SLAB_INLINE_HIT 1
#endif
#endif

#ifdef SLAB_INLINE_HIT
#include "slab_hit.h"
#endif

/* Calls that are not inlined go straight through the address table: a jump less each. */
#if defined(SLAB_NO_INLINE) && defined(__has_attribute)
#if __has_attribute(noplt)
#define SLAB_DIRECT __attribute__((noplt))
#endif
#endif
#ifndef SLAB_DIRECT
#define SLAB_DIRECT
#endif

/*
 * Takes an object from the cache: the CPU's newest, in a hit; else cache_alloc_refill()'s.
 * Returns NULL when the system has no memory; the cache is then as it was.
 */
#ifdef SLAB_INLINE_HIT
static inline void *kmem_cache_alloc(struct kmem_cache *cachep, unsigned flags)
{
	void *objp = slab_hit_alloc(cachep);

	return __builtin_expect(objp != NULL, 1) ? objp : slab_alloc(cachep, flags);
}
#else
SLAB_DIRECT void *kmem_cache_alloc(struct kmem_cache *cachep, unsigned flags);
#endif

/* Gives an object back. objp must come from this cache, and must not be NULL. */
#ifdef SLAB_INLINE_HIT
static inline void kmem_cache_free(struct kmem_cache *cachep, void *objp)
{
	if (__builtin_expect(!slab_hit_free(cachep, objp), 0))
		slab_free(cachep, objp);
}
#else
SLAB_DIRECT void kmem_cache_free(struct kmem_cache *cachep, void *objp);
#endif

/*
 * Takes n objects at once, as n calls would, with one sequence for each run of hits. Returns n, or 0
 * when there is no memory for all of them: then none is taken. Counts as n allocations.
 */
int kmem_cache_alloc_bulk(struct kmem_cache *cachep, unsigned flags, size_t n, void **objs);

/* Gives n objects back at once; all must come from this cache, and none be NULL. */
void kmem_cache_free_bulk(struct kmem_cache *cachep, size_t n, void **objs);

/*
 * Memory of any size up to 4 MiB, aligned to the size where that is a power of two (at most a page)
 * and to 8 bytes else: from the caches kmalloc-8 to kmalloc-8k, which are made at first use, and
 * above that straight from the pages. flags as for kmem_cache_alloc(); size 0 is as 1. NULL when there
 * is no memory, or size is larger.
 */
void *kmalloc(size_t size, unsigned flags);

/*
 * Gives back what kmalloc() or kmem_cache_alloc() of any cache returned; NULL is fine. Stops the
 * process with a message at an address that libslab did not give out.
 */
void kfree(void *objp);

/* How many bytes of it may be used; at least what was asked for. 0 for NULL; stops as kfree(). */
size_t ksize(const void *objp);

/*
 * Observing.
 */

/*
 * Writes a table of all caches of this process in the format of /proc/slabinfo, version 2.1. Objects
 * in CPUs' arrays and shared arrays count as active, as the kernel has it; the shared ones also stand
 * in the last column. Returns 0 or -errno.
 */
int slab_slabinfo(FILE *to);

/*
 * "NAME limit batchcount sharedfactor", as a write to SLAB's /proc/slabinfo: kmem_cache_tune() for the
 * cache of that name, of several the newest; it must not be destroyed meanwhile. Returns 0, -ENOENT
 * without such a cache, -EINVAL for anything else than that, or what kmem_cache_tune() returns.
 */
int slab_slabinfo_write(const char *line);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
