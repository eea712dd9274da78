/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * events_record.h: the events that the recording programs send to the tool: a head and the
 * arguments of a probe. One ring has the events of one CPU in order. The kernel's events have the
 * arguments of libslab's, as far as its functions show them.
 */
#ifndef SLABSCOPE_EVENTS_RECORD_H
#define SLABSCOPE_EVENTS_RECORD_H

#include <linux/types.h>

#define RECORD_ARGS 16 /* of CREATE: a struct slab_registry_entry */

/*
 * Of that, libslab has just written so many bytes; the rest may lie on a page that is not there. A
 * cache without an entry has only its name and the size of its objects.
 */
#define RECORD_ENTRY_BYTES 96
#define RECORD_ENTRY_SIZE  36 /* offsets, in bytes */
#define RECORD_ENTRY_NAME  64

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
	RECORD_EVENTS, /* CPU, objects in its array, touched; of libslab also the node */
	RECORD_CREATE,
	RECORD_DESTROY,
	RECORD_NOTES_LOST,
	RECORD_EXEC, /* a process has started a program; no event of a cache */
	RECORD_NODE, /* node, slabs, partial, free, free objects, shared, PARTIALs sent */
	/* Of the kernel only: */
	RECORD_DRAIN,	 /* CPU, node, objects, whether from the shared array */
	RECORD_INFERRED, /* inferred refills so far that may be too many or too few */
	RECORD_AGEING,	 /* node, free_limit, whether shared array and free slabs were touched */
	RECORD_OBJECTS,	 /* CPU (unknown: the shared array), node, eight objects of an array */
	RECORD_PARTIAL,	 /* node, first object of a slab on the partial list, objects in use */
	RECORD_KINDS
};

#define RECORD_PARTIAL_MAX 4096 /* of a node's list, from the first one on */

/* The last argument of ALLOC: what served it. */
enum record_served {
	RECORD_HIT,
	RECORD_REFILLED,
	RECORD_BYPASSED,
	RECORD_FAILED,
	RECORD_SERVED_UNKNOWN,
};

#define RECORD_UNKNOWN	       (~(__u64)0) /* an unknown argument */
#define RECORD_OBJECTS_UNKNOWN 0xffff	   /* the same, for the objects of a refill */

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
