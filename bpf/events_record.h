/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * events_record.h: what the recording programs send to the tool: a probe's arguments as they are, after a
 * head. Events of one processor are in one ring, in their order.
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
	RECORD_KINDS
};

struct record_event {
	__u64 ns;
	__u32 tgid;   /* as slabscope sees it */
	__u16 binary; /* number of the attached file */
	__u8 kind;    /* enum record_kind */
	__u8 nr;      /* arguments there are */
	__u64 cache;
	__u64 arg[RECORD_ARGS];
};
_Static_assert(sizeof(struct record_event) == 24 + 8 * RECORD_ARGS, "shared with BPF");

#endif
