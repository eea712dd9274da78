// SPDX-License-Identifier: MIT
/*
 * init.c: the start and the end of libslab in a process.
 */
#include "init.h"

#include <string.h>

#include "caches.h"
#include "cpus.h"
#include "fork.h"
#include "pages.h"
#include "percpu.h"
#include "reap.h"
#include "registration.h"
#include "registry.h"
#include "ring.h"
#include "sanitizer.h"
#include "step.h"
#include "topology.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct init found;

static bool on(const char *value)
{
	return value && *value && strcmp(value, "0");
}

static void start(void)
{
	const char *wanted = secure_getenv("SLAB_BACKEND");
	bool rseq = registration_usable() && !sanitizer_sees_calls() &&
		    !(wanted && !strcmp(wanted, "lock"));

	found.error = pages_init();
	found.cpu_bound = cpus_bound();
	found.possible_cpus = cpus_possible();
	if (found.possible_cpus > found.cpu_bound)
		found.cpu_bound = found.possible_cpus;
	found.backend = rseq ? CACHE_RSEQ : CACHE_LOCK;
	step_reclaim = reap_free_slabs;
	registry_init(rseq ? SLAB_BACKEND_RSEQ : SLAB_BACKEND_LOCK);
	percpu_events_forced = on(secure_getenv("SLAB_EVENTS"));
	topology_init(found.possible_cpus);
	if (!found.error)
		ring_open(found.possible_cpus);
	if (secure_getenv("SLAB_REAP"))
		slab_reap_every((unsigned)strtoul(secure_getenv("SLAB_REAP"), NULL, 10));
}

const struct init *init_once(void)
{
	pthread_once(&once, start);
	return &found;
}

/*
 * The handlers of fork() are registered as early as possible. So those of the program run before
 * prepare() and after parent() and child(), and may allocate.
 */
__attribute__((constructor(101))) static void at_load(void)
{
	fork_init();
}

/* Fires the last probes, at a normal end of the process. */
__attribute__((destructor)) static void at_exit(void)
{
	if (!PROBE_ENABLED(totals) && !PROBE_ENABLED(exit))
		return;
	for (struct kmem_cache *cachep = caches_lock_all(); cachep; cachep = cachep->next) {
		registry_fire_totals(cachep);
		if (PROBE_ENABLED(exit))
			probe_exit(cachep->id, cachep->name, cachep->object_size);
	}
	caches_unlock_all();
}
