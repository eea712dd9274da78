/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* worker.h: one run of a prepared recording on threads. For replay_threads.c and its parts only. */
#ifndef SLABSCOPE_WORKER_H
#define SLABSCOPE_WORKER_H

#include <pthread.h>

#include "replay/threads/stream.h"
#include "replay/threads/replay_threads.h"

#define CPU_BYTES 1024 /* of an affinity mask */

/* In a slot: the allocation failed, or its object is freed. Objects are above it. */
#define WORKER_NO_OBJECT ((void *)1)

struct run;

/* A thread, and the recorded CPU whose part it plays. */
struct worker {
	struct run *run;
	const struct stream_cpu *part;
	unsigned real; /* the CPU that it runs on */
	bool first;    /* of the threads on that CPU */
	pthread_t thread;
	int error; /* negative errno: it cannot run on its CPU */
	struct hist empty;
	struct hist **refill_ns; /* [caches]; NULL where its part has no refill of the cache */
	uint64_t waits, end_ns;
	unsigned now; /* the current cache */
	/* The place in the recording up to which it may be working; other threads read it. */
	uint64_t reached __attribute__((aligned(64)));
};

/* What all threads of a run share. Arrays of caches: [caches]; of CPUs: [SLAB_VIRTUAL_CPUS]. */
struct run {
	const struct stream *stream;
	struct kmem_cache **kmem; /* NULL: cannot be made */
	struct replay_state *before;
	struct worker *worker;
	size_t nr_workers;
	bool crowded; /* more threads than CPUs */
	uint64_t ahead;
	pthread_mutex_t lock;	     /* protects before, setup, and what follows */
	struct replay_counts *setup; /* [caches * cpus]: what is no part of the recording */
	unsigned *cpu, cpus;	     /* the used CPUs of the machine, ascending */
	pthread_cond_t changed;
	size_t ready;
	enum { RUN_WAIT, RUN_GO, RUN_CANCEL } say;
};

/*
 * Starts all threads, and waits for them. *ns: their duration. Returns 0, or -errno: a thread could
 * not be created, or not be put on its CPU.
 */
int worker_play_all(struct run *run, uint64_t *ns);

/* Puts the calling thread on a CPU. Returns 0 or -errno. */
int worker_stay_on(unsigned cpu);

/* Returns the index of a CPU in run->cpu. */
unsigned worker_cpu_index(const struct run *run, unsigned cpu);

#endif
