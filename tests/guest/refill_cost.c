// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * refill_cost.c: what one refill costs, in the kernel and in libslab, for the same sequence of
 * allocations and frees of 64 bytes. Meant for a guest that counts instructions as nanoseconds.
 *
 *	refill_cost kernel OBJECT CACHE      System V messages; CACHE is where the kernel puts them
 *	refill_cost reference
 *
 * Prints a line of JSON for each origin: the number of refills that brought 60 objects, and their
 * median duration without the cost of the clock. In the kernel these are calls of
 * cache_alloc_refill(), in the reference of step_refill(), which calls that of libslab.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#include "percpu.h"
#include "refill_cost.h"
#include "step.h"

#define BATCH	60
#define OBJECTS 6000
#define ROUNDS	3

static const char *const origin_name[] = {"shared", "partial", "free", "grown"};
static struct sample samples[SAMPLES];
static unsigned nr_samples;
static bool measuring;

/* ---- the sequence ---------------------------------------------------------------------------- */

/*
 * All are made and freed in order: the shared array, free slabs and new ones. Then every second one
 * is freed and made again: partial slabs. The first round is not measured: it touches its pages for
 * the first time, and a page fault is no part of a refill.
 */
static void run_load(void (*make)(unsigned), void (*drop)(unsigned))
{
	for (unsigned round = 0; round <= ROUNDS; round++) {
		measuring = round > 0;
		for (unsigned i = 0; i < OBJECTS; i++)
			make(i);
		for (unsigned i = 1; i < OBJECTS; i += 2)
			drop(i);
		for (unsigned i = 1; i < OBJECTS; i += 2)
			make(i);
		for (unsigned i = 0; i < OBJECTS; i++)
			drop(i);
	}
}

/* ---- the kernel ------------------------------------------------------------------------------ */

static int queue[OBJECTS];

/* With its header of 48 bytes a message of 64. */
struct message {
	long type;
	char text[16];
};

static void make_message(unsigned i)
{
	struct message m = {.type = 1};

	if (msgsnd(queue[i], &m, sizeof(m.text), IPC_NOWAIT))
		err(1, "message %u", i);
}

static void drop_message(unsigned i)
{
	struct message m;

	if (msgrcv(queue[i], &m, sizeof(m.text), 0, IPC_NOWAIT) < 0)
		err(1, "message %u", i);
}

static void attach(struct bpf_object *object, const char *name)
{
	if (!bpf_program__attach(bpf_object__find_program_by_name(object, name)))
		err(1, "cannot attach %s", name);
}

static double kernel(const char *path, const char *cache)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	LIBBPF_OPTS(bpf_test_run_opts, once);
	static struct costs costs;
	struct bpf_map *map;
	char wanted[32] = "";
	__u32 zero = 0;
	int fd;

	snprintf(wanted, sizeof(wanted), "%s", cache);
	map = object ? bpf_object__find_map_by_name(object, ".rodata") : NULL;
	if (!map || bpf_map__set_initial_value(map, wanted, sizeof(wanted)) ||
	    bpf_object__load(object))
		errx(1, "cannot load %s", path);
	attach(object, "empty_enter");
	attach(object, "empty_leave");
	fd = bpf_program__fd(bpf_object__find_program_by_name(object, "empty_enter"));
	for (int i = 0; i < 100; i++)
		if (bpf_prog_test_run_opts(fd, &once))
			err(1, "cannot run the empty probes");
	for (unsigned i = 0; i < OBJECTS; i++) {
		queue[i] = msgget(IPC_PRIVATE, 0600);
		if (queue[i] < 0)
			err(1, "queue %u", i);
	}
	attach(object, "refill_enter");
	attach(object, "refill_leave");
	run_load(make_message, drop_message);
	map = bpf_object__find_map_by_name(object, ".data.cost");
	if (!map || bpf_map__value_size(map) != sizeof(costs) ||
	    bpf_map_lookup_elem(bpf_map__fd(map), &zero, &costs))
		errx(1, "cannot read the samples");
	nr_samples = costs.nr;
	memcpy(samples, costs.sample, sizeof(samples));
	return (double)costs.empty_ns;
}

/* ---- the reference --------------------------------------------------------------------------- */

static struct kmem_cache *cachep;
static void *object[OBJECTS];

/* Uses the clock of the kernel: the time stamp counter, which counts instructions under icount. */
static __u64 ticks(void)
{
	__u32 low, high;

	__asm__ __volatile__("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (__u64)high << 32 | low;
}

static __u64 origin_count(int cpu, enum slab_origin origin)
{
	return cpu_counters(cachep, cpu)->origins[origin];
}

static enum cost_origin origin_since(int cpu, const __u64 *before)
{
	static const enum slab_origin origin[] = {SLAB_ORIGIN_SHARED, SLAB_ORIGIN_PARTIAL,
						  SLAB_ORIGIN_FREE, SLAB_ORIGIN_GROWN};

	for (int i = 0; i < COST_ORIGINS; i++)
		if (origin_count(cpu, origin[i]) != before[i])
			return (enum cost_origin)i;
	errx(1, "a refill without an origin");
}

static void make_object(unsigned i)
{
	__u64 before[COST_ORIGINS], began;
	bool only_reserve;
	int cpu = 0;

	object[i] = percpu_pop(cachep, 0, &cpu, &only_reserve);
	if (object[i])
		return;
	before[COST_SHARED] = origin_count(cpu, SLAB_ORIGIN_SHARED);
	before[COST_PARTIAL] = origin_count(cpu, SLAB_ORIGIN_PARTIAL);
	before[COST_FREE] = origin_count(cpu, SLAB_ORIGIN_FREE);
	before[COST_GROWN] = origin_count(cpu, SLAB_ORIGIN_GROWN);
	began = ticks();
	object[i] = step_refill(cachep, 0, cpu, false);
	began = ticks() - began;
	if (!object[i])
		errx(1, "out of memory");
	if (measuring && nr_samples < SAMPLES)
		samples[nr_samples++] = (struct sample){.origin = origin_since(cpu, before),
							.got = percpu_avail(cachep, cpu) + 1,
							.ns = began};
}

static void drop_object(unsigned i)
{
	kmem_cache_free(cachep, object[i]);
}

static double reference(void)
{
	__u64 least = UINT64_MAX;

	cachep = kmem_cache_create("cost", 64, 0, 0, NULL);
	if (!cachep || cachep->limit != 2 * BATCH || cachep->batchcount != BATCH || !cachep->shared)
		errx(1, "no cache, or not one with batches of %d and a shared array", BATCH);
	for (int i = 0; i < 100; i++) {
		__u64 began = ticks(), took = ticks() - began;

		least = took < least ? took : least;
	}
	run_load(make_object, drop_object);
	return (double)least;
}

/* ---- figures --------------------------------------------------------------------------------- */

static int by_ns(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return (x->ns > y->ns) - (x->ns < y->ns);
}

static void print(const char *side, double clock)
{
	qsort(samples, nr_samples, sizeof(*samples), by_ns);
	for (unsigned origin = 0; origin < COST_ORIGINS; origin++) {
		__u64 ns[SAMPLES];
		unsigned nr = 0;

		for (unsigned i = 0; i < nr_samples; i++)
			if (samples[i].origin == origin && samples[i].got == BATCH)
				ns[nr++] = samples[i].ns;
		printf("{\"side\": \"%s\", \"origin\": \"%s\", \"refills\": %u, \"of\": %u, "
		       "\"clock\": %.1f, \"median\": %.1f}\n",
		       side, origin_name[origin], nr, nr_samples, clock,
		       nr ? (double)ns[nr / 2] - clock : 0.0);
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "kernel"))
		print("kernel", kernel(argv[2], argv[3]));
	else if (argc == 2 && !strcmp(argv[1], "reference"))
		print("reference", reference());
	else
		errx(2, "usage: refill_cost kernel OBJECT CACHE | refill_cost reference");
	return 0;
}
