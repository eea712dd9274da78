// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* registry_reader.c: a good registry, and every way in which a process may lie or change. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "reference/registry_reader.h"

#define CPUS 3

/* The memory of a process with libslab: this one. */
static struct slab_registry registry;
static struct slab_registry_gauges gauges[2];
static struct slab_registry_cpu cpus[2][CPUS];

static uint64_t here(const void *at)
{
	return (uint64_t)(uintptr_t)at;
}

static void describe(struct slab_registry_entry *e, int which)
{
	e->state = SLAB_ENTRY_LIVE;
	e->generation = 100 + (uint64_t)which;
	e->cpus_offset = (int64_t)(here(cpus[which]) - here(&registry));
	e->gauges_offset = (int64_t)(here(&gauges[which]) - here(&registry));
	e->nr_cpus = CPUS;
	e->object_size = 60;
	e->buffer_size = 64;
	e->num = 63;
	e->slab_pages = 1;
	snprintf(e->name, sizeof(e->name), "cache-%d", which);
}

static int make_registry(void **state)
{
	(void)state;
	memset(&registry, 0, sizeof(registry));
	memset(gauges, 0, sizeof(gauges));
	memset(cpus, 0, sizeof(cpus));
	registry.magic = SLAB_REGISTRY_MAGIC;
	registry.version = SLAB_REGISTRY_VERSION;
	registry.entry_size = sizeof(struct slab_registry_entry);
	registry.cpu_size = sizeof(struct slab_registry_cpu);
	registry.nr_entries = SLAB_REGISTRY_ENTRIES;
	registry.page_size = 4096;
	registry.pid = (uint32_t)getpid();
	registry.used = 3; /* the second one is free */
	describe(&registry.entries[0], 0);
	describe(&registry.entries[2], 1);
	gauges[1].free_objects = 17;
	for (int i = 0; i < CPUS; i++) {
		cpus[1][i].state = (uint64_t)(1000 + i) << 16 | 5;
		cpus[1][i].counters.refills = (uint64_t)(10 + i);
	}
	return 0;
}

static int read_self(struct registry_reading *to)
{
	return registry_read(getpid(), here(&registry), to);
}

static void a_good_registry_is_read_whole(void **state)
{
	struct registry_reading r;

	(void)state;
	assert_int_equal(read_self(&r), 0);
	assert_int_equal(r.pid, getpid());
	assert_int_equal(r.nr_caches, 2);
	assert_int_equal(r.unread, 0);
	assert_string_equal(r.cache[0].entry.name, "cache-0");
	assert_string_equal(r.cache[1].entry.name, "cache-1");
	assert_int_equal(r.cache[1].gauges.free_objects, 17);
	for (int i = 0; i < CPUS; i++) {
		assert_int_equal(r.cache[1].cpu[i].state >> 16, 1000 + i);
		assert_int_equal(r.cache[1].cpu[i].counters.refills, 10 + i);
	}
	registry_reading_free(&r);
}

static void another_layout_is_refused(void **state)
{
	struct registry_reading r;

	(void)state;
	registry.version++;
	assert_int_equal(read_self(&r), -EPROTONOSUPPORT);
	make_registry(NULL);
	registry.entry_size *= 2;
	assert_int_equal(read_self(&r), -EPROTONOSUPPORT);
	make_registry(NULL);
	registry.cpu_size = 0;
	assert_int_equal(read_self(&r), -EPROTONOSUPPORT);
	make_registry(NULL);
	registry.magic ^= 1;
	assert_int_equal(read_self(&r), -EPROTO);
	make_registry(NULL);
	registry.nr_entries = registry.used = UINT32_MAX;
	assert_int_equal(read_self(&r), -EPROTO);
	make_registry(NULL);
	registry.used = registry.nr_entries + 1;
	assert_int_equal(read_self(&r), -EPROTO);
	make_registry(NULL);
	registry.page_size = 4095;
	assert_int_equal(read_self(&r), -EPROTO);
	assert_int_equal(r.nr_caches, 0);
	assert_null(r.cache);
}

static void no_registry_and_no_process_are_told_apart(void **state)
{
	struct registry_reading r;
	pid_t child = fork();

	(void)state;
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	assert_int_equal(registry_read(child, here(&registry), &r), -ESRCH);
	assert_int_equal(registry_read(getpid(), 8, &r), -EPROTO);
	assert_int_equal(registry_read(getpid(), UINT64_MAX - 100, &r), -EPROTO);
	assert_int_equal(registry_read(getpid(), 1ull << 63, &r), -EPROTO);
}

/* One bad entry costs that cache, not the others. */
static void expect_only_the_other(const char *why)
{
	struct registry_reading r;

	print_message("%s\n", why);
	assert_int_equal(read_self(&r), 0);
	assert_int_equal(r.nr_caches + r.unread, 2);
	for (size_t i = 0; i < r.nr_caches; i++)
		if (!r.cache[i].busy)
			assert_string_equal(r.cache[i].entry.name, "cache-1");
	registry_reading_free(&r);
	make_registry(NULL);
}

static void wild_offsets_lead_nowhere(void **state)
{
	const int64_t wild[] = {INT64_MAX, INT64_MIN, 1, -1, 1ll << 46, 0x7fffffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(wild) / sizeof(*wild); i++) {
		struct registry_reading r;

		registry.entries[0].cpus_offset = wild[i];
		assert_int_equal(read_self(&r), 0);
		/* +1 and -1 are readable nonsense, which must not count as more. */
		assert_true(r.nr_caches <= 2);
		registry_reading_free(&r);
		registry.entries[0].gauges_offset = wild[i];
		assert_int_equal(read_self(&r), 0);
		registry_reading_free(&r);
		make_registry(NULL);
	}
}

static void impossible_cpus_are_refused(void **state)
{
	const uint32_t nr[] = {0, REGISTRY_MAX_CPUS + 1, 1u << 31, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(nr) / sizeof(*nr); i++) {
		registry.entries[0].nr_cpus = nr[i];
		expect_only_the_other("impossible number of CPUs");
	}
	registry.entries[0].state = 77;
	expect_only_the_other("unknown state");
}

static void names_are_made_printable(void **state)
{
	struct registry_reading r;

	(void)state;
	memset(registry.entries[0].name, 'x', SLAB_NAME_MAX); /* no NUL */
	memcpy(registry.entries[2].name, "a\x1b[2J\n\xff z", 10);
	assert_int_equal(read_self(&r), 0);
	assert_int_equal(strlen(r.cache[0].entry.name), SLAB_NAME_MAX - 1);
	assert_string_equal(r.cache[1].entry.name, "a?[2J?? z");
	registry_reading_free(&r);
}

static void an_entry_stuck_in_a_change_is_busy(void **state)
{
	struct registry_reading r;

	(void)state;
	registry.entries[0].seq = 7;
	assert_int_equal(read_self(&r), 0);
	assert_int_equal(r.nr_caches, 2);
	assert_true(r.cache[0].busy);
	assert_int_equal(r.cache[0].entry.generation, 100);
	assert_false(r.cache[1].busy);
	registry_reading_free(&r);
}

static void what_is_read_of_one_process_is_bounded(void **state)
{
	static struct slab_registry_cpu many[REGISTRY_MAX_CPUS];
	struct registry_reading r;
	size_t bytes = 0;

	(void)state;
	registry.used = SLAB_REGISTRY_ENTRIES;
	for (int i = 0; i < SLAB_REGISTRY_ENTRIES; i++) {
		describe(&registry.entries[i], 0);
		registry.entries[i].cpus_offset = (int64_t)(here(many) - here(&registry));
		registry.entries[i].nr_cpus = REGISTRY_MAX_CPUS;
	}
	assert_int_equal(read_self(&r), 0);
	for (size_t i = 0; i < r.nr_caches; i++)
		bytes += r.cache[i].entry.nr_cpus * sizeof(struct slab_registry_cpu);
	assert_true(bytes > 0 && bytes <= REGISTRY_MAX_BYTES);
	assert_int_equal(r.nr_caches + r.unread, SLAB_REGISTRY_ENTRIES);
	assert_true(r.unread > 0);
	registry_reading_free(&r);
}

static bool stop;

/* A cache that is destroyed and created all the time, with other values each time. */
static void *churn(void *arg)
{
	struct slab_registry_entry *e = &registry.entries[0];

	(void)arg;
	for (uint32_t i = 1000; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		__atomic_store_n(&e->seq, e->seq + 1, __ATOMIC_SEQ_CST);
		e->generation = i;
		e->object_size = i;
		e->nr_cpus = 1 + i % CPUS;
		e->state = i % 3 ? SLAB_ENTRY_LIVE : SLAB_ENTRY_FREE;
		e->limit = i;
		for (int c = 0; c < CPUS; c++)
			cpus[0][c].counters.refills = i;
		__atomic_store_n(&e->seq, e->seq + 1, __ATOMIC_SEQ_CST);
		for (volatile unsigned wait = 0; wait < i % 256; wait++)
			;
	}
	return NULL;
}

static void an_entry_is_never_read_half_changed(void **state)
{
	struct registry_reading r;
	unsigned whole = 0;
	pthread_t thread;

	(void)state;
	stop = false;
	assert_int_equal(pthread_create(&thread, NULL, churn, NULL), 0);
	for (int n = 0; n < 20000 || !whole; n++) {
		assert_int_equal(read_self(&r), 0);
		for (size_t c = 0; c < r.nr_caches; c++) {
			const struct slab_registry_entry *e = &r.cache[c].entry;

			if (r.cache[c].busy ||
			    e->object_size == 60) /* not begun, or the other one */
				continue;
			whole++;
			assert_int_equal(e->state, SLAB_ENTRY_LIVE);
			assert_int_equal(e->object_size, e->generation);
			assert_int_equal(e->limit, e->generation);
			assert_int_equal(e->nr_cpus, 1 + e->generation % CPUS);
			for (uint32_t i = 0; i < e->nr_cpus; i++)
				assert_int_equal(r.cache[c].cpu[i].counters.refills, e->generation);
		}
		registry_reading_free(&r);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	print_message("%u whole readings of a cache that kept changing\n", whole);
}

/* A block copied between a change by a flush and its count shows too many frees. */
static void of_two_copies_the_honest_one_is_kept(void **state)
{
	struct slab_registry_cpu whole = {.state = 1000 << 16 | 120}, torn, second, first;

	(void)state;
	whole.counters = (struct slab_cpu_counters){.pushed = 500, .taken = 120, .refills = 9};
	torn = whole;
	torn.counters.taken += 120; /* counted already, but avail was read before */

	first = torn;
	second = whole;
	registry_reconcile(&first, &second, 1);
	assert_memory_equal(&first, &whole, sizeof(whole));

	first = whole;
	second = torn;
	registry_reconcile(&first, &second, 1);
	assert_memory_equal(&first, &whole, sizeof(whole));

	/* Of two correct blocks the newer one. */
	first = second = whole;
	second.counters.refills++;
	registry_reconcile(&first, &second, 1);
	assert_int_equal(first.counters.refills, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_good_registry_is_read_whole, make_registry),
		cmocka_unit_test_setup(another_layout_is_refused, make_registry),
		cmocka_unit_test_setup(no_registry_and_no_process_are_told_apart, make_registry),
		cmocka_unit_test_setup(wild_offsets_lead_nowhere, make_registry),
		cmocka_unit_test_setup(impossible_cpus_are_refused, make_registry),
		cmocka_unit_test_setup(names_are_made_printable, make_registry),
		cmocka_unit_test_setup(an_entry_stuck_in_a_change_is_busy, make_registry),
		cmocka_unit_test_setup(what_is_read_of_one_process_is_bounded, make_registry),
		cmocka_unit_test_setup(an_entry_is_never_read_half_changed, make_registry),
		cmocka_unit_test_setup(of_two_copies_the_honest_one_is_kept, make_registry),
	};

	return cmocka_run_group_tests_name("registry_reader", tests, NULL, NULL);
}
