/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * events_record.h: what the recording programs send to the tool: a probe's arguments as they are, after a
 * head. Events of one processor are in one ring, in their order. The kernel's own events have the arguments
 * that libslab's have, as far as its functions tell them.
 */
#ifndef SLABSCOPE_EVENTS_RECORD_H
#define SLABSCOPE_EVENTS_RECORD_H

#include <linux/types.h>

#define RECORD_ARGS 16 /* of CREATE: a struct slab_registry_entry */

enum record_kind {
	RECORD_ALLOC,
	RECORD_FREE,
	RECORD_REFILL,
	RECORD_FLUSH,
	RECORD_GROW,
	RECORD_LIST_MOVE,
	RECORD_TRANSFER,
	RECORD_SLAB_DESTROY,
	RECORD_REAP,
	RECORD_SHRINK,
	RECORD_TUNE,
	RECORD_EVENTS,
	RECORD_CREATE,
	RECORD_DESTROY,
	RECORD_NOTES_LOST,
	RECORD_NODE, /* of the kernel: node, slabs, partial and free ones, free objects in them, shared; PARTIALs sent */
	RECORD_DRAIN,	 /* of the kernel: CPU, node, objects, whether out of the shared array */
	RECORD_INFERRED, /* of the kernel: inferred refills that may be too many or too few, so far */
	RECORD_AGEING, /* of the kernel: node, free_limit, whether shared array and free slabs were touched */
	RECORD_OBJECTS, /* of the kernel: CPU (unknown: the shared array), node, eight objects in an array */
	RECORD_PARTIAL, /* of the kernel: node, first object of a slab on its partial list, objects in use */
	RECORD_KINDS
};

#define RECORD_PARTIAL_MAX 4096 /* of a node's list, from the first one on */

/* The last argument of ALLOC: how it was served. */
enum record_served {
	RECORD_HIT,
	RECORD_REFILLED,
	RECORD_BYPASSED,
	RECORD_FAILED,
	RECORD_SERVED_UNKNOWN,
};

#define RECORD_UNKNOWN	       (~(__u64)0) /* an argument that nobody could tell */
#define RECORD_OBJECTS_UNKNOWN 0xffff	   /* the same, of a refill's objects */

/* clang-format off */
#define RECORD_HEAD                                                          \
	__u64 ns;                                                            \
	__u32 tgid;   /* as slabscope sees it; 0: the kernel itself */       \
	__u16 binary; /* number of the attached file */                      \
	__u8 kind;    /* enum record_kind */                                 \
	__u8 nr;      /* arguments there are */                              \
	__u64 cache;  /* of the kernel: its slot */
/* clang-format on */

struct record_event {
	RECORD_HEAD
	__u64 arg[RECORD_ARGS];
};
_Static_assert(sizeof(struct record_event) == 24 + 8 * RECORD_ARGS, "shared with BPF");

#endif
