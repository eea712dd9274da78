/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * fixture.h: a made-up machine that lives: a kernel with sheaves on CPUs of two nodes, and
 * processes with libslab. A seed alone decides what it does: its screens are always the same.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <stdlib.h>

#include "fabricate.h"
#include "system/symbols.h"
#include "untorn.h"
#include "screen/draw.h"
#include "screen/screens.h"
#include "screen/ui_keys.h"

/* A small generator: the same numbers everywhere. */
static inline uint32_t random_next(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*state >> 33);
}

static inline uint32_t random_below(uint64_t *state, uint32_t bound)
{
	return random_next(state) % bound;
}

struct machine {
	uint64_t seed;
	unsigned cpus;
	unsigned kernel_caches, processes, process_caches;
};

static const char *const kernel_names[] = {
	"filp",		  "dentry",	    "kmalloc-64",	"kmalloc-cg-512",
	"vm_area_struct", "maple_node",	    "anon_vma",		"skbuff_head",
	"inode_cache",	  "names_cache",    "task_struct",	"radix_tree_node",
	"kmalloc-8k",	  "lsm_file_cache", "sock_inode_cache", "ext4_inode_cache_with_a_long_name",
};
static const char *const process_names[] = {"steady-64", "kmalloc-64", "churn-192", "idle-512"};

/* Adds the counts of a cache on a CPU: they grow each round, and later caches miss more. */
static inline void live_cpu(struct snap_cache *c, uint32_t cpu, uint64_t seed, unsigned rounds,
			    unsigned rank)
{
	uint64_t state = seed + cpu * 977 + rank * 131;
	struct snap_cpu *s = snapshot_add_cpu(c, cpu);
	struct hist h = {0};

	assert_non_null(s);
	for (unsigned round = 0; round < rounds; round++) {
		uint64_t refills = random_below(&state, 4 + 3 * rank) + (cpu == 5 ? 40 : 0);
		uint64_t hits =
			refills * (200 / (1 + rank)) + random_below(&state, 5000 / (1 + rank));

		if (rank > 12 && round) /* idle ones */
			break;
		s->count[COUNT_HITS] += hits;
		s->count[COUNT_REFILLS] += refills;
		s->count[COUNT_ALLOCS] += hits + refills;
		s->count[COUNT_FREES] += hits;
		for (uint64_t i = 0; i < refills; i++) {
			static const enum origin from[] = {ORIGIN_SPARE,   ORIGIN_SPARE,
							   ORIGIN_BARN,	   ORIGIN_BARN,
							   ORIGIN_PARTIAL, ORIGIN_GROWN};
			unsigned which = random_below(&state, 6);
			uint64_t ns = (120ull << which) + random_below(&state, 90u << which);

			s->count[COUNT_ORIGIN + from[which]]++;
			s->count[COUNT_GROWS] += from[which] == ORIGIN_GROWN;
			hist_record(&h, ns);
		}
	}
	if (h.count) {
		s->refill_ns = hist_cpu_of(c->rooms, &h);
		assert_non_null(s->refill_ns);
	}
}

static const char symbol_text[] = "ffffffff81000000 T kmem_cache_alloc\n"
				  "ffffffff81001000 T alloc_empty_file\n"
				  "ffffffff81002000 t path_openat\n"
				  "ffffffff81003000 t do_sys_openat2\n"
				  "ffffffff81004000 T do_syscall_64\n"
				  "ffffffff81005000 T sock_alloc_inode\n";

static inline struct symbols *symbols_made_up(void)
{
	FILE *file = fmemopen((void *)symbol_text, sizeof(symbol_text) - 1, "r");
	struct symbols *symbols = symbols_read(file);

	fclose(file);
	assert_non_null(symbols);
	return symbols;
}

/* Two processes open files, and one makes sockets. */
static inline void live_callers(struct snap_cache *c, unsigned rounds, unsigned rank)
{
	static const char *const comm[] = {"cc1", "make", "redis-server"};

	c->callers_known = true;
	for (unsigned i = 0; i < 3; i++) {
		struct snap_caller *caller = snapshot_add_caller(c);
		unsigned frame = 0;

		assert_non_null(caller);
		caller->pid = 100 + (int)i;
		strcpy(caller->comm, comm[i]);
		caller->refills = (uint64_t)rounds * (50 / (1 + i) + rank % 3);
		caller->grows = rounds / (2 + i);
		caller->frame[frame++] = 0xffffffff81000123;
		caller->frame[frame++] = i < 2 ? 0xffffffff81001040 : 0xffffffff81005018;
		for (unsigned k = 2; k < 5 && i < 2; k++)
			caller->frame[frame++] = 0xffffffff81000077 + k * 0x1000;
		caller->nr_frames = frame;
	}
}

static inline void live_cache(struct snap_side *side, const struct machine *m, uint64_t id,
			      const char *name, unsigned rank, unsigned rounds, unsigned cpus)
{
	struct snap_cache *c = snapshot_add_cache(side, id, name);
	uint64_t size = 32ull << (rank % 7), slabs = 40 + 7 * rank + rounds * (rank % 3);

	assert_non_null(c);
	c->counts_known =
		ALL_COUNTS & ~(side->kind == SIDE_KERNEL ? COUNT_BIT(COUNT_LIST_MOVES) : 0);
	c->gauges_known = ALL_GAUGES;
	if (side->kind == SIDE_KERNEL)
		c->gauges_known &= ~(GAUGE_BIT(GAUGE_LIMIT) | GAUGE_BIT(GAUGE_BATCHCOUNT));
	c->latency_known = c->cpus_known = true;
	c->gauge[GAUGE_OBJECT_SIZE] = size;
	c->gauge[GAUGE_SLABS] = slabs;
	c->gauge[GAUGE_ACTIVE_SLABS] = slabs - slabs / 9;
	c->gauge[GAUGE_SLAB_PAGES] = 1;
	c->gauge[GAUGE_OBJECTS] = slabs * (4096 / size);
	c->gauge[GAUGE_ACTIVE_OBJECTS] = c->gauge[GAUGE_OBJECTS] * 4 / 5;
	c->gauge[GAUGE_CACHED_OBJECTS] = c->gauge[GAUGE_OBJECTS] / 10;
	c->gauge[GAUGE_SLABINFO_ACTIVE] =
		c->gauge[GAUGE_ACTIVE_OBJECTS] + c->gauge[GAUGE_CACHED_OBJECTS];
	c->gauge[GAUGE_BYTES] = slabs * 4096;
	c->gauge[GAUGE_LIMIT] = 120;
	c->gauge[GAUGE_BATCHCOUNT] = 60;
	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		live_cpu(c, cpu, m->seed, rounds, rank);
	if (side->kind == SIDE_KERNEL)
		live_callers(c, rounds, rank);
	finish(c);
}

/* The machine after some rounds of a second. */
static inline struct snapshot machine_at(const struct machine *m, unsigned rounds)
{
	struct snapshot s = snapshot_at(1 + rounds);
	struct snap_side *side = add_side(&s, SIDE_KERNEL, 1);
	char name[64];

	strcpy(s.release, "7.3.4");
	strcpy(s.allocator, "sheaves");
	strcpy(s.probes, "fsession");
	s.rss_bytes = 12 << 20;
	s.self_cpu_ns = rounds * 3000000ull;
	s.bpf_ns_known = true;
	s.bpf_ns_per_event = 3;
	s.bpf_cpu_percent = 0.6;
	s.callers = true;
	s.symbols = symbols_made_up();
	s.cpu_node = calloc(m->cpus + 1, sizeof(*s.cpu_node));
	assert_non_null(s.cpu_node);
	s.nr_cpu_nodes = m->cpus;
	for (unsigned i = 0; i < m->cpus; i++)
		s.cpu_node[i] = i >= m->cpus / 2;
	for (unsigned i = 0; i < m->kernel_caches; i++) {
		if (i < sizeof(kernel_names) / sizeof(*kernel_names))
			snprintf(name, sizeof(name), "%s", kernel_names[i]);
		else
			snprintf(name, sizeof(name), "cache-%u", i);
		live_cache(side, m, i, name, i, rounds, m->cpus);
	}
	for (unsigned p = 0; p < m->processes; p++) {
		side = add_side(&s, SIDE_REFERENCE, 4121 + p);
		for (unsigned i = 0; i < m->process_caches; i++)
			live_cache(side, m, i, process_names[i % 4], 1 + 4 * i, rounds,
				   m->cpus < 2 ? m->cpus : 2);
	}
	assert_int_equal(
		snapshot_add_missing(&s, "list moves", "no function of this kernel shows it", ""),
		0);
	return s;
}

/* A screen on it. */
struct fixture {
	struct model model;
	struct trend trend;
	struct walk *walk;	       /* NULL: no refill is watched */
	const struct compare *compare; /* NULL: no comparison */
	struct cache_list list;
	struct ui ui;
	struct cells cells;
};

static inline void fixture_draw(struct fixture *f)
{
	struct view v = {.model = &f->model,
			 .trend = &f->trend,
			 .list = &f->list,
			 .ui = &f->ui,
			 .walk = f->walk,
			 .compare = f->compare};

	cache_list_free(&f->list);
	assert_int_equal(cache_list_make(&f->list, &f->model, &f->trend, &f->ui), 0);
	assert_int_equal(draw_screen(&f->cells, &v), 0);
}

/* Adds a step of the watched cache, with the next number. */
static inline void add_step(struct snapshot *s, enum step_kind kind, uint32_t tid, uint64_t slab,
			    uint64_t a, uint64_t b, uint64_t c)
{
	struct snap_watch *w = &s->watch;

	w->step = realloc(w->step, (w->nr + 1) * sizeof(*w->step));
	assert_non_null(w->step);
	w->step[w->nr] = (struct snap_step){.kind = kind,
					    .tid = tid,
					    .cpu = tid,
					    .number = w->nr,
					    .seq = w->nr,
					    .slab = slab,
					    .a = a,
					    .b = b,
					    .c = c,
					    .ns = 1240};
	w->nr++;
}

/* Watches a cache of the first process: slabs on all three lists, then a refill that moves some. */
static inline void watch_refill(struct snapshot *s, uint64_t side, uint64_t cache)
{
	s->watch.on = true;
	s->watch.side = side;
	s->watch.cache = cache;
	for (uint64_t slab = 100; slab < 130; slab++)
		add_step(s, STEP_LIST_MOVE, 1, slab, WALK_NONE,
			 slab < 118   ? WALK_FULL
			 : slab < 127 ? WALK_PARTIAL
				      : WALK_FREE,
			 slab < 118   ? 21
			 : slab < 127 ? slab - 110
				      : 0);
	add_step(s, STEP_FLUSH, 1, 0, 60, 0, 0);
	add_step(s, STEP_LIST_MOVE, 0, 126, WALK_PARTIAL, WALK_FULL, 21);
	add_step(s, STEP_LIST_MOVE, 0, 127, WALK_FREE, WALK_FULL, 21);
	add_step(s, STEP_GROW, 0, 412, 21, 3, 0);
	add_step(s, STEP_LIST_MOVE, 0, 412, WALK_NONE, WALK_FREE, 0);
	add_step(s, STEP_LIST_MOVE, 0, 412, WALK_FREE, WALK_PARTIAL, 14);
	add_step(s, STEP_REFILL, 0, 0, 60, 60, ORIGIN_GROWN);
}

static inline void fixture_round(struct fixture *f, const struct snapshot *a,
				 const struct snapshot *b)
{
	model_free(&f->model);
	cache_list_free(&f->list); /* it points into the model */
	assert_int_equal(model_make(&f->model, a, b), 0);
	assert_int_equal(trend_update(&f->trend, &f->model), 0);
}

static inline void fixture_key(struct fixture *f, int key)
{
	ui_key(&f->ui, &f->list, key);
	fixture_draw(f);
}

static inline void fixture_close(struct fixture *f)
{
	cache_list_free(&f->list);
	cells_free(&f->cells);
	free(f->walk);
	trend_free(&f->trend);
	model_free(&f->model);
}

#endif
