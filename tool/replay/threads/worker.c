// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * worker.c: a thread plays the part of its CPU. Between two calls of libslab it takes no lock,
 * except for objects that are older than the recording.
 *
 * No thread waits for ever. A free waits for an allocation that comes before it in the recording,
 * so one of those that wait is always the first. A thread that is too far ahead waits for others
 * whose batches end before its place. reached is the end of the batch, not its beginning:
 * everything that a batch waits for may still be done.
 */
#include "replay/threads/worker.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "base/clock.h"
#include "measure.h"
#include "slab.h"

#define EMPTY_PAIRS 4000
#define STACK	    (1u << 20)

static _Thread_local struct worker *self;

unsigned worker_cpu_index(const struct run *run, unsigned cpu)
{
	unsigned at = 0;

	while (at < run->cpus - 1 && run->cpu[at] != cpu)
		at++;
	return at;
}

/*
 * Records the duration of a refill. libslab also refills caches of its own, for descriptors outside
 * of slabs.
 */
static void refilled(struct kmem_cache *kmem, unsigned origin, uint64_t ns)
{
	struct worker *w = self;

	if (w && kmem == w->run->kmem[w->now] && origin != SLAB_ORIGIN_FAILED)
		hist_record(w->refill_ns[w->now], ns);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void relax(const struct worker *w, unsigned *times)
{
	if (w->run->crowded || ++*times > 1000)
		sched_yield();
	else
		__asm__ __volatile__("" ::: "memory");
}

/* Waits for the object of an allocation. Returns it; WORKER_NO_OBJECT where there is none. */
static void *wait_for(struct worker *w, void **slot)
{
	void *object = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	unsigned times = 0;

	if (object)
		return object;
	w->waits++;
	while (!(object = __atomic_load_n(slot, __ATOMIC_ACQUIRE)))
		relax(w, &times);
	return object;
}

static uint64_t slowest(const struct run *run)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < run->nr_workers; i++) {
		uint64_t reached = __atomic_load_n(&run->worker[i].reached, __ATOMIC_RELAXED);

		if (reached < least)
			least = reached;
	}
	return least;
}

/* Waits until the others are near enough to the event. *least: the place of the slowest one. */
static void keep_together(const struct worker *w, uint64_t event, uint64_t *least)
{
	unsigned times = 0;

	while (event > *least && event - *least > w->run->ahead) {
		*least = slowest(w->run);
		if (event > *least && event - *least > w->run->ahead)
			relax(w, &times);
	}
}

/* ---- operations ------------------------------------------------------------------------------ */

static void free_before(struct worker *w, struct kmem_cache *kmem, uint64_t address)
{
	struct run *run = w->run;
	struct replay_counts *setup, was, is;
	void *object;

	pthread_mutex_lock(&run->lock);
	was = replay_counts_of(kmem, w->real);
	object = replay_state_take(&run->before[w->now], kmem, (int)w->real, address);
	is = replay_counts_of(kmem, w->real);
	setup = &run->setup[w->now * run->cpus + worker_cpu_index(run, w->real)];
	replay_counts_add(setup, &is, 1);
	replay_counts_add(setup, &was, -1);
	pthread_mutex_unlock(&run->lock);
	if (object)
		kmem_cache_free(kmem, object);
}

static void alloc(struct kmem_cache *kmem, const struct stream_op *op, int cpu, void **slot)
{
	void *object;

	if (op->kind == STREAM_ALLOC)
		object = kmem_cache_alloc(kmem, 0);
	/* this machine has no such node */
	else
		object = slab_virtual_bypass(kmem, 0, cpu, op->node)
				 ?: slab_virtual_bypass(kmem, 0, cpu, 0);
	__atomic_store_n(slot, object ?: WORKER_NO_OBJECT, __ATOMIC_RELEASE);
}

static void play_op(struct worker *w, const struct stream_op *op)
{
	const struct stream *s = w->run->stream;
	struct kmem_cache *kmem = w->run->kmem[op->cache];
	void *object;

	if (!kmem)
		return;
	w->now = op->cache;
	switch (op->kind) {
	case STREAM_ALLOC:
	case STREAM_BYPASS:
		alloc(kmem, op, (int)w->real, &s->slot[op->slot]);
		break;
	case STREAM_FREE:
		object = wait_for(w, &s->slot[op->slot]);
		__atomic_store_n(&s->slot[op->slot], WORKER_NO_OBJECT, __ATOMIC_RELAXED);
		if (object != WORKER_NO_OBJECT)
			kmem_cache_free(kmem, object);
		break;
	case STREAM_FREE_BEFORE:
		free_before(w, kmem, s->before[op->slot]);
		break;
	case STREAM_REAP:
		slab_virtual_reap(kmem);
		break;
	case STREAM_REAP_CPU:
		if (w->first) /* otherwise each thread of the CPU would age it */
			slab_virtual_reap_cpu(kmem, (int)w->real);
		break;
	case STREAM_REAP_NODE:
		if (op->node < slab_virtual_layout(kmem).nodes)
			slab_virtual_reap_node(kmem, op->node);
		break;
	case STREAM_SHRINK:
		kmem_cache_shrink(kmem);
		break;
	case STREAM_TUNE:
		kmem_cache_tune(kmem, s->tuning[op->slot].limit, s->tuning[op->slot].batchcount,
				s->tuning[op->slot].sharedfactor);
		break;
	}
}

static void play_all(struct worker *w)
{
	const struct stream_cpu *part = w->part;
	uint64_t least = 0;

	for (size_t b = 0; b < part->nr_batches; b++) {
		bool last = b + 1 == part->nr_batches;
		size_t end = last ? part->nr : part->batch[b + 1].op;

		__atomic_store_n(&w->reached, last ? UINT64_MAX : part->batch[b + 1].event,
				 __ATOMIC_RELAXED);
		keep_together(w, part->batch[b].event, &least);
		for (size_t i = part->batch[b].op; i < end; i++)
			play_op(w, &part->op[i]);
	}
}

/* ---- threads --------------------------------------------------------------------------------- */

int worker_stay_on(unsigned cpu)
{
	cpu_set_t *set = CPU_ALLOC(cpu + 1);
	size_t size = CPU_ALLOC_SIZE(cpu + 1);
	int err;

	if (!set)
		return -ENOMEM;
	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	err = sched_setaffinity(0, size, set) ? -errno : 0;
	CPU_FREE(set);
	return err;
}

/* Waits for the start. Returns whether to run. */
static bool wait_for_go(struct run *run)
{
	bool go;

	pthread_mutex_lock(&run->lock);
	run->ready++;
	pthread_cond_broadcast(&run->changed);
	while (run->say == RUN_WAIT)
		pthread_cond_wait(&run->changed, &run->lock);
	go = run->say == RUN_GO;
	pthread_mutex_unlock(&run->lock);
	return go;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	w->error = worker_stay_on(w->real);
	for (unsigned i = 0; i < EMPTY_PAIRS && !w->error; i++)
		hist_record(&w->empty, slab_measure_empty());
	if (wait_for_go(w->run)) {
		self = w;
		play_all(w);
		self = NULL;
	}
	w->end_ns = clock_monotonic_ns();
	return NULL;
}

static void say(struct run *run, int what)
{
	pthread_mutex_lock(&run->lock);
	run->say = what;
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
}

static size_t start(struct run *run, int *err)
{
	pthread_attr_t attr;
	size_t nr = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	while (nr < run->nr_workers && !*err) {
		*err = -pthread_create(&run->worker[nr].thread, &attr, work, &run->worker[nr]);
		nr += !*err;
	}
	pthread_attr_destroy(&attr);
	pthread_mutex_lock(&run->lock);
	while (run->ready < nr)
		pthread_cond_wait(&run->changed, &run->lock);
	pthread_mutex_unlock(&run->lock);
	for (size_t i = 0; i < nr && !*err; i++)
		*err = run->worker[i].error;
	return nr;
}

int worker_play_all(struct run *run, uint64_t *ns)
{
	uint64_t began, ended;
	int err = 0;
	size_t nr = start(run, &err);

	began = ended = clock_monotonic_ns();
	if (!err)
		slab_measure_refills(refilled);
	say(run, err ? RUN_CANCEL : RUN_GO);
	for (size_t i = 0; i < nr; i++) {
		pthread_join(run->worker[i].thread, NULL);
		if (run->worker[i].end_ns > ended)
			ended = run->worker[i].end_ns;
	}
	slab_measure_refills(NULL);
	*ns = ended - began;
	return err;
}
