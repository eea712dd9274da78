/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * recorder.h: from what the programs send to what is in a recording: brings the rings' events into one
 * order, gives the caches numbers, and describes each in the recording before its first event.
 */
#ifndef SLABSCOPE_RECORDER_H
#define SLABSCOPE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/events_record.h"
#include "reference/registry_reader.h"
#include "trace/trace_writer.h"

struct recorder;

struct recorder_settings {
	const char *const *caches; /* only these, with * and ?; NULL: all; ends with NULL */
	/* Reads the registry of a process, in the file of this number. Returns false where it cannot. */
	bool (*read)(uint32_t tgid, uint32_t binary, struct registry_reading *to, void *arg);
	/* The kernel's caches: fills what the recording says of the one in a slot, whose name may be longer than
	 * an entry's. Returns false where nobody wants it. NULL: libslab's. */
	bool (*describe)(uint64_t slot, struct slab_registry_entry *to, char name[TRACE_TEXT],
			 void *arg);
	bool inferred; /* the kernel's refills are */
	/* The node of each CPU, -1: nobody knows; for events that do not say it. */
	const int *cpu_node;
	size_t nr_cpu_nodes;
	void *arg;
};

/* NULL: no memory. The writer stays the caller's. */
struct recorder *recorder_new(struct trace_writer *w, unsigned rings,
			      const struct recorder_settings *s);
void recorder_free(struct recorder *r);

/* Describes the caches that a process has already, and what lies in their arrays. */
int recorder_begin(struct recorder *r, uint32_t tgid, uint32_t binary, uint64_t ns,
		   struct failure *f);

/* Takes an event of a ring. */
void recorder_take(struct recorder *r, unsigned ring, const struct record_event *e, size_t size);

/* Writes what came before the time until. 0, or -errno and why. */
int recorder_write(struct recorder *r, uint64_t until, struct failure *f);

uint64_t recorder_events(const struct recorder *r); /* written */
uint64_t recorder_dropped(
	const struct recorder *r); /* for want of memory, or because they made no sense */

#endif
