// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * life.c: draws the parameters of a cache and its operations, and runs them on libslab and the
 * model.
 */
#include "life.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "pages.h"

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

unsigned source_below(struct source *s, unsigned bound)
{
	uint32_t word;

	draw(s, &word);
	return (unsigned)((uint64_t)word * bound >> 32);
}

/* Draws a number, small ones more often: each power of two up to most is equally likely. */
static unsigned skewed(struct source *s, unsigned most)
{
	unsigned bits = 0;

	while (most >> bits)
		bits++;
	bits = 1 + source_below(s, bits);
	return 1 + source_below(s, bits >= 31 || 1u << bits > most ? most : 1u << bits);
}

/* ---- one cache's life --------------------------------------------------------------------- */

struct life_total life_total;
static unsigned long constructions;

static void construct(void *objp)
{
	(void)objp;
	constructions++;
}

#define BYTES_MAX (256ul << 20) /* that all objects of a life may take */

static unsigned draw_size(struct source *s)
{
	switch (source_below(s, 8)) {
	case 0:
		return 1 + source_below(s, 1u << skewed(s, 20)); /* up to 1 MiB */
	case 1:
		return 400 + source_below(s, 800); /* where indices move off the slab */
	case 2:
		return 8 << source_below(s, 9);
	default:
		return skewed(s, 256);
	}
}

void life_draw(struct life *l, struct source *s)
{
	struct model_params *p = &l->params;

	*p = (struct model_params){.object_size = draw_size(s)};
	p->align = source_below(s, 4) ? 1 : 1u << source_below(s, 13);
	p->cpus = skewed(s, 64);
	p->nodes = source_below(s, 2) ? 1 : 1 + source_below(s, MODEL_NODES_MAX);
	p->limit = skewed(s, 1024);
	p->batchcount = source_below(s, 4) ? skewed(s, p->limit) : (p->limit + 1) / 2;
	p->sharedfactor = source_below(s, 3) ? skewed(s, 16) : 0;
	p->chained = !source_below(s, 4);
	p->where = source_below(s, 4) ? BY_SIZE : 1 + source_below(s, 2);
	l->constructed = !source_below(s, 8);
	l->most_live = 16 + skewed(s, 20000);
	p->slabs = s->data ? 3000 : MODEL_SLABS_MAX;
	/* All objects that can be out at once must fit into memory, and into so many slabs. */
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
	static const uint8_t bias[8] = {10, 60, 100, 128, 156, 200, 240, 250};
	unsigned most = l->params.cpus;

	l->bias = bias[choice & 7];
	l->pick = choice >> 3 & 3;
	l->first_cpu = cpu % most;
	l->cpus = choice & 32 ? most : 1 + (choice >> 6) % most;
}

/*
 * Limits how many more slabs the cache may have, and how many more in an emergency. Free indices
 * outside of the slab need pages too: then the limit is all or none.
 */
static void limit_memory(struct life *l, unsigned slabs, unsigned reserve)
{
	struct model *m = l->pair.model;

	if (m->layout.off_slab) {
		pages_set_limit(1); /* and more is in use: see life_init() */
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
	static const uint8_t quarters[4] = {4, 3, 2, 1};
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

/* Runs the rare operations. Returns false where the word stands for none of them. */
static bool rare(struct life *l, unsigned cpu, unsigned choice, bool *good)
{
	unsigned kind = choice & 63;

	*good = true;
	if (kind < 16)
		new_phase(l, cpu, choice >> 6);
	else if (kind < 18)
		*good = pair_reap(&l->pair), life_total.reaped++;
	else if (kind == 24)
		*good = pair_shrink(&l->pair), life_total.shrunk++;
	else if (kind == 25)
		*good = tune(l, choice >> 6), life_total.tuned++;
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
	/*
	 * In a cache of several nodes one of 16 allocations names a node, at times a missing one.
	 */
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

		life_total.counts.hits += c->hits;
		life_total.counts.refills += c->refills;
		life_total.counts.bypasses += c->bypasses;
		life_total.counts.flushes += c->flushes;
		life_total.counts.slab_frees += c->slab_frees;
		for (unsigned o = 0; o < MODEL_ORIGINS; o++)
			life_total.counts.origins[o] += c->origins[o];
	}
	life_total.stats.reaped += l->pair.model->stats.reaped;
	life_total.stats.node_overflow += l->pair.model->stats.node_overflow;
	life_total.lives++;
	life_total.steps += l->step;
}

/* Ends a life: libslab's own walker must agree, and all memory goes back. */
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

bool life_live(struct life *l, struct source *s, unsigned long steps, unsigned every)
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
	if (good)
		add_up(l);
	good = good && finish(l);
	if (good)
		pair_destroy(&l->pair);
	free(l->live);
	return good;
}

void life_report(const struct life *l, FILE *to)
{
	const struct model_params *p = &l->params;

	fprintf(to, "mismatch: %s\n", l->pair.wrong);
	fprintf(to, "at operation %lu\n", l->step);
	fprintf(to,
		"size %u, align %u, %u CPUs, %u nodes, limit %u, batchcount %u, "
		"sharedfactor %u, %s, list of free objects %s, %zu objects out\n",
		p->object_size, p->align, p->cpus, p->nodes, p->limit, p->batchcount,
		p->sharedfactor, p->chained ? "chain" : "array",
		p->where == BY_SIZE   ? "where the size says"
		: p->where == ON_SLAB ? "inside"
				      : "outside",
		l->nr_live);
	pair_print(&l->pair, to);
}

/* Keeps a page in use, so that a limit of one page allows none. */
void life_init(void)
{
	struct kmem_cache *cachep = kmem_cache_create("held", 64, 0, 0, NULL);

	if (!cachep || !kmem_cache_alloc(cachep, 0))
		abort();
}
