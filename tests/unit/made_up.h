/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* made_up.h: made-up recordings, for the tests of their readers. */
#ifndef MADE_UP_H
#define MADE_UP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/replay.h"
#include "trace/trace_writer.h"

#include <cmocka.h> /* its fail() is a macro */

static char dir[64], command[256];
static struct trace_writer *writer;
static struct trace_reader *reader;
static uint64_t at_ns;

static inline int setup(void **state)
{
	struct failure f = {""};

	(void)state;
	strcpy(dir, "/tmp/slabscope-replay-XXXXXX");
	at_ns = 1;
	return mkdtemp(dir) ? trace_writer_open(&writer, dir, false, &f) : -1;
}

static inline int teardown(void **state)
{
	(void)state;
	trace_reader_close(reader);
	reader = NULL;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static inline void put(struct trace_event e)
{
	struct failure f = {""};

	e.ns = at_ns++;
	assert_int_equal(trace_writer_write(writer, &e, &f), 0);
}

static inline void put_cache(unsigned number, const char *name, unsigned size, unsigned cpus)
{
	struct trace_event e = {.cpu = TRACE_NO_CPU, .id = TRACE_CACHE};

	e.value[TRACE_F_CACHE] = number;
	e.value[CACHE_PID] = 1;
	e.value[CACHE_OBJECT_SIZE] = e.value[CACHE_BUFFER_SIZE] = size;
	e.value[CACHE_LIMIT] = 120;
	e.value[CACHE_BATCHCOUNT] = 60;
	e.value[CACHE_SHAREDFACTOR] = 8;
	e.value[CACHE_CPUS] = cpus;
	strcpy(e.text[0], name);
	put(e);
}

/* The same for a cache of the kernel. */
static inline void put_cache_of_kernel(unsigned number, const char *name, unsigned size,
				       unsigned cpus)
{
	struct trace_event e = {.cpu = TRACE_NO_CPU, .id = TRACE_CACHE};
	const uint64_t value[] = {number, 0,   TRACE_KERNEL, size, size, 4096 / size - 1,
				  4096,	  120, 60,	     8,	   cpus};

	memcpy(e.value, value, sizeof(value));
	strcpy(e.text[0], name);
	put(e);
}

static inline void put_alloc(unsigned cache, unsigned cpu, uint64_t address)
{
	put((struct trace_event){.cpu = cpu, .id = TRACE_ALLOC_HIT, .value = {cache, 0, address}});
}

static inline void put_free(unsigned cache, unsigned cpu, uint64_t address)
{
	put((struct trace_event){.cpu = cpu, .id = TRACE_FREE, .value = {cache, address}});
}

/* An inferred refill, with its allocation. */
static inline void put_inferred(unsigned cache, unsigned cpu, uint64_t address)
{
	put((struct trace_event){
		.cpu = cpu,
		.id = TRACE_REFILL,
		.value = {cache, TRACE_NR_UNKNOWN, TRACE_NR_UNKNOWN, 10, TRACE_NS_UNKNOWN}});
	put((struct trace_event){
		.cpu = cpu, .id = TRACE_ALLOC_REFILL, .value = {cache, 0, address}});
}

/* A refill of the kernel, so many frees in an interrupt, then the allocation of the refill. */
static inline void put_interrupted_refill(unsigned cache, unsigned cpu, uint64_t address,
					  unsigned frees)
{
	put((struct trace_event){
		.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE, .value = {cache, 0, 10, 0, 10}});
	put((struct trace_event){.cpu = cpu, .id = TRACE_REFILL, .value = {cache, 60, 60, 2, 500}});
	for (unsigned i = 0; i < frees; i++)
		put_free(cache, cpu, address + 0x100000 + 64ull * i);
	put((struct trace_event){
		.cpu = cpu, .id = TRACE_ALLOC_REFILL, .value = {cache, 0, address}});
	put_free(cache, cpu, address);
}

/* So many inferred refills of a cache may be wrong. */
static inline void put_doubts(unsigned cache, uint64_t doubtful)
{
	put((struct trace_event){
		.cpu = TRACE_NO_CPU, .id = TRACE_INFERRED, .value = {cache, doubtful}});
}

static const struct replay_settings as_recorded = {
	.limit = -1, .batchcount = -1, .sharedfactor = -1, .bufctl = -1};

/* Ends the written recording, and opens it. */
static inline void open_recording(void)
{
	struct failure f = {""};

	if (writer)
		assert_int_equal(trace_writer_close(writer, &f), 0);
	writer = NULL;
	if (!reader)
		assert_int_equal(trace_reader_open(&reader, dir, &f), 0);
}

/* Varying numbers of live objects, on the used ones of so many CPUs. */
static uint64_t load_allocs, load_frees;

static inline void put_load(unsigned cpus, unsigned used)
{
	static uint64_t live[3000];
	unsigned random = 1, nr = 0;

	load_allocs = load_frees = 0;
	put_cache(0, "load", 256, cpus);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned n = (random = random * 1664525 + 1013904223) >> 8;
		bool more = nr < 3000 && (nr < 100 || n % 1000 < 500 + (i / 4000 % 2 ? 60 : -60));

		if (more) {
			live[nr] = 0x100000 + 256ull * i;
			put_alloc(0, n / 1000 % used, live[nr++]);
			load_allocs++;
		} else {
			unsigned victim = n / 1000 % nr;

			put_free(0, n / 7000 % used, live[victim]);
			live[victim] = live[--nr];
			load_frees++;
		}
	}
}

#endif
