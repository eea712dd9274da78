// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kernel_programs.c: loads and attaches the programs of a plan, and maps their counters.
 *
 * The kernel refuses the whole object for one program, and libbpf does not name it. Then each
 * program is tried alone. Exits are attached before entries, so that each entry finds its exit. All
 * programs wait for `running`, which is set at the end.
 */
#include "kernel/kernel_programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/kernel_object.h"
#include "kernel/plan_leave_out.h"
#include "kernel/plan_record.h"

struct kernel_programs {
	struct kernel_bpf *bpf;
	struct bpf_link *link[PROGRAMS];
	struct bpf_program *program[PROGRAMS]; /* NULL: not loaded */
	struct kernel_memory counters;
	size_t mapped[2]; /* bytes */
	int directory;	  /* open, to call the function of the proof; -1: none */
};

/* ---- the counters' memory -------------------------------------------------------------------- */

/* Returns the bytes that the elements of an array take, in whole pages. */
static size_t map_size(const struct bpf_map *map)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (size_t)bpf_map__max_entries(map) * ((bpf_map__value_size(map) + 7) & ~7u);

	return (size + page - 1) & ~(page - 1);
}

static const void *map_memory(struct kernel_programs *k, int which, struct bpf_map *map, int prot)
{
	size_t size = map_size(map);
	void *memory;

	memory = mmap(NULL, size, prot, MAP_SHARED, bpf_map__fd(map), 0);
	if (memory == MAP_FAILED)
		return NULL;
	k->mapped[which] = size;
	return memory;
}

/*
 * Gives each pair its element of the pool of slow counts, on kernels where programs cannot take one
 * from the pool. Returns 0 or a negative errno.
 */
static int assign_slows(struct kernel_bpf *bpf)
{
	uint32_t cpus = bpf->rodata->settings.cpus, slots = bpf->rodata->settings.slots;
	size_t sizes[] = {map_size(bpf->maps.counts), map_size(bpf->maps.slows)};
	struct kernel_count *counts = mmap(NULL, sizes[0], PROT_READ | PROT_WRITE, MAP_SHARED,
					   bpf_map__fd(bpf->maps.counts), 0);
	struct kernel_slow *slows = mmap(NULL, sizes[1], PROT_READ | PROT_WRITE, MAP_SHARED,
					 bpf_map__fd(bpf->maps.slows), 0);
	int err = counts == MAP_FAILED || slows == MAP_FAILED ? -errno : 0;

	for (uint32_t i = 0; i < cpus * slots && !err; i++)
		counts[i].slow = slows[i].place = i + 1;
	bpf->bss->slows_used = cpus * slots;
	if (counts != MAP_FAILED)
		munmap(counts, sizes[0]);
	if (slows != MAP_FAILED)
		munmap(slows, sizes[1]);
	return err;
}

static int map_counters(struct kernel_programs *k)
{
	struct kernel_memory *c = &k->counters;
	struct kernel_bpf *bpf = k->bpf;

	c->cpus = bpf->rodata->settings.cpus;
	c->slots = bpf->rodata->settings.slots;
	c->troubles = &bpf->bss->troubles;
	c->slot_keys = map_memory(k, 0, bpf->maps.slot_keys, PROT_READ);
	c->cache = map_memory(k, 1, bpf->maps.slot_caches, PROT_READ | PROT_WRITE);
	return c->slot_keys && c->cache ? 0 : -errno;
}

static void unmap_counters(struct kernel_programs *k)
{
	const volatile void *memory[] = {k->counters.slot_keys, k->counters.cache};

	for (size_t i = 0; i < sizeof(memory) / sizeof(memory[0]); i++)
		if (memory[i])
			munmap((void *)memory[i], k->mapped[i]);
}

struct kernel_map kernel_programs_map(const struct kernel_programs *k, enum kernel_map_name name)
{
	const struct kernel_bpf *bpf = k->bpf;
	const struct kernel_settings *settings = (const void *)&bpf->rodata->settings;
	const struct bpf_map *const map[] = {bpf->maps.counts, bpf->maps.inferred, bpf->maps.slows,
					     bpf->maps.buckets};
	struct kernel_map to = {.fd = bpf_map__fd(map[name]),
				.elements = bpf_map__max_entries(map[name]),
				.element = (bpf_map__value_size(map[name]) + 7) & ~7u};

	if (name == KERNEL_MAP_COUNTS) {
		/* An element of the map has all slots of a CPU. */
		to.elements *= settings->slots;
		to.element = sizeof(struct kernel_count);
	}
	if (name == KERNEL_MAP_INFERRED && !settings->infer)
		to.elements = 0;
	if (name == KERNEL_MAP_BUCKETS && !settings->buckets)
		to.elements = 0;
	if (name == KERNEL_MAP_SLOWS)
		to.used = &bpf->bss->slows_used;
	if (name == KERNEL_MAP_BUCKETS)
		to.used = &bpf->bss->buckets_used;
	return to;
}

/* ---- loading and attaching ------------------------------------------------------------------- */

static int choose_cgroup(const struct kernel_bpf *bpf, const struct choice *choice)
{
	const uint32_t first = 0;

	if (bpf->rodata->settings.tasks != TASKS_CGROUP)
		return 0;
	return bpf_map_update_elem(bpf_map__fd(bpf->maps.cgroups), &first, &choice->cgroup, BPF_ANY)
		       ? -errno
		       : 0;
}

static bool is_entry(enum probe_kind kind)
{
	return kind == PROBE_FENTRY || kind == PROBE_KPROBE;
}

/* Runs a program that is not attached. Returns 0 or a negative errno. */
static int call(const struct kernel_programs *k, enum program program, uint64_t argument)
{
	uint64_t args[12] = {argument};
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = args, .ctx_size_in = sizeof(args));

	if (!k->program[program])
		return -ENOENT;
	return bpf_prog_test_run_opts(bpf_program__fd(k->program[program]), &options);
}

/* Attaches to a function by the name that this kernel has for it. */
static struct bpf_link *attach_one(struct bpf_program *program, const struct facts *facts,
				   const struct kernel_probe_row *row)
{
	if (row->kind != PROBE_KPROBE && row->kind != PROBE_KRETPROBE)
		return bpf_program__attach(program);
	return bpf_program__attach_kprobe(program, row->kind == PROBE_KRETPROBE,
					  facts_symbol_name(facts, row->symbol));
}

/*
 * Attaches the entries that load[] names, or all others, where they are not. Notes the first
 * refused program and returns its error.
 */
static int attach(struct kernel_programs *k, struct facts *facts, const bool *load, bool entries)
{
	for (int i = 0; i < PROGRAMS; i++) {
		enum probe_kind kind = kernel_probe_rows[i].kind;

		if (!k->program[i] || !load[i] || k->link[i] || kind == PROBE_CALL ||
		    is_entry(kind) != entries)
			continue;
		k->link[i] = attach_one(k->program[i], facts, &kernel_probe_rows[i]);
		if (!k->link[i]) {
			facts->refused[i] = errno ? errno : EINVAL;
			return -facts->refused[i];
		}
	}
	return 0;
}

static bool is_on_function(enum probe_kind kind)
{
	return kind != PROBE_RAW_TP && kind != PROBE_CALL;
}

/*
 * Detaches the entries that load[] omits, or all others, in the reverse order. On functions that
 * never run programs they stay: some kernels turn ftrace off for good when one is detached then.
 */
static void detach(struct kernel_programs *k, const struct facts *facts, const bool *load,
		   bool entries)
{
	bool never_runs = facts->fentry == FACTS_NEVER_RUNS || facts->kprobe == FACTS_NEVER_RUNS;

	for (int i = PROGRAMS; i-- > 0;) {
		enum probe_kind kind = kernel_probe_rows[i].kind;

		if (load[i] || !k->link[i] || is_entry(kind) != entries ||
		    (never_runs && is_on_function(kind)))
			continue;
		bpf_link__destroy(k->link[i]);
		k->link[i] = NULL;
	}
}

void kernel_programs_close(struct kernel_programs *k)
{
	if (!k)
		return;
	for (int i = 0; i < PROGRAMS; i++)
		bpf_link__destroy(k->link[i]);
	unmap_counters(k);
	kernel_bpf__destroy(k->bpf);
	if (k->directory >= 0)
		close(k->directory);
	free(k);
}

/*
 * Lets the events of tracepoints count that load[] names, and whose programs are attached. Those
 * that count most start CPU by CPU, within microseconds.
 */
static void let_count(struct kernel_programs *k, const bool *load)
{
	static const enum program first[KERNEL_EVENTS] = {
		[EVENT_ALLOC] = PROGRAM_COUNT_ALLOC,
		[EVENT_FREE] = PROGRAM_COUNT_FREE,
		[EVENT_KMALLOC] = PROGRAM_COUNT_KMALLOC,
		[EVENT_KFREE] = PROGRAM_COUNT_KFREE,
	};
	const struct kernel_settings *settings = (const void *)&k->bpf->rodata->settings;
	bool all = settings->tasks == TASKS_ALL && !settings->choose_caches && !settings->infer;
	uint64_t counting = 0;

	for (int i = 0; i < KERNEL_EVENTS; i++) {
		k->bpf->bss->counting[i] = load[first[i]] && k->link[first[i]];
		counting |= (uint64_t)k->bpf->bss->counting[i] << i;
	}
	for (uint32_t cpu = 0; cpu < settings->cpus && cpu < KERNEL_CPUS_MAX; cpu++)
		k->bpf->bss->own[cpu].everything = all ? counting : 0;
}

bool kernel_programs_prove(const struct kernel_programs *k, struct facts *facts)
{
	const volatile __u64 *fentries = &k->bpf->bss->proof_fentries;
	const volatile __u64 *kprobes = &k->bpf->bss->proof_kprobes;
	uint64_t before[2] = {*fentries, *kprobes};
	bool fentry, kprobe;
	char byte;

	/* The function refuses to read a directory. Another error means that it was not called. */
	if (read(k->directory, &byte, 1) >= 0 || errno != EISDIR)
		return true;
	fentry = !k->link[PROGRAM_PROOF_FENTRY] || *fentries != before[0];
	kprobe = !k->link[PROGRAM_PROOF_KPROBE] || *kprobes != before[1];
	if (!fentry)
		facts->fentry = FACTS_NEVER_RUNS;
	if (!kprobe)
		facts->kprobe = FACTS_NEVER_RUNS;
	return fentry && kprobe;
}

/*
 * Tries once. Returns -EAGAIN where the kernel refused a program, which is noted; the caller then
 * makes a new plan.
 */
static int open_once(struct facts *facts, const struct plan *plan,
		     const struct source_options *options, struct kernel_programs **to,
		     struct failure *f)
{
	struct kernel_programs *k = calloc(1, sizeof(*k));
	struct plan begin = *plan;
	int err;

	if (!k)
		return fail(f, ENOMEM, "kernel: out of memory");
	k->directory = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	k->bpf = kernel_object_open(facts, plan, options, plan->load);
	err = k->bpf ? kernel_bpf__load(k->bpf) : -errno;
	if (err && k->bpf && kernel_object_find_refused(facts, plan, options))
		err = -EAGAIN;
	if (err)
		goto out;
	err = choose_cgroup(k->bpf, options->choice);
	if (!err)
		err = map_counters(k);
	if (!err && facts->few_helpers)
		err = assign_slows(k->bpf);
	if (err)
		goto out;
	for (int i = 0; i < PROGRAMS; i++)
		if (plan->load[i])
			k->program[i] = kernel_object_program(k->bpf, i);
	for (uint32_t cpu = 0; cpu < k->counters.cpus; cpu++)
		call(k, PROGRAM_MEASURE, cpu);
	plan_leave_out(&begin, options->left_out);
	if (attach(k, facts, begin.load, false) || attach(k, facts, begin.load, true) ||
	    !kernel_programs_prove(k, facts)) {
		err = -EAGAIN;
		goto out;
	}
	let_count(k, begin.load);
	k->bpf->bss->running = true;
	*to = k;
	return 0;
out:
	kernel_programs_close(k);
	if (err != -EAGAIN)
		fail(f, -err, "kernel: cannot load the BPF programs: %s", strerror(-err));
	return err;
}

int kernel_programs_open(struct facts *facts, struct plan *plan,
			 const struct source_options *options, struct kernel_programs **to,
			 struct failure *f)
{
	bool verbose = getenv("SLABSCOPE_DEBUG") != NULL;
	libbpf_print_fn_t print = verbose ? NULL : libbpf_set_print(NULL);
	int err = -EAGAIN;

	*to = NULL;
	/* Each try but the last finds a refused program, or a kind of programs that never run. */
	for (int tries = 0; tries <= PROGRAMS + 2 && err == -EAGAIN; tries++) {
		plan_make(facts, plan);
		if (options->record)
			plan_record(facts, plan);
		err = plan_loads(plan) ? open_once(facts, plan, options, to, f) : 0;
	}
	if (!verbose)
		libbpf_set_print(print);
	return err == -EAGAIN ? fail(f, EAGAIN,
				     "kernel: it goes on refusing BPF programs; SLABSCOPE_DEBUG=1 "
				     "shows its reasons")
			      : err;
}

const struct kernel_memory *kernel_programs_memory(const struct kernel_programs *k)
{
	return &k->counters;
}

uint64_t kernel_programs_misses(const struct kernel_programs *k)
{
	/* Read first, to stay behind the misses. */
	uint64_t caught = k->counters.troubles->caught, counting = 0, sum = 0;

	for (int i = 0; i < PROGRAMS; i++) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);

		/* The other program counted what a stand-in missed, or missed it, too. */
		if (kernel_probe_is_late(i))
			continue;
		if (!k->program[i] ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(k->program[i]), &info, &size))
			continue;
		if (kernel_probe_rows[i].late && k->program[kernel_probe_rows[i].late])
			counting += info.recursion_misses;
		else
			sum += info.recursion_misses;
	}
	return sum + (counting > caught ? counting - caught : 0);
}

void kernel_programs_runs(const struct kernel_programs *k, struct kernel_runs *to)
{
	*to = (struct kernel_runs){0};
	for (int i = 0; i < PROGRAMS; i++) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);

		if (!k->program[i] ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(k->program[i]), &info, &size))
			continue;
		to->ns += info.run_time_ns;
		if ((i >= PROGRAM_COUNT_ALLOC && i <= PROGRAM_COUNT_KFREE) ||
		    (i >= PROGRAM_OWNED_ALLOC && i <= PROGRAM_OWNED_KFREE) ||
		    i == PROGRAM_OWNED_FREE_FENTRY || i == PROGRAM_OWNED_FREE_KPROBE)
			to->events += info.run_cnt;
	}
}

int kernel_programs_switch(struct kernel_programs *k, struct facts *facts, const struct plan *plan)
{
	int err;

	k->bpf->bss->callers_off = !plan->quantity[QUANTITY_CALLERS].known;
	k->bpf->bss->infer_off = !plan->infer;
	let_count(k, plan->load);
	detach(k, facts, plan->load, true);
	detach(k, facts, plan->load, false);
	err = attach(k, facts, plan->load, false);
	if (!err)
		err = attach(k, facts, plan->load, true);
	if (!err)
		let_count(k, plan->load);
	return err;
}

int kernel_programs_callers(const struct kernel_programs *k,
			    int (*each)(const struct kernel_caller_key *key,
					const struct kernel_caller *caller, void *arg),
			    void *arg)
{
	struct kernel_caller_key *keys;
	struct kernel_caller *callers;
	uint32_t next, count = KERNEL_CALLERS;
	int err = 0;

	if (!k->bpf->rodata->settings.callers)
		return 0;
	keys = calloc(KERNEL_CALLERS, sizeof(*keys));
	callers = calloc(KERNEL_CALLERS, sizeof(*callers));
	if (!keys || !callers)
		err = -ENOMEM;
	/* One call gets all, as there is room; ENOENT marks the end. */
	else if (bpf_map_lookup_batch(bpf_map__fd(k->bpf->maps.callers), NULL, &next, keys, callers,
				      &count, NULL) &&
		 errno != ENOENT)
		count = 0;
	for (uint32_t i = 0; i < count && !err; i++)
		err = each(&keys[i], &callers[i], arg);
	free(keys);
	free(callers);
	return err;
}

void kernel_programs_skip(const struct kernel_programs *k, uint32_t slot, bool skip)
{
	struct kernel_cache *cache = (struct kernel_cache *)&k->counters.cache[slot];

	__atomic_store_n(&cache->skipped, skip, __ATOMIC_RELAXED);
}

int kernel_programs_ring_map(const struct kernel_programs *k)
{
	return bpf_map__fd(k->bpf->maps.rings);
}

int kernel_programs_lost_map(const struct kernel_programs *k)
{
	return bpf_map__fd(k->bpf->maps.lost);
}

bool kernel_programs_walk(const struct kernel_programs *k, uint64_t cache, struct kernel_walk *to)
{
	if (call(k, PROGRAM_WALK, cache))
		return false;
	*to = k->bpf->bss->walk_result;
	return true;
}

bool kernel_programs_state(const struct kernel_programs *k, uint64_t cache)
{
	return !call(k, PROGRAM_STATE, cache);
}

void kernel_programs_began(const struct kernel_programs *k)
{
	k->bpf->bss->record_began = true;
}

bool kernel_programs_look(const struct kernel_programs *k, uint32_t slot, struct kernel_look *to)
{
	if (call(k, PROGRAM_LOOK, slot))
		return false;
	*to = k->bpf->bss->look_result;
	return true;
}
