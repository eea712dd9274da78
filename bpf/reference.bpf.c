// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * reference.bpf.c: counts the events of libslab's probes by process image, cache and CPU, and
 * times the refills. It sends exec()s to the tool, which then looks for libslab in new programs.
 * All else waits in preallocated maps until the tool reads it.
 *
 * Arguments come from a process that may be hostile: the programs check each before they use it
 * as an index.
 */
#define BPF_USDT_MAX_SPEC_CNT 1024
#define BPF_USDT_MAX_IP_CNT   1
#include "base.bpf.h"
#include <bpf/usdt.bpf.h>

#include "cgroup.bpf.h"
#include "events_reference.h"
#include "process.bpf.h"
#include "reference_types.h"
#include "stack.bpf.h"

#define UNPAIRED      (~0ull)
#define ORIGIN_FAILED 9
#define TRIES	      4

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before loading. */
const volatile __u32 only_tgid;	 /* 0: every process */
const volatile bool only_cgroup; /* only processes in the cgroup of the map, and below it */

/* Cumulative, of all processes. */
__u64 unpaired; /* refills whose start is unknown */
__u64 lost;	/* events that found no room, or were invalid */

static const struct ref_pair no_pair;
static const struct ref_cache no_cache;

/*
 * The first element of these maps is a large map. The tool makes it when it finds a process with
 * libslab, before it attaches the probes.
 */
struct {
	__uint(type,
	       BPF_MAP_TYPE_ARRAY_OF_MAPS); /* of hashes, struct ref_pair_key to struct ref_pair */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} all_pairs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct ref_cache_key);
	__type(value, struct ref_cache);
} caches SEC(".maps");

/* The pool, and its free slots: the tool fills free_hists, and gives slots back. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); /* of arrays of struct ref_hist */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} all_hists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1024); /* the tool: as that array has */
	__type(value, __u32);
} free_hists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} execs SEC(".maps");

/* The cache that a screen shows step by step. */
__u32 watching;
struct ref_cache_key watched;
__u64 steps;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} step_buffer SEC(".maps");

/* Finds the running image. Returns whether slabscope watches it. */
static __always_inline bool current_image(struct ref_image *image)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	image->tgid = current_tgid();
	if (!image->tgid || (only_tgid && image->tgid != only_tgid))
		return false;
	if (only_cgroup && !in_chosen_cgroup())
		return false;
	image->exec = BPF_CORE_READ(task, self_exec_id);
	image->start = BPF_CORE_READ(leader, start_boottime);
	return true;
}

/*
 * Returns the entry of the cache, which it makes where there is none, or NULL when there is no
 * room.
 */
static __always_inline struct ref_cache *find_cache(const struct ref_cache_key *key)
{
	struct ref_cache *cache = bpf_map_lookup_elem(&caches, key);
	struct task_struct *task;

	if (cache)
		return cache;
	bpf_map_update_elem(&caches, key, &no_cache, BPF_NOEXIST);
	cache = bpf_map_lookup_elem(&caches, key);
	if (!cache) {
		__sync_fetch_and_add(&lost, 1);
		return NULL;
	}
	task = (struct task_struct *)bpf_get_current_task();
	BPF_CORE_READ_INTO(&cache->comm, task, group_leader, comm);
	return cache;
}

/* Returns the counters of a cache on a CPU, or NULL when there is no room or the CPU is invalid. */
static __always_inline struct ref_pair *find_pair(struct pt_regs *ctx, __u64 cache, __u64 cpu)
{
	struct ref_pair_key key = {.cache = cache, .cpu = cpu};
	struct ref_cache_key name = {.cache = cache};
	const __u32 first = 0;
	struct ref_pair *pair;
	void *pairs;

	KEEP_OWN_STACK(ctx);
	if (!current_image(&key.image))
		return NULL;
	if (cpu >= REF_MAX_CPUS)
		goto lose;
	pairs = bpf_map_lookup_elem(&all_pairs, &first);
	if (!pairs)
		goto lose;
	key.binary = bpf_usdt_cookie(ctx);
	pair = bpf_map_lookup_elem(pairs, &key);
	if (pair)
		return pair;
	bpf_map_update_elem(pairs, &key, &no_pair, BPF_NOEXIST);
	pair = bpf_map_lookup_elem(pairs, &key);
	if (!pair)
		goto lose;
	name.image = key.image;
	name.binary = key.binary;
	find_cache(&name);
	return pair;
lose:
	__sync_fetch_and_add(&lost, 1);
	return NULL;
}

/* Returns the histogram of the pair, at first from the pool, or NULL when the pool is empty. */
static __always_inline struct ref_hist *find_hist(struct ref_pair *pair)
{
	__u32 slot = pair->hist, index;
	const __u32 first = 0;
	void *hists;

	if (!slot) {
		if (bpf_map_pop_elem(&free_hists, &index))
			return NULL;
		slot = __sync_val_compare_and_swap(&pair->hist, 0, index + 1);
		if (slot) /* another CPU was faster */
			bpf_map_push_elem(&free_hists, &index, BPF_ANY);
		else
			slot = index + 1;
	}
	index = slot - 1;
	hists = bpf_map_lookup_elem(&all_hists, &first);
	return hists ? bpf_map_lookup_elem(hists, &index) : NULL;
}

static __always_inline void record(struct ref_hist *hist, __u64 ns)
{
	unsigned int bucket = hist_bucket(ns);
	__u64 max = hist->max;

	__sync_fetch_and_add(&hist->count, 1);
	__sync_fetch_and_add(&hist->sum, ns);
	if (bucket < HIST_BUCKETS)
		__sync_fetch_and_add(&hist->bucket[bucket], 1);
	for (int i = 0; i < TRIES && ns > max; i++)
		max = __sync_val_compare_and_swap(&hist->max, max, ns);
}

/* Keeps the newest value of a count that only grows. Two CPUs may report it in the wrong order. */
static __always_inline void note_hits(struct ref_pair *pair, __u64 hits)
{
	__u64 newest = pair->hits;

	for (int i = 0; i < TRIES && hits > newest; i++)
		newest = __sync_val_compare_and_swap(&pair->hits, newest, hits);
}

/* Returns room for a step of the watched cache, or NULL. The caller must submit it. */
static __always_inline struct ref_step *new_step(struct pt_regs *ctx, __u64 cache, __u32 kind)
{
	struct ref_image image;
	struct ref_step *step;
	__u64 number;

	if (!watching || cache != watched.cache || bpf_usdt_cookie(ctx) != watched.binary ||
	    !current_image(&image) || image.tgid != watched.image.tgid ||
	    image.start != watched.image.start || image.exec != watched.image.exec)
		return NULL;
	number = __sync_fetch_and_add(&steps, 1);
	step = bpf_ringbuf_reserve(&step_buffer, sizeof(*step), 0);
	if (!step)
		return NULL;
	__builtin_memset(step, 0, sizeof(*step));
	step->number = number;
	step->kind = kind;
	step->tid = (__u32)bpf_get_current_pid_tgid();
	return step;
}

static __always_inline void submit_step(struct ref_step *step, __u64 cpu, __u64 node)
{
	step->cpu = (__u32)cpu;
	step->node = (__u32)node;
	bpf_ringbuf_submit(step, 0);
}

SEC("usdt")
int BPF_USDT(refill_done, __u64 cache, __u64 cpu, __u64 node, __u64 requested, __u64 got,
	     __u64 origin, __u64 ns, __u64 hits)
{
	struct ref_pair *pair = find_pair(ctx, cache, cpu);
	struct ref_step *step = new_step(ctx, cache, REF_STEP_REFILL);
	struct ref_hist *hist;

	if (step) {
		step->a = requested;
		step->b = got;
		step->c = origin;
		step->ns = ns;
		submit_step(step, cpu, node);
	}
	if (!pair)
		return 0;
	note_hits(pair, hits);
	if (origin >= REF_ORIGINS)
		origin = REF_ORIGINS - 1;
	__sync_fetch_and_add(&pair->origins[origin], 1);
	if (origin == ORIGIN_FAILED)
		return 0;
	__sync_fetch_and_add(&pair->refills, 1);
	__sync_fetch_and_add(&pair->got, got);
	if (ns == UNPAIRED) {
		__sync_fetch_and_add(&unpaired, 1);
		return 0;
	}
	hist = find_hist(pair);
	if (hist)
		record(hist, ns);
	else
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

SEC("usdt")
int BPF_USDT(flush, __u64 cache, __u64 cpu, __u64 node, __u64 count, __u64 ns, __u64 hits)
{
	struct ref_pair *pair = find_pair(ctx, cache, cpu);
	struct ref_step *step = new_step(ctx, cache, REF_STEP_FLUSH);

	if (step) {
		step->a = count;
		step->ns = ns;
		submit_step(step, cpu, node);
	}
	if (!pair)
		return 0;
	note_hits(pair, hits);
	__sync_fetch_and_add(&pair->flushes, 1);
	__sync_fetch_and_add(&pair->flushed, count);
	return 0;
}

SEC("usdt")
int BPF_USDT(grow, __u64 cache, __u64 node, __u64 slab, __u64 objects, __u64 colour, __u64 ns,
	     __u64 seq, __u64 cpu)
{
	struct ref_pair *pair = find_pair(ctx, cache, cpu);
	struct ref_step *step = new_step(ctx, cache, REF_STEP_GROW);

	if (step) {
		step->slab = slab;
		step->a = objects;
		step->b = colour;
		step->ns = ns;
		step->seq = seq;
		submit_step(step, cpu, node);
	}
	if (pair)
		__sync_fetch_and_add(&pair->grows, 1);
	return 0;
}

SEC("usdt")
int BPF_USDT(list_move, __u64 cache, __u64 node, __u64 slab, __u64 from, __u64 to, __u64 inuse,
	     __u64 seq, __u64 cpu)
{
	struct ref_pair *pair = find_pair(ctx, cache, cpu);
	struct ref_step *step = new_step(ctx, cache, REF_STEP_LIST_MOVE);

	if (step) {
		step->slab = slab;
		step->a = from;
		step->b = to;
		step->c = inuse;
		step->seq = seq;
		submit_step(step, cpu, node);
	}
	if (pair)
		__sync_fetch_and_add(&pair->list_moves, 1);
	return 0;
}

SEC("usdt")
int BPF_USDT(slab_destroy, __u64 cache, __u64 node, __u64 slab, __u64 seq, __u64 cpu)
{
	struct ref_pair *pair = find_pair(ctx, cache, cpu);
	struct ref_step *step = new_step(ctx, cache, REF_STEP_DESTROY);

	if (step) {
		step->slab = slab;
		step->seq = seq;
		submit_step(step, cpu, node);
	}
	if (pair)
		__sync_fetch_and_add(&pair->slab_frees, 1);
	return 0;
}

/* Keeps the final counters of a cache on one CPU: they include more than these programs count. */
SEC("usdt")
int BPF_USDT(totals, __u64 cache, __u64 cpu, __u64 address)
{
	struct ref_pair *pair = find_pair(ctx, cache, cpu);

	if (!pair)
		return 0;
	if (bpf_probe_read_user(pair->final, sizeof(pair->final), (void *)address))
		__sync_fetch_and_add(&lost, 1);
	else
		pair->has_final = 1;
	return 0;
}

/* Counts events as lost that a refill or flush could not note. */
SEC("usdt")
int BPF_USDT(notes_lost, __u64 cache, __u64 cpu, __u64 count)
{
	struct ref_image image;

	KEEP_OWN_STACK(ctx);
	if (current_image(&image))
		__sync_fetch_and_add(&lost, count);
	return 0;
}

static __always_inline int name_cache(struct pt_regs *ctx, __u64 generation, __u64 name, __u64 size,
				      __u32 seen)
{
	struct ref_cache_key key = {.cache = generation};
	struct ref_cache *cache;

	KEEP_OWN_STACK(ctx);
	if (!current_image(&key.image))
		return 0;
	key.binary = bpf_usdt_cookie(ctx);
	cache = find_cache(&key);
	if (!cache)
		return 0;
	if (bpf_probe_read_user_str(cache->name, sizeof(cache->name), (void *)name) < 0)
		__sync_fetch_and_add(&lost, 1);
	cache->size = size;
	cache->seen |= seen;
	return 0;
}

SEC("usdt")
int BPF_USDT(cache_create, __u64 cache, __u64 name, __u64 size)
{
	return name_cache(ctx, cache, name, size, REF_SEEN_CREATE);
}

SEC("usdt")
int BPF_USDT(cache_destroy, __u64 cache, __u64 name, __u64 size)
{
	return name_cache(ctx, cache, name, size, REF_SEEN_DESTROY);
}

SEC("usdt")
int BPF_USDT(process_exit, __u64 cache, __u64 name, __u64 size)
{
	return name_cache(ctx, cache, name, size, REF_SEEN_EXIT);
}

SEC("raw_tp/sched_process_exec")
int program_started(void *ctx)
{
	struct ref_exec_event event = {};

	if (current_image(&event.image))
		bpf_ringbuf_output(&execs, &event, sizeof(event), 0);
	return 0;
}
