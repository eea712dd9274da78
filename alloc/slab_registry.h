/* SPDX-License-Identifier: MIT */
/*
 * slab_registry.h: what an observer may read of a live process that contains libslab.
 *
 * A binary that contains libslab carries an ELF note (SLAB_NOTE_*) that says where the registry
 * stands. The registry is a table of fixed layout: offsets instead of pointers, a sequence count an
 * entry, and for each cache one contiguous block of per-CPU counters. A reader copies it out with
 * process_vm_readv() and bounds every value: the process may be hostile, or in the middle of a
 * change. SLAB_REGISTRY_VERSION changes when a reader that knows the old layout would go wrong.
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
 * descriptor is struct slab_note; the registry stands at the descriptor's own run-time address plus
 * offset.
 */
#define SLAB_NOTE_OWNER "slabscope"
#define SLAB_NOTE_TYPE	1

struct slab_note {
	uint32_t version; /* SLAB_REGISTRY_VERSION */
	uint32_t reserved;
	int64_t offset; /* of struct slab_registry, from the address of this structure */
};

/* Where a refill's objects came from; of several, the last list reached. The order is an ABI. */
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
 * Counted out of line, on the CPU where the step began; since the cache was made. With the unit
 * (struct slab_cpu) they give everything:
 *
 *     hits   = state >> 16
 *     allocs = hits + refills + bypasses
 *     frees  = slow_frees + avail + hits + taken - pushed
 *
 * frees is exact when nobody is between moving objects and counting them; a reader that wants a
 * monotonic count keeps the highest that it has seen.
 */
struct slab_cpu_counters {
	uint64_t refills;    /* runs of cache_alloc_refill that gave an object */
	uint64_t bypasses;   /* objects handed out that asked no CPU array */
	uint64_t pushed;     /* objects that went into this CPU's array, but for hits */
	uint64_t taken;	     /* objects that left this CPU's array, but for hits */
	uint64_t slow_frees; /* objects freed out of line, not counting those that hit after all */
	uint64_t flushes;    /* runs of cache_flusharray */
	uint64_t grows;	     /* slabs made */
	uint64_t slab_frees; /* slabs given back to the page level */
	uint64_t
		list_moves; /* slabs moved from one list to another, entering the first one included */
	uint64_t transfers;   /* runs of transfer_objects that moved something, either way */
	uint64_t transferred; /* objects they moved */
	uint64_t reserved[2];
	uint64_t origins[SLAB_ORIGINS]; /* of refills; FAILED: calls that returned NULL */
};

/* One CPU's block as it lies in the counters' array: struct slab_cpu of slab.h. 256 bytes. */
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

/* One cache. seq is odd while the entry is being changed; read it before and after. */
struct slab_registry_entry {
	uint32_t seq;
	uint32_t state;	       /* enum slab_registry_state */
	uint64_t generation;   /* differs for each cache that this process ever made */
	int64_t cpus_offset;   /* of struct slab_registry_cpu[nr_cpus], from struct slab_registry */
	int64_t gauges_offset; /* of struct slab_registry_gauges, from struct slab_registry */
	uint32_t nr_cpus;
	uint32_t object_size; /* as asked for */
	uint32_t buffer_size; /* with alignment: distance of two objects */
	uint32_t num;	      /* objects a slab */
	uint32_t slab_pages;  /* pages a slab */
	uint32_t limit;
	uint32_t batchcount;
	uint32_t shared; /* sharedfactor */
	char name[SLAB_NAME_MAX];
	uint8_t reserved[32];
};

/* Of one cache, of all nodes; each value is right by itself. */
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
	uint32_t used;	     /* entries from this one on were never used */
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
