// SPDX-License-Identifier: MIT
/*
 * percpu.c: the operations of percpu.h. Only this file and the inlined hit write the unit of a CPU.
 */
#include "percpu.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "cpus.h"
#include "inflight.h"
#include "pages.h"
#include "percpu_rseq.h"
#include "registration.h"

#ifdef SLAB_INLINE_HIT
_Static_assert(SLAB_HIT_ENTRY == SLAB_CPU_OFFSET + offsetof(struct slab_cpu, entry), "ABI");
_Static_assert(SLAB_HIT_STATE == SLAB_CPU_OFFSET + offsetof(struct slab_cpu, state), "ABI");
_Static_assert(SLAB_HIT_LIMIT == SLAB_CPU_OFFSET + offsetof(struct slab_cpu, limit), "ABI");
_Static_assert(SLAB_HIT_TOUCHED == SLAB_CPU_OFFSET + offsetof(struct slab_cpu, touched), "ABI");
#endif

/* After so many sequences in vain an operation stops the CPU and does without. */
#define TRIES 3

int percpu_this_cpu(const struct kmem_cache *cachep, int cpu)
{
	if (cachep->backend == CACHE_VIRTUAL)
		return cpu;
	cpu = cachep->backend == CACHE_RSEQ ? registration_cpu() : -1;
	if (unlikely(cpu < 0))
		cpu = sched_getcpu();
	return cpu < 0 || (unsigned)cpu >= cachep->nr_cpus ? 0 : cpu;
}

bool percpu_events_forced;

static void set_state(struct slab_cpu *ac, uint64_t state)
{
	__atomic_store_n(&ac->state, state, __ATOMIC_RELAXED);
}

static void **cpu_entries(const struct kmem_cache *cachep, int cpu)
{
	return cachep->entries + (size_t)cpu * SLAB_ARRAY_STRIDE;
}

/* Gives a CPU its array at its first use. */
static void start(struct kmem_cache *cachep, int cpu)
{
	if (!percpu_used(cachep, cpu))
		__atomic_store_n(&cachep->cpu[cpu].entry, cpu_entries(cachep, cpu),
				 __ATOMIC_RELEASE);
}

/* Returns whether this thread forks, and so has all CPUs locked: no other one is inside a step. */
static bool forks(const struct kmem_cache *cachep)
{
	return unlikely(__atomic_load_n(&cachep->forking, __ATOMIC_RELAXED)) && in_flight_depth;
}

static void lock_cpu(struct kmem_cache *cachep, int cpu)
{
	if (cachep->backend != CACHE_VIRTUAL && !forks(cachep))
		pthread_mutex_lock(&cachep->lock[cpu]);
}

static void unlock_cpu(struct kmem_cache *cachep, int cpu)
{
	if (cachep->backend != CACHE_VIRTUAL && !forks(cachep))
		pthread_mutex_unlock(&cachep->lock[cpu]);
}

/* Returns whether all calls on this cache must come out of line. */
static bool out_of_line(const struct kmem_cache *cachep)
{
	return percpu_events_wanted() ||
	       unlikely(__atomic_load_n(&cachep->pfmemalloc_slabs, __ATOMIC_RELAXED));
}

static void set_limit(struct slab_cpu *ac, unsigned limit)
{
	__atomic_store_n(&ac->limit, (uint16_t)limit, __ATOMIC_RELEASE);
}

int percpu_can_drain(const struct kmem_cache *cachep)
{
	int err = 0;

	for (int cpu = 0; cachep->backend == CACHE_RSEQ && cpu < (int)cachep->nr_cpus && !err;
	     cpu++)
		if (percpu_used(cachep, cpu))
			err = cpus_fence(cpu);
	return err;
}

/* Stops a CPU whose lock is held: then only the caller uses its unit. Returns 0 or -errno. */
static int stop_locked(struct kmem_cache *cachep, int cpu)
{
	struct slab_cpu *ac = &cachep->cpu[cpu];
	int err;

	if (cachep->backend != CACHE_RSEQ || !ac->limit)
		return 0;
	__atomic_store_n(&ac->limit, 0, __ATOMIC_SEQ_CST);
	err = cpus_fence(cpu);
	if (err)
		set_limit(ac, tunable(&cachep->limit));
	return err;
}

bool percpu_stop(struct kmem_cache *cachep, int cpu,
		 void (*stopped)(struct kmem_cache *cachep, int cpu))
{
	bool fresh, now;

	if (cachep->backend == CACHE_VIRTUAL)
		return false;
	/* A unit that is stopped stays so, as long as its calls come out of line. */
	if (percpu_used(cachep, cpu) && !__atomic_load_n(&cachep->cpu[cpu].limit, __ATOMIC_RELAXED))
		return false;
	lock_cpu(cachep, cpu);
	fresh = !percpu_used(cachep, cpu);
	now = fresh || (cachep->cpu[cpu].limit && !stop_locked(cachep, cpu));
	if (now && stopped)
		stopped(cachep, cpu);
	start(cachep, cpu);
	unlock_cpu(cachep, cpu);
	return now;
}

/* Takes the nr oldest objects of an owned unit, and moves the others to the bottom. */
static void take_oldest(struct kmem_cache *cachep, int cpu, void **objpp, unsigned nr)
{
	struct slab_cpu *ac = &cachep->cpu[cpu];
	unsigned avail = ac->state & SLAB_AVAIL_MASK;
	void **bottom = cpu_entries(cachep, cpu);

	if (nr)
		memcpy(objpp, ac->entry, nr * sizeof(void *));
	if (nr || ac->entry != bottom)
		memmove(bottom, ac->entry + nr, (avail - nr) * sizeof(void *));
	__atomic_store_n(&ac->entry, bottom, __ATOMIC_RELAXED);
	set_state(ac, ac->state - nr);
}

/*
 * Returns whether an operation stays on the CPU where its call began, although the thread may have
 * migrated: in event mode, whose probes take long. The recorded call and its steps are then all of
 * one CPU. The CPU is stopped, so that its lock protects its array from every thread.
 */
static bool stays(const struct kmem_cache *cachep, int cpu)
{
	return percpu_events_wanted() &&
	       !__atomic_load_n(&cachep->cpu[cpu].limit, __ATOMIC_RELAXED);
}

/* Returns whether the operation may run as a sequence, on the CPU that the thread is on. */
static bool by_sequence(const struct kmem_cache *cachep, int cpu)
{
	return cachep->backend == CACHE_RSEQ && !stays(cachep, cpu);
}

/*
 * Stops and locks the caller's CPU until disown(), and returns its unit. Returns NULL where the
 * CPU now runs by sequences, and must is not set: it was stopped for a moment, starts for the first
 * time, or the sequence was aborted.
 */
static struct slab_cpu *own(struct kmem_cache *cachep, int *cpu, bool must)
{
	struct slab_cpu *ac;

	if (!stays(cachep, *cpu))
		*cpu = percpu_this_cpu(cachep, *cpu);
	ac = &cachep->cpu[*cpu];
	lock_cpu(cachep, *cpu);
	start(cachep, *cpu);
	if (unlikely(must))
		stop_locked(cachep, *cpu);
	/* An array that starts higher up may lack the room for a raised limit. */
	if (!ac->limit && unlikely(ac->entry != cpu_entries(cachep, *cpu)))
		take_oldest(cachep, *cpu, NULL, 0);
	if (cachep->backend != CACHE_RSEQ || (!ac->limit && (must || out_of_line(cachep))))
		return ac;
	if (!ac->limit)
		set_limit(ac, tunable(&cachep->limit));
	unlock_cpu(cachep, *cpu);
	return NULL;
}

/* Unlocks a CPU, which runs again where its calls need not come out of line. */
static void disown(struct kmem_cache *cachep, int cpu)
{
	if (cachep->backend == CACHE_RSEQ && !out_of_line(cachep))
		set_limit(&cachep->cpu[cpu], tunable(&cachep->limit));
	unlock_cpu(cachep, cpu);
}

/* Returns how many objects the array holds, or -1 where the CPU is stopped. */
static int running(struct kmem_cache *cachep, int *cpu)
{
	*cpu = percpu_this_cpu(cachep, *cpu);
	return __atomic_load_n(&cachep->cpu[*cpu].limit, __ATOMIC_RELAXED)
		       ? (int)percpu_avail(cachep, *cpu)
		       : -1;
}

/*
 * Moves the newest object outside of the emergency reserve to the top. Returns whether there is
 * one.
 */
static bool ac_find_obj(struct slab_cpu *ac, unsigned avail)
{
	for (unsigned i = avail; i--;) {
		if (!virt_to_slab(ac->entry[i])->pfmemalloc) {
			void *objp = ac->entry[i];

			ac->entry[i] = ac->entry[avail - 1];
			ac->entry[avail - 1] = objp;
			return true;
		}
	}
	return false;
}

bool percpu_has_array(const struct kmem_cache *cachep)
{
	if (cachep->backend != CACHE_RSEQ)
		return true;
	if (unlikely(registration_cpu() < 0) && !registration_renew())
		return false;
	return likely(registration_cpu() < (int)cachep->nr_cpus);
}

/*
 * The operations below try a sequence first, and return without an array as on one that is empty
 * and has room for nothing.
 */

void *percpu_pop(struct kmem_cache *cachep, unsigned flags, int *cpu, bool *only_reserve)
{
	void *objp = NULL;
	struct slab_cpu *ac;
	unsigned avail;
	int there;

	*only_reserve = false;
	for (unsigned tries = 0; !tries || percpu_has_array(cachep); tries++) {
		if (by_sequence(cachep, *cpu)) {
			objp = slab_hit_alloc(cachep);
			there = objp ? 0 : running(cachep, cpu);
			if (!there)
				return objp;
			if (there > 0 && tries < TRIES) /* aborted: no lock, in a signal handler */
				continue;
		}
		ac = own(cachep, cpu, tries >= TRIES);
		if (!ac)
			continue;
		avail = ac->state & SLAB_AVAIL_MASK;
		if (avail && unlikely(cachep->pfmemalloc_slabs) && !(flags & SLAB_MEMALLOC))
			*only_reserve = !ac_find_obj(ac, avail);
		if (avail && !*only_reserve) {
			objp = ac->entry[avail - 1];
			__atomic_store_n(&ac->touched, 1, __ATOMIC_RELAXED);
			set_state(ac, ac->state + SLAB_STATE_ALLOC);
		}
		disown(cachep, *cpu);
		return objp;
	}
	return NULL;
}

bool percpu_put(struct kmem_cache *cachep, void *objp, int *cpu)
{
	struct slab_cpu *ac;
	bool room;
	int there;

	for (unsigned tries = 0; !tries || percpu_has_array(cachep); tries++) {
		if (by_sequence(cachep, *cpu)) {
			room = slab_hit_free(cachep, objp);
			there = running(cachep, cpu);
			if (room || there >= (int)tunable(&cachep->limit))
				return room;
			if (there >= 0 && tries < TRIES)
				continue;
		}
		ac = own(cachep, cpu, tries >= TRIES);
		if (!ac)
			continue;
		room = (ac->state & SLAB_AVAIL_MASK) < tunable(&cachep->limit);
		if (room) {
			ac->entry[ac->state & SLAB_AVAIL_MASK] = objp;
			set_state(ac, ac->state + SLAB_STATE_FREE);
		}
		disown(cachep, *cpu);
		return room;
	}
	return false;
}

unsigned percpu_push(struct kmem_cache *cachep, void **objpp, unsigned nr, int *cpu)
{
	struct slab_cpu *ac;
	unsigned avail, limit, pushed;

	for (unsigned tries = 0; !tries || percpu_has_array(cachep); tries++) {
		if (by_sequence(cachep, *cpu) && !rseq_push(cachep, objpp, nr, &pushed, cpu))
			return pushed;
		ac = own(cachep, cpu, tries >= TRIES);
		if (!ac)
			continue;
		limit = tunable(&cachep->limit);
		avail = ac->state & SLAB_AVAIL_MASK;
		pushed = avail >= limit ? 0 : nr < limit - avail ? nr : limit - avail;
		memcpy(ac->entry + avail, objpp, pushed * sizeof(void *));
		set_state(ac, ac->state + pushed);
		disown(cachep, *cpu);
		return pushed;
	}
	return 0;
}

int percpu_flush(struct kmem_cache *cachep, void **objpp, unsigned nr, void *objp, int *cpu)
{
	struct slab_cpu *ac;
	unsigned avail, taken;
	int err;

	for (unsigned tries = 0; !tries || percpu_has_array(cachep); tries++) {
		if (by_sequence(cachep, *cpu)) {
			err = rseq_flush(cachep, objpp, nr, objp, &taken, cpu);
			if (err != -1)
				return err ? -1 : (int)taken;
		}
		ac = own(cachep, cpu, tries >= TRIES);
		if (!ac)
			continue;
		avail = ac->state & SLAB_AVAIL_MASK;
		taken = avail < tunable(&cachep->limit) ? 0 : nr < avail ? nr : avail;
		take_oldest(cachep, *cpu, objpp, taken);
		ac->entry[avail - taken] = objp;
		set_state(ac, ac->state + SLAB_STATE_FREE);
		disown(cachep, *cpu);
		return (int)taken;
	}
	return -1;
}

unsigned percpu_take(struct kmem_cache *cachep, void **objpp, int *cpu)
{
	struct slab_cpu *ac;
	unsigned nr;

	for (unsigned tries = 0; !tries || percpu_has_array(cachep); tries++) {
		if (by_sequence(cachep, *cpu) && !rseq_take(cachep, objpp, &nr, cpu))
			return nr;
		ac = own(cachep, cpu, tries >= TRIES);
		if (!ac)
			continue;
		nr = ac->state & SLAB_AVAIL_MASK;
		take_oldest(cachep, *cpu, objpp, nr);
		disown(cachep, *cpu);
		return nr;
	}
	return 0;
}

int percpu_drain(struct kmem_cache *cachep, int cpu, void **objpp, unsigned max)
{
	int nr;

	if (!percpu_used(cachep, cpu))
		return 0;
	lock_cpu(cachep, cpu);
	nr = stop_locked(cachep, cpu);
	if (!nr) {
		nr = (int)percpu_avail(cachep, cpu);
		nr = (unsigned)nr < max ? nr : (int)max;
		take_oldest(cachep, cpu, objpp, (unsigned)nr);
		disown(cachep, cpu);
		return nr;
	}
	unlock_cpu(cachep, cpu);
	return nr;
}
