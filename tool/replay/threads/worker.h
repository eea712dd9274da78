/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* worker.h: one run of a prepared recording on threads. For replay_threads.c and its parts only. */
#ifndef SLABSCOPE_WORKER_H
#define SLABSCOPE_WORKER_H

#include <pthread.h>

#include "replay/threads/stream.h"
#include "replay/threads/replay_threads.h"

#define CPU_BYTES 1024 /* of an affinity mask */

/* In a slot: the allocation failed, or has been freed. Objects are above it. */
#define WORKER_NO_OBJECT ((void *)1)

struct run;

/* A thread, and the recorded CPU whose part it plays. */
struct worker {
	struct run *run;
	const struct stream_cpu *part;
	unsigned real; /* the CPU that it runs on */
	bool first;    /* of those that run there */
	pthread_t thread;
	int error; /* negative errno: it cannot run there */
	struct hist empty;
	struct hist **refill_ns; /* [caches]; NULL where its part has nothing of the cache */
	uint64_t waits, end_ns;
	unsigned now; /* the cache that it is at */
	/* The place in the recording up to which it may be working; others read it. */
	uint64_t reached __attribute__((aligned(64)));
};

/* What all threads of a run share. Of caches: [caches]; of CPUs: [SLAB_VIRTUAL_CPUS]. */
struct run {
	const struct stream *stream;
	struct kmem_cache **kmem; /* NULL: cannot be made */
	struct replay_state *before;
	struct worker *worker;
	size_t nr_workers;
	bool crowded; /* more threads than CPUs */
	uint64_t ahead;
	pthread_mutex_t lock;	     /* of before and setup, and of what follows */
	struct replay_counts *setup; /* [caches * cpus]: what is no part of the recording */
	unsigned *cpu, cpus;	     /* the machine's CPUs in use, ascending */
	pthread_cond_t changed;
	size_t ready;
	enum { RUN_WAIT, RUN_GO, RUN_CANCEL } say;
};

/*
 * Starts all threads, lets them play, and waits for them. Returns 0, or -errno: a thread could not be
 * made, or not be put on its CPU. *ns: how long they took.
 */
int worker_play_all(struct run *run, uint64_t *ns);

/* Puts the calling thread on a CPU. 0 or -errno. */
int worker_stay_on(unsigned cpu);

/* Where a CPU stands in run->cpu. */
unsigned worker_cpu_index(const struct run *run, unsigned cpu);

#endif
