/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * stream.h: a recording, prepared for threads: what each CPU did, in its order, 8 bytes an event. A
 * slot for each allocation replaces the address: so a free knows what to wait for, without asking
 * another thread. For replay_threads.c and its parts only.
 */
#ifndef SLABSCOPE_STREAM_H
#define SLABSCOPE_STREAM_H

#include "replay/replay_cache.h"

enum stream_kind {
	STREAM_ALLOC,
	STREAM_BYPASS,
	STREAM_FREE,
	/* of an object that is older than the recording; slot: index of before */
	STREAM_FREE_BEFORE,
	STREAM_REAP,	  /* all arrays of the cache */
	STREAM_REAP_CPU,  /* the array of the CPU */
	STREAM_REAP_NODE, /* the shared array and the free slabs of a node */
	STREAM_SHRINK,
	STREAM_TUNE, /* slot: index of tuning */
};

struct stream_op {
	uint32_t slot;
	uint16_t cache; /* index of stream.cache */
	uint8_t kind;	/* enum stream_kind */
	uint8_t node;	/* STREAM_BYPASS: the requested one; STREAM_REAP_NODE */
};

/* The size of a batch of operations of a CPU, so that few events of others come between them. */
#define STREAM_BATCH_OPS    64
#define STREAM_BATCH_EVENTS 256
struct stream_batch {
	uint64_t event; /* the place of its first event in the recording */
	size_t op;	/* its first operation */
};

/* What a recorded CPU did. */
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
	/*
	 * addresses of objects that are older than the recording, by the slot of STREAM_FREE_BEFORE
	 */
	uint64_t *before;
	size_t nr_before;
	bool tuned; /* by the user: replay_cache_tuned() */
	struct slab_topology *tuning;
	size_t nr_tunings;
	void **slot; /* all NULL */
	size_t nr_slots;
	uint64_t events, nonsense, processes, seconds_ns, bytes;
	unsigned nodes;
};

/* Reads the whole recording. Returns 0, or -errno and why. The caller frees the stream. */
int stream_make(struct stream *to, struct trace_reader *r, const struct replay_settings *settings,
		struct failure *f);
void stream_free(struct stream *s);

#endif
