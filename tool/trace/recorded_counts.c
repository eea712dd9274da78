// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* recorded_counts.c: counts events cache by cache and CPU by CPU. */
#include "trace/recorded_counts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "trace/event_meaning.h"

/* ---- caches and CPUs ------------------------------------------------------------------------- */

static bool is_wanted(const struct recorded_counts *r, const struct trace_event *e)
{
	return choice_has_cache(r->choice, e->text[0]) &&
	       (!r->only_pid || r->only_pid == e->value[CACHE_PID]);
}

static int take_cache(struct recorded_counts *r, const struct trace_event *e)
{
	uint32_t number = (uint32_t)e->value[TRACE_F_CACHE];
	struct recorded_counts_cache *c;

	if (r->number[number]) {
		r->nonsense++;
		return 0;
	}
	if (!is_wanted(r, e))
		return 0;
	c = array_append(&r->cache, &r->nr_caches, sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct recorded_counts_cache){
		.number = number,
		.pid = (uint32_t)e->value[CACHE_PID],
		.cpus = e->value[CACHE_CPUS] ? (uint32_t)e->value[CACHE_CPUS] : 1,
		.object_size = event_meaning_object_size(e),
		.objects_per_slab = e->value[CACHE_NUM],
		.slab_bytes = e->value[CACHE_SLAB_BYTES],
		.limit = e->value[CACHE_LIMIT],
		.batchcount = e->value[CACHE_BATCHCOUNT],
	};
	/*
	 * A cache of libslab begins without slabs, unless its state follows. A cache of the kernel
	 * is older than any recording.
	 */
	c->slabs_known = c->pid && c->objects_per_slab && c->slab_bytes;
	strcpy(c->name, e->text[0][0] ? e->text[0] : "?");
	strcpy(c->comm, e->text[1]);
	r->number[number] = (uint32_t)r->nr_caches;
	return 0;
}

static int comes_before(const void *element, const void *key)
{
	return ((const struct recorded_counts_cpu *)element)->cpu < *(const uint32_t *)key;
}

/* Returns the counts of a CPU, which are new where it had none; NULL: no memory. */
static struct recorded_counts_cpu *find_cpu(struct recorded_counts_cache *c, uint32_t cpu)
{
	struct recorded_counts_cpu *at;

	if (c->last < c->nr_cpus && c->cpu[c->last].cpu == cpu)
		return &c->cpu[c->last];
	c->last = array_lower_bound(c->cpu, c->nr_cpus, sizeof(*c->cpu), &cpu, comes_before);
	if (c->last < c->nr_cpus && c->cpu[c->last].cpu == cpu)
		return &c->cpu[c->last];
	at = array_insert(&c->cpu, &c->nr_cpus, c->last, sizeof(*at));
	if (at)
		at->cpu = cpu;
	return at;
}

/* ---- counts ---------------------------------------------------------------------------------- */

static void count_latency(struct recorded_counts *r, struct recorded_counts_cpu *cpu, uint64_t ns)
{
	if (!cpu->refill_ns) {
		if (r->hists == RECORDED_COUNTS_HISTS || !snapshot_add_hist(&cpu->refill_ns)) {
			r->lost++;
			return;
		}
		r->hists++;
	}
	hist_record(cpu->refill_ns, ns);
}

static void count(struct recorded_counts *r, struct recorded_counts_cache *c,
		  struct recorded_counts_cpu *cpu, const struct trace_event *e)
{
	event_meaning_count(e, cpu->count);
	c->slabs += (uint64_t)event_meaning_slabs(e);
	if (event_meaning_timed(e))
		count_latency(r, cpu, e->value[REFILL_NS]);
}

static void note_kernel(struct recorded_counts *r, const struct trace_event *e)
{
	r->proved |= event_meaning[e->id].proves;
	r->timed |= event_meaning_timed(e);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/*
 * Returns whether the event is a step. A CPU stands for a thread here: what a refill does is
 * recorded before the end of the refill, on the CPU where it began. Only a refill that interrupts
 * it there comes between.
 */
static bool step_of(const struct trace_event *e, struct snap_step *to)
{
	const uint64_t *v = e->value;

	*to = (struct snap_step){.node = e->node};
	switch (e->id) {
	case TRACE_GROW:
		to->kind = STEP_GROW;
		to->node = (uint32_t)v[GROW_NODE];
		to->slab = v[GROW_SLAB];
		to->a = v[GROW_OBJECTS];
		to->b = STEP_UNKNOWN; /* colours are not recorded */
		to->ns = v[GROW_NS];
		return true;
	case TRACE_LIST_MOVE:
		to->kind = STEP_LIST_MOVE;
		to->node = (uint32_t)v[MOVE_NODE];
		to->slab = v[MOVE_SLAB];
		to->a = v[MOVE_FROM];
		to->b = v[MOVE_TO];
		to->c = v[MOVE_INUSE];
		return true;
	case TRACE_SLAB_DESTROY:
		to->kind = STEP_DESTROY;
		to->node = (uint32_t)v[DESTROY_NODE];
		to->slab = v[DESTROY_SLAB];
		return true;
	case TRACE_FLUSH:
		to->kind = STEP_FLUSH;
		to->a = v[FLUSH_COUNT];
		return true;
	case TRACE_REFILL:
		to->kind = STEP_REFILL;
		to->a = v[REFILL_REQUESTED];
		to->b = v[REFILL_GOT];
		to->c = v[REFILL_ORIGIN];
		to->ns = v[REFILL_NS];
		return true;
	}
	return false;
}

static void keep_step(struct recorded_counts *r, const struct trace_event *e)
{
	struct snap_step step, *more;

	if (!step_of(e, &step))
		return;
	step.cpu = e->cpu;
	step.tid = e->cpu + 1;
	step.number = step.seq = ++r->next_step; /* a gap stands for the lost ones */
	if (r->nr_steps == RECORDED_COUNTS_STEPS) {
		r->nr_steps /= 2;
		memmove(r->step, r->step + r->nr_steps, r->nr_steps * sizeof(*r->step));
	}
	more = array_append(&r->step, &r->nr_steps, sizeof(*more));
	if (more)
		*more = step;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void take_state(struct recorded_counts_cache *c, const struct trace_event *e)
{
	c->slabs_known = c->objects_per_slab && c->slab_bytes;
	c->slabs += (uint64_t)event_meaning_slabs(e);
}

static int take(struct recorded_counts *r, const struct trace_event *e)
{
	struct recorded_counts_cache *c;
	struct recorded_counts_cpu *cpu;

	if (e->id == TRACE_CACHE)
		return take_cache(r, e);
	if (e->id == TRACE_FLAGS)
		return 0;
	if (!r->number[e->value[TRACE_F_CACHE]]) /* not wanted, or not described */
		return 0;
	c = &r->cache[r->number[e->value[TRACE_F_CACHE]] - 1];
	if (e->id == TRACE_NODE_STATE) {
		take_state(c, e);
		return 0;
	}
	if (e->id == TRACE_TUNE) {
		c->limit = e->value[TUNE_LIMIT];
		c->batchcount = e->value[TUNE_BATCHCOUNT];
	}
	if (e->id == TRACE_INFERRED) {
		c->inferred = true;
		c->doubtful = e->value[INFERRED_DOUBTFUL];
	}
	if (e->cpu == TRACE_NO_CPU)
		return 0;
	if (e->cpu >= c->cpus) {
		r->nonsense++;
		return 0;
	}
	cpu = find_cpu(c, e->cpu);
	if (!cpu)
		return -ENOMEM;
	count(r, c, cpu, e);
	if (!c->pid)
		note_kernel(r, e);
	if (r->watched == c->number + 1)
		keep_step(r, e);
	return 0;
}

static void forget(struct recorded_counts *r)
{
	for (size_t i = 0; i < r->nr_caches; i++) {
		for (size_t c = 0; c < r->cache[i].nr_cpus; c++)
			free(r->cache[i].cpu[c].refill_ns);
		free(r->cache[i].cpu);
		r->number[r->cache[i].number] = 0;
	}
	free(r->cache);
	free(r->step);
	r->cache = NULL;
	r->step = NULL;
	r->nr_caches = r->nr_steps = r->hists = 0;
	r->lost = r->nonsense = r->at_ns = 0;
	r->proved = 0;
	r->timed = false;
}

static void begin(struct recorded_counts *r)
{
	forget(r);
	r->again = false;
	trace_reader_rewind(r->reader);
	r->next = trace_reader_next(r->reader);
}

void recorded_counts_watch(struct recorded_counts *r, uint32_t cache)
{
	r->watched = cache;
	r->again = cache;
	r->nr_steps = 0;
}

int recorded_counts_go(struct recorded_counts *r, uint64_t at_ns)
{
	int err = 0;

	if (at_ns < r->at_ns || r->again)
		begin(r);
	while (r->next && !err && r->next->ns - r->first_ns < at_ns) {
		err = take(r, r->next);
		r->next = trace_reader_next(r->reader);
	}
	r->at_ns = at_ns;
	return err;
}

/* ---- opening --------------------------------------------------------------------------------- */

static int nothing_there(const struct recorded_counts *r, const char *dir, struct failure *f)
{
	const struct trace_losses *losses = trace_reader_losses(r->reader);

	if (losses->torn)
		return fail(f, ENODATA, "%s has no events: its files are damaged (%s)", dir,
			    losses->what);
	return fail(f, ENODATA, "%s has no events: nothing happened while it was recorded", dir);
}

int recorded_counts_open(struct recorded_counts **to, const char *dir, const struct choice *choice,
			 int only_pid, struct failure *f)
{
	struct recorded_counts *r = calloc(1, sizeof(*r));
	uint64_t first, last;
	int err;

	*to = NULL;
	if (!r)
		return fail(f, ENOMEM, "no memory to play %s", dir);
	r->choice = choice;
	r->only_pid = (uint32_t)only_pid;
	err = trace_reader_open(&r->reader, dir, f);
	if (!err) {
		begin(r);
		if (!r->next)
			err = nothing_there(r, dir, f);
	}
	if (err) {
		recorded_counts_close(r);
		return err;
	}
	r->first_ns = r->next->ns;
	trace_reader_span(r->reader, &first, &last);
	r->length_ns = last > r->first_ns ? last - r->first_ns + 1 : 1;
	*to = r;
	return 0;
}

void recorded_counts_close(struct recorded_counts *r)
{
	forget(r);
	trace_reader_close(r->reader);
	free(r);
}
