/* SPDX-License-Identifier: MIT */
/*
 * slab.h: the public face of libslab, the reference slab allocator.
 *
 * libslab is the algorithm of Linux's mm/slab.c (array caches over a shared array over three slab
 * lists), in user space. This header declares its calls and inlines the hit, the one path that
 * matters for speed: a restartable sequence without lock, atomic or call. Programs contain the
 * inlined code, so its layout is an ABI. SLAB_ABI is its number, and kmem_cache_create() refuses a
 * caller that was built with another one.
 *
 * Define SLAB_NO_INLINE before the include to have calls only.
 */
#ifndef SLAB_H
#define SLAB_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLAB_ABI 2

#pragma GCC visibility push(default)

struct kmem_cache;

/*
 * Any thread may make any call at any time. A signal handler may make only calls that are certain
 * to be hits, because the interrupted code may hold the locks of the slow path. (The kernel turns
 * interrupts off there.)
 *
 * A child that shares memory with its parent, by vfork() or clone(), may call libslab; its hits
 * go out of line. One that a program makes by the system call itself may not, because the kernel
 * does not watch over its sequences, and nothing tells it from its parent.
 *
 * A plugin that contains libslab.a must be linked with -z nodelete, and compiled with
 * SLAB_NO_INLINE: the kernel still reads the last sequence of a thread.
 *
 * A call needs at most 4 KiB of stack, and no more while a tracer watches.
 */

/* Flags of kmem_cache_create(). */
#define SLAB_HWCACHE_ALIGN 0x00002000u /* objects start on a cache line */
#define SLAB_NO_SHARED	   0x00000001u /* no shared array: refills use the lists at once */

/*
 * How a slab keeps its free objects: in an array of indices (Linux 4.x), or with SLAB_BUFCTL in a
 * chain of indices through an array (Linux 2.6). The array is at the end of the slab; for objects
 * of 512 bytes and more it is outside, in an object of another cache. The other two flags choose
 * one for any size.
 */
#define SLAB_BUFCTL   0x00000002u
#define SLAB_OFF_SLAB 0x00000004u
#define SLAB_ON_SLAB  0x00000008u

/* Flags of kmem_cache_alloc(): 0, or */
#define SLAB_KERNEL   0u    /* 0, by its name in books */
#define SLAB_MEMALLOC 0x01u /* may use the emergency reserve: see slab_set_limit() */

/*
 * Makes a cache of objects of size bytes. align is 0 or a power of two up to 4096; objects are
 * always aligned as pointers at least. ctor, if not NULL, runs once on each object when its slab
 * is made. The cache copies the first 31 bytes of the name. Returns NULL with errno EINVAL (no
 * name, size 0 or above 1 MiB, bad align, unknown flags, SLAB_OFF_SLAB with SLAB_ON_SLAB, other
 * ABI) or ENOMEM.
 */
struct kmem_cache *slab_cache_create_abi(unsigned abi, const char *name, size_t size, size_t align,
					 unsigned flags, void (*ctor)(void *));
static inline struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
						   unsigned flags, void (*ctor)(void *))
{
	return slab_cache_create_abi(SLAB_ABI, name, size, align, flags, ctor);
}

/*
 * Destroys a cache and gives its memory back. No other thread may use the cache. Where objects
 * are not freed yet, it reports them on stderr and keeps the cache.
 */
void kmem_cache_destroy(struct kmem_cache *cachep);

/* The inlined forms call these when the CPU's array cannot serve. */
void *slab_alloc(struct kmem_cache *cachep, unsigned flags);
void slab_free(struct kmem_cache *cachep, void *objp);

/*
 * Allocates an object from the slabs of a node; with several nodes, without the CPU's array (a
 * bypass). node -1 is as kmem_cache_alloc(). Returns NULL with errno ENOMEM when there is no
 * memory, or EINVAL when there is no such node.
 */
void *kmem_cache_alloc_node(struct kmem_cache *cachep, unsigned flags, int node);

/* Returns the usable bytes of each object of the cache. */
unsigned kmem_cache_size(const struct kmem_cache *cachep);

/*
 * Gives the objects in arrays back to their slabs, and all free slabs to the system. Returns how
 * many slabs.
 */
int kmem_cache_shrink(struct kmem_cache *cachep);

/*
 * Changes the tunables of a cache in use, as a write to SLAB's /proc/slabinfo. limit is how many
 * objects the array of a CPU holds (1 to 1024). batchcount is how many a refill or flush moves (1
 * to limit). The shared array of a node holds sharedfactor * batchcount objects (0 to 1024; 0:
 * none). Returns 0. Returns -EINVAL, -ENOMEM, or another error where the kernel lacks the rseq
 * fence of membarrier and this thread may not run on all CPUs; then nothing has changed.
 */
int kmem_cache_tune(struct kmem_cache *cachep, unsigned limit, unsigned batchcount,
		    unsigned sharedfactor);

/*
 * Runs one pass of ageing over all caches, as the kernel's cache_reap(): gives some of the
 * objects that stayed unused in arrays since the last pass back to the slabs, and some free slabs
 * to the system. Returns how many objects left arrays.
 */
unsigned long slab_reap(void);

/*
 * Starts a thread that calls slab_reap() every interval_ms milliseconds; 0 ends it.
 * SLAB_REAP=milliseconds in the environment does the same. Without either there is no ageing.
 * Returns 0 or -errno.
 */
int slab_reap_every(unsigned interval_ms);

/*
 * Limits the memory of all slabs together, in bytes; 0 is no limit. Before a call returns NULL, all
 * caches give their free slabs back. Allocations with
 * SLAB_MEMALLOC may use reserve bytes more: an emergency reserve for code that must allocate to
 * free memory. While slabs from the reserve exist, calls on their cache run out of line, so that
 * other allocations do not use their objects.
 */
void slab_set_limit(size_t bytes, size_t reserve);

/* The counters of the kernel's DEBUG_SLAB, of the whole cache, since it was made. */
struct kmem_cache_stats {
	uint64_t num_allocations; /* objects taken out of slabs */
	uint64_t num_active;	  /* of these, in arrays or in use */
	uint64_t high_mark;	  /* the maximum of num_active */
	uint64_t grown;		  /* slabs made */
	uint64_t reaped;	  /* slabs given back by ageing */
	uint64_t errors;	  /* slabs that libslab failed to make */
	uint64_t max_freeable;	  /* the most free slabs at the end of a flush */
	uint64_t node_allocs;	  /* objects allocated without arrays */
	uint64_t node_frees;	  /* objects of other nodes freed */
	uint64_t node_overflow;	  /* times that an alien array was full */
	uint64_t allochit, allocmiss;
	uint64_t freehit, freemiss;
};

/* Copies the counters of the cache. */
void kmem_cache_get_stats(struct kmem_cache *cachep, struct kmem_cache_stats *to);

/*
 * The part of a cache that one CPU owns. The first 16 bytes are the unit: the array, and one word
 * that one store commits. Its low 16 bits are how many objects the array holds, its high 48 bits
 * how many allocations it has served. limit is how many objects it may hold. limit 0 stops the
 * hit, so that every call goes out of line: before the CPU's first use, under the lock back end,
 * while a thread drains the array. Only code that runs on the CPU writes the unit, except while
 * it is stopped and locked. The blocks of the CPUs -1 and -2 are always stopped: a thread reads
 * these numbers while the kernel does not watch over its sequences (rseq(2)).
 */
struct slab_cpu {
	void **entry;
	uint64_t state;
	uint16_t limit;
	uint8_t touched;
	uint8_t reserved[45];
	uint64_t counters[24]; /* struct slab_cpu_counters of slab_registry.h */
} __attribute__((aligned(64)));

/* The address of a block: struct kmem_cache + SLAB_CPU_OFFSET + (cpu << SLAB_CPU_SHIFT). */
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

/* Calls that are not inlined use the address table directly, which saves a jump. */
#if defined(SLAB_NO_INLINE) && defined(__has_attribute)
#if __has_attribute(noplt)
#define SLAB_DIRECT __attribute__((noplt))
#endif
#endif
#ifndef SLAB_DIRECT
#define SLAB_DIRECT
#endif

/*
 * Allocates an object of the cache: in a hit the newest of the CPU's array, else one from
 * cache_alloc_refill(). Returns NULL with errno ENOMEM when there is no memory; the cache is then
 * as before.
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

/* Frees an object. objp must be of this cache, and not NULL. */
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
 * Allocates n objects as n calls would, with one sequence for each run of hits, and counts n
 * allocations. Returns n, or 0 with errno EINVAL where n is above INT_MAX, or ENOMEM where there is
 * no memory for all: then it allocates none.
 */
int kmem_cache_alloc_bulk(struct kmem_cache *cachep, unsigned flags, size_t n, void **objs);

/* Frees n objects at once. All must be of this cache, and none may be NULL. */
void kmem_cache_free_bulk(struct kmem_cache *cachep, size_t n, void **objs);

/*
 * Allocates memory of any size up to 4 MiB: from the caches kmalloc-8 to kmalloc-8k, which are
 * made at first use, and above 8 KiB from whole pages. It is aligned to the size where that is a
 * power of two (at most a page), else to 8 bytes. flags as for kmem_cache_alloc(); size 0 is as
 * 1. Returns NULL with errno ENOMEM when there is no memory, or size is larger.
 */
void *kmalloc(size_t size, unsigned flags);

/*
 * Frees memory of kmalloc(), or an object of any cache. With NULL it does nothing. Stops the
 * process with a message at an address that libslab did not return.
 */
void kfree(void *objp);

/*
 * Returns how many bytes of it are usable, at least the requested size; 0 for NULL. Stops as
 * kfree().
 */
size_t ksize(const void *objp);

/*
 * Writes a table of all caches of the process in the format of /proc/slabinfo, version 2.1.
 * Objects in arrays count as active, as in the kernel; the last column also has those in shared
 * arrays. Returns 0 or -errno.
 */
int slab_slabinfo(FILE *to);

/*
 * Tunes a cache by a line "NAME limit batchcount sharedfactor", as a write to SLAB's
 * /proc/slabinfo. Of several caches of that name it tunes the newest; no thread may destroy it
 * meanwhile. Returns 0, -ENOENT where there is no such cache, -EINVAL for any other line, or an
 * error of kmem_cache_tune().
 */
int slab_slabinfo_write(const char *line);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
