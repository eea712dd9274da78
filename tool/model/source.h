/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * source.h: where snapshots come from. Only sources know libbpf or /proc. A source adds its part to a
 * snapshot that the caller made; one snapshot holds what all sources say of about the same instant.
 */
#ifndef SLABSCOPE_SOURCE_H
#define SLABSCOPE_SOURCE_H

#include "model/choice.h"
#include "base/failure.h"
#include "model/snapshot.h"

struct source {
	const char *name;
	/* Adds its sides, what is missing, and its share of unpaired and lost (+=). 0 or negative errno. */
	int (*read)(struct source *self, struct snapshot *to, struct failure *f);
	/* A descriptor that becomes readable when wake() has something to do between two reads, or -1. */
	int fd;
	/* Must not block. Also called when the time wake_in_ms (if >= 0) has passed. */
	void (*wake)(struct source *self);
	int wake_in_ms;
	/* From now on snapshots tell the steps of this cache, by the ids of a snapshot; side 0: of none.
	 * NULL: it cannot. */
	void (*watch)(struct source *self, uint64_t side, uint64_t cache);
	void (*close)(struct source *self);
};

struct source_options {
	const struct choice *choice; /* outlives the sources */
	double max_overhead; /* percent of a CPU that the kernel's programs may take; 0: any */
	bool callers;	     /* who is behind refills is wanted */
	bool record;	     /* each event of the kernel's is to be sent, too */
	int reference_pid;   /* of the reference only this process; 0: as chosen */
	const char *types;   /* the path of a struct types */
	const char *from;    /* a recording, and nothing else; NULL: what happens now */
};

#endif
