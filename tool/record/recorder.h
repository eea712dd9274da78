/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * recorder.h: makes a recording from the events of the programs: orders the events of all rings,
 * numbers the caches, and describes each cache before its first event.
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
	const char *const *caches; /* only these, with * and ?; NULL: all; NULL ends the list */
	/*
	 * Reads the registry of a process, in the file with this number. Returns false where it
	 * cannot.
	 */
	bool (*read)(uint32_t tgid, uint32_t binary, struct registry_reading *to, void *arg);
	/*
	 * Describes the cache of the kernel in a slot, whose name may be longer than that of an
	 * entry. Returns false where the user does not want it. NULL: libslab is recorded.
	 */
	bool (*describe)(uint64_t slot, struct slab_registry_entry *to, char name[TRACE_TEXT],
			 void *arg);
	/* Returns the name of a process that may have ended; or NULL. NULL: /proc knows them. */
	const char *(*comm)(uint32_t tgid, uint32_t binary, void *arg);
	/*
	 * All events of a process are in its rings, from its first one on: those of an array whose
	 * state is not known follow a loss.
	 */
	bool whole;
	bool inferred; /* the refills of the kernel are inferred */
	/* The node of each CPU, -1: unknown; for events without a node. */
	const int *cpu_node;
	size_t nr_cpu_nodes;
	void *arg;
};

/* Returns a recorder, or NULL without memory. The caller keeps the writer. */
struct recorder *recorder_new(struct trace_writer *w, unsigned rings,
			      const struct recorder_settings *s);
void recorder_free(struct recorder *r);

/* Describes the caches that a process already has, and the objects in their arrays. */
int recorder_begin(struct recorder *r, uint32_t tgid, uint32_t binary, uint64_t ns,
		   struct failure *f);

/*
 * Opens a queue for one more ring, of a CPU. Returns its number, which is used as that of a ring;
 * or -ENOMEM. A closed queue is used again when it is empty.
 */
int recorder_open_queue(struct recorder *r, uint32_t cpu);
void recorder_close_queue(struct recorder *r, unsigned queue);

/* Returns how many queues there are, and the CPU of one. */
unsigned recorder_queues(const struct recorder *r);
uint32_t recorder_queue_cpu(const struct recorder *r, unsigned queue);

/* Queues an event of a ring. */
void recorder_take(struct recorder *r, unsigned ring, const struct record_event *e, size_t size);

/* Returns how many events are lost by events that say so. */
uint64_t recorder_lost(const struct recorder *r);

/* Writes the events before the time until. Returns 0, or -errno and why. */
int recorder_write(struct recorder *r, uint64_t until, struct failure *f);

/* Returns the number of events of a ring that are lost: without memory, or because invalid. */
uint64_t recorder_dropped(const struct recorder *r, unsigned ring);

#endif
