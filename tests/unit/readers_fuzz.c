// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Mutated inputs of the readers that trace_fuzz.c does not have: each ends soon, within a bound of
 * memory, and frees everything. Reads FUZZ_COUNT mutations each (a fixed number, a tenth of it
 * without ASan), from number FUZZ_SEED (1), by the reader FUZZ_READER (all). The number of a
 * failing mutation is printed, and repeats it. `make fuzz-readers` has libFuzzer choose them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "../fuzz/hang.h"
#include "../fuzz/readers.h"

#include <cmocka.h>

#define READERS_MAX 16

#ifdef __SANITIZE_ADDRESS__
#define MEMORY_KIB (768 << 10)
#define PART	   1

const char *__asan_default_options(void);

/* Of freed memory ASan keeps a quarter of the usual amount: the bound is for the readers. */
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=64";
}
#else
#define MEMORY_KIB (256 << 10)
#define PART	   10
#endif

static volatile unsigned long mutation;

static void mutated_inputs(void **state)
{
	static struct bytes bad;
	const struct fuzz_reader *reader = *state;
	const char *count = getenv("FUZZ_COUNT"), *seed = getenv("FUZZ_SEED");
	unsigned long wanted = count ? strtoul(count, NULL, 0) : reader->count / PART,
		      first = seed ? strtoul(seed, NULL, 0) : 1, accepted = 0;
	struct rusage usage;

	for (mutation = first; mutation < first + wanted; mutation++) {
		fuzz_mutation(reader, &bad, mutation);
		accepted += reader->read(&bad);
	}
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "# %s: %lu mutations, %lu of them accepted, %ld KiB\n", reader->name,
		wanted, accepted, usage.ru_maxrss);
	assert_in_range(usage.ru_maxrss, 1, MEMORY_KIB);
	if (wanted >= 1000) /* some have no change */
		assert_true(accepted > wanted / 10 && accepted < wanted);
}

int main(void)
{
	static struct CMUnitTest tests[READERS_MAX];
	const char *only = getenv("FUZZ_READER");
	size_t nr = 0;

	for (int i = 0; fuzz_readers[i]; i++)
		if (!only || !strcmp(only, fuzz_readers[i]->name))
			tests[nr++] = (struct CMUnitTest){.name = fuzz_readers[i]->name,
							  .test_func = mutated_inputs,
							  .initial_state = (void *)fuzz_readers[i]};
	hang_watch(&mutation);
	return _cmocka_run_group_tests("readers_fuzz", tests, nr, NULL, NULL);
}
