// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * count_sources.c: chooses the best of several sources of counts.
 *
 * The registry and the final counts begin with the first object of the cache. The probes count from
 * their attaching. What came before is the difference to a reading. Steps may fall between the two,
 * so the smallest difference ever seen counts.
 *
 * A killed process sends no final counts. Probes counted its refills and flushes up to the last,
 * each with the hits so far. Its frees follow from conservation: objects that refills took and
 * flushes did not return are in use or in the array of the CPU.
 */
#include "reference/count_sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)SLAB_ORIGINS == (int)ORIGINS && (int)SLAB_ORIGINS == REF_ORIGINS,
	       "one list of origins");
_Static_assert((int)SLAB_ORIGIN_FAILED == (int)ORIGIN_FAILED, "one list of origins");
_Static_assert(sizeof(struct slab_registry_cpu) == REF_FINAL, "the final counts fit");

void count_sources_block_counts(const struct slab_registry_cpu *block, uint64_t to[COUNTS])
{
	const struct slab_cpu_counters *c = &block->counters;
	uint64_t hits = block->state >> 16, avail = block->state & 0xffff;
	uint64_t in = c->slow_frees + avail + hits + c->taken;

	memset(to, 0, COUNTS * sizeof(*to));
	to[COUNT_HITS] = hits;
	to[COUNT_REFILLS] = c->refills;
	to[COUNT_BYPASSES] = c->bypasses;
	to[COUNT_ALLOCS] = hits + c->refills + c->bypasses;
	to[COUNT_FREES] = in > c->pushed ? in - c->pushed : 0;
	to[COUNT_FAILED] = c->origins[SLAB_ORIGIN_FAILED];
	to[COUNT_GROWS] = c->grows;
	to[COUNT_FLUSHES] = c->flushes;
	to[COUNT_LIST_MOVES] = c->list_moves;
	to[COUNT_SLAB_FREES] = c->slab_frees;
	for (int i = 0; i < ORIGINS; i++)
		to[COUNT_ORIGIN + i] = c->origins[i];
}

/* Returns the counts of the probes; 0 for counts without a probe. */
static void pair_counts(const struct ref_pair *pair, uint64_t to[COUNTS])
{
	memset(to, 0, COUNTS * sizeof(*to));
	to[COUNT_REFILLS] = pair->refills;
	to[COUNT_HITS] = pair->hits; /* since the creation of the cache */
	to[COUNT_FAILED] = pair->origins[ORIGIN_FAILED];
	to[COUNT_GROWS] = pair->grows;
	to[COUNT_FLUSHES] = pair->flushes;
	to[COUNT_LIST_MOVES] = pair->list_moves;
	to[COUNT_SLAB_FREES] = pair->slab_frees;
	for (int i = 0; i < ORIGINS; i++)
		to[COUNT_ORIGIN + i] = pair->origins[i];
}

static uint64_t highest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void count_sources_add_reading(struct count_sources *l, const struct slab_registry_cpu *block)
{
	uint64_t now[COUNTS], before;

	count_sources_block_counts(block, now);
	if (l->read && (now[COUNT_REFILLS] < l->reading[COUNT_REFILLS] ||
			now[COUNT_HITS] < l->reading[COUNT_HITS]))
		l->rewound = true;
	for (int i = 0; i < COUNTS; i++) {
		before = now[i] > l->probes[i] ? now[i] - l->probes[i] : 0;
		if (!l->read || before < l->before[i])
			l->before[i] = before;
	}
	memcpy(l->reading, now, sizeof(now));
	l->avail = block->state & 0xffff;
	l->got_read = l->got;
	l->flushed_read = l->flushed;
	l->read = true;
}

/* Raises the shown counts to those of a source. */
static void raise(struct count_sources *l, const uint64_t to[COUNTS])
{
	for (int i = 0; i < COUNTS; i++)
		l->shown[i] = highest(l->shown[i], to[i]);
}

void count_sources_add_pair(struct count_sources *l, const struct ref_pair *pair, bool complete)
{
	struct slab_registry_cpu block;
	uint64_t last[COUNTS];

	pair_counts(pair, l->probes);
	l->got = pair->got;
	l->flushed = pair->flushed;
	l->hist = pair->hist;
	l->probed = true;
	l->complete |= complete;
	if (!pair->has_final)
		return;
	memcpy(&block, pair->final, sizeof(block));
	count_sources_block_counts(&block, last);
	raise(l, last);
	l->final = true;
}

/* Returns a lower bound of frees, by conservation, since the reading or the first object. */
static uint64_t frees_since(const struct count_sources *l, uint64_t allocs_since)
{
	uint64_t taken = l->got - l->got_read;
	uint64_t given = l->flushed - l->flushed_read;
	uint64_t had = l->read ? l->avail : 0;

	return allocs_since + given > taken + had ? allocs_since + given - taken - had : 0;
}

/* Adds the counts of the probes: since the last reading, or all. */
static void add_probed(const struct count_sources *l, uint64_t to[COUNTS])
{
	uint64_t allocs_read = to[COUNT_ALLOCS];

	for (int i = 0; i < COUNTS; i++)
		to[i] = highest(to[i], l->probes[i] + (l->complete ? 0 : l->before[i]));
	to[COUNT_HITS] = highest(l->reading[COUNT_HITS], l->probes[COUNT_HITS]);
	to[COUNT_ALLOCS] = to[COUNT_HITS] + to[COUNT_REFILLS] + to[COUNT_BYPASSES];
	if (l->read || l->complete)
		to[COUNT_FREES] += frees_since(l, to[COUNT_ALLOCS] - allocs_read);
}

void count_sources_counts(struct count_sources *l, uint64_t to[COUNTS])
{
	memcpy(to, l->reading, sizeof(l->reading));
	if (l->probed && !l->final)
		add_probed(l, to);
	raise(l, to);
	for (int i = 0; i < COUNTS; i++)
		to[i] = l->shown[i] - (l->skipped ? l->skipped[i] : 0);
}

int count_sources_skip(struct count_sources *l)
{
	uint64_t unused[COUNTS];

	if (!l->skipped)
		l->skipped = calloc(COUNTS, sizeof(*l->skipped));
	if (!l->skipped)
		return -ENOMEM;
	count_sources_counts(l, unused);
	memcpy(l->skipped, l->shown, sizeof(l->shown));
	return 0;
}

void count_sources_free(struct count_sources *l)
{
	free(l->skipped);
	l->skipped = NULL;
}
