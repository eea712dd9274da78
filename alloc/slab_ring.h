/* SPDX-License-Identifier: MIT */
/*
 * slab_ring.h: the file through which a process sends its events to a recorder, without traps.
 *
 * The recorder makes a directory, holds a lock on it (flock), and names it in SLAB_RING_VARIABLE.
 * Each process in which libslab starts makes a file there: a head, a control block for each CPU,
 * and a ring for each CPU. The process maps the file. The recorder reads it with pread(), because
 * the process may change it, or truncate it, at any time.
 *
 * A position counts the slots since the beginning. Slots of the positions from tail to head are in
 * use. A CPU has a ring of each size, a power of two, and uses the smallest one first. Where that
 * fills up, it goes on with the next one: start[] has the position at which each ring begins. In
 * its ring a position is at
 *
 *     slot[position % (1 << shift)]
 *
 * A writer reserves slots by moving the head, and stores seq last. A reader uses a slot where seq
 * is that of its position.
 */
#ifndef SLAB_RING_H
#define SLAB_RING_H

#include <stdint.h>

#define SLAB_RING_VARIABLE  "SLAB_RING"
#define SLAB_RING_VERSION   1
#define SLAB_RING_MAGIC	    0x676e697262616c73ull /* "slabring" */
#define SLAB_RING_MIN_SHIFT 13			  /* slots of the first ring: 256 KiB */
#define SLAB_RING_MAX_SHIFT 22			  /* of the last one: 128 MiB */
#define SLAB_RING_SIZES	    (SLAB_RING_MAX_SHIFT - SLAB_RING_MIN_SHIFT + 1)
#define SLAB_RING_CPUS	    4096

struct slab_ring_head {
	uint64_t magic; /* written last */
	uint32_t version;
	uint32_t pid;	 /* as the process sees itself */
	uint64_t pid_ns; /* inode of its pid namespace; 0: unknown */
	uint32_t nr_cpus;
	uint32_t max_shift;
	uint32_t cpus_offset; /* of struct slab_ring_cpu[nr_cpus], in the file */
	uint32_t data_offset; /* of the rings: see slab_ring_first() */
	uint32_t stop;	      /* the recorder sets it: no more events are wanted */
	char comm[16];
	uint8_t reserved[68];
};

#define SLAB_RING_LOCKED (1ull << 63) /* of head: a writer goes on with the next ring */

/* The control block of a CPU. */
struct slab_ring_cpu {
	uint64_t head;
	uint64_t seen;	/* the last tail that a writer has read */
	uint64_t lost;	/* events that found no room */
	uint32_t shift; /* of the ring in use; 0: none yet */
	uint32_t most;	/* the largest shift for which there is memory; 0: unknown */
	uint64_t start[SLAB_RING_SIZES]; /* by shift - SLAB_RING_MIN_SHIFT */
	uint8_t reserved2[16];
	/* Written by the recorder. A tail is valid where the second word is its complement. */
	uint64_t tail, not_tail;
	uint8_t reserved3[112];
};

enum slab_ring_kind {
	SLAB_RING_NONE,
	SLAB_RING_DATA,		/* belongs to the event before it */
	SLAB_RING_ALLOC,	/* a: enum slab_served, b: flags, c: object */
	SLAB_RING_FREE,		/* c: object */
	SLAB_RING_REFILL,	/* a: origin, b: requested << 16 | got, c: ns */
	SLAB_RING_FLUSH,	/* b: count, c: ns */
	SLAB_RING_GROW,		/* b: slab, c: objects << 48 | ns */
	SLAB_RING_MOVE,		/* a: from << 4 | to, b: slab, c: in use */
	SLAB_RING_TRANSFER,	/* a: direction, b: count */
	SLAB_RING_SLAB_DESTROY, /* b: slab */
	SLAB_RING_REAP,		/* b: count */
	SLAB_RING_SHRINK,
	SLAB_RING_TUNE,	  /* b: limit, c: sharedfactor << 32 | batchcount */
	SLAB_RING_STATE,  /* a: touched, b: avail: from now on all calls on this CPU are here */
	SLAB_RING_CREATE, /* b: size; 4 slots of data: the first 96 bytes of the entry */
	SLAB_RING_DESTROY,
	SLAB_RING_NODE,	      /* 2 slots of data: slabs full, partial, free, free objects, shared */
	SLAB_RING_NOTES_LOST, /* b: events that found no room in the notes of a step */
	SLAB_RING_KINDS
};

#define SLAB_RING_SLOT_DATA 24 /* bytes */
#define SLAB_RING_ENTRY	    96 /* bytes of struct slab_registry_entry in use */

/* One event, or a part of one. */
struct slab_ring_slot {
	uint32_t seq; /* slab_ring_seq(); 0: never written */
	uint8_t kind; /* enum slab_ring_kind */
	uint8_t node;
	uint8_t a;
	uint8_t more; /* slots of data that follow; in one of them: its number */
	union {
		struct {
			uint64_t ns;	/* CLOCK_MONOTONIC */
			uint32_t cache; /* "cache" of the probes, modulo 1 << 32 */
			uint32_t b;
			uint64_t c;
		};
		uint8_t data[SLAB_RING_SLOT_DATA];
	};
};

/* Returns the number of the first slot of a ring, behind data_offset. */
static inline uint64_t slab_ring_first(uint32_t cpu, uint32_t max_shift, uint32_t shift)
{
	uint64_t smallest = (uint64_t)1 << SLAB_RING_MIN_SHIFT;
	uint64_t of_a_cpu = ((uint64_t)2 << max_shift) - smallest;

	return cpu * of_a_cpu + ((uint64_t)1 << shift) - smallest;
}

static inline uint32_t slab_ring_seq(uint64_t position)
{
	return (uint32_t)(position << 1) | 1;
}

#ifdef __cplusplus
static_assert(sizeof(struct slab_ring_head) == 128, "an ABI");
static_assert(sizeof(struct slab_ring_cpu) == 256, "an ABI");
static_assert(sizeof(struct slab_ring_slot) == 32, "an ABI");
#else
_Static_assert(sizeof(struct slab_ring_head) == 128, "an ABI");
_Static_assert(sizeof(struct slab_ring_cpu) == 256, "an ABI");
_Static_assert(sizeof(struct slab_ring_slot) == 32, "an ABI");
#endif
#endif
