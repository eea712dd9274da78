/* SPDX-License-Identifier: MIT */
/*
 * slab_registry.h: what an observer may read of a live process that contains libslab.
 *
 * A binary that contains libslab has an ELF note (SLAB_NOTE_*) with the place of the registry.
 * The registry is a table of fixed layout: offsets instead of pointers, a sequence count for each
 * entry, and for each cache one contiguous block of counters by CPU. A reader copies it with
 * process_vm_readv() and checks every value, because the process may be hostile, or in the middle
 * of a change. SLAB_REGISTRY_VERSION changes with each change that old readers would misread.
 */
#ifndef SLAB_REGISTRY_H
#define SLAB_REGISTRY_H

#include <stdint.h>

#define SLAB_REGISTRY_VERSION 1
#define SLAB_REGISTRY_MAGIC   0x6765727362616c73ull /* "slabsreg" */
#define SLAB_REGISTRY_ENTRIES 1024		    /* caches that an observer can see at once */
#define SLAB_NAME_MAX	      32

/*
 * The ELF note: owner SLAB_NOTE_OWNER, type SLAB_NOTE_TYPE, section ".note.slabscope". Its
 * descriptor is struct slab_note. The address of the registry is the address of the descriptor at
 * run time plus offset.
 */
#define SLAB_NOTE_OWNER "slabscope"
#define SLAB_NOTE_TYPE	1

struct slab_note {
	uint32_t version; /* SLAB_REGISTRY_VERSION */
	uint32_t reserved;
	int64_t offset; /* of struct slab_registry, from the address of this structure */
};

/* Where the objects of a refill came from; of several lists, the last. The order is an ABI. */
enum slab_origin {
	SLAB_ORIGIN_SHARED,
	SLAB_ORIGIN_PARTIAL,
	SLAB_ORIGIN_FREE,
	SLAB_ORIGIN_CPU_SLAB,
	SLAB_ORIGIN_CPU_PARTIAL,
	SLAB_ORIGIN_SPARE,
	SLAB_ORIGIN_BARN,
	SLAB_ORIGIN_REMOTE,
	SLAB_ORIGIN_GROWN,
	SLAB_ORIGIN_FAILED,
	SLAB_ORIGIN_UNEXPLAINED,
	SLAB_ORIGINS
};

/*
 * The counters of the slow path since the cache was made, on the CPU where each step began. With
 * the unit (struct slab_cpu) they give all counts:
 *
 *     hits   = state >> 16
 *     allocs = hits + refills + bypasses
 *     frees  = slow_frees + avail + hits + taken - pushed
 *
 * frees is exact while no thread is between moving objects and counting them. A reader that wants a
 * monotonic count keeps the maximum.
 */
struct slab_cpu_counters {
	uint64_t refills;     /* runs of cache_alloc_refill that gave an object */
	uint64_t bypasses;    /* objects allocated without a CPU's array */
	uint64_t pushed;      /* objects that went into this CPU's array, except by hits */
	uint64_t taken;	      /* objects that left this CPU's array, except by hits */
	uint64_t slow_frees;  /* objects freed out of line, except those that hit after all */
	uint64_t flushes;     /* runs of cache_flusharray */
	uint64_t grows;	      /* slabs made */
	uint64_t slab_frees;  /* slabs given back to the page level */
	uint64_t list_moves;  /* moves of slabs between lists, from and to none included */
	uint64_t transfers;   /* moves of objects from or to a shared array */
	uint64_t transferred; /* objects that these moved */
	uint64_t reserved[2];
	uint64_t origins[SLAB_ORIGINS]; /* of refills; FAILED: calls that returned NULL */
};

/* The block of one CPU: struct slab_cpu of slab.h. 256 bytes. */
struct slab_registry_cpu {
	uint64_t entry; /* of no use outside the process */
	uint64_t state; /* avail: low 16 bits; hits: high 48 */
	uint16_t limit;
	uint8_t touched;
	uint8_t reserved[45];
	struct slab_cpu_counters counters;
};

enum slab_registry_state {
	SLAB_ENTRY_FREE = 0,
	SLAB_ENTRY_LIVE = 1,
};

/* One cache. seq is odd while the entry changes; read it before and after the entry. */
struct slab_registry_entry {
	uint32_t seq;
	uint32_t state;	       /* enum slab_registry_state */
	uint64_t generation;   /* differs for each cache that this process made */
	int64_t cpus_offset;   /* of struct slab_registry_cpu[nr_cpus], from struct slab_registry */
	int64_t gauges_offset; /* of struct slab_registry_gauges, from struct slab_registry */
	uint32_t nr_cpus;
	uint32_t object_size; /* as requested */
	uint32_t buffer_size; /* with alignment: distance of two objects */
	uint32_t num;	      /* objects in a slab */
	uint32_t slab_pages;  /* pages of a slab */
	uint32_t limit;
	uint32_t batchcount;
	uint32_t shared; /* sharedfactor */
	char name[SLAB_NAME_MAX];
	uint8_t reserved[32];
};

/* Of one cache, over all nodes. Each value is exact by itself. */
struct slab_registry_gauges {
	uint64_t slabs_full, slabs_partial, slabs_free;
	uint64_t free_objects; /* free in slabs */
	uint64_t shared_avail; /* free in shared arrays */
	uint64_t reserved[3];
};

enum slab_backend {
	SLAB_BACKEND_NONE, /* not started: no cache made yet */
	SLAB_BACKEND_RSEQ,
	SLAB_BACKEND_LOCK,
};

struct slab_registry {
	uint64_t magic;
	uint32_t version;
	uint32_t entry_size; /* sizeof(struct slab_registry_entry) */
	uint32_t nr_entries; /* SLAB_REGISTRY_ENTRIES */
	uint32_t used;	     /* this entry and those behind it were never used */
	uint32_t cpu_size;   /* sizeof(struct slab_registry_cpu) */
	uint32_t page_size;
	uint32_t backend;  /* enum slab_backend */
	uint32_t pid;	   /* as the process sees itself; a forked child has its own */
	uint64_t unlisted; /* caches that found no free entry */
	uint64_t pages;	   /* pages in use for slabs */
	uint8_t reserved[64];
	struct slab_registry_entry entries[SLAB_REGISTRY_ENTRIES];
};

#ifdef __cplusplus
static_assert(sizeof(struct slab_registry_cpu) == 256, "an ABI");
static_assert(sizeof(struct slab_registry_entry) == 128, "an ABI");
static_assert(sizeof(struct slab_registry_gauges) == 64, "an ABI");
#else
_Static_assert(sizeof(struct slab_registry_cpu) == 256, "an ABI");
_Static_assert(sizeof(struct slab_registry_entry) == 128, "an ABI");
_Static_assert(sizeof(struct slab_registry_gauges) == 64, "an ABI");
#endif
#endif
