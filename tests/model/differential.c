/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * differential.c: libslab and the model, side by side on random operations; after each of them both
 * must have given the same object and be in the same state (pair.h).
 *
 *	differential                 TAP: 10^8 operations (DIFFERENTIAL_OPS), seed 1
 *	differential OPS SEED        so many operations
 *	differential --epoch SEED    one cache's life again, everything compared after each operation
 *
 * A stream of 32-bit words drives it: first a cache's parameters, then a word an operation. With
 * -DFUZZ they are the input of libFuzzer; else they are random, in epochs of one cache each, whose
 * seeds follow from the run's seed and are what a mismatch prints.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "pages.h"
#include "pair.h"

/* ---- where the words come from ---------------------------------------------------------------- */

struct source {
	const uint8_t *data; /* NULL: random */
	size_t left;
	uint64_t random;
};

static bool draw(struct source *s, uint32_t *word)
{
	*word = 0;
	if (!s->data) {
		s->random ^= s->random << 13;
		s->random ^= s->random >> 7;
		s->random ^= s->random << 17;
		*word = (uint32_t)((s->random * 0x2545f4914f6cdd1dull) >> 32);
		return true;
	}
	if (s->left < sizeof(*word))
		return false;
	memcpy(word, s->data, sizeof(*word));
	s->data += sizeof(*word);
	s->left -= sizeof(*word);
	return true;
}

static unsigned below(struct source *s, unsigned bound)
{
	uint32_t word;

	draw(s, &word);
	return (unsigned)((uint64_t)word * bound >> 32);
}

/* Small ones are likelier: each power of two up to most is as likely as any other. */
static unsigned skewed(struct source *s, unsigned most)
{
	unsigned bits = 0;

	while (most >> bits)
		bits++;
	bits = 1 + below(s, bits);
	return 1 + below(s, bits >= 31 || 1u << bits > most ? most : 1u << bits);
}

/* ---- one cache's life ------------------------------------------------------------------------- */

/* How objects that go back are chosen. */
enum pick { NEWEST, OLDEST, ANY, SWEEP };

struct life {
	struct pair pair;
	struct model_params params;
	bool constructed;
	struct both *live;
	size_t nr_live, most_live, sweep;
	unsigned most_limit, most_shared; /* for which there is room */
	unsigned bias; /* of 256 operations so many are allocations */
	unsigned first_cpu, cpus;
	enum pick pick;
	unsigned long step;
};

/* What all lives together came to, so that the test can say that it went everywhere. */
static struct {
	unsigned long steps, lives;
	struct model_counts counts;
	struct model_stats stats;
	unsigned long shrunk, reaped, tuned;
} total;

static unsigned long constructions;

static void construct(void *objp)
{
	(void)objp;
	constructions++;
}

#define BYTES_MAX (256ul << 20) /* that all objects of a life may take */

static unsigned draw_size(struct source *s)
{
	switch (below(s, 8)) {
	case 0:
		return 1 + below(s, 1u << skewed(s, 20)); /* up to 1 MiB */
	case 1:
		return 400 + below(s, 800); /* about where the free indices leave the slab */
	case 2:
		return 8 << below(s, 9);
	default:
		return skewed(s, 256);
	}
}

static void draw_params(struct source *s, struct life *l)
{
	struct model_params *p = &l->params;

	*p = (struct model_params){ .object_size = draw_size(s) };
	p->align = below(s, 4) ? 1 : 1u << below(s, 13);
	p->cpus = skewed(s, 64);
	p->nodes = below(s, 2) ? 1 : 1 + below(s, MODEL_NODES_MAX);
	p->limit = skewed(s, 1024);
	p->batchcount = below(s, 4) ? skewed(s, p->limit) : (p->limit + 1) / 2;
	p->sharedfactor = below(s, 3) ? skewed(s, 16) : 0;
	p->chained = !below(s, 4);
	p->where = below(s, 4) ? BY_SIZE : 1 + below(s, 2);
	l->constructed = !below(s, 8);
	l->most_live = 16 + skewed(s, 20000);
	p->slabs = s->data ? 3000 : MODEL_SLABS_MAX;
	/* What can be out of slabs at once must fit into memory, and into as many slabs. */
	for (;;) {
		unsigned long objects = l->most_live + (unsigned long)p->cpus * p->limit +
					(unsigned long)p->nodes * p->nodes * p->limit +
					(unsigned long)p->nodes * p->sharedfactor * p->batchcount;
		unsigned long size = p->object_size > p->align ? p->object_size : p->align;

		if (objects < p->slabs / 2 && objects * size <= BYTES_MAX)
			break;
		l->most_live = (l->most_live + 1) / 2;
		p->limit = (p->limit + 1) / 2;
		p->batchcount = p->batchcount > p->limit ? p->limit : p->batchcount;
		p->sharedfactor /= 2;
		p->cpus = (p->cpus + 1) / 2;
	}
	l->most_limit = p->limit;
	l->most_shared = p->sharedfactor * p->batchcount;
}

static void new_phase(struct life *l, unsigned cpu, unsigned choice)
{
	static const uint8_t bias[8] = { 10, 60, 100, 128, 156, 200, 240, 250 };
	unsigned most = l->params.cpus;

	l->bias = bias[choice & 7];
	l->pick = choice >> 3 & 3;
	l->first_cpu = cpu % most;
	l->cpus = choice & 32 ? most : 1 + (choice >> 6) % most;
}

/*
 * Lets the cache have as many more slabs, and in an emergency some more than that. Free indices that stand
 * elsewhere take pages, too: then it is all or none.
 */
static void limit_memory(struct life *l, unsigned slabs, unsigned reserve)
{
	struct model *m = l->pair.model;

	if (m->layout.off_slab) {
		pages_set_limit(1); /* and more is in use: see hold() */
		m->max_pages = 0;
	} else {
		pages_set_limit(pages_used() + slabs * m->layout.pages);
		m->max_pages = m->pages + slabs * m->layout.pages;
		m->reserve = reserve * m->layout.pages;
	}
	pages_set_reserve(m->reserve);
}

static void unlimit_memory(struct life *l)
{
	pages_set_limit(0);
	l->pair.model->max_pages = ULONG_MAX;
}

static bool tune(struct life *l, unsigned choice)
{
	static const uint8_t quarters[4] = { 4, 3, 2, 1 };
	unsigned limit = l->most_limit * quarters[choice & 3] / 4;
	unsigned batchcount = limit * quarters[choice >> 2 & 3] / 4;
	unsigned sharedfactor = choice >> 4 & 15;

	if (batchcount && sharedfactor * batchcount > l->most_shared)
		sharedfactor = l->most_shared / batchcount;
	return pair_tune(&l->pair, limit, batchcount, sharedfactor); /* 0 among them: an error */
}

static bool allocate(struct life *l, unsigned cpu, int node, bool emergency)
{
	struct both *got = &l->live[l->nr_live];

	if (!pair_alloc(&l->pair, cpu, node, emergency, got))
		return false;
	l->nr_live += got->real != NULL;
	return true;
}

static bool give_back(struct life *l, unsigned cpu, unsigned choice)
{
	size_t at = l->pick == NEWEST	? l->nr_live - 1
		    : l->pick == OLDEST ? 0
		    : l->pick == ANY	? choice % l->nr_live
					: ++l->sweep % l->nr_live;
	struct both out = l->live[at];

	l->live[at] = l->live[--l->nr_live];
	return pair_free(&l->pair, cpu, out);
}

/* The rare operations; false where the word stands for none of them. */
static bool rare(struct life *l, unsigned cpu, unsigned choice, bool *good)
{
	unsigned kind = choice & 63;

	*good = true;
	if (kind < 16)
		new_phase(l, cpu, choice >> 6);
	else if (kind < 18)
		*good = pair_reap(&l->pair), total.reaped++;
	else if (kind == 24)
		*good = pair_shrink(&l->pair), total.shrunk++;
	else if (kind == 25)
		*good = tune(l, choice >> 6), total.tuned++;
	else if (kind == 26)
		limit_memory(l, choice >> 6 & 7, choice >> 9 & 7);
	else if (kind <= 30)
		unlimit_memory(l);
	else
		return false;
	return true;
}

static bool operate(struct life *l, uint32_t word)
{
	unsigned op = word & 0xff, choice = word >> 16;
	unsigned cpu = (l->first_cpu + (word >> 8 & 0xff) % l->cpus) % l->params.cpus;
	/* In a cache of several nodes one of 16 allocations names one, at times one that is not there. */
	int node = l->params.nodes > 1 && op % 16 == 1 ? (int)(choice % (l->params.nodes + 1)) : -1;
	bool good;

	if (op == 0 && rare(l, cpu, choice, &good))
		return good;
	if (!l->nr_live || (op < l->bias && l->nr_live < l->most_live))
		return allocate(l, cpu, node, choice >> 13 == 0);
	return give_back(l, cpu, choice);
}

static void add_up(const struct life *l)
{
	for (unsigned cpu = 0; cpu < l->params.cpus; cpu++) {
		const struct model_counts *c = &l->pair.model->cpu[cpu].counts;

		total.counts.hits += c->hits;
		total.counts.refills += c->refills;
		total.counts.bypasses += c->bypasses;
		total.counts.flushes += c->flushes;
		total.counts.slab_frees += c->slab_frees;
		for (unsigned o = 0; o < MODEL_ORIGINS; o++)
			total.counts.origins[o] += c->origins[o];
	}
	total.stats.reaped += l->pair.model->stats.reaped;
	total.stats.node_overflow += l->pair.model->stats.node_overflow;
	total.lives++;
	total.steps += l->step;
}

/* At the end: libslab's own walker agrees, and everything goes back. */
static bool finish(struct life *l)
{
	void **live = calloc(l->nr_live + 1, sizeof(*live));
	unsigned long grown = 0, used;
	struct slab_check c;

	unlimit_memory(l);
	for (size_t i = 0; i < l->nr_live; i++)
		live[i] = l->live[i].real;
	if (slab_check(l->pair.cachep, live, l->nr_live, &c))
		snprintf(l->pair.wrong, sizeof(l->pair.wrong), "the walker: %s", c.error);
	free(live);
	while (!*l->pair.wrong && l->nr_live)
		give_back(l, (unsigned)l->nr_live % l->params.cpus, (unsigned)l->nr_live);
	if (*l->pair.wrong || !pair_compare(&l->pair) || !pair_shrink(&l->pair))
		return false;
	for (unsigned cpu = 0; cpu < l->params.cpus; cpu++)
		grown += l->pair.model->cpu[cpu].counts.grows;
	used = constructions;
	constructions = 0;
	if (used == (l->constructed ? grown * l->pair.model->layout.num : 0))
		return true;
	snprintf(l->pair.wrong, sizeof(l->pair.wrong), "the constructor ran %lu times", used);
	return false;
}

/* Runs steps operations, or as long as there are words; compares everything every so many. */
static bool live(struct source *s, struct life *l, unsigned long steps, unsigned every)
{
	uint32_t word;
	bool good;

	l->live = calloc(l->most_live + 1, sizeof(*l->live));
	good = pair_create(&l->pair, &l->params, l->constructed ? construct : NULL);
	new_phase(l, 0, 6 | 32);
	while (good && l->step < steps && draw(s, &word)) {
		l->step++;
		good = operate(l, word);
		if (good && l->step % every == 0)
			good = pair_compare(&l->pair);
	}
	add_up(l);
	return good && finish(l);
}

static void report(const struct life *l, uint64_t seed)
{
	const struct model_params *p = &l->params;

	fprintf(stderr, "mismatch: %s\n", l->pair.wrong);
	fprintf(stderr, "at operation %lu of: differential --epoch %#llx\n", l->step,
		(unsigned long long)seed);
	fprintf(stderr, "size %u, align %u, %u CPUs, %u nodes, limit %u, batchcount %u, "
			"sharedfactor %u, %s, list of free objects %s, %zu objects out\n",
		p->object_size, p->align, p->cpus, p->nodes, p->limit, p->batchcount,
		p->sharedfactor, p->chained ? "chain" : "array",
		p->where == BY_SIZE ? "where the size says" : p->where == ON_SLAB ? "inside" : "outside",
		l->nr_live);
	pair_print(&l->pair, stderr);
}

/* Keeps a page in use, so that a limit of one page means none. */
static void hold(void)
{
	static struct kmem_cache *cachep;

	if (cachep)
		return;
	cachep = kmem_cache_create("held", 64, 0, 0, NULL);
	if (!cachep || !kmem_cache_alloc(cachep, 0))
		abort();
}

#ifdef FUZZ
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source s = { .data = data, .left = size };
	struct life l = { 0 };

	hold();
	draw_params(&s, &l);
	if (!live(&s, &l, ULONG_MAX, 1)) {
		report(&l, 0);
		abort();
	}
	pair_destroy(&l.pair);
	free(l.live);
	return 0;
}
#else
/* One epoch. Everything is compared after each operation in a short one, in others now and then. */
static bool epoch(uint64_t seed, unsigned long most, bool thorough)
{
	struct source s = { .random = seed };
	unsigned long steps;
	struct life l = { 0 };
	bool brief, good;

	draw_params(&s, &l);
	brief = !below(&s, 8);
	steps = brief ? 2000 : 2000ul << below(&s, 8);
	good = live(&s, &l, steps < most ? steps : most, brief || thorough ? 1 : 20000);
	if (!good)
		report(&l, seed);
	else
		pair_destroy(&l.pair);
	free(l.live);
	return good;
}

static bool epochs(unsigned long ops, uint64_t seed)
{
	bool good = true;

	while (good && total.steps < ops) {
		/* splitmix64: a seed for each epoch */
		uint64_t z = seed += 0x9e3779b97f4a7c15ull;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ z >> 27) * 0x94d049bb133111ebull;
		good = epoch((z ^ z >> 31) | 1, ops - total.steps, false);
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
	const struct model_counts *c = &total.counts;

	printf("# %lu operations in %lu caches, %.0f s, %.2f million a second\n", total.steps,
	       total.lives, took, (double)total.steps / took / 1e6);
	printf("# hits %lu, refills %lu (shared %lu, partial %lu, free %lu, grown %lu, remote %lu), "
	       "bypasses %lu, failed %lu\n", c->hits, c->refills, c->origins[FROM_SHARED],
	       c->origins[FROM_PARTIAL], c->origins[FROM_FREE], c->origins[FROM_GROWN],
	       c->origins[FROM_REMOTE], c->bypasses, c->origins[FROM_NOWHERE]);
	printf("# flushes %lu, alien arrays emptied %lu, slabs given back %lu, of them by ageing %lu\n",
	       c->flushes, total.stats.node_overflow, c->slab_frees, total.stats.reaped);
	printf("# shrunk %lu times, aged %lu times, tuned %lu times\n", total.shrunk, total.reaped,
	       total.tuned);
}

/* Whether the run went through every kind of step. */
static bool everywhere(void)
{
	const struct model_counts *c = &total.counts;

	for (unsigned o = 0; o < MODEL_ORIGINS; o++)
		if (!c->origins[o])
			return false;
	return c->hits && c->bypasses && c->flushes && total.stats.node_overflow && c->slab_frees &&
	       total.stats.reaped && total.shrunk && total.reaped && total.tuned;
}

static unsigned long default_ops(void)
{
	const char *wanted = getenv("DIFFERENTIAL_OPS");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	unsigned long ops = 2000000;
#else
	unsigned long ops = 100000000;
#endif
	return wanted ? strtoul(wanted, NULL, 0) : ops;
}

int main(int argc, char **argv)
{
	double began = seconds();
	unsigned long ops;
	uint64_t seed;
	bool good;

	hold();
	if (argc == 3 && !strcmp(argv[1], "--epoch")) {
		good = epoch(strtoull(argv[2], NULL, 0), ULONG_MAX, true);
		printf("%s after %lu operations\n", good ? "the same" : "different", total.steps);
		return !good;
	}
	if (argc != 1 && argc != 3) {
		fprintf(stderr, "usage: differential [OPS SEED | --epoch SEED]\n");
		return 2;
	}
	ops = argc == 3 ? strtoul(argv[1], NULL, 0) : default_ops();
	seed = argc == 3 ? strtoull(argv[2], NULL, 0) : 1;
	printf("1..2\n");
	fflush(stdout);
	good = epochs(ops, seed);
	printf("%sok 1 - libslab and the model agree after each of %lu operations\n",
	       good ? "" : "not ", total.steps);
	summarize(seconds() - began);
	printf("%sok 2 - every kind of step happened\n", everywhere() ? "" : "not ");
	return !good || !everywhere();
}
#endif
