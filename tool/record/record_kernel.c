// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * record_kernel.c: the programs that count the allocator of the kernel, which also send each event
 * here. The recording begins cache by cache.
 */
#include "record/record_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/plan_missing.h"
#include "kernel/kernel_counters.h"
#include "record/record_kernel_caches.h"
#include "record/record_kernel_state.h"
#include "record/record_pair.h"
#include "system/cpu_list.h"

#define CACHES_MAX 65536 /* in the list of the kernel */

/* ---- the caches there are -------------------------------------------------------------------- */

/* Returns any cache that the programs have seen; 0: none. */
static uint64_t any_cache(const struct record_kernel *k)
{
	for (uint32_t slot = 0; slot < k->counters->slots; slot++)
		if (k->counters->slot_keys[slot] > KERNEL_LARGE)
			return k->counters->slot_keys[slot];
	return 0;
}

/*
 * Has the programs describe a cache, and then send its events. What SLUB says about its nodes is
 * read before the events begin.
 */
static void describe(struct record_kernel *k, uint64_t cache, const char *name)
{
	struct slab_nodes *nodes = k->facts.nodes > 1 ? malloc(sizeof(*nodes)) : NULL;

	if (nodes && !slab_nodes_read("/sys/kernel/slab", name, nodes)) {
		free(nodes);
		nodes = NULL;
	}
	kernel_programs_state(k->programs, cache);
	for (uint32_t slot = 0; slot < k->counters->slots && nodes; slot++) {
		if (k->counters->slot_keys[slot] != cache)
			continue;
		free(k->nodes[slot]);
		k->nodes[slot] = nodes;
		return;
	}
	free(nodes);
}

/*
 * Describes all caches, along their circular list. The head of the list has no name in
 * /proc/slabinfo.
 */
static void describe_all(struct record_kernel *k, void (*described)(void *arg), void *arg)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC); /* this allocates */
	uint64_t first = any_cache(k), at = first;
	struct kernel_walk step;

	if (fd >= 0)
		close(fd);
	for (int i = 0; at && i < CACHES_MAX; i++) {
		if (!kernel_programs_walk(k->programs, at, &step))
			return;
		if (record_kernel_caches_row(k, step.name) &&
		    record_kernel_caches_wanted(k, step.name)) {
			describe(k, at, step.name);
			described(arg);
		}
		at = step.next != first ? step.next : 0;
	}
}

static void judge(struct record_kernel *k, uint32_t slot)
{
	char name[KERNEL_NAME_MAX];

	if (k->judged[slot] || !record_kernel_caches_name(k, slot, name))
		return;
	k->judged[slot] = true;
	if (!record_kernel_caches_wanted(k, name))
		kernel_programs_skip(k->programs, slot, true);
	/* it was created while the others were described */
	else if (k->counters->cache[slot].skipped)
		describe(k, k->counters->slot_keys[slot], name);
}

void record_kernel_begin(struct record_kernel *k, void (*described)(void *arg), void *arg)
{
	k->info_at = 0;
	record_kernel_caches_read(k);
	describe_all(k, described, arg);
	kernel_programs_began(k->programs);
	for (uint32_t slot = 0; slot < k->counters->slots; slot++)
		judge(k, slot);
}

void record_kernel_scan(struct record_kernel *k, void (*gone)(uint32_t slot, void *arg), void *arg)
{
	struct kernel_look look;

	for (uint32_t slot = 0; slot < k->counters->slots; slot++) {
		if (k->counters->slot_keys[slot] <= KERNEL_LARGE)
			continue;
		judge(k, slot);
		if (kernel_programs_look(k->programs, slot, &look) && look.retired)
			gone(slot, arg);
	}
}

/* ---- what is inferred ------------------------------------------------------------------------ */

bool record_kernel_inferred(const struct record_kernel *k)
{
	return k->plan.infer != 0;
}

/*
 * Returns for each slot the inferred refills that did not happen or were missed, on all CPUs. NULL:
 * no memory.
 */
static uint64_t *doubts_now(const struct record_kernel *k)
{
	const struct kernel_memory *c = k->counters;
	uint64_t *sum = calloc(c->slots, sizeof(*sum));
	struct kernel_counters r = {0};
	int err = sum ? 0 : -ENOMEM;

	kernel_counters_begin(&r, k->programs);
	for (uint32_t cpu = 0; cpu < c->cpus && !err; cpu++) {
		err = kernel_counters_cpu(&r, cpu);
		for (uint32_t slot = 0; slot < c->slots && !err; slot++)
			sum[slot] += r.inferred[slot].missed;
	}
	kernel_counters_close(&r);
	if (!err)
		return sum;
	free(sum);
	return NULL;
}

/* Without memory, the next call reports them. */
void record_kernel_doubts(struct record_kernel *k,
			  void (*each)(uint32_t slot, uint64_t doubtful, void *arg), void *arg)
{
	const struct kernel_memory *c = k->counters;
	uint64_t *doubtful = k->plan.infer ? doubts_now(k) : NULL;

	for (uint32_t slot = 0; slot < c->slots && doubtful; slot++) {
		if (c->slot_keys[slot] <= KERNEL_LARGE || c->cache[slot].skipped)
			continue;
		if (doubtful[slot] != k->doubts[slot])
			each(slot, doubtful[slot], arg);
		k->doubts[slot] = doubtful[slot];
	}
	free(doubtful);
}

bool record_kernel_proved(struct record_kernel *k)
{
	return kernel_programs_prove(k->programs, &k->facts);
}

/* ---- the programs ---------------------------------------------------------------------------- */

/* Returns the highest number of a CPU that is online plus 1. */
static unsigned online_cpus(const struct facts *facts)
{
	FILE *file = fopen("/sys/devices/system/cpu/online", "re");
	char text[4096] = "";
	unsigned size;

	if (file && !fgets(text, sizeof(text), file))
		text[0] = 0;
	if (file)
		fclose(file);
	size = cpu_list_size(text);
	return size && size < facts->cpus ? size : facts->cpus;
}

static int open_programs(struct record_kernel *k, struct failure *f)
{
	struct source_options options = {
		.choice = &k->choice, .record = true, .types = k->types.path};
	const struct quantity_plan *allocs = &k->plan.quantity[QUANTITY_ALLOCS];
	int err = kernel_programs_open(&k->facts, &k->plan, &options, &k->programs, f);

	if (err)
		return err;
	if (!allocs->known)
		return fail(f, EPERM, "cannot record the kernel: %s%s%s", allocs->why,
			    allocs->remedy[0] ? "; " : "", allocs->remedy);
	if (!k->programs || !k->plan.load[PROGRAM_STATE])
		return fail(f, EPERM,
			    "cannot record the kernel: it refused the program that reads the state "
			    "of its caches; SLABSCOPE_DEBUG=1 shows its reason");
	k->counters = kernel_programs_memory(k->programs);
	k->judged = calloc(k->counters->slots, 1);
	k->nodes = calloc(k->counters->slots, sizeof(*k->nodes));
	k->doubts = calloc(k->counters->slots, sizeof(*k->doubts));
	if (k->plan.era == ERA_SLAB && !k->plan.load[PROGRAM_SLAB_TUNE_FEXIT] &&
	    !k->plan.load[PROGRAM_SLAB_TUNE_KRETPROBE])
		k->tunables = calloc(k->counters->slots, sizeof(*k->tunables));
	if (!k->judged || !k->nodes || !k->doubts)
		return fail(f, ENOMEM, "no memory to record");
	return record_rings_open(&k->rings, kernel_programs_ring_map(k->programs),
				 kernel_programs_lost_map(k->programs), k->counters->cpus, f);
}

int record_kernel_open(struct record_kernel **to, const char *const *caches, const char *btf,
		       struct failure *f)
{
	struct record_kernel *k = calloc(1, sizeof(*k));
	int err;

	*to = NULL;
	if (!k)
		return fail(f, ENOMEM, "no memory to record");
	k->types.fd = -1;
	choice_init(&k->choice);
	err = types_open(&k->types, btf, f);
	for (; caches && *caches && !err; caches++)
		err = choice_add_globs(&k->choice, *caches, f);
	if (!err)
		err = facts_collect(&k->facts, k->types.path, f);
	if (!err) {
		k->cpus = online_cpus(&k->facts);
		err = open_programs(k, f);
	}
	if (err) {
		record_kernel_close(k);
		return err;
	}
	*to = k;
	return 0;
}

void record_kernel_close(struct record_kernel *k)
{
	if (!k)
		return;
	for (uint32_t slot = 0; k->nodes && slot < k->counters->slots; slot++)
		free(k->nodes[slot]);
	free(k->nodes);
	record_rings_close(k->rings);
	kernel_programs_close(k->programs);
	slabinfo_free(&k->info);
	aliases_free(&k->aliases);
	choice_free(&k->choice);
	types_close(&k->types);
	free(k->judged);
	free(k->doubts);
	free(k->tunables);
	free(k);
}

int record_kernel_pair(const struct record_kernel *k, struct trace_pair *to, struct failure *f)
{
	*to = (struct trace_pair){0};
	if (!k->plan.quantity[QUANTITY_LATENCY].known)
		return 0;
	return record_pair_measure(!strcmp(k->plan.probes, "kprobe"), to, f);
}

struct record_rings *record_kernel_rings(const struct record_kernel *k)
{
	return k->rings;
}

uint64_t record_kernel_missed(const struct record_kernel *k)
{
	return kernel_programs_misses(k->programs) + k->counters->troubles->lost_slots +
	       k->counters->troubles->lost_pairs;
}

void record_kernel_missing(const struct record_kernel *k, FILE *to)
{
	uint32_t left = 1u << QUANTITY_FREES | 1u << QUANTITY_KMALLOC | 1u << QUANTITY_BULK |
			1u << QUANTITY_REFILLS | 1u << QUANTITY_HITS | 1u << QUANTITY_ORIGINS |
			1u << QUANTITY_BYPASSES | 1u << QUANTITY_GROWS | 1u << QUANTITY_FLUSHES |
			1u << QUANTITY_SLAB_FREES | 1u << QUANTITY_CACHED;
	const struct quantity_plan *q = k->plan.quantity;
	char names[512];
	enum quantity first;

	while ((first = plan_missing_next(&k->plan, &left, names, sizeof(names))) != QUANTITIES)
		fprintf(to, "not recorded: %s: %s\n", names, q[first].why);
	if (k->plan.infer)
		fprintf(to, "refills, hits and bypasses are %s\n", q[QUANTITY_REFILLS].how);
}
