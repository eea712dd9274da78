/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * comparison.h: a made-up comparison, always the same: caches of a kernel. One refills less often
 * in the reference, one does not differ, one has too few refills, and one does not show its
 * refills.
 */
#ifndef COMPARISON_H
#define COMPARISON_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "compare/verdict.h"

static inline struct estimate around(double value, double by)
{
	return (struct estimate){value, value * (1 - by), value * (1 + by)};
}

static inline void fill_latency(struct compare_latency *l, double ns, struct estimate measuring)
{
	for (int i = 0; i < 4000; i++)
		hist_record(&l->hist,
			    (uint64_t)(ns * (0.5 + (i * 37 % 1000) / 1000.0 + (i % 97 == 0) * 20)));
	for (int i = 0; i < COMPARE_QUANTILES; i++)
		l->quantile[i] = around(ns * (1 + 3 * i * i), 0.05 * (1 + i));
	l->max = (double)l->hist.max;
	l->measuring = measuring;
}

static inline void no_latency_here(struct compare_latency *l, const char *why)
{
	l->why_not = why;
	l->max = NAN;
	l->measuring = estimate_unknown;
	for (int i = 0; i < COMPARE_QUANTILES; i++)
		l->quantile[i] = estimate_unknown;
}

static inline void fill_side(struct compare_side *s, const struct compare_cache *c, uint64_t allocs,
			     uint64_t refills, enum origin main_origin)
{
	double missed = (double)refills / (double)allocs;

	s->counts_known = s->origins_known = true;
	s->counts.allocs = allocs;
	s->counts.frees = allocs - 7;
	s->counts.refills = refills;
	s->counts.hits = allocs - refills;
	s->counts.origins[main_origin] = refills - refills / 10;
	s->counts.origins[ORIGIN_GROWN] = refills / 10;
	s->hit_rate = (struct estimate){1 - missed, 1 - missed * 1.04, 1 - missed * 0.96};
	s->refills_per_1000 = around(1000 * missed, 0.04);
	for (int o = 0; o < ORIGINS; o++)
		s->origin[o] =
			s->counts.origins[o]
				? around((double)s->counts.origins[o] / (double)refills, 0.02)
				: estimate_unknown;
	for (unsigned cpu = 0; cpu < c->cpus; cpu++) {
		s->cpu[cpu].counts = s->counts;
		for (size_t i = 0; i < sizeof(s->counts) / sizeof(uint64_t); i++)
			((uint64_t *)&s->cpu[cpu].counts)[i] /= c->cpus;
		s->cpu[cpu].hit_rate = s->hit_rate;
	}
	s->bytes_peak = (double)(allocs / 4096 * 4096);
}

static inline struct compare_cache *add_compared(struct compare *all, const char *name,
						 uint64_t allocs, uint64_t recorded,
						 uint64_t reference)
{
	struct compare_cache *c = &all->cache[all->nr_caches++];

	strcpy(c->name, name);
	c->kernel = c->replayed = true;
	c->object_size = 192;
	c->cpus = 2;
	c->limit = 120;
	c->batchcount = 60;
	c->sharedfactor = 8;
	c->recorded.cpu = calloc(4, sizeof(*c->recorded.cpu));
	c->reference.cpu = c->recorded.cpu + 2;
	fill_side(&c->recorded, c, allocs, recorded, ORIGIN_BARN);
	fill_side(&c->reference, c, allocs, reference, ORIGIN_SHARED);
	fill_latency(&c->recorded.latency, 1800, (struct estimate){212, 198, 780});
	fill_latency(&c->reference.latency, 420, (struct estimate){21, 20, 31});
	c->refills_difference = (struct estimate){
		1000 * ((double)reference - (double)recorded) / (double)allocs,
		1000 * ((double)reference - 1.05 * (double)recorded) / (double)allocs,
		1000 * ((double)reference - 0.95 * (double)recorded) / (double)allocs};
	c->hit_rate_difference = around(-c->refills_difference.value / 1000, 0.05);
	return c;
}

/* The caller frees it with compare_free(). */
static inline struct compare made_up_comparison(void)
{
	struct compare all = {.cache = calloc(4, sizeof(struct compare_cache)),
			      .seconds = 2.5,
			      .events = 1834211,
			      .runs = 5,
			      .idle = 31,
			      .pair = {212, 198, 260},
			      .clock = {21, 20, 31}};
	struct compare_cache *c;
	struct verdict_terms terms;

	strcpy(all.head.release, "7.3.4");
	strcpy(all.head.cpu, "Some Processor 9000");
	add_compared(&all, "filp", 812345, 9412, 5120);
	add_compared(&all, "kmalloc-64", 410200, 2051, 2050);
	add_compared(&all, "names_cache", 30211, 9, 4);
	c = add_compared(&all, "ext4_inode_cache_with_a_long_name", 2003, 0, 61);
	c->recorded.counts_known = c->recorded.origins_known = false;
	c->recorded.hit_rate = c->recorded.refills_per_1000 = c->refills_difference =
		estimate_unknown;
	c->recorded.cpu[0].hit_rate = c->recorded.cpu[1].hit_rate = estimate_unknown;
	c->recorded.bytes_peak = NAN;
	no_latency_here(&c->recorded.latency, "refills were not observed");
	terms = compare_terms(&all);
	for (size_t i = 0; i < all.nr_caches; i++)
		verdict_judge(&all.cache[i], &terms);
	return all;
}

#endif
