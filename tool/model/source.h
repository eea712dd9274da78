/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * source.h: a source of snapshots. Only sources know libbpf or /proc. Each adds its part to one
 * snapshot, which the caller made.
 */
#ifndef SLABSCOPE_SOURCE_H
#define SLABSCOPE_SOURCE_H

#include "model/choice.h"
#include "base/failure.h"
#include "model/snapshot.h"

struct source {
	const char *name;
	/*
	 * Adds its sides, what is missing, and its share of unpaired and lost. Returns 0 or a
	 * negative errno.
	 */
	int (*read)(struct source *self, struct snapshot *to, struct failure *f);
	/* Becomes readable when wake() has work between two reads; -1: never. */
	int fd;
	/* Must not block. Also called after wake_in_ms, if that is at least 0. */
	void (*wake)(struct source *self);
	int wake_in_ms;
	/*
	 * Adds the steps of this cache to snapshots from now on; by the ids of a snapshot; side 0:
	 * of none. NULL: not supported.
	 */
	void (*watch)(struct source *self, uint64_t side, uint64_t cache);
	/*
	 * Leaves out counts (a mask of COUNT_BIT) that nothing shows, where counting them costs
	 * something, and counts the others again. NULL: all are always counted.
	 */
	void (*leave_out)(struct source *self, uint32_t counts);
	void (*close)(struct source *self);
};

struct source_options {
	const struct choice *choice; /* outlives the sources */
	double max_overhead; /* percent of a CPU that the kernel's programs may take; 0: any */
	bool callers;	     /* sample the callers of refills */
	bool record;	     /* also send each event of the kernel */
	uint32_t left_out;   /* counts that nothing shows at first: see leave_out(); 0: none */
	int reference_pid;   /* only this process of the reference; 0: all that are chosen */
	const char *types;   /* the path of a struct types */
	const char *from;    /* play this recording only; NULL: live */
};

#endif
