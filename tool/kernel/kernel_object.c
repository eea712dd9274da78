// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kernel_object.c: opens the object of the kernel's programs, sized and set for a plan. Where the
 * kernel refuses the object, tries each program alone.
 */
#include "kernel/kernel_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "bpf/kernel_old.skel.h"
#include "bpf/kernel_untyped.skel.h"
#include "system/process_stat.h"

/*
 * Sizes of the pools. So many pairs of a cache and a CPU, or a quarter if that is more, can have a
 * slow path; so many parts of the scale can have latencies.
 */
#define SLOWS_MIN     16384
#define BUCKETS_A_CPU 2048
#define BUCKETS_MAX   65536

/* Returns twice the number of caches, within bounds. */
static uint32_t choose_slots(const struct facts *facts)
{
	uint32_t slots = KERNEL_SLOTS_MIN;

	while (slots < KERNEL_SLOTS_MAX && slots < 2 * facts->slabinfo_caches)
		slots *= 2;
	return slots;
}

static uint32_t choose_slows(uint32_t pairs)
{
	uint32_t most = pairs / 4 > SLOWS_MIN ? pairs / 4 : SLOWS_MIN;

	return pairs < most ? pairs : most;
}

static void choose_settings(const struct facts *facts, const struct plan *plan,
			    struct kernel_settings *to)
{
	const struct symbol_facts *symbol = facts->symbol;

	to->cpus = facts->cpus;
	to->nodes = facts->nodes;
	to->slots = choose_slots(facts);
	/* Programs of old kernels take none from the pool: see kernel_programs.c. */
	to->slows = facts->few_helpers ? to->cpus * to->slots : choose_slows(to->cpus * to->slots);
	to->owner = plan->owner;
	if (plan->quantity[QUANTITY_LATENCY].known)
		to->buckets = facts->cpus * BUCKETS_A_CPU < BUCKETS_MAX
				      ? facts->cpus * BUCKETS_A_CPU
				      : BUCKETS_MAX;
	to->vmemmap_base = symbol[SYMBOL_VMEMMAP_BASE].address;
	to->page_offset_base = symbol[SYMBOL_PAGE_OFFSET_BASE].address;
	to->per_cpu_offset = symbol[SYMBOL_PER_CPU_OFFSET].address;
	to->flags_at = facts->alloc_params - 1;
	to->large = plan->load[PROGRAM_OWNED_KMALLOC] && plan->quantity[QUANTITY_LARGE].known;
	/* For tests: single latencies beside the histograms. */
	if (getenv("SLABSCOPE_SAMPLES"))
		to->samples = (uint32_t)atoi(getenv("SLABSCOPE_SAMPLES"));
	to->cached = plan->cached;
	to->infer = plan->infer;
	to->bulk_bool = facts->bulk_bool;
	to->mixed = plan->era == ERA_MIXED;
	to->all_slow = facts->preempt_rt;
	to->bulk_pairs = plan->load[PROGRAM_ALLOC_BULK_FENTRY];
	to->free_begin = symbol[SYMBOL_CACHE_FREE].address;
	to->free_end = symbol[SYMBOL_CACHE_FREE].end;
}

/* Chooses whose events count. Our pid namespace gives the number of a process. */
static void choose_tasks(const struct choice *choice, struct kernel_settings *to)
{
	struct stat ns;

	to->choose_caches = choice->nr_globs != 0;
	if (choice->cgroup >= 0)
		to->tasks = TASKS_CGROUP;
	if (!choice->pid)
		return;
	to->tasks = TASKS_PROCESS;
	to->pid = choice->pid;
	if (process_pid_namespace(&ns)) {
		to->pid_ns_device = ns.st_dev;
		to->pid_ns_inode = ns.st_ino;
	}
}

static bool is_trampoline(enum probe_kind kind)
{
	return kind == PROBE_FENTRY || kind == PROBE_FEXIT;
}

/*
 * Opens one of three files. Only the first calls a function of the kernel. The last needs no helper
 * and no atomic operation that kernels before 5.19 lack.
 *
 * For such a call libbpf needs the kernel's own types. Where these lack it, libbpf searches the
 * types of all modules, which takes CAP_SYS_ADMIN. It also searches for other types, unless it has
 * their path.
 */
static struct kernel_bpf *open_skeleton(const struct facts *facts, const struct plan *plan)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = facts->types);
	struct kernel_bpf *bpf = calloc(1, sizeof(*bpf));
	int err = bpf ? kernel_bpf__create_skeleton(bpf) : -ENOMEM;

	if (!err && facts->few_helpers)
		bpf->skeleton->data = kernel_old_bpf__elf_bytes(&bpf->skeleton->data_sz);
	else if (!err && plan->owner != OWNER_KFUNC)
		bpf->skeleton->data = kernel_untyped_bpf__elf_bytes(&bpf->skeleton->data_sz);
	if (!err)
		err = bpf_object__open_skeleton(bpf->skeleton, &options);
	if (!err)
		return bpf;
	kernel_bpf__destroy(bpf);
	errno = -err;
	return NULL;
}

struct bpf_program *kernel_object_program(const struct kernel_bpf *bpf, int which)
{
	const struct kernel_probe_row *row = &kernel_probe_rows[which];
	bool sends = bpf->rodata->settings.record && row->sends;

	return bpf_object__find_program_by_name(bpf->obj, sends ? row->sends : row->name);
}

struct kernel_bpf *kernel_object_open(const struct facts *facts, const struct plan *plan,
				      const struct source_options *options, const bool *want)
{
	struct kernel_bpf *bpf = open_skeleton(facts, plan);
	struct kernel_settings settings = {0};
	struct bpf_program *program;
	struct bpf_map *once;

	if (!bpf)
		return NULL;
	choose_settings(facts, plan, &settings);
	choose_tasks(options->choice, &settings);
	settings.callers = options->callers && plan->quantity[QUANTITY_CALLERS].known;
	settings.record = options->record;
	settings.record_served =
		options->record && plan->quantity[QUANTITY_HITS].known && !plan->infer;
	settings.choose_caches |= options->record;
	settings.large &= !options->record; /* they belong to no cache */
	*(struct kernel_settings *)&bpf->rodata->settings = settings;
	bpf_map__set_autocreate(bpf->maps.cgroups, settings.tasks == TASKS_CGROUP);
	bpf_map__set_autocreate(bpf->maps.callers, settings.callers);
	bpf_map__set_autocreate(bpf->maps.samplers, settings.callers);
	bpf_map__set_max_entries(bpf->maps.samplers, settings.cpus);
	bpf_map__set_autocreate(bpf->maps.rings, settings.record);
	bpf_map__set_autocreate(bpf->maps.lost, settings.record);
	bpf_map__set_autocreate(bpf->maps.served, settings.record_served);
	bpf_map__set_max_entries(bpf->maps.rings, settings.cpus);
	bpf_map__set_max_entries(bpf->maps.lost, settings.cpus);
	bpf_map__set_max_entries(bpf->maps.served, settings.cpus);
	bpf_map__set_max_entries(bpf->maps.slot_keys, settings.slots);
	bpf_map__set_max_entries(bpf->maps.slot_caches, settings.slots);
	bpf_map__set_max_entries(bpf->maps.counts, settings.cpus);
	bpf_map__set_value_size(bpf->maps.counts, settings.slots * sizeof(struct kernel_count));
	bpf_map__set_max_entries(bpf->maps.plain, settings.cpus);
	bpf_map__set_max_entries(bpf->maps.cpu_offsets, settings.cpus);
	bpf_map__set_max_entries(bpf->maps.slows, settings.slows);
	/* Only the file for old kernels has it: an entry a slot, and two a part of a scale. */
	once = bpf_object__find_map_by_name(bpf->obj, "once");
	if (once)
		bpf_map__set_max_entries(once, settings.slots + 2 * settings.buckets);
	if (settings.infer)
		bpf_map__set_max_entries(bpf->maps.inferred, settings.cpus * settings.slots);
	if (settings.buckets)
		bpf_map__set_max_entries(bpf->maps.buckets, settings.buckets);
	bpf_map__set_max_entries(bpf->maps.samples, settings.samples + 1);
	bpf_object__for_each_program(program, bpf->obj) bpf_program__set_autoload(program, false);
	for (int i = 0; i < PROGRAMS; i++) {
		program = kernel_object_program(bpf, i);
		if (!program || !want[i])
			continue;
		bpf_program__set_autoload(program, true);
		if (is_trampoline(kernel_probe_rows[i].kind))
			bpf_program__set_attach_target(
				program, 0, facts_symbol_name(facts, kernel_probe_rows[i].symbol));
	}
	return bpf;
}

/* Loads each program of the plan alone. Notes the refused ones; returns how many. */
int kernel_object_find_refused(struct facts *facts, const struct plan *plan,
			       const struct source_options *options)
{
	int count = 0;

	for (int i = 0; i < PROGRAMS; i++) {
		bool want[PROGRAMS] = {0};
		struct kernel_bpf *bpf;
		int err;

		if (!plan->load[i])
			continue;
		want[i] = true;
		bpf = kernel_object_open(facts, plan, options, want);
		if (!bpf)
			continue;
		err = kernel_bpf__load(bpf);
		kernel_bpf__destroy(bpf);
		if (err && err != -ENOMEM) {
			facts->refused[i] = -err;
			count++;
		}
	}
	return count;
}
