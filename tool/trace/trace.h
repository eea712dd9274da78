/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * trace.h: what a recording is made of. CTF 1.8: a directory with the text `metadata`, a file "cpu_N"
 * of packets for each CPU that did anything, and "state" for what no CPU did. All integers are
 * little-endian and byte-aligned; a hit or a free takes at most 16 bytes.
 *
 * The table of events is the only place that says what is in one: the metadata, the writer and the reader
 * are made from it. TRACE_SCHEMA changes when a reader that knows the old table would go wrong; fields
 * may only be added with a new event.
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
#define TRACE_NS_UNKNOWN   UINT32_MAX /* a duration that was not measured, or is longer */
#define TRACE_NR_UNKNOWN   UINT16_MAX /* a number of objects that the kernel does not tell */
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

/* Of a cache: whose it is. */
enum trace_side { TRACE_REFERENCE, TRACE_KERNEL };

enum trace_kind { TRACE_UINT, TRACE_HEX, TRACE_ORIGIN, TRACE_LIST, TRACE_DIRECTION, TRACE_SIDE };

struct trace_field {
	const char *name; /* NULL ends the list */
	uint8_t size;	  /* bytes */
	uint8_t kind;	  /* enum trace_kind */
};

struct trace_definition {
	const char *name;
	struct trace_field field[TRACE_FIELDS + 1]; /* the first one is the cache, but in `flags` */
	const char *text[2];			    /* strings behind the fields; NULL: none */
};
extern const struct trace_definition trace_definition[TRACE_IDS];

/* Bytes of an event's fields, without its header and strings. */
unsigned trace_bytes(enum trace_id id);

/* Fields by their place in the table. */
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
/* slabs_partial may be unknown, and 0: what is free then is spread over all slabs in use. */
enum { NODE_NODE = 1, NODE_FULL, NODE_PARTIAL, NODE_FREE, NODE_FREE_OBJECTS, NODE_SHARED };
/* Beyond how many free objects a free slab is given back; whether the next pass of ageing spares the shared array, and
 * the free slabs. */
enum { AGEING_NODE = 1, AGEING_FREE_LIMIT, AGEING_SHARED, AGEING_FREE };
/* What lies in an array, first entry first, eight at a time, before the event that says how much: of the event's CPU,
 * or, of no CPU, in the node's shared one. Behind the last one stands 0. */
#define TRACE_OBJECTS 8
enum { OBJECTS_NODE = 1, OBJECTS_FIRST };
/* A slab on a node's partial list: where its first object lies, and how many of them are not free, those in arrays
 * among them. In the list's order, before the event that says how many there are; of a long list its beginning. */
enum { PARTIAL_NODE = 1, PARTIAL_OBJECT, PARTIAL_INUSE };
enum { ARRAY_AVAIL = 1, ARRAY_TOUCHED };
enum { ALLOC_FLAGS = 1, ALLOC_OBJECT, ALLOC_NODE };
enum { FREE_OBJECT = 1 };
enum { REFILL_REQUESTED = 1, REFILL_GOT, REFILL_ORIGIN, REFILL_NS };
enum { FLUSH_COUNT = 1, FLUSH_NS };
/* In the kernel one thing ages at a time: the array of the event's CPU, or, of no CPU, the node's shared one and its
 * free slabs. */
enum { REAP_NODE = 1, REAP_COUNT };
enum { TUNE_LIMIT = 1, TUNE_BATCHCOUNT, TUNE_SHAREDFACTOR };
/* Of a cache of the kernel's whose refills, hits and bypasses are inferred: refills that may be too many or too few,
 * so far. */
enum { INFERRED_DOUBTFUL = 1 };

/* One event. */
struct trace_event {
	uint64_t ns;  /* CLOCK_MONOTONIC of the recorded machine */
	uint32_t cpu; /* TRACE_NO_CPU: of no CPU */
	uint8_t node; /* of the CPU; TRACE_NO_NODE: this event does not say */
	uint8_t id;   /* enum trace_id */
	uint64_t value[TRACE_FIELDS];
	char text[2][TRACE_TEXT];
};

/* Headers as they lie in the file. */
struct trace_packet {
	uint32_t magic;
	uint8_t uuid[TRACE_UUID];
	uint32_t stream_id;
	uint64_t begin, end; /* ns */
	uint64_t content_bits, packet_bits;
	uint64_t sequence;
	uint64_t discarded; /* events lost so far in this stream */
	uint32_t cpu_id;    /* these two are not there in the stream of the state */
	uint32_t node;
} __attribute__((packed));
#define TRACE_PACKET_CPU   sizeof(struct trace_packet)
#define TRACE_PACKET_STATE (sizeof(struct trace_packet) - 8)
#define TRACE_EVENT_HEADER 5 /* id, low 32 bits of the time */

/* What a pair of probes that do nothing takes where a refill is measured by such a pair. */
struct trace_pair {
	uint32_t count;		    /* pairs that were measured; 0: none */
	uint32_t low, median, high; /* ns: 5 %, 50 %, 95 % of them */
};

/* What the metadata says beside the layout. Of the last three an older recording says nothing. */
struct trace_head {
	uint8_t uuid[TRACE_UUID];
	uint32_t schema;
	uint64_t clock_offset;	  /* realtime minus monotonic, ns */
	char release[TRACE_TEXT]; /* of the kernel */
	char tool[TRACE_TEXT];	  /* version of slabscope */
	char cpu[TRACE_TEXT];	  /* its model; "": not known */
	bool emulated;		  /* a machine in software: its time says nothing */
	struct trace_pair pair;	  /* of the kernel's side */
};

/* The metadata's text, which the caller frees, or NULL without memory. */
char *trace_metadata(const struct trace_head *head);

/* Makes what cannot be shown, control characters and bytes that are no UTF-8, to '?'. */
void trace_clean(char *text);

/* Reads back what trace_metadata() wrote. 0, -EPROTO: not one of slabscope's, -EPROTONOSUPPORT: newer. */
int trace_metadata_parse(const char *text, struct trace_head *to);

#endif
