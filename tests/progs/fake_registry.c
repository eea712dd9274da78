// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * fake_registry.c: a process that claims to contain libslab, with false contents: for tests that
 * an observer survives it. It has the note, a registry and some of the probes, but no allocator.
 *
 *     fake_registry KIND    prints "ready", runs until stdin ends
 *
 * wild    invalid offsets        cpus   2^31 CPUs
 * names   no NUL, escape sequences         stuck  an entry that never ends its change
 * churn   entries that change all the time full   every entry, each with the most CPUs
 * flood   probes with invalid arguments and always new caches
 */
#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#include "slab_registry.h"

#define CPUS 2
#define MOST 8192

#define SEMAPHORE(name) \
	volatile unsigned short slab_##name##_semaphore __attribute__((section(".probes"), used));
SEMAPHORE(refill_done)
SEMAPHORE(flush)
SEMAPHORE(list_move)
SEMAPHORE(totals)
SEMAPHORE(cache_create)
SEMAPHORE(exit)

struct slab_registry fake_registry __attribute__((visibility("hidden")));
static struct slab_registry_gauges gauges;
static struct slab_registry_cpu cpus[MOST];

__asm__(".pushsection .note.slabscope, \"a\", @note\n"
	"	.balign 8\n"
	"	.long 10, 16, 1\n"
	"	.asciz \"slabscope\"\n"
	"	.balign 8\n"
	"1:	.long 1, 0\n"
	"	.quad fake_registry - 1b\n"
	"	.popsection\n");

static int64_t distance(const void *at)
{
	return (int64_t)((uintptr_t)at - (uintptr_t)&fake_registry);
}

static void describe(struct slab_registry_entry *e, uint64_t generation, const char *name)
{
	e->state = SLAB_ENTRY_LIVE;
	e->generation = generation;
	e->cpus_offset = distance(cpus);
	e->gauges_offset = distance(&gauges);
	e->nr_cpus = CPUS;
	e->object_size = e->buffer_size = 64;
	e->num = 63;
	e->slab_pages = 1;
	e->limit = 120;
	e->batchcount = 60;
	snprintf(e->name, sizeof(e->name), "%s", name);
}

static void make_registry(void)
{
	struct slab_registry *r = &fake_registry;

	r->magic = SLAB_REGISTRY_MAGIC;
	r->version = SLAB_REGISTRY_VERSION;
	r->entry_size = sizeof(struct slab_registry_entry);
	r->cpu_size = sizeof(struct slab_registry_cpu);
	r->nr_entries = SLAB_REGISTRY_ENTRIES;
	r->page_size = 4096;
	r->pid = (uint32_t)getpid();
	r->used = 2;
	describe(&r->entries[0], 0, "honest");
	describe(&r->entries[1], 1, "liar");
	for (int i = 0; i < CPUS; i++) {
		cpus[i].state = 1000 << 16 | 7;
		cpus[i].counters.refills = 10;
	}
}

static void lie(const char *kind)
{
	struct slab_registry_entry *e = fake_registry.entries;

	if (!strcmp(kind, "wild")) {
		e[1].cpus_offset = INT64_MAX;
		e[1].gauges_offset = INT64_MIN;
	} else if (!strcmp(kind, "cpus")) {
		e[1].nr_cpus = 1u << 31;
	} else if (!strcmp(kind, "names")) {
		memset(e[1].name, '\x1b', sizeof(e[1].name));
	} else if (!strcmp(kind, "stuck")) {
		e[1].seq = 1;
	} else if (!strcmp(kind, "full")) {
		memset(cpus, 0xff, sizeof(cpus));
		for (unsigned i = 0; i < SLAB_REGISTRY_ENTRIES; i++) {
			describe(&e[i], i, "liar");
			e[i].nr_cpus = MOST;
		}
		fake_registry.used = SLAB_REGISTRY_ENTRIES;
		memset(&gauges, 0xff, sizeof(gauges));
	} else if (strcmp(kind, "churn") && strcmp(kind, "flood")) {
		errx(2, "unknown kind of lie");
	}
}

static void churn(uint64_t i)
{
	struct slab_registry_entry *e = &fake_registry.entries[1];

	__atomic_store_n(&e->seq, e->seq + 1, __ATOMIC_SEQ_CST);
	e->generation = i;
	e->nr_cpus = (uint32_t)i % MOST;
	e->cpus_offset ^= (int64_t)i << 32;
	__atomic_store_n(&e->seq, e->seq + 1, __ATOMIC_SEQ_CST);
}

static void flood(uint64_t i)
{
	const char *name = (const char *)(uintptr_t)(i * 4099);

	if (slab_cache_create_semaphore)
		STAP_PROBE3(slab, cache_create, i, name, UINT64_MAX);
	if (slab_refill_done_semaphore)
		STAP_PROBE8(slab, refill_done, i, i << 40, i, i, UINT64_MAX, i << 8, i, UINT64_MAX);
	if (slab_refill_done_semaphore)
		STAP_PROBE8(slab, refill_done, i, i % 3, i, i, UINT64_MAX, i << 8, i, UINT64_MAX);
	if (slab_flush_semaphore)
		STAP_PROBE6(slab, flush, i, UINT64_MAX, i, i, i, i);
	if (slab_list_move_semaphore)
		STAP_PROBE8(slab, list_move, i, i, i, i, i, i, i, i);
	if (slab_totals_semaphore)
		STAP_PROBE3(slab, totals, i, i % 3, i << 12);
	if (slab_exit_semaphore)
		STAP_PROBE3(slab, exit, i, name, i);
}

/* Whether stdin has ended. */
static bool is_over(void)
{
	struct pollfd in = {.fd = 0, .events = POLLIN};
	char unused;

	return poll(&in, 1, 0) > 0 && read(0, &unused, 1) <= 0;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: fake_registry KIND");
	make_registry();
	lie(argv[1]);
	puts("ready");
	fflush(stdout);
	for (uint64_t i = 2; !is_over(); i++) {
		if (!strcmp(argv[1], "churn"))
			churn(i);
		else if (!strcmp(argv[1], "flood"))
			flood(i);
		else
			usleep(10000);
	}
	return 0;
}
