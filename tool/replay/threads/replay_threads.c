// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* replay_threads.c: the preparation of a run on threads, and its result. */
#include "replay/threads/replay_threads.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "replay/threads/placement.h"
#include "replay/threads/stream_states.h"
#include "replay/threads/worker.h"
#include "slab.h"

/* ---- ranges ---------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct replay_range replay_threads_range_of(double *value, size_t n)
{
	size_t nr = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(value[i]))
			value[nr++] = value[i];
	if (!nr)
		return (struct replay_range){NAN, NAN, NAN};
	qsort(value, nr, sizeof(*value), compare);
	return (struct replay_range){value[0], (value[(nr - 1) / 2] + value[nr / 2]) / 2,
				     value[nr - 1]};
}

const double replay_threads_share[REPLAY_QUANTILES] = {0.5, 0.9, 0.99, 0.999, 1};

/* ---- before a run ---------------------------------------------------------------------------- */

/* Returns the CPU of a worker on that recorded node, or that of the first worker. */
static unsigned cpu_of_node(const struct run *run, uint64_t node)
{
	for (size_t i = 0; i < run->nr_workers; i++)
		if (run->worker[i].part->node == node)
			return run->worker[i].real;
	return run->worker[0].real;
}

static bool cpu_of_number(const struct run *run, uint32_t cpu, unsigned *to)
{
	for (size_t i = 0; i < run->nr_workers; i++) {
		*to = run->worker[i].real;
		if (run->worker[i].part->cpu == cpu)
			return true;
	}
	return false;
}

static int make_state(struct run *run, const struct trace_event *e)
{
	size_t cache = e->value[TRACE_F_CACHE];
	unsigned cpu;
	int err;

	if (e->cpu == TRACE_NO_CPU)
		cpu = cpu_of_node(run, e->value[NODE_NODE]);
	else if (!cpu_of_number(run, e->cpu, &cpu))
		return 0; /* no events there */
	if (!run->kmem[cache])
		return 0;
	err = worker_stay_on(cpu);
	if (err)
		return err;
	replay_state_make(&run->before[cache], run->kmem[cache], (int)cpu, e, run->stream->tuned);
	return 0;
}

static int make_states(struct run *run)
{
	cpu_set_t *was = calloc(1, CPU_BYTES);
	int err = was ? 0 : -ENOMEM;

	if (!err && sched_getaffinity(0, CPU_BYTES, was) < 0)
		err = -errno;
	for (size_t at = 0; at < run->stream->state_words && run->nr_workers && !err;) {
		struct trace_event state;

		at = stream_states_next(run->stream, at, &state);
		err = make_state(run, &state);
	}
	if (was && sched_setaffinity(0, CPU_BYTES, was) && !err)
		err = -errno;
	free(was);
	return err;
}

static void count_setup(struct run *run)
{
	for (size_t i = 0; i < run->stream->nr_caches; i++)
		for (unsigned cpu = 0; cpu < run->cpus && run->kmem[i]; cpu++)
			run->setup[i * run->cpus + cpu] =
				replay_counts_of(run->kmem[i], run->cpu[cpu]);
}

static bool make_hists(struct worker *w, size_t caches)
{
	w->refill_ns = calloc(caches + 1, sizeof(*w->refill_ns));
	for (size_t i = 0; w->refill_ns && i < w->part->nr; i++) {
		const struct stream_op *op = &w->part->op[i];

		if (op->kind == STREAM_ALLOC && !snapshot_add_hist(&w->refill_ns[op->cache]))
			return false;
	}
	return w->refill_ns != NULL;
}

static bool make_workers(struct run *run, const struct replay_threads *t)
{
	size_t bytes = (t->nr_threads + 1) * sizeof(*run->worker);

	run->worker = aligned_alloc(_Alignof(struct worker), bytes);
	if (!run->worker)
		return false;
	memset(run->worker, 0, bytes);
	run->nr_workers = t->nr_threads;
	for (size_t i = 0; i < run->nr_workers; i++) {
		run->worker[i].run = run;
		run->worker[i].part = &run->stream->cpu[i];
		run->worker[i].real = t->thread[i].real;
		run->worker[i].first = true;
		for (size_t j = 0; j < i; j++)
			if (run->worker[j].real == run->worker[i].real)
				run->worker[i].first = false;
		if (!make_hists(&run->worker[i], run->stream->nr_caches))
			return false;
	}
	return true;
}

/* Makes all parts of a run except its caches. Returns false without memory. */
static bool make_run(struct run *run, const struct stream *s, const struct replay_threads *t)
{
	*run = (struct run){
		.stream = s,
		.cpu = t->cpu,
		.cpus = t->cpus,
		.crowded = t->nr_threads > t->cpus,
		.ahead = REPLAY_THREADS_AHEAD,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.kmem = calloc(s->nr_caches + 1, sizeof(*run->kmem)),
		.before = calloc(s->nr_caches + 1, sizeof(*run->before)),
		.setup = calloc(s->nr_caches * t->cpus + 1, sizeof(*run->setup)),
	};
	return run->kmem && run->before && run->setup && make_workers(run, t);
}

static void free_run(struct run *run)
{
	for (size_t i = 0; run->worker && i < run->nr_workers; i++) {
		for (size_t c = 0; run->worker[i].refill_ns && c < run->stream->nr_caches; c++)
			free(run->worker[i].refill_ns[c]);
		free(run->worker[i].refill_ns);
	}
	free(run->worker);
	free(run->kmem);
	free(run->before);
	free(run->setup);
}

static void make_caches(struct run *run, struct replay_threads *to)
{
	for (size_t i = 0; i < to->nr_caches; i++) {
		struct replay_threads_cache *c = &to->cache[i];

		run->kmem[i] = replay_cache_make(&run->stream->cache[i].recipe, &c->why_not);
		if (!run->kmem[i])
			c->replayed = false;
	}
}

/* ---- after a run ----------------------------------------------------------------------------- */

static void conclude_cache(struct run *run, struct replay_threads *to, size_t i, unsigned nr)
{
	struct replay_threads_cache *c = &to->cache[i];
	struct slab_virtual_layout layout = slab_virtual_layout(run->kmem[i]);
	struct kmem_cache_stats stats;

	kmem_cache_get_stats(run->kmem[i], &stats);
	c->peak[nr] = (double)stats.high_mark;
	c->objects_per_slab = layout.num;
	c->limit = layout.limit;
	c->batchcount = layout.batchcount;
	c->sharedfactor = layout.sharedfactor;
	to->nodes_real = layout.nodes;
	to->backend = layout.sequences ? "rseq" : "lock";
	for (unsigned cpu = 0; cpu < to->cpus; cpu++) {
		struct replay_counts *n = &c->cpu_run[nr * to->cpus + cpu];

		*n = replay_counts_of(run->kmem[i], to->cpu[cpu]);
		replay_counts_add(n, &run->setup[i * to->cpus + cpu], -1);
		replay_counts_add(&c->run[nr], n, 1);
	}
	if (c->run[nr].failed || run->before[i].no_memory) { /* its counts are not the load's */
		c->replayed = false;
		c->why_not = "no memory";
	}
	for (size_t w = 0; w < run->nr_workers; w++)
		if (run->worker[w].refill_ns[i])
			hist_add(&c->refill_ns[nr], run->worker[w].refill_ns[i]);
}

static void end_caches(struct run *run)
{
	const struct stream *s = run->stream;

	for (size_t i = 0; i < s->nr_slots; i++)
		if (s->slot[i] > WORKER_NO_OBJECT)
			kmem_cache_free(slab_virtual_cache(s->slot[i]), s->slot[i]);
	memset(s->slot, 0, s->nr_slots * sizeof(*s->slot));
	for (size_t i = 0; i < s->nr_caches; i++) {
		void *object;

		while ((object = replay_state_end(&run->before[i])))
			kmem_cache_free(run->kmem[i], object);
		kmem_cache_destroy(run->kmem[i]);
	}
}

static int run_once(const struct stream *s, struct replay_threads *to, unsigned nr, double *waits,
		    struct failure *f)
{
	struct run run;
	uint64_t ns = 0;
	int err = make_run(&run, s, to) ? 0 : -ENOMEM;

	if (err) {
		free_run(&run);
		return fail(f, ENOMEM, "no memory for %u threads", to->nr_threads);
	}
	make_caches(&run, to);
	err = make_states(&run);
	count_setup(&run);
	if (!err)
		err = worker_play_all(&run, &ns);
	to->took_s[nr] = (double)ns / 1e9;
	for (size_t i = 0; i < to->nr_caches && !err; i++)
		if (run.kmem[i])
			conclude_cache(&run, to, i, nr);
	waits[nr] = 0;
	for (size_t w = 0; w < run.nr_workers; w++) {
		waits[nr] += (double)run.worker[w].waits;
		hist_add(&to->empty_ns, &run.worker[w].empty);
	}
	end_caches(&run);
	free_run(&run);
	return err ? fail(f, -err, "cannot run %u threads on their CPUs: %s", to->nr_threads,
			  strerror(-err))
		   : 0;
}

struct replay_range replay_threads_took(const struct replay_threads *t)
{
	double value[REPLAY_THREADS_REPEAT];

	memcpy(value, t->took_s, t->repeat * sizeof(*value));
	return replay_threads_range_of(value, t->repeat);
}

/* ---- all runs -------------------------------------------------------------------------------- */

double replay_threads_quantile(const struct replay_threads *t, const struct hist *h, double share)
{
	if (!h->count || (share < 1 && !latency_enough(h, share)))
		return NAN;
	return fmax(0,
		    (share < 1 ? latency_percentile(h, share) : (double)h->max) - t->empty_median);
}

static void range_cache(struct replay_threads_cache *c, const struct replay_threads *t,
			double *value)
{
	for (unsigned i = 0; i < t->repeat; i++)
		value[i] = replay_counts_hit_rate(&c->run[i]);
	c->hit_rate = replay_threads_range_of(value, t->repeat);
	for (unsigned i = 0; i < t->repeat; i++)
		value[i] = (double)c->run[i].refills;
	c->refills = replay_threads_range_of(value, t->repeat);
	for (unsigned i = 0; i < t->repeat; i++)
		value[i] = c->run[i].allocs
				   ? 1000 * (double)c->run[i].refills / (double)c->run[i].allocs
				   : NAN;
	c->refills_per_1000 = replay_threads_range_of(value, t->repeat);
	memcpy(value, c->peak, t->repeat * sizeof(*value));
	c->peak_objects = replay_threads_range_of(value, t->repeat);
	for (int q = 0; q < REPLAY_QUANTILES; q++) {
		for (unsigned i = 0; i < t->repeat; i++)
			value[i] = replay_threads_quantile(t, &c->refill_ns[i],
							   replay_threads_share[q]);
		c->refill_ns_of[q] = replay_threads_range_of(value, t->repeat);
	}
}

static bool make_result(struct replay_threads *to, const struct stream *s)
{
	to->cache = calloc(s->nr_caches + 1, sizeof(*to->cache));
	to->took_s = calloc(to->repeat, sizeof(*to->took_s));
	if (!to->cache || !to->took_s)
		return false;
	to->nr_caches = s->nr_caches;
	for (size_t i = 0; i < s->nr_caches; i++) {
		const struct stream_cache *from = &s->cache[i];
		struct replay_threads_cache *c = &to->cache[i];

		strcpy(c->name, from->recipe.name);
		strcpy(c->comm, from->comm);
		c->pid = from->pid;
		c->object_size = from->object_size;
		c->live_before = from->live_before;
		c->freed_unseen = from->freed_unseen;
		c->replayed = true;
		c->run = calloc(to->repeat, sizeof(*c->run));
		c->peak = calloc(to->repeat, sizeof(*c->peak));
		c->cpu_run = calloc((size_t)to->repeat * to->cpus + 1, sizeof(*c->cpu_run));
		c->refill_ns = calloc(to->repeat, sizeof(*c->refill_ns));
		if (!c->run || !c->peak || !c->cpu_run || !c->refill_ns)
			return false;
	}
	return true;
}

static int run_all(const struct stream *s, struct progress *progress, struct replay_threads *to,
		   struct failure *f)
{
	double *value = calloc(to->repeat, sizeof(*value));
	int err = value && make_result(to, s) ? 0 : fail(f, ENOMEM, "no memory for the result");

	for (unsigned i = 0; i < to->repeat && !err; i++) {
		progress_show(progress, "running it on real threads", (double)i / to->repeat);
		err = run_once(s, to, i, value, f);
	}
	if (!err) {
		to->waits = replay_threads_range_of(value, to->repeat);
		to->empty_median = latency_percentile(&to->empty_ns, 0.5);
		to->empty_low = latency_percentile(&to->empty_ns, 0.05);
		to->empty_high = latency_percentile(&to->empty_ns, 0.95);
		for (size_t i = 0; i < to->nr_caches; i++)
			range_cache(&to->cache[i], to, value);
	}
	free(value);
	return err;
}

int replay_threads_run(struct trace_reader *r, const struct replay_threads_settings *settings,
		       struct replay_threads *to, struct failure *f)
{
	struct stream s;
	int err = stream_make(&s, r, &settings->replay, f);

	*to = (struct replay_threads){
		.repeat = settings->repeat, .backend = "", .empty_median = NAN};
	if (err)
		return err;
	to->events = s.events;
	to->nonsense = s.nonsense;
	to->processes = s.processes;
	to->seconds_ns = s.seconds_ns;
	to->plan_bytes = s.bytes;
	to->nodes_recorded = s.nodes;
	err = placement_choose(to, &s, f);
	if (!err)
		err = run_all(&s, settings->replay.progress, to, f);
	stream_free(&s);
	if (err)
		replay_threads_free(to);
	return err;
}

void replay_threads_free(struct replay_threads *t)
{
	for (size_t i = 0; i < t->nr_caches; i++) {
		free(t->cache[i].run);
		free(t->cache[i].peak);
		free(t->cache[i].cpu_run);
		free(t->cache[i].refill_ns);
	}
	free(t->cache);
	free(t->thread);
	free(t->cpu);
	free(t->took_s);
	*t = (struct replay_threads){0};
}

void replay_threads_hist(const struct replay_threads *t, const struct replay_threads_cache *c,
			 struct hist *to)
{
	*to = (struct hist){0};
	for (unsigned i = 0; i < t->repeat; i++)
		hist_add(to, &c->refill_ns[i]);
}
