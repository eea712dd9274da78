/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * trace.h: the format of a recording, CTF 1.8: a directory with the text `metadata`, a file "cpu_N"
 * of packets for each CPU with events, and "state" for events without a CPU. All integers are
 * little-endian and byte-aligned; a hit or a free takes at most 16 bytes.
 *
 * Only the table of events says which fields an event has; the metadata, the writer and the reader
 * use it. event_meaning.h says what the events mean. TRACE_SCHEMA changes when a reader with the
 * old table would go wrong; fields may only be added with a new event.
 */
#ifndef SLABSCOPE_TRACE_H
#define SLABSCOPE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_SCHEMA	   3 /* 2: TRACE_INFERRED; 3: TRACE_PARTIAL_SLAB */
#define TRACE_MAGIC	   0xc1fc1fc1u
#define TRACE_UUID	   16
#define TRACE_CPUS	   8192
#define TRACE_CACHES	   65536 /* numbers of caches have 16 bits */
#define TRACE_PACKET_MAX   (64u << 10)
#define TRACE_STREAM_CPU   0
#define TRACE_STREAM_STATE 1
#define TRACE_NO_CPU	   UINT32_MAX
#define TRACE_NO_NODE	   255
#define TRACE_NS_UNKNOWN   UINT32_MAX /* a duration that is unknown, or longer */
#define TRACE_NR_UNKNOWN   UINT16_MAX /* a number of objects that is unknown */
#define TRACE_FIELDS	   14
#define TRACE_TEXT	   64

enum trace_id {
	TRACE_CACHE,
	TRACE_FLAGS,
	TRACE_NODE_STATE,
	TRACE_ARRAY_STATE,
	TRACE_ALLOC_HIT,
	TRACE_ALLOC_REFILL,
	TRACE_ALLOC_BYPASS,
	TRACE_ALLOC_FAILED,
	TRACE_ALLOC,
	TRACE_FREE,
	TRACE_REFILL,
	TRACE_FLUSH,
	TRACE_GROW,
	TRACE_LIST_MOVE,
	TRACE_TRANSFER,
	TRACE_SLAB_DESTROY,
	TRACE_REAP,
	TRACE_SHRINK,
	TRACE_TUNE,
	TRACE_CACHE_DESTROY,
	TRACE_INFERRED,
	TRACE_NODE_AGEING,
	TRACE_ARRAY_OBJECTS,
	TRACE_PARTIAL_SLAB,
	TRACE_IDS
};

/* The allocator of a cache. */
enum trace_side { TRACE_REFERENCE, TRACE_KERNEL };

enum trace_kind { TRACE_UINT, TRACE_HEX, TRACE_ORIGIN, TRACE_LIST, TRACE_DIRECTION, TRACE_SIDE };

struct trace_field {
	const char *name; /* NULL ends the list */
	uint8_t size;	  /* bytes */
	uint8_t kind;	  /* enum trace_kind */
};

struct trace_definition {
	const char *name;
	/* the first one is the cache, except in `flags` */
	struct trace_field field[TRACE_FIELDS + 1];
	const char *text[2]; /* strings after the fields; NULL: none */
};
extern const struct trace_definition trace_definition[TRACE_IDS];

/* Returns the size of the fields of an event, without its header and strings. */
unsigned trace_bytes(enum trace_id id);

/* The fields by their place in the table. */
enum { TRACE_F_CACHE };
enum {
	CACHE_PID = 1,
	CACHE_SIDE,
	CACHE_OBJECT_SIZE,
	CACHE_BUFFER_SIZE,
	CACHE_NUM,
	CACHE_SLAB_BYTES,
	CACHE_LIMIT,
	CACHE_BATCHCOUNT,
	CACHE_SHAREDFACTOR,
	CACHE_CPUS
};
enum { FLAGS_INDEX, FLAGS_VALUE };
/*
 * slabs_partial may be 0 because it is unknown: then the free objects are spread over all slabs in
 * use.
 */
enum { NODE_NODE = 1, NODE_FULL, NODE_PARTIAL, NODE_FREE, NODE_FREE_OBJECTS, NODE_SHARED };
/*
 * More free objects than free_limit give a free slab back. The last two: whether the next pass of
 * ageing spares the shared array, and the free slabs.
 */
enum { AGEING_NODE = 1, AGEING_FREE_LIMIT, AGEING_SHARED, AGEING_FREE };
/*
 * The objects in an array, first entry first, eight at a time, before the event with their number:
 * of the CPU of the event or, without a CPU, in the shared array of the node. 0 follows the last
 * one.
 */
#define TRACE_OBJECTS 8
enum { OBJECTS_NODE = 1, OBJECTS_FIRST };
/*
 * A slab on the partial list of a node: the address of its first object, and its number of objects
 * that are not free, with those in arrays. In the order of the list, before the event with their
 * number; of a long list only its beginning.
 */
enum { PARTIAL_NODE = 1, PARTIAL_OBJECT, PARTIAL_INUSE };
enum { ARRAY_AVAIL = 1, ARRAY_TOUCHED };
enum { ALLOC_FLAGS = 1, ALLOC_OBJECT, ALLOC_NODE };
enum { FREE_OBJECT = 1 };
enum { REFILL_REQUESTED = 1, REFILL_GOT, REFILL_ORIGIN, REFILL_NS };
enum { FLUSH_COUNT = 1, FLUSH_NS };
enum { GROW_NODE = 1, GROW_SLAB, GROW_OBJECTS, GROW_NS };
enum { MOVE_NODE = 1, MOVE_SLAB, MOVE_FROM, MOVE_TO, MOVE_INUSE };
enum { DESTROY_NODE = 1, DESTROY_SLAB };
/*
 * The kernel ages one thing at a time: the array of the CPU of the event or, without a CPU, the
 * shared array and the free slabs of the node.
 */
enum { REAP_NODE = 1, REAP_COUNT };
enum { TUNE_LIMIT = 1, TUNE_BATCHCOUNT, TUNE_SHAREDFACTOR };
/*
 * A cache of the kernel whose refills, hits and bypasses are inferred: how many refills so far may
 * be wrong.
 */
enum { INFERRED_DOUBTFUL = 1 };

/* One event. */
struct trace_event {
	uint64_t ns;  /* CLOCK_MONOTONIC of the recorded machine */
	uint32_t cpu; /* TRACE_NO_CPU: none */
	uint8_t node; /* of the CPU; TRACE_NO_NODE: not in this event */
	uint8_t id;   /* enum trace_id */
	uint64_t value[TRACE_FIELDS];
	char text[2][TRACE_TEXT];
};

/* The header of a packet as it is in the file. */
struct trace_packet {
	uint32_t magic;
	uint8_t uuid[TRACE_UUID];
	uint32_t stream_id;
	uint64_t begin, end; /* ns */
	uint64_t content_bits, packet_bits;
	uint64_t sequence;
	uint64_t discarded; /* events lost so far in this stream */
	uint32_t cpu_id;    /* the stream of the state has no cpu_id and no node */
	uint32_t node;
} __attribute__((packed));
#define TRACE_PACKET_CPU   sizeof(struct trace_packet)
#define TRACE_PACKET_STATE (sizeof(struct trace_packet) - 8)
#define TRACE_EVENT_HEADER 5 /* id, low 32 bits of the time */

/* The duration of an empty pair of the probes that measure a refill. */
struct trace_pair {
	uint32_t count;		    /* measured pairs; 0: none */
	uint32_t low, median, high; /* ns: 5 %, 50 %, 95 % of them */
};

/* What the metadata contains beside the layout. An older recording lacks the last three. */
struct trace_head {
	uint8_t uuid[TRACE_UUID];
	uint32_t schema;
	uint64_t clock_offset;	  /* wall clock minus monotonic clock, ns */
	char release[TRACE_TEXT]; /* of the kernel */
	char tool[TRACE_TEXT];	  /* version of slabscope */
	char cpu[TRACE_TEXT];	  /* model of the processor; "": unknown */
	bool emulated;		  /* by software: its clock does not measure time */
	struct trace_pair pair;	  /* of the probes of the kernel */
};

/* Returns the text of the metadata, which the caller frees, or NULL without memory. */
char *trace_metadata(const struct trace_head *head);

/*
 * Parses the metadata. Returns 0, -EPROTO: not a recording of slabscope, or -EPROTONOSUPPORT: its
 * format is newer.
 */
int trace_metadata_parse(const char *text, struct trace_head *to);

#endif
