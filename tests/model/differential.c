// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * differential.c: runs libslab and the model side by side on random operations. After each both
 * must have returned the same object and be in the same state (pair.h).
 *
 *	differential                 TAP: 10^8 operations (DIFFERENTIAL_OPS), seed 1; debug: fewer
 *	differential OPS SEED        so many operations
 *	differential --epoch SEED    one cache again, compared in full after each operation
 *	differential --input FILE    the same for inputs of libFuzzer: lines of hexadecimal text
 *
 * A stream of 32-bit words drives it: first the parameters of a cache, then one word for each
 * operation. With -DFUZZ the words are the input of libFuzzer. Else they are random, in epochs of
 * one cache each. The seeds of the epochs follow from the seed of the run; a mismatch prints the
 * seed of its epoch.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/unwatched.h"
#include "life.h"

/* Runs an input, and compares everything after each operation. */
static bool follow(const uint8_t *data, size_t size)
{
	struct source s = {.data = data, .left = size};
	struct life l = {0};
	bool good;

	life_draw(&l, &s);
	good = life_live(&l, &s, ULONG_MAX, 1);
	if (!good)
		life_report(&l, stderr);
	return good;
}

#ifdef FUZZ
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	life_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!follow(data, size))
		abort();
	return 0;
}
#else
/*
 * Runs one epoch. Compares everything after each operation in a short one, in others now and then.
 */
static bool epoch(uint64_t seed, unsigned long most, bool thorough)
{
	struct source s = {.random = seed};
	unsigned long steps;
	struct life l = {0};
	bool brief, good;

	life_draw(&l, &s);
	brief = !source_below(&s, 8);
	steps = brief ? 2000 : 2000ul << source_below(&s, 8);
	good = life_live(&l, &s, steps < most ? steps : most, brief || thorough ? 1 : 20000);
	if (!good) {
		life_report(&l, stderr);
		fprintf(stderr, "again: differential --epoch %#llx\n", (unsigned long long)seed);
	}
	return good;
}

static bool epochs(unsigned long ops, uint64_t seed)
{
	bool good = true;

	while (good && life_total.steps < ops) {
		/* splitmix64: a seed for each epoch */
		uint64_t z = seed += 0x9e3779b97f4a7c15ull;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ z >> 27) * 0x94d049bb133111ebull;
		good = epoch((z ^ z >> 31) | 1, ops - life_total.steps, false);
	}
	return good;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void summarize(double took)
{
	const struct model_counts *c = &life_total.counts;

	printf("# %lu operations in %lu caches, %.0f s, %.2f million a second\n", life_total.steps,
	       life_total.lives, took, (double)life_total.steps / took / 1e6);
	printf("# hits %lu, refills %lu (shared %lu, partial %lu, free %lu, grown %lu, "
	       "remote %lu), bypasses %lu, failed %lu\n",
	       c->hits, c->refills, c->origins[FROM_SHARED], c->origins[FROM_PARTIAL],
	       c->origins[FROM_FREE], c->origins[FROM_GROWN], c->origins[FROM_REMOTE], c->bypasses,
	       c->origins[FROM_NOWHERE]);
	printf("# flushes %lu, alien arrays emptied %lu, slabs given back %lu, of them by "
	       "ageing %lu\n",
	       c->flushes, life_total.stats.node_overflow, c->slab_frees, life_total.stats.reaped);
	printf("# shrunk %lu times, aged %lu times, tuned %lu times\n", life_total.shrunk,
	       life_total.reaped, life_total.tuned);
}

/* Returns whether the run did every kind of step. */
static bool everywhere(void)
{
	const struct model_counts *c = &life_total.counts;

	for (unsigned o = 0; o < MODEL_ORIGINS; o++)
		if (!c->origins[o])
			return false;
	return c->hits && c->bypasses && c->flushes && life_total.stats.node_overflow &&
	       c->slab_frees && life_total.stats.reaped && life_total.shrunk && life_total.reaped &&
	       life_total.tuned;
}

static unsigned long default_ops(void)
{
	const char *wanted = getenv("DIFFERENTIAL_OPS");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(SLAB_DEBUG)
	unsigned long ops = 2000000;
#else
	unsigned long ops = 100000000;
#endif
	return wanted ? strtoul(wanted, NULL, 0) : ops;
}

static bool follow_file(const char *path)
{
	static char line[1 << 16];
	FILE *f = fopen(path, "r");
	bool good = true;

	if (!f) {
		perror(path);
		return false;
	}
	while (good && fgets(line, sizeof(line), f)) {
		uint8_t data[sizeof(line) / 2];
		size_t size = 0;

		while (sscanf(line + 2 * size, "%2hhx", &data[size]) == 1)
			size++;
		good = follow(data, size);
	}
	fclose(f);
	return good;
}

int main(int argc, char **argv)
{
	double began = seconds();
	unsigned long ops;
	uint64_t seed;
	bool good;

	life_init();
	if (argc == 3 && !strncmp(argv[1], "--", 2)) {
		good = !strcmp(argv[1], "--epoch")
			       ? epoch(strtoull(argv[2], NULL, 0), ULONG_MAX, true)
			       : follow_file(argv[2]);
		printf("%s after %lu operations\n", good ? "the same" : "different",
		       life_total.steps);
		return !good;
	}
	if (argc != 1 && argc != 3) {
		fprintf(stderr, "usage: differential [OPS SEED | --epoch SEED | --input FILE]\n");
		return 2;
	}
	ops = argc == 3 ? strtoul(argv[1], NULL, 0) : default_ops();
	seed = argc == 3 ? strtoull(argv[2], NULL, 0) : 1;
	printf("1..2\n");
	fflush(stdout);
	good = epochs(ops, seed);
	printf("%sok 1 - libslab and the model agree after each of %lu operations\n",
	       good ? "" : "not ", life_total.steps);
	summarize(seconds() - began);
	printf("%sok 2 - every kind of step happened\n", everywhere() ? "" : "not ");
	return !good || !everywhere();
}
#endif
