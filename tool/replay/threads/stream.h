/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * stream.h: a recording, prepared for threads: what each CPU did, in its order, 8 bytes an event.
 * Instead of addresses there are slots, one for each allocation; so whoever frees finds what to wait for
 * without asking anybody else. For replay_threads.c and its parts only.
 */
#ifndef SLABSCOPE_STREAM_H
#define SLABSCOPE_STREAM_H

#include "replay/replay_cache.h"

enum stream_kind {
	STREAM_ALLOC,
	STREAM_BYPASS,
	STREAM_FREE,
	STREAM_FREE_BEFORE, /* of an object that is older than the recording; slot: which of before */
	STREAM_REAP,	    /* all of the cache's arrays */
	STREAM_REAP_CPU,    /* the CPU's */
	STREAM_REAP_NODE,   /* a node's shared one, and its free slabs */
	STREAM_SHRINK,
	STREAM_TUNE, /* slot: which of the tunings */
};

struct stream_op {
	uint32_t slot;
	uint16_t cache; /* which of stream.cache */
	uint8_t kind;	/* enum stream_kind */
	uint8_t node;	/* STREAM_BYPASS: that was asked; STREAM_REAP_NODE */
};

/* So many of a CPU's operations that few events of others lie between them. */
#define STREAM_BATCH_OPS    64
#define STREAM_BATCH_EVENTS 256
struct stream_batch {
	uint64_t event; /* the first one's place in the recording */
	size_t op;	/* the first one */
};

/* What one recorded CPU did. */
struct stream_cpu {
	uint32_t cpu;
	uint8_t node;
	struct stream_op *op;
	size_t nr, room;
	struct stream_batch *batch;
	size_t nr_batches, batch_room;
};

struct stream_cache {
	struct replay_cache_recipe recipe;
	char comm[TRACE_TEXT];
	uint32_t pid;
	unsigned object_size;
	uint64_t live_before, freed_unseen;
};

struct stream {
	struct stream_cache *cache;
	size_t nr_caches;
	struct stream_cpu *cpu; /* ascending by number */
	size_t nr_cpus;
	uint64_t *state; /* what stream_states_next() reads */
	size_t state_words, state_room;
	uint64_t *
		before; /* addresses of objects that are older than the recording, by STREAM_FREE_BEFORE's slot */
	size_t nr_before;
	bool tuned; /* by the user: replay_cache_tuned() */
	struct slab_topology *tuning;
	size_t nr_tunings;
	void **slot; /* all NULL */
	size_t nr_slots;
	uint64_t events, nonsense, processes, seconds_ns, bytes;
	unsigned nodes;
};

/* Reads the whole recording. 0, or -errno and why. The caller frees the stream. */
int stream_make(struct stream *to, struct trace_reader *r, const struct replay_settings *settings,
		struct failure *f);
void stream_free(struct stream *s);

#endif
