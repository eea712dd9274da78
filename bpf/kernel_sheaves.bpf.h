/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_sheaves.bpf.h: the slow paths of SLUB's sheaves.
 *
 * A refill is a run of __pcs_replace_empty_main(). It swaps the main sheaf with the spare one if
 * that has objects. Else it takes a full sheaf from the node's barn (barn_replace_empty_sheaf()).
 * Else it lets go of the CPU and fills an empty sheaf in refill_objects(): from partial slabs, of
 * this node and then of others (__refill_objects_node()), and from new slabs. Each of these last
 * steps that gave an object leaves a mark in the frame of the refill; the last mark is its
 * origin. The spare sheaf before and after tells the first two apart.
 *
 * An allocation that finds no object in a sheaf, and cannot refill it, calls ___slab_alloc(),
 * which fills no sheaf: a bypass. Objects that a bulk call takes from slabs, and those of a
 * prefilled sheaf, are bypasses too.
 */
#ifndef KERNEL_SHEAVES_BPF_H
#define KERNEL_SHEAVES_BPF_H

#include "base.bpf.h"
#include "kernel_choose.bpf.h"
#include "kernel_cpus.bpf.h"
#include "kernel_frames.bpf.h"
#include "kernel_helpers.bpf.h"
#include "kernel_pair.bpf.h"
#include "kernel_record.bpf.h"
#include "kernel_slow.bpf.h"
#include "kernel_slub.bpf.h"
#include "kernel_twice.bpf.h"
#include "vmlinux/sheaves.h"
#include "vmlinux/slub.h"

static __always_inline __u32 sheaf_size(__u64 sheaf)
{
	return sheaf ? (__u32)WORD_OF(sheaf, struct slab_sheaf, size) : 0;
}

/* ---- __pcs_replace_empty_main ---------------------------------------------------------------- */

/* Mixed: returns whether the CPU's slab has free objects. An empty sheaf takes these first. */
static __always_inline bool own_freelist(__u64 cache)
{
	__u64 slabs, offset = 0;

	if (!cpu_offset(bpf_get_smp_processor_id(), &offset))
		return false;
	slabs = cpu_slabs_of(cache);
	return slabs && cpu_slab_read(slabs + offset,
				      bpf_core_field_offset(struct kmem_cache_cpu, freelist));
}

static __always_inline int sheaf_refill_enter(__u64 cache, __u64 pcs)
{
	struct frame *f = watching() ? frame_push((void *)cache) : NULL;
	__u16 seen = 0;

	if (!f)
		return 0;
	f->pcs = pcs;
	f->spare = WORD_OF(pcs, struct slub_percpu_sheaves, spare);
	if (sheaf_size(f->spare))
		seen = SEEN_SPARE;
	else if (settings.mixed && own_freelist(cache))
		seen = SEEN_FREELIST;
	return frame_begin(f, FRAME_REFILL, seen);
}

/*
 * Returns whether the barn gave a full sheaf. It then replaces the main one, and the spare one
 * stays. Else the refill filled the spare sheaf, or the main one became the spare.
 */
static __always_inline bool sheaf_from_barn(const struct frame *f, __u64 pcs)
{
	return pcs == f->pcs && WORD_OF(pcs, struct slub_percpu_sheaves, spare) == f->spare;
}

/* Returns the last list that the refill reached. */
static __always_inline __u32 sheaf_origin(const struct frame *f, __u64 pcs)
{
	__u32 seen = f->seen;

	if (seen & SEEN_SPARE)
		return REFILL_SPARE;
	if (!(seen & ~SEEN_FREELIST))
		return sheaf_from_barn(f, pcs) ? REFILL_BARN
		       : seen		       ? REFILL_CPU_SLAB
					       : REFILL_UNEXPLAINED;
	if (seen & SEEN_GROWN)
		return REFILL_GROWN;
	if (seen & SEEN_REMOTE)
		return REFILL_REMOTE;
	if (seen & SEEN_PARTIAL)
		return REFILL_PARTIAL;
	if (seen & SEEN_CPU_PARTIAL)
		return REFILL_CPU_PARTIAL;
	return REFILL_CPU_SLAB;
}

static __always_inline int sheaf_refill_leave(void *ctx, __u64 pcs)
{
	__u64 end = bpf_ktime_get_ns();
	struct place at;
	struct frame *f;

	if (!refill_find(&at))
		return 0;
	f = at.frame;
	if (!pcs && !has_sheaves(f->cache)) {
		frame_pop(&at);
		return 0;
	}
	if (settings.record && pcs) {
		__u64 main = 0;

		read_number(&main, sizeof(main),
			    pcs + bpf_core_field_offset(struct slub_percpu_sheaves, main));
		f->got = sheaf_size(main);
		served_mark(f->cache, RECORD_REFILLED);
	}
	return refill_count(ctx, &at, pcs ? sheaf_origin(f, pcs) : REFILL_FAILED, end);
}

SEC("fentry/__pcs_replace_empty_main")
int sheaf_refill_fentry(__u64 *ctx)
{
	return sheaf_refill_enter(function_arg(ctx, 0), function_arg(ctx, 1));
}

SEC("fexit/__pcs_replace_empty_main")
int sheaf_refill_fexit(__u64 *ctx)
{
	return sheaf_refill_leave(ctx, function_ret(ctx, 3));
}

SEC("kprobe/__pcs_replace_empty_main")
int BPF_KPROBE(sheaf_refill_kprobe, void *s, void *pcs)
{
	return sheaf_refill_enter((__u64)s, (__u64)pcs);
}

SEC("kretprobe/__pcs_replace_empty_main")
int BPF_KRETPROBE(sheaf_refill_kretprobe, void *ret)
{
	return sheaf_refill_leave(ctx, (__u64)ret);
}

/* ---- __refill_objects_node: partial slabs of a node ------------------------------------------ */

/* Returns the struct kmem_cache_node of a cache on a node, 0 where it is unknown. */
static __always_inline __u64 node_of(__u64 cache, __u32 nid)
{
	__u64 node = 0, at;

	if (bpf_core_field_exists(struct kmem_cache___sheaves, per_node))
		at = bpf_core_field_offset(struct kmem_cache___sheaves, per_node) +
		     nid * bpf_core_type_size(struct kmem_cache_per_node_ptrs) +
		     bpf_core_field_offset(struct kmem_cache_per_node_ptrs, node);
	else
		at = bpf_core_field_offset(struct kmem_cache___sheaves, node) +
		     nid * sizeof(void *);
	read_number(&node, sizeof(node), cache + at);
	return node;
}

static __always_inline int node_leave(__u64 cache, __u64 node, __u32 objects)
{
	struct frame *f = watching() && objects ? frame_around(cache) : NULL;

	if (!f)
		return 0;
	if (node && settings.nodes > 1 && node != node_of(f->cache, bpf_get_numa_node_id()))
		f->seen |= SEEN_REMOTE;
	else
		f->seen |= SEEN_PARTIAL;
	return 0;
}

/* s, p, gfp, min, max, n: the node is the sixth. */
TWICE(sheaf_node_fexit, "fexit/__refill_objects_node", DONE_NODE, function_arg(ctx, 0),
      node_leave(function_arg(ctx, 0), function_arg(ctx, 5), function_ret(ctx, 6)))

/* A kretprobe does not know the node. */
SEC("kretprobe/__refill_objects_node")
int BPF_KRETPROBE(sheaf_node_kretprobe, __u32 ret)
{
	return node_leave(0, 0, ret);
}

/* ---- refill_objects: a bulk call uses it without sheaves ------------------------------------- */

static __always_inline int objects_leave(__u64 cache, __u32 objects)
{
	struct frame *f = watching() && objects ? frame_around(cache) : NULL;

	if (f && f->kind == FRAME_BULK)
		f->bypassed += objects;
	return 0;
}

TWICE(sheaf_objects_fexit, "fexit/refill_objects", DONE_OBJECTS, function_arg(ctx, 0),
      objects_leave(function_arg(ctx, 0), function_ret(ctx, 5)))

SEC("kretprobe/refill_objects")
int BPF_KRETPROBE(sheaf_objects_kretprobe, __u32 ret)
{
	return objects_leave(0, ret);
}

/* ---- bypasses: single objects from no CPU's sheaf -------------------------------------------- */

TWICE(sheaf_direct_fexit, "fexit/___slab_alloc", DONE_DIRECT, function_ret(ctx, 5),
      bypass_fexit(ctx, 5))

SEC("kretprobe/___slab_alloc")
int BPF_KRETPROBE(sheaf_direct_kretprobe, void *ret)
{
	return bypass_count(owner_of((__u64)ret, PLAIN_DIRECT), (__u64)ret, true);
}

TWICE(sheaf_prefilled_fexit, "fexit/kmem_cache_alloc_from_sheaf", DONE_PREFILLED,
      function_ret(ctx, 3), bypass_count(function_arg(ctx, 0), function_ret(ctx, 3), false))

SEC("kretprobe/kmem_cache_alloc_from_sheaf")
int BPF_KRETPROBE(sheaf_prefilled_kretprobe, void *ret)
{
	return bypass_count(owner_of((__u64)ret, PLAIN_PREFILLED), (__u64)ret, false);
}

/* ---- flushes --------------------------------------------------------------------------------- */

static __always_inline int sheaf_flush_count(__u64 cache)
{
	return watching() && has_sheaves(cache) ? flush_count(cache) : 0;
}

TWICE(sheaf_flush_fentry, "fentry/__pcs_replace_full_main", DONE_FLUSH, function_arg(ctx, 0),
      sheaf_flush_count(function_arg(ctx, 0)))

SEC("kprobe/__pcs_replace_full_main")
int BPF_KPROBE(sheaf_flush_kprobe, void *s)
{
	return sheaf_flush_count((__u64)s);
}

/* ---- for recordings only --------------------------------------------------------------------- */

/* The tracepoint of the allocation fires within it. */
SEC("fentry/kmem_cache_alloc_from_sheaf")
int sheaf_prefilled_fentry(__u64 *ctx)
{
	if (watching())
		served_mark(function_arg(ctx, 0), RECORD_BYPASSED);
	return 0;
}

SEC("kprobe/kmem_cache_alloc_from_sheaf")
int BPF_KPROBE(sheaf_prefilled_kprobe, void *s)
{
	if (watching())
		served_mark((__u64)s, RECORD_BYPASSED);
	return 0;
}

/* Records the objects of kfree_rcu(), which fires no tracepoint: they are free now. */
static __always_inline int sheaf_rcu(__u64 sheaf)
{
	__u64 cache = 0;
	__u32 slot;

	if (!watching())
		return 0;
	read_number(&cache, sizeof(cache), sheaf + bpf_core_field_offset(struct slab_sheaf, cache));
	slot = cache ? record_slot(cache) : SLOT_NONE;
	if (slot != SLOT_NONE)
		record_bulk(slot, sheaf + bpf_core_field_offset(struct slab_sheaf, objects),
			    sheaf_size(sheaf), false);
	return 0;
}

/* The sheaf's head for RCU is its first member. */
SEC("fentry/rcu_free_sheaf")
int sheaf_rcu_fentry(__u64 *ctx)
{
	return sheaf_rcu(function_arg(ctx, 0));
}

SEC("kprobe/rcu_free_sheaf")
int BPF_KPROBE(sheaf_rcu_kprobe, void *head)
{
	return sheaf_rcu((__u64)head);
}

/* ---- looking at a cache on request ----------------------------------------------------------- */

#define LOOK_SHEAVES 16 /* a barn holds 10 full ones, and for a moment a few more */

static __noinline __u64 barn_objects(__u64 barn)
{
	__u64 head = barn + bpf_core_field_offset(struct node_barn, sheaves_full), at = head;
	__u64 sum = 0;

	for (int i = 0; i < LOOK_SHEAVES; i++) {
		if (!read_number(&at, sizeof(at), at) || !at || at == head)
			break;
		sum += sheaf_size(at - bpf_core_field_offset(struct slab_sheaf, barn_list));
	}
	return sum;
}

static __always_inline __u64 barn_of(__u64 cache, __u32 nid)
{
	__u64 node, barn = 0, at;

	if (bpf_core_field_exists(struct kmem_cache___sheaves, per_node)) {
		at = cache + bpf_core_field_offset(struct kmem_cache___sheaves, per_node) +
		     nid * bpf_core_type_size(struct kmem_cache_per_node_ptrs) +
		     bpf_core_field_offset(struct kmem_cache_per_node_ptrs, barn);
	} else {
		node = node_of(cache, nid);
		if (!node)
			return 0;
		at = node + bpf_core_field_offset(struct kmem_cache_node___sheaves, barn);
	}
	read_number(&barn, sizeof(barn), at);
	return barn;
}

/* Returns the per-CPU pointer to the sheaves of a cache; 0: it has none. */
static __always_inline __u64 sheaves_of(__u64 cache)
{
	__u64 sheaves = 0;

	read_number(&sheaves, sizeof(sheaves),
		    cache + bpf_core_field_offset(struct kmem_cache___sheaves, cpu_sheaves));
	return has_sheaves(cache) ? sheaves : 0;
}

STEP(sheaves_step)
{
	__u64 offset, main = 0, spare = 0;

	if (!(settings.cached & CACHED_SHEAVES) || !cpu_offset(turn, &offset))
		return 0;
	offset += cpus_walk.own;
	read_number(&main, sizeof(main),
		    offset + bpf_core_field_offset(struct slub_percpu_sheaves, main));
	read_number(&spare, sizeof(spare),
		    offset + bpf_core_field_offset(struct slub_percpu_sheaves, spare));
	cpus_walk.sum += sheaf_size(main) + sheaf_size(spare);
	return 0;
}

/*
 * Returns how many objects are in the main and spare sheaves of a cache, and in full sheaves of
 * its barns.
 */
static __always_inline __u64 sheaves_objects(__u64 cache)
{
	__u64 barn, sum;

	cpus_walk = (struct cpus_walk){.cache = cache, .own = sheaves_of(cache)};
	if (!cpus_walk.own)
		return 0;
	LOOP(KERNEL_CPUS_MAX, settings.cpus, sheaves_step);
	sum = cpus_walk.sum;
	for (__u32 nid = 0; nid < LOOK_NODES && nid < settings.nodes; nid++) {
		barn = barn_of(cache, nid);
		if (barn)
			sum += barn_objects(barn);
	}
	return sum;
}

#endif
