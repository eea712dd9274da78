/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_slab.bpf.h: the slow paths of CONFIG_SLAB (mm/slab.c, to 6.7).
 *
 * A refill is a run of cache_alloc_refill(), with interrupts off at its entry. It takes objects
 * from one place. This is the node's shared array (transfer_objects() then returns how many),
 * else the lists: the partial slabs, then the free ones (the node's free_slabs then falls). Else
 * it is a slab that cache_grow_begin() makes. ____cache_alloc_node() uses no CPU's array: a
 * bypass.
 *
 * Each function has two sets of programs, fentry/fexit and kprobe/kretprobe: the tool loads one of
 * them.
 */
#ifndef KERNEL_SLAB_BPF_H
#define KERNEL_SLAB_BPF_H

#include "base.bpf.h"
#include "kernel_callers.bpf.h"
#include "kernel_choose.bpf.h"
#include "kernel_cpus.bpf.h"
#include "kernel_frames.bpf.h"
#include "kernel_helpers.bpf.h"
#include "kernel_pair.bpf.h"
#include "kernel_record.bpf.h"
#include "kernel_slow.bpf.h"
#include "kernel_twice.bpf.h"
#include "vmlinux/slab.h"

static __always_inline bool node_free_slabs(__u64 node, __u64 *to)
{
	return read_number(to, sizeof(*to),
			   node + bpf_core_field_offset(struct kmem_cache_node___slab, free_slabs));
}

/* Where a field of a slab is; up to 5.16 in its struct page. */
#define SLAB_OFFSET(field)                                                          \
	({                                                                          \
		__u64 offset_;                                                      \
		if (bpf_core_type_exists(struct slab___slab)) {                     \
			offset_ = bpf_core_field_offset(struct slab___slab, field); \
			asm volatile("" : "+r"(offset_));                           \
		} else {                                                            \
			offset_ = bpf_core_field_offset(struct page___slab, field); \
			asm volatile("" : "+r"(offset_));                           \
		}                                                                   \
		offset_;                                                            \
	})

/* Returns the array of a cache on a CPU, 0 where it is unknown. */
static __always_inline __u64 array_of(__u64 cache, __u32 cpu)
{
	__u64 arrays = 0, offset = 0;

	if (!cpu_offset(cpu, &offset))
		return 0;
	read_number(&arrays, sizeof(arrays),
		    cache + bpf_core_field_offset(struct kmem_cache___slab, cpu_cache));
	return arrays ? arrays + offset : 0;
}

static __always_inline __u32 array_number(__u64 array, __u32 offset)
{
	__u32 number = 0;

	if (array)
		read_number(&number, sizeof(number), array + offset);
	return number;
}
#define ARRAY_NUMBER(array, field) \
	array_number(array, bpf_core_field_offset(struct array_cache, field))

/*
 * Returns how many objects the kernel requests: an array that no call touched gets a small batch.
 */
static __always_inline __u16 refill_requested(__u64 cache)
{
	__u64 array = array_of(cache, bpf_get_smp_processor_id());
	__u32 batch = ARRAY_NUMBER(array, batchcount);

	return batch > BATCHREFILL_LIMIT && !ARRAY_NUMBER(array, touched) ? BATCHREFILL_LIMIT
									  : batch;
}

/* ---- cache_alloc_refill ---------------------------------------------------------------------- */

/* Pushes the frame of a refill. Returns NULL where it cannot be paired. */
static __always_inline struct frame *refill_push(void *cachep)
{
	struct frame *f = watching() ? frame_push(cachep) : NULL;

	if (f && settings.record)
		f->requested = refill_requested(*(volatile __u64 *)&f->cache);
	return f;
}

static __always_inline int refill_enter(void *cachep)
{
	struct frame *f = refill_push(cachep);
	__u64 entry;
	bool read;

	if (!f)
		return 0;
	entry = *(volatile __u64 *)&f->cache +
		bpf_core_field_offset(struct kmem_cache___slab, node) +
		bpf_get_numa_node_id() * sizeof(void *);
	read = read_number(&f->node, sizeof(f->node), entry) &&
	       node_free_slabs(f->node, &f->free_slabs);
	return frame_begin(f, FRAME_REFILL, read ? SEEN_NODE : 0);
}

/* With one node its address needs one load, and no call. */
static __always_inline int refill_enter_typed(struct kmem_cache___slab *cachep)
{
	struct kmem_cache_node___slab *node;
	struct frame *f;

	if (settings.nodes > 1)
		return refill_enter(cachep);
	f = refill_push(cachep);
	if (!f)
		return 0;
	node = cachep->node[0];
	*(struct kmem_cache_node___slab *volatile *)&f->node = node;
	f->free_slabs = node->free_slabs;
	return frame_begin(f, FRAME_REFILL, SEEN_NODE);
}

/* Returns the origin of a refill. cachep is typed, or NULL. */
static __always_inline __u32 refill_origin(const struct frame *f, struct kmem_cache___slab *cachep)
{
	__u32 seen = f->seen;
	__u64 now;

	if (seen != SEEN_NODE)
		return seen & SEEN_GROWN    ? REFILL_GROWN
		       : seen & SEEN_SHARED ? REFILL_SHARED
					    : REFILL_UNEXPLAINED;
	if (cachep && settings.nodes == 1) {
		now = cachep->node[0]->free_slabs;
		asm volatile("" : "+r"(now)); /* or clang makes one load of this and of the other */
	} else if (!node_free_slabs(f->node, &now)) {
		return REFILL_UNEXPLAINED;
	}
	if (now == f->free_slabs)
		return REFILL_PARTIAL;
	/*
	 * It rose: another CPU gave the node a slab meanwhile, which hides what this refill took.
	 */
	return now < f->free_slabs ? REFILL_FREE : REFILL_UNEXPLAINED;
}

/* Ends a refill. cachep is typed, or NULL. */
static __always_inline int refill_leave(void *ctx, struct kmem_cache___slab *cachep, __u64 object)
{
	__u64 end = bpf_ktime_get_ns();
	struct place at;
	struct frame *f;

	if (!refill_find(&at))
		return 0;
	f = at.frame;
	if (settings.record && object) {
		/* Interrupts are off: this is the CPU of the refilled array. */
		f->got = 1 + ARRAY_NUMBER(array_of(f->cache, bpf_get_smp_processor_id()), avail);
		served_mark(f->cache, RECORD_REFILLED);
	}
	return refill_count(ctx, &at, object ? refill_origin(f, cachep) : REFILL_FAILED, end);
}

SEC("fentry/cache_alloc_refill")
int BPF_PROG(slab_refill_fentry, struct kmem_cache___slab *cachep)
{
	return refill_enter_typed(cachep);
}

SEC("fexit/cache_alloc_refill")
int BPF_PROG(slab_refill_fexit, struct kmem_cache___slab *cachep, __u32 flags, void *ret)
{
	return refill_leave(ctx, cachep, (__u64)ret);
}

SEC("kprobe/cache_alloc_refill")
int BPF_KPROBE(slab_refill_kprobe, void *cachep)
{
	return refill_enter(cachep);
}

SEC("kretprobe/cache_alloc_refill")
int BPF_KRETPROBE(slab_refill_kretprobe, void *ret)
{
	return refill_leave(ctx, NULL, (__u64)ret);
}

/* ---- transfer_objects: within a refill, the node's lock held --------------------------------- */

static __always_inline int transfer_leave(int count)
{
	struct frame *f;

	f = watching() ? frame_around(0) : NULL;
	if (!f || f->kind != FRAME_REFILL)
		return 0;
	if (count > 0)
		f->seen |= SEEN_SHARED;
	else if ((f->seen & SEEN_NODE) && !node_free_slabs(f->node, &f->free_slabs))
		f->seen &= ~SEEN_NODE;
	return 0;
}

SEC("fexit/transfer_objects")
int BPF_PROG(slab_transfer_fexit, void *to, void *from, __u32 max, int ret)
{
	return transfer_leave(ret);
}

SEC("kretprobe/transfer_objects")
int BPF_KRETPROBE(slab_transfer_kretprobe, int ret)
{
	return transfer_leave(ret);
}

/* ---- cache_grow_begin ------------------------------------------------------------------------ */

static __always_inline int grow_enter(void *cachep)
{
	struct frame *f = watching() ? frame_push(cachep) : NULL;

	return f ? frame_begin(f, FRAME_GROW, 0) : 0;
}

/* Returns how many objects a slab has. */
static __always_inline __u32 cache_num(__u64 cache)
{
	__u32 num = 0;

	read_number(&num, sizeof(num),
		    cache + bpf_core_field_offset(struct kmem_cache___slab, num));
	return num;
}

static __always_inline int grow_leave(void *ctx, __u64 slab)
{
	struct kernel_slow *slow;
	struct frame *around;
	struct place at;
	__u64 cache, start;
	__u32 cpu;

	if (!watching() || !frame_find(FRAME_GROW, &at))
		return 0;
	cache = at.frame->cache;
	start = at.frame->start;
	cpu = at.frame->cpu;
	frame_pop(&at);
	if (!slab)
		return 0;
	around = frame_around(cache);
	if (around && around->kind == FRAME_REFILL)
		around->seen |= SEEN_GROWN;
	slow = slow_of(cache, cpu);
	if (slow)
		__sync_fetch_and_add(&slow->grows, 1);
	if (settings.record)
		record_grow(cache, cpu, slab, cache_num(cache), bpf_ktime_get_ns() - start);
	caller_count(ctx, cache, true);
	return 0;
}

SEC("fentry/cache_grow_begin")
int BPF_PROG(slab_grow_fentry, void *cachep)
{
	return grow_enter(cachep);
}

SEC("fexit/cache_grow_begin")
int BPF_PROG(slab_grow_fexit, void *cachep, __u32 flags, int node, void *ret)
{
	return grow_leave(ctx, (__u64)ret);
}

SEC("kprobe/cache_grow_begin")
int BPF_KPROBE(slab_grow_kprobe, void *cachep)
{
	return grow_enter(cachep);
}

SEC("kretprobe/cache_grow_begin")
int BPF_KRETPROBE(slab_grow_kretprobe, void *ret)
{
	return grow_leave(ctx, (__u64)ret);
}

/* ---- ____cache_alloc_node: it calls itself, by way of fallback_alloc() ----------------------- */

static __always_inline int bypass_enter(void *cachep)
{
	struct frame *f = watching() ? frame_push(cachep) : NULL;

	return f ? frame_begin(f, FRAME_BYPASS, 0) : 0;
}

static __always_inline int bypass_leave(__u64 object)
{
	struct kernel_slow *slow;
	struct frame *around;
	struct place at;
	__u64 cache;
	__u32 cpu;

	if (!watching() || !frame_find(FRAME_BYPASS, &at))
		return 0;
	cache = at.frame->cache;
	cpu = at.frame->cpu;
	frame_pop(&at);
	around = frame_around(cache);
	if (!object || (around && around->kind == FRAME_BYPASS))
		return 0;
	slow = slow_of(cache, cpu);
	if (slow)
		__sync_fetch_and_add(&slow->bypasses, 1);
	served_mark(cache, RECORD_BYPASSED);
	return 0;
}

SEC("fentry/____cache_alloc_node")
int BPF_PROG(slab_bypass_fentry, void *cachep)
{
	return bypass_enter(cachep);
}

SEC("fexit/____cache_alloc_node")
int BPF_PROG(slab_bypass_fexit, void *cachep, __u32 flags, int node, void *ret)
{
	return bypass_leave((__u64)ret);
}

SEC("kprobe/____cache_alloc_node")
int BPF_KPROBE(slab_bypass_kprobe, void *cachep)
{
	return bypass_enter(cachep);
}

SEC("kretprobe/____cache_alloc_node")
int BPF_KRETPROBE(slab_bypass_kretprobe, void *ret)
{
	return bypass_leave((__u64)ret);
}

/*
 * ---- flushes ----------------------------------------------------------------------------------
 *
 * The function is cache_flusharray(). Where the compiler has inlined it into ___cache_free(), its
 * last step, a call of slabs_destroy(), shows it. Other functions call slabs_destroy() too, so
 * the address of the caller decides.
 */

SEC("fentry/cache_flusharray")
int BPF_PROG(slab_flush_fentry, void *cachep)
{
	return watching() ? flush_count(function_arg(ctx, 0)) : 0;
}

SEC("kprobe/cache_flusharray")
int BPF_KPROBE(slab_flush_kprobe, void *cachep)
{
	return watching() ? flush_count((__u64)cachep) : 0;
}

static __always_inline bool called_by_free(__u64 caller)
{
	return caller >= settings.free_begin && caller < settings.free_end;
}

#define CALLERS 6 /* the program, its trampoline, slabs_destroy(), and then its caller */

SEC("fentry/slabs_destroy")
int BPF_PROG(slab_destroy_fentry, void *cachep)
{
	__u64 caller[CALLERS] = {0};

	if (!watching() || bpf_get_stack(ctx, caller, sizeof(caller), 0) < 0)
		return 0;
	for (int i = 0; i < CALLERS; i++)
		if (called_by_free(caller[i]))
			return flush_count(function_arg(ctx, 0));
	return 0;
}

SEC("kprobe/slabs_destroy")
int BPF_KPROBE(slab_destroy_kprobe, void *cachep)
{
	__u64 caller = 0;

	if (!watching() || !read_number(&caller, sizeof(caller), PT_REGS_SP(ctx)))
		return 0;
	return called_by_free(caller) ? flush_count((__u64)cachep) : 0;
}

/* ---- for recordings only --------------------------------------------------------------------- */

/*
 * drain_array(): only cache_reap() calls it, every few seconds for the array of a CPU. It does so
 * half as often for the shared array, even where there is none: then free slabs age as well.
 */
static __always_inline int drain_enter(__u64 cache, __u64 array)
{
	__u32 cpu = bpf_get_smp_processor_id(), avail, drained, slot = SLOT_NONE;
	bool shared;

	if (watching())
		slot = record_slot(cache);
	if (slot == SLOT_NONE)
		return 0;
	shared = array != array_of(cache, cpu);
	avail = ARRAY_NUMBER(array, avail);
	if (!avail && !shared)
		return 0;
	drained = (ARRAY_NUMBER(array, limit) + 4) / 5;
	if (drained > avail)
		drained = (avail + 1) / 2;
	if (ARRAY_NUMBER(array, touched))
		drained = 0;
	RECORD(RECORD_DRAIN, slot, cpu, bpf_get_numa_node_id(), drained, shared);
	return 0;
}

/* cachep, n, ac, node */
SEC("fentry/drain_array")
int slab_drain_fentry(__u64 *ctx)
{
	return drain_enter(function_arg(ctx, 0), function_arg(ctx, 2));
}

SEC("kprobe/drain_array")
int BPF_KPROBE(slab_drain_kprobe, void *cachep, void *n, void *ac)
{
	return drain_enter((__u64)cachep, (__u64)ac);
}

/* cachep, slab */
SEC("fentry/slab_destroy")
int slab_gone_fentry(__u64 *ctx)
{
	if (watching())
		record_slab_free(function_arg(ctx, 0), function_arg(ctx, 1));
	return 0;
}

SEC("kprobe/slab_destroy")
int BPF_KPROBE(slab_gone_kprobe, void *cachep, void *slab)
{
	if (watching())
		record_slab_free((__u64)cachep, (__u64)slab);
	return 0;
}

/*
 * do_tune_cpucache(): sets the tunables of a cache, on a write to /proc/slabinfo. The arrays of
 * the cache are new and empty when it returns. It sleeps.
 */
static __always_inline int tuned(__u64 cache, int ret)
{
	__u32 slot = ret ? SLOT_NONE : record_slot(cache);
	const struct kmem_cache___slab *s = (const void *)cache;

	if (slot != SLOT_NONE)
		RECORD(RECORD_TUNE, slot, BPF_CORE_READ(s, limit), BPF_CORE_READ(s, batchcount),
		       BPF_CORE_READ(s, shared));
	return 0;
}

/* cachep, limit, batchcount, shared, gfp */
SEC("fexit/do_tune_cpucache")
int slab_tune_fexit(__u64 *ctx)
{
	return watching() ? tuned(function_arg(ctx, 0), function_ret(ctx, 5)) : 0;
}

SEC("kprobe/do_tune_cpucache")
int BPF_KPROBE(slab_tune_kprobe, void *cachep)
{
	struct frame *f = watching() ? frame_push(cachep) : NULL;

	return f ? frame_begin(f, FRAME_TUNE, 0) : 0;
}

SEC("kretprobe/do_tune_cpucache")
int BPF_KRETPROBE(slab_tune_kretprobe, int ret)
{
	struct place at;

	if (!watching() || !frame_find(FRAME_TUNE, &at))
		return 0;
	tuned(at.frame->cache, ret);
	frame_pop(&at);
	return 0;
}

/* ---- looking at a cache on request ----------------------------------------------------------- */

STEP(arrays_step)
{
	__u64 offset;
	__u32 avail = 0;

	if (settings.cached & CACHED_ARRAYS && cpu_offset(turn, &offset))
		read_number(&avail, sizeof(avail),
			    cpus_walk.own + offset +
				    bpf_core_field_offset(struct array_cache, avail));
	cpus_walk.sum += avail;
	return 0;
}

/*
 * Returns how many objects are in the CPUs' arrays of a cache and in the shared arrays of its
 * nodes.
 */
static __always_inline __u64 arrays_avail(__u64 cache)
{
	__u64 node, shared, sum;
	__u32 avail;

	cpus_walk = (struct cpus_walk){.cache = cache};
	read_number(&cpus_walk.own, sizeof(cpus_walk.own),
		    cache + bpf_core_field_offset(struct kmem_cache___slab, cpu_cache));
	LOOP(KERNEL_CPUS_MAX, settings.cpus, arrays_step);
	sum = cpus_walk.sum;
	for (__u32 nid = 0; nid < LOOK_NODES && nid < settings.nodes; nid++) {
		node = shared = avail = 0;
		read_number(&node, sizeof(node),
			    cache + bpf_core_field_offset(struct kmem_cache___slab, node) +
				    nid * 8);
		if (node)
			read_number(&shared, sizeof(shared),
				    node + bpf_core_field_offset(struct kmem_cache_node___slab,
								 shared));
		if (shared)
			read_number(&avail, sizeof(avail),
				    shared + bpf_core_field_offset(struct array_cache, avail));
		sum += avail;
	}
	return sum;
}

#endif
