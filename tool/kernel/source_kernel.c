// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * source_kernel.c: snapshots of the running kernel's allocator: its caches, what is missing and
 * why, and the cost of the programs.
 */
#include "kernel/source_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/kernel_snapshot.h"
#include "kernel/plan_leave_out.h"
#include "kernel/plan_missing.h"
#include "model/missing.h"
#include "system/kallsyms.h"

static struct kernel_source *from(struct source *source)
{
	return (struct kernel_source *)source;
}

#define ALIASES_LAST (10ull * CLOCK_SECOND)

/* Reads the aliases again where there may be new ones. */
static int renew_aliases(struct kernel_source *k, size_t rows)
{
	uint64_t now = clock_monotonic_ns();

	if (k->aliases_at && rows == k->aliases_for && now < k->aliases_at + ALIASES_LAST)
		return 0;
	k->aliases_at = now;
	k->aliases_for = rows;
	aliases_free(&k->aliases);
	return aliases_read(&k->aliases, "/sys/kernel/slab");
}

/* ---- what is missing ------------------------------------------------------------------------- */

/* Adds an entry for each reason, with all quantities that it explains. */
static int add_unknown(const struct plan *plan, struct snapshot *to)
{
	static const char prefix[] = "kernel ";
	uint32_t left = PLAN_MISSING_ALL;
	char what[sizeof(to->missing->what)] = "kernel ";
	enum quantity q;
	int err = 0;

	while (!err && (q = plan_missing_next(plan, &left, what + strlen(prefix),
					      sizeof(what) - strlen(prefix))) != QUANTITIES)
		err = snapshot_add_missing(to, what, plan->quantity[q].why,
					   plan->quantity[q].remedy);
	return err;
}

static int add_missing(const struct kernel_source *k, struct snapshot *to)
{
	int err = add_unknown(&k->plan, to);
	struct remark remark;

	for (int i = 0; !err && facts_remark(&k->facts, i, &remark); i++)
		err = snapshot_add_missing(to, remark.what, remark.why, "");
	if (!err && k->broken.text[0])
		err = missing_add(to, MISSING_PROGRAMS, NULL, k->broken.text);
	return err;
}

/* ---- the counts that the plan gives -----------------------------------------------------------
 */

/* Sets the known counts from the plan. */
static void plan_counts(struct kernel_source *k)
{
	static const struct {
		enum quantity quantity;
		enum count count;
	} row[] = {
		{QUANTITY_ALLOCS, COUNT_ALLOCS},
		{QUANTITY_FREES, COUNT_FREES},
		{QUANTITY_HITS, COUNT_HITS},
		{QUANTITY_REFILLS, COUNT_REFILLS},
		{QUANTITY_BYPASSES, COUNT_BYPASSES},
		{QUANTITY_FAILED, COUNT_FAILED},
		{QUANTITY_GROWS, COUNT_GROWS},
		{QUANTITY_FLUSHES, COUNT_FLUSHES},
		{QUANTITY_LIST_MOVES, COUNT_LIST_MOVES},
		{QUANTITY_SLAB_FREES, COUNT_SLAB_FREES},
	};
	const struct quantity_plan *quantity = k->plan.quantity;

	k->now = (struct kernel_known){
		.kmalloc = k->plan.owner != OWNER_NONE,
		.latency = quantity[QUANTITY_LATENCY].known,
		.callers = k->symbols && quantity[QUANTITY_CALLERS].known,
	};
	k->counts_inferred = 0;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (quantity[row[i].quantity].known)
			k->now.counts |= COUNT_BIT(row[i].count);
		if (quantity[row[i].quantity].inferred)
			k->counts_inferred |= COUNT_BIT(row[i].count);
	}
	for (int i = 0; quantity[QUANTITY_ORIGINS].known && i < ORIGINS; i++)
		k->now.counts |= COUNT_BIT(COUNT_ORIGIN + i);
	k->now.counts &= ~plan_leave_out(&k->plan, k->left_out);
}

/* Returns what is counted both now and all the time since the last reading. */
static struct kernel_known since_last(const struct kernel_source *k)
{
	return (struct kernel_known){
		.counts = k->now.counts & k->last.counts,
		.kmalloc = k->now.kmalloc && k->last.kmalloc,
		.latency = k->now.latency && k->last.latency,
		.callers = k->now.callers && k->last.callers,
	};
}

/* ---- own cost -------------------------------------------------------------------------------- */

static int add_cost(const struct kernel_source *k, struct snapshot *to)
{
	to->bpf_ns_known = k->cost.known;
	to->bpf_ns_per_event = k->cost.ns_per_event;
	to->bpf_cpu_percent = k->cost.cpu_percent;
	if (!k->programs || k->cost.known || !k->cost.refused)
		return 0;
	return missing_add(to, k->max_overhead > 0 ? MISSING_OVERHEAD : MISSING_COST, NULL,
			   strerrorname_np(k->cost.refused));
}

/*
 * Runs the programs of the plan without what is turned off or left out. Returns false if the kernel
 * refuses one.
 */
static bool renew_plan(struct kernel_source *k)
{
	k->plan = k->whole;
	shedding_apply(&k->shed, &k->plan, k->max_overhead);
	plan_counts(k);
	k->last = since_last(k);
	return !kernel_programs_switch(k->programs, &k->facts, &k->plan);
}

/*
 * Turns off the most expensive programs after a sample above the limit, and on again when the load
 * has fallen.
 */
static void keep_cheap(struct kernel_source *k)
{
	double cost = k->cost.known ? k->cost.cpu_percent : 0;
	uint64_t now = clock_monotonic_ns();
	const struct shedding before = k->shed;
	struct plan plan = k->plan;

	if (!(k->max_overhead > 0) ||
	    (!shedding_off(&k->shed, &plan, k->callers, cost, k->max_overhead, now) &&
	     !shedding_on(&k->shed, cost, k->max_overhead, now)))
		return;
	if (!renew_plan(k)) {
		k->shed = before;
		k->shed.of[before.level].since = UINT64_MAX / 2; /* it does not come back */
		renew_plan(k);
	}
	if (k->shed.level == SHED_ALLOCATIONS)
		k->cost.known = false; /* no programs run any more */
	else
		kernel_cost_again(&k->cost);
}

/* Counts what is shown from now on, and nothing else that costs something. */
static void kernel_leave_out(struct source *self, uint32_t counts)
{
	struct kernel_source *k = from(self);
	uint32_t before = k->left_out;

	if (!k->programs || (counts | k->refused) == before)
		return;
	k->left_out = counts | k->refused;
	if (renew_plan(k))
		return;
	k->left_out = k->refused = before;
	renew_plan(k);
}

/*
 * Hides what rests on functions where the kernel no longer runs programs there. They stay attached:
 * some kernels turn ftrace off for good when a program is detached then.
 */
static void keep_proved(struct kernel_source *k)
{
	const bool *load = k->plan.load;

	if (!k->programs || (!load[PROGRAM_PROOF_FENTRY] && !load[PROGRAM_PROOF_KPROBE]) ||
	    kernel_programs_prove(k->programs, &k->facts))
		return;
	plan_shed_functions(&k->whole);
	plan_shed_functions(&k->plan);
	plan_counts(k);
}

/* ---- the source ------------------------------------------------------------------------------ */

static void add_troubles(const struct kernel_source *k, struct snapshot *to)
{
	const volatile struct kernel_troubles *troubles;

	if (!k->programs)
		return;
	troubles = kernel_programs_memory(k->programs)->troubles;
	to->unpaired += troubles->unpaired;
	to->lost += troubles->lost_slots + troubles->lost_slows + troubles->lost_hists +
		    troubles->lost_pairs + troubles->lost_callers +
		    kernel_programs_misses(k->programs);
}

static int kernel_read(struct source *self, struct snapshot *to, struct failure *f)
{
	struct kernel_source *k = from(self);
	struct snap_side *side = snapshot_add_side(to, SIDE_KERNEL, 1);
	struct slabinfo info = {0};
	struct failure why = {""};
	struct kernel_cache_table table = {0};
	struct symbols *names;
	int err;

	keep_proved(k);
	k->known = since_last(k);
	k->last = k->now;
	names = k->now.callers ? k->symbols : NULL;
	snprintf(to->release, sizeof(to->release), "%s", k->facts.release);
	snprintf(to->allocator, sizeof(to->allocator), "%s", era_rows[k->plan.era].name);
	snprintf(to->probes, sizeof(to->probes), "%s", k->programs ? k->plan.probes : "none");
	to->callers = k->callers;
	to->symbols = symbols_hold(names);
	err = side ? kernel_cache_table_read(k->programs, &table) : -ENOMEM;
	if (!err)
		err = kernel_callers_read(k->programs, names, &k->sampled);
	if (err)
		goto out;
	if (!k->facts.slabinfo && slabinfo_read("/proc/slabinfo", &info, &why))
		missing_add(to, MISSING_SIZES, NULL, why.text);
	err = renew_aliases(k, info.nr_rows);
	if (!err)
		err = kernel_snapshot_add(k, side, &info, &table);
	if (!err)
		err = add_missing(k, to);
	add_troubles(k, to);
	if (!err)
		err = add_cost(k, to);
	if (k->programs && k->shed.level != SHED_ALLOCATIONS)
		self->wake_in_ms = kernel_cost_begin(&k->cost, k->programs);
	else if (k->programs)
		keep_cheap(k);
out:
	slabinfo_free(&info);
	kernel_cache_table_free(&table);
	kernel_callers_free(&k->sampled);
	return err ? fail(f, -err, "kernel: %s", strerror(-err)) : 0;
}

static void kernel_wake(struct source *self)
{
	struct kernel_source *k = from(self);

	self->wake_in_ms = kernel_cost_end(&k->cost, k->programs);
	if (self->wake_in_ms < 0)
		keep_cheap(k);
}

static void kernel_close(struct source *self)
{
	struct kernel_source *k = from(self);

	kernel_cost_close(&k->cost);
	kernel_counters_close(&k->reading);
	kernel_programs_close(k->programs);
	symbols_drop(k->symbols);
	aliases_free(&k->aliases);
	kernel_unseen_free(&k->unseen);
	free(k->hits);
	free(k->active);
	free(k);
}

/* Reads symbols before privileges are dropped, which addresses need. NULL: hidden. */
static struct symbols *read_symbols(void)
{
	char buffer[KALLSYMS_BUFFER];
	FILE *file = kallsyms_open(buffer);
	struct symbols *symbols = file ? symbols_read(file) : NULL;

	if (file)
		fclose(file);
	return symbols;
}

int source_kernel_open(struct source **to, const struct source_options *o, struct failure *f)
{
	struct kernel_source *k = calloc(1, sizeof(*k));
	const struct kernel_memory *c;
	int err;

	if (!k)
		return fail(f, ENOMEM, "kernel: out of memory");
	k->source = (struct source){.name = "kernel",
				    .read = kernel_read,
				    .fd = -1,
				    .wake_in_ms = -1,
				    .leave_out = kernel_leave_out,
				    .close = kernel_close};
	k->page_size = sysconf(_SC_PAGESIZE);
	err = facts_collect(&k->facts, o->types, f);
	if (err) {
		free(k);
		return err;
	}
	k->choice = o->choice;
	k->callers = o->callers;
	k->max_overhead = o->max_overhead;
	k->cost.stats = -1;
	kernel_programs_open(&k->facts, &k->whole, o, &k->programs, &k->broken);
	k->plan = k->whole;
	k->left_out = o->left_out;
	if (k->callers && k->programs && k->plan.quantity[QUANTITY_CALLERS].known)
		k->symbols = read_symbols();
	if (k->programs) {
		c = kernel_programs_memory(k->programs);
		k->hits = calloc((size_t)c->cpus * c->slots, sizeof(*k->hits));
		k->active = calloc(c->slots, sizeof(*k->active));
		if (!k->hits || !k->active) {
			kernel_close(&k->source);
			return fail(f, ENOMEM, "kernel: out of memory");
		}
		kernel_cost_open(&k->cost, k->programs);
		k->source.wake = kernel_wake;
		k->source.wake_in_ms = COST_SAMPLE_MS;
	}
	if (k->programs)
		plan_counts(k);
	k->last = k->now;
	*to = &k->source;
	return 0;
}
