// SPDX-License-Identifier: MIT
/*
 * reap.c: ageing. A CPU's array and the shared array that no call touched between two passes lose a
 * fifth of their limit. Free slabs that no refill needed lose a fifth of free_limit. Alien arrays
 * become empty.
 */
#include "reap.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "caches.h"
#include "inflight.h"
#include "node.h"
#include "percpu.h"
#include "step.h"

/* Returns how many objects ageing takes from an array that no call touched. */
static unsigned drain_batch(unsigned limit, unsigned avail)
{
	unsigned nr = (limit + 4) / 5;

	return nr > avail ? (avail + 1) / 2 : nr;
}

unsigned drain_array(struct kmem_cache *cachep, int cpu)
{
	unsigned avail = percpu_avail(cachep, cpu);
	int nr;

	if (!avail || __atomic_exchange_n(&cachep->cpu[cpu].touched, 0, __ATOMIC_RELAXED))
		return 0;
	nr = step_drain_cpu(cachep, cpu, drain_batch(tunable(&cachep->limit), avail));
	return nr > 0 ? (unsigned)nr : 0;
}

unsigned drain_shared(struct kmem_cache *cachep, int node)
{
	struct kmem_cache_node *n = get_node(cachep, node);
	unsigned nr = 0;

	node_lock(n);
	if (n->shared && n->shared->avail) {
		if (!n->shared->touched)
			nr = drain_batch(n->shared->limit, n->shared->avail);
		n->shared->touched = 0;
	}
	node_unlock(n);
	return nr ? step_drain_shared(cachep, node, nr) : 0;
}

unsigned drain_freelist(struct kmem_cache *cachep, int node)
{
	struct kmem_cache_node *n = get_node(cachep, node);
	unsigned given = 0;
	bool touched;

	node_lock(n);
	touched = n->free_touched;
	n->free_touched = false;
	node_unlock(n);
	if (!touched)
		given = step_shrink_node(cachep, node,
					 (unsigned)(n->free_limit + 5 * cachep->num - 1) /
						 (5 * cachep->num));
	node_lock(n);
	stats_add(cachep, &cachep->stats.reaped, given);
	node_unlock(n);
	return given;
}

/* Every second pass includes shared arrays and free slabs. */
unsigned cache_reap(struct kmem_cache *cachep)
{
	unsigned drained = 0;

	for (int node = 0; node < (int)cachep->nr_nodes; node++) {
		struct kmem_cache_node *n = get_node(cachep, node);
		unsigned now = step_drain_aliens(cachep, node);

		for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
			if (numa_mem_id(cachep, (int)cpu) == node && percpu_used(cachep, (int)cpu))
				now += drain_array(cachep, (int)cpu);
		drained += now;
		if (n->reap_due) {
			now += drain_shared(cachep, node);
			drain_freelist(cachep, node);
		}
		n->reap_due = !n->reap_due;
		step_report_reap(cachep, node, now);
	}
	return drained;
}

unsigned long slab_reap(void)
{
	unsigned long drained = 0;

	for (struct kmem_cache *cachep = caches_lock_all(); cachep; cachep = cachep->next)
		if (cachep->backend != CACHE_VIRTUAL)
			drained += cache_reap(cachep);
	caches_unlock_all();
	return drained;
}

bool reap_free_slabs(void)
{
	int saved = errno;
	unsigned long given = 0;

	if (in_flight_depth || caches_locked_here())
		return false;
	for (struct kmem_cache *cachep = caches_lock_all(); cachep; cachep = cachep->next)
		for (int node = 0; cachep->backend != CACHE_VIRTUAL && node < (int)cachep->nr_nodes;
		     node++)
			given += step_shrink_node(cachep, node, UINT32_MAX);
	caches_unlock_all();
	errno = saved;
	return given > 0;
}

/* The timer is a thread. */
static pthread_mutex_t timer_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t timer_wake = PTHREAD_COND_INITIALIZER;
static unsigned interval_ms; /* 0: no thread wanted */
static bool timer_runs;

static void *timer(void *unused)
{
	pthread_mutex_lock(&timer_lock);
	while (interval_ms) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += interval_ms / 1000;
		until.tv_nsec += interval_ms % 1000 * 1000000L;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000L;
		}
		if (pthread_cond_timedwait(&timer_wake, &timer_lock, &until) != ETIMEDOUT)
			continue;
		pthread_mutex_unlock(&timer_lock);
		slab_reap();
		pthread_mutex_lock(&timer_lock);
	}
	timer_runs = false;
	pthread_mutex_unlock(&timer_lock);
	return unused;
}

/* Starts the timer with all signals blocked: they are for the program. Returns 0 or -errno. */
static int start_timer(void)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, timer, NULL);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int slab_reap_every(unsigned ms)
{
	int err = 0;

	pthread_mutex_lock(&timer_lock);
	interval_ms = ms;
	if (ms && !timer_runs) {
		err = start_timer();
		timer_runs = !err;
	}
	pthread_cond_signal(&timer_wake);
	pthread_mutex_unlock(&timer_lock);
	return err;
}

void reap_after_fork(void)
{
	pthread_mutex_init(&timer_lock, NULL);
	pthread_cond_init(&timer_wake, NULL);
	timer_runs = false;
	if (interval_ms)
		slab_reap_every(interval_ms);
}
