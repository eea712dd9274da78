// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Mutated recordings: reading, replaying, playing and comparing any files ends soon, within a bound
 * of memory, and frees everything. Runs for FUZZ_SECONDS (30 with ASan, else 3), or FUZZ_COUNT
 * mutations, from number FUZZ_SEED (1). The number of a failing mutation is printed, and repeats
 * it. Most mutate a small recording, which is faster. `make fuzz-recordings` has libFuzzer choose
 * them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../fuzz/hang.h"
#include "../fuzz/mutate.h"
#include "../fuzz/play.h"

#include <cmocka.h>

#define TELL_EACH 100000

#ifdef __SANITIZE_ADDRESS__
#define SECONDS 30
#else
#define SECONDS 3
#endif

enum { SMALL, LARGE, SIZES };
static const struct {
	unsigned caches, events;
} sizes[SIZES] = {{2, 80}, {4, 1500}};
static struct files good[SIZES], bad;
static volatile unsigned long mutation;

static void copy(const struct files *from)
{
	for (int i = 0; i < FILES; i++) {
		bad.file[i].size = from->file[i].size;
		memcpy(bad.file[i].data, from->file[i].data, from->file[i].size);
	}
}

static void tell(unsigned long far)
{
	fprintf(stderr,
		"# %lu mutations, a good part of %lu of them replayed, %lu refused, "
		"%ld KiB, %.3f s at most (%lu)\n",
		played.all, far, played.refused, played.memory_kib, played.longest_s,
		played.longest);
}

static void mutated_recordings(void **state)
{
	const char *wanted = getenv("FUZZ_SECONDS"), *count = getenv("FUZZ_COUNT"),
		   *seed = getenv("FUZZ_SEED");
	time_t end = time(NULL) + (wanted ? atol(wanted) : SECONDS);
	unsigned long far = 0, first = seed ? strtoul(seed, NULL, 0) : 1,
		      left = count ? strtoul(count, NULL, 0) : 0;
	(void)state;
	for (int size = 0; size < SIZES; size++)
		make_good(&good[size], sizes[size].caches, sizes[size].events);
	play_init();
	hang_watch(&mutation);
	for (mutation = first; count ? left-- : time(NULL) < end; mutation++) {
		struct random random = {mutation * 0x9e3779b97f4a7c15u};
		int size = mutation / 128 % 256 ? SMALL : LARGE;
		size_t changes;

		copy(&good[size]);
		for (changes = 1 + next_random(&random) % 8; changes; changes--)
			mutate(&bad, &random);
		far += play(&bad, mutation) > sizes[size].events / 3;
		if (played.all % TELL_EACH == 0)
			tell(far);
	}
	tell(far);
	assert_true(far * 10 > played.all * 5); /* most mutations are readable */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(mutated_recordings)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
