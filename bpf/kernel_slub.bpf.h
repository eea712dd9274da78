/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_slub.bpf.h: the slow paths of SLUB where a CPU owns a slab (to 6.19), and those that it
 * shares with SLUB's sheaves: new slabs, slabs given back, KFENCE.
 *
 * A refill is a run of ___slab_alloc(), with preemption off at its entry. It takes the objects
 * that came back to the CPU's slab meanwhile, else the first partial slab behind it. Else it
 * takes a slab of a node's partial list (get_partial_node()), else a new one (allocate_slab(),
 * before which it lets go of the CPU). The slab that the CPU owns at the end shows the first two.
 * Where the CPU then owns none, the object came without it: a bypass, as in caches with debugging
 * on.
 *
 * With PREEMPT_RT each allocation runs ___slab_alloc(): see kernel_hit.bpf.h.
 */
#ifndef KERNEL_SLUB_BPF_H
#define KERNEL_SLUB_BPF_H

#include "base.bpf.h"
#include "kernel_callers.bpf.h"
#include "kernel_choose.bpf.h"
#include "kernel_cpus.bpf.h"
#include "kernel_frames.bpf.h"
#include "kernel_helpers.bpf.h"
#include "kernel_hit.bpf.h"
#include "kernel_pair.bpf.h"
#include "kernel_record.bpf.h"
#include "kernel_slow.bpf.h"
#include "kernel_twice.bpf.h"
#include "vmlinux/sheaves.h"
#include "vmlinux/slub.h"

/*
 * Returns whether the cache has sheaves. Caches without call the same functions, which then do
 * nothing.
 */
static __always_inline bool has_sheaves(__u64 cache)
{
	__u32 capacity = 0;

	read_number(&capacity, sizeof(capacity),
		    cache + bpf_core_field_offset(struct kmem_cache___sheaves, sheaf_capacity));
	return capacity;
}

/* ---- allocate_slab, __free_slab: every SLUB -------------------------------------------------- */

static __always_inline __u64 slab_objects(__u64 slab)
{
	const struct slab___slub *s = (const void *)slab;
	const struct page___slub *p = (const void *)slab;

	if (bpf_core_type_exists(struct slab___slub))
		return BPF_CORE_READ_BITFIELD_PROBED(s, objects);
	return BPF_CORE_READ_BITFIELD_PROBED(p, objects);
}

static __always_inline __u64 slab_inuse(__u64 slab)
{
	const struct slab___slub *s = (const void *)slab;
	const struct page___slub *p = (const void *)slab;

	if (bpf_core_type_exists(struct slab___slub))
		return BPF_CORE_READ_BITFIELD_PROBED(s, inuse);
	return BPF_CORE_READ_BITFIELD_PROBED(p, inuse);
}

static __always_inline int slub_grow_leave(void *ctx, __u64 slab)
{
	struct kernel_slow *slow;
	struct frame *f;
	__u64 cache;

	if (!watching() || !slab || !read_number(&cache, sizeof(cache), slab + slab_cache_offset()))
		return 0;
	f = frame_around(cache);
	if (f)
		f->seen |= SEEN_GROWN;
	slow = slow_of(cache, bpf_get_smp_processor_id());
	if (slow)
		__sync_fetch_and_add(&slow->grows, 1);
	if (settings.record)
		record_grow(cache, bpf_get_smp_processor_id(), slab, slab_objects(slab),
			    RECORD_UNKNOWN);
	caller_count(ctx, cache, true);
	return 0;
}

/* s, flags, node */
TWICE(slub_grow_fexit, "fexit/allocate_slab", DONE_GROW, function_ret(ctx, 3),
      slub_grow_leave(ctx, function_ret(ctx, 3)))

SEC("kretprobe/allocate_slab")
int BPF_KRETPROBE(slub_grow_kretprobe, void *ret)
{
	return slub_grow_leave(ctx, (__u64)ret);
}

static __always_inline int slab_free_count(__u64 cache, __u64 slab)
{
	struct kernel_slow *slow = watching() ? slow_of(cache, bpf_get_smp_processor_id()) : NULL;

	if (slow)
		__sync_fetch_and_add(&slow->slab_frees, 1);
	if (slow)
		record_slab_free(cache, slab);
	return 0;
}

/* s, slab */
TWICE(slub_free_fentry, "fentry/__free_slab", DONE_SLAB_FREE, function_arg(ctx, 1),
      slab_free_count(function_arg(ctx, 0), function_arg(ctx, 1)))

SEC("kprobe/__free_slab")
int BPF_KPROBE(slub_free_kprobe, void *s, void *slab)
{
	return slab_free_count((__u64)s, (__u64)slab);
}

/* ---- functions that are bypasses: their object came from no CPU's cache ---------------------- */

/* Counts a bypass. marked: the tracepoint of the allocation fires afterwards. */
static __always_inline int bypass_count(__u64 cache, __u64 object, bool marked)
{
	struct kernel_slow *slow;

	if (!watching() || !object || !cache)
		return 0;
	slow = slow_of(cache, bpf_get_smp_processor_id());
	if (slow)
		__sync_fetch_and_add(&slow->bypasses, 1);
	if (slow && marked)
		served_mark(cache, RECORD_BYPASSED);
	return 0;
}

static __always_inline int bypass_fexit(__u64 *ctx, int arguments)
{
	return bypass_count(function_arg(ctx, 0), function_ret(ctx, arguments), true);
}

/* Samples of KFENCE, of all caches. s, size, flags */
SEC("fexit/__kfence_alloc")
int kfence_fexit(__u64 *ctx)
{
	return bypass_fexit(ctx, 3);
}

SEC("kretprobe/__kfence_alloc")
int BPF_KRETPROBE(kfence_kretprobe, void *ret)
{
	return bypass_count(owner_of((__u64)ret, PLAIN_KFENCE), (__u64)ret, true);
}

/* Returns the per-CPU pointer to the struct kmem_cache_cpu of a cache; 0: it has none. */
static __always_inline __u64 cpu_slabs_of(__u64 cache)
{
	__u64 slabs = 0;

	read_number(&slabs, sizeof(slabs),
		    cache + bpf_core_field_offset(struct kmem_cache___slub, cpu_slab));
	return slabs;
}

/* ---- ___slab_alloc --------------------------------------------------------------------------- */

static __always_inline __u64 cpu_slab_read(__u64 own, __u32 offset)
{
	__u64 value = 0;

	if (own)
		read_number(&value, sizeof(value), own + offset);
	return value;
}

static __always_inline __u64 own_slab(__u64 own)
{
	if (bpf_core_field_exists(struct kmem_cache_cpu, slab))
		return cpu_slab_read(own, bpf_core_field_offset(struct kmem_cache_cpu, slab));
	return cpu_slab_read(own, bpf_core_field_offset(struct kmem_cache_cpu___page, page));
}

static __always_inline __u64 own_partial(__u64 own)
{
	if (!bpf_core_field_exists(struct kmem_cache_cpu, partial))
		return 0;
	return cpu_slab_read(own, bpf_core_field_offset(struct kmem_cache_cpu, partial));
}

/*
 * In a cache with sheaves (6.18, 6.19) this fills an empty sheaf, or is part of a bulk call. It
 * is no refill by itself: its source goes into the frame of the sheaf's refill.
 */
static __always_inline int slub_refill_within(__u64 cache, __u64 own)
{
	struct frame *f = frame_around(cache);

	if (f && f->kind == FRAME_REFILL)
		f->seen |= own_partial(own) ? SEEN_CPU_PARTIAL : own_slab(own) ? SEEN_CPU_SLAB : 0;
	return 0;
}

/* Returns what the entry sees. node: the one that is asked for, -1: any. */
static __always_inline __u16 slub_seen(__u64 own, int node)
{
	if (!settings.all_slow)
		return own_slab(own) ? 0 : SEEN_MAYBE;
	return hit_seen(
		cpu_slab_read(own, bpf_core_field_offset(struct kmem_cache_cpu, freelist)) != 0,
		node < 0 || settings.nodes == 1);
}

static __always_inline int slub_refill_enter(__u64 cache, __u64 own, int node)
{
	struct frame *f;

	if (!watching())
		return 0;
	if (settings.mixed && has_sheaves(cache))
		return slub_refill_within(cache, own);
	f = frame_push((void *)cache);
	if (!f)
		return 0;
	f->own = own;
	f->list = 0;
	f->slab = own_slab(own);
	f->partial = own_partial(own);
	return frame_begin(f, FRAME_REFILL, slub_seen(own, node));
}

/* Returns the struct kmem_cache_cpu of the CPU on which the refill ends, or 0. */
static __always_inline __u64 slub_own_now(const struct frame *f)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 was, is;

	if (cpu == f->cpu)
		return f->own;
	if (!cpu_offset(f->cpu, &was) || !cpu_offset(cpu, &is))
		return 0;
	return f->own + is - was;
}

/* Returns the origin of a refill. now is the slab that the CPU owns at the end. */
static __always_inline __u32 slub_origin(const struct frame *f, __u64 own, __u64 now)
{
	if (f->seen & SEEN_GROWN)
		return REFILL_GROWN;
	if (f->seen & SEEN_REMOTE)
		return REFILL_REMOTE;
	if (f->seen & SEEN_PARTIAL)
		return REFILL_PARTIAL;
	if (!now)
		return REFILL_UNEXPLAINED;
	if (now == f->slab)
		return REFILL_CPU_SLAB;
	/* An interrupt may have put another slab in front of the first one. */
	return f->partial && (now == f->partial || own_partial(own) == f->partial)
		       ? REFILL_CPU_PARTIAL
		       : REFILL_UNEXPLAINED;
}

/* Returns whether a run was a hit: only with PREEMPT_RT. */
static __always_inline bool slub_was_hit(const struct frame *f, __u64 own, __u64 now)
{
	return settings.all_slow &&
	       hit_was(f, now, now && slub_origin(f, own, now) != REFILL_UNEXPLAINED);
}

/*
 * An end without its beginning, which the kernel left out. It is a bypass if the CPU owns no slab
 * now. With PREEMPT_RT most are hits.
 */
static __always_inline int slub_leave_alone(__u64 cache, __u64 object)
{
	__u64 own = cache ? cpu_slabs_of(cache) : 0, base;

	if (own && object && cpu_offset(bpf_get_smp_processor_id(), &base) && !own_slab(own + base))
		return bypass_count(cache, object, true);
	if (!settings.all_slow)
		refill_unpaired();
	return 0;
}

/* cache: 0 where the program does not know it. */
static __always_inline int slub_refill_leave(void *ctx, __u64 cache, __u64 object)
{
	__u64 end = bpf_ktime_get_ns(), own, now;
	struct place at;
	struct frame *f;

	if (unlikely(!frame_find(FRAME_REFILL, &at) || (cache && at.frame->cache != cache)))
		return slub_leave_alone(cache ? cache : owner_of(object, PLAIN_DIRECT), object);
	if (!object)
		return refill_count(ctx, &at, REFILL_FAILED, end);
	f = at.frame;
	own = slub_own_now(f);
	now = own_slab(own);
	if (slub_was_hit(f, own, now)) {
		frame_pop(&at);
		return 0;
	}
	if (!own || now) {
		served_mark(f->cache, RECORD_REFILLED);
		return refill_count(ctx, &at, slub_origin(f, own, now), end);
	}
	bypass_count(f->cache, object, true);
	frame_pop(&at);
	return 0;
}

/* s, gfpflags, node, addr, c, ... */
SEC("fentry/___slab_alloc")
int slub_refill_fentry(__u64 *ctx)
{
	return slub_refill_enter(function_arg(ctx, 0), function_arg(ctx, 4),
				 (int)function_arg(ctx, 2));
}

SEC("fexit/___slab_alloc")
int slub_refill_fexit(__u64 *ctx)
{
	__u64 cache = function_arg(ctx, 0);

	if (settings.mixed && has_sheaves(cache))
		return 0;
	return slub_refill_leave(ctx, cache, function_ret(ctx, 5));
}

SEC("kprobe/___slab_alloc")
int BPF_KPROBE(slub_refill_kprobe, void *s, __u32 flags, int node, __u64 caller, void *own)
{
	return slub_refill_enter((__u64)s, (__u64)own, node);
}

SEC("kretprobe/___slab_alloc")
int BPF_KRETPROBE(slub_refill_kretprobe, void *ret)
{
	return slub_refill_leave(ctx, 0, (__u64)ret);
}

/* ---- get_partial_node: a slab of a node's list, or NULL -------------------------------------- */

/* Returns whether the list is of another node of this cache than the CPU's. */
static __always_inline bool list_is_remote(__u64 cache, __u64 list)
{
	__u32 here = bpf_get_numa_node_id();
	__u64 node;

	for (__u32 nid = 0; list && nid < LOOK_NODES && nid < settings.nodes; nid++)
		if (read_number(&node, sizeof(node),
				cache + bpf_core_field_offset(struct kmem_cache___slub, node) +
					nid * sizeof(node)) &&
		    node == list)
			return nid != here;
	return false;
}

static __always_inline int partial_leave(__u64 cache, __u64 list, __u64 slab)
{
	struct frame *f = watching() && slab ? frame_around(cache) : NULL;

	if (!f || f->kind != FRAME_REFILL)
		return 0;
	if (settings.nodes > 1 && list_is_remote(f->cache, list ? list : f->list))
		f->seen |= SEEN_REMOTE;
	else
		f->seen |= SEEN_PARTIAL;
	return 0;
}

/* s, n, and two more */
SEC("fexit/get_partial_node")
int slub_partial_fexit(__u64 *ctx)
{
	return partial_leave(function_arg(ctx, 0), function_arg(ctx, 1), function_ret(ctx, 4));
}

/* Only with several nodes: a kretprobe sees no argument. */
SEC("kprobe/get_partial_node")
int BPF_KPROBE(slub_partial_kprobe, void *s, void *list)
{
	struct frame *f = running ? frame_around((__u64)s) : NULL;

	if (f && f->kind == FRAME_REFILL)
		f->list = (__u64)list;
	return 0;
}

SEC("kretprobe/get_partial_node")
int BPF_KRETPROBE(slub_partial_kretprobe, void *ret)
{
	return partial_leave(0, 0, (__u64)ret);
}

/* ---- __slab_free: a free to another slab than the CPU's -------------------------------------- */

static __always_inline int slub_flush_count(__u64 cache)
{
	return watching() && !(settings.mixed && has_sheaves(cache)) ? flush_count(cache) : 0;
}

SEC("fentry/__slab_free")
int slub_flush_fentry(__u64 *ctx)
{
	return slub_flush_count(function_arg(ctx, 0));
}

SEC("kprobe/__slab_free")
int BPF_KPROBE(slub_flush_kprobe, void *s)
{
	return slub_flush_count((__u64)s);
}

/* ---- looking at a cache on request ----------------------------------------------------------- */

#define LOOK_OBJECTS 512 /* free in a CPU's slab */
#define LOOK_PARTIAL 32	 /* slabs behind it */

struct freelist_walk {
	__u64 object;
	__u64 offset;
	__u64 random; /* the key that mangles pointers, 0: they are plain */
	__u64 hardened;
	__u64 count;
};
static struct freelist_walk freelist_walk WALK;

STEP(freelist_step)
{
	struct freelist_walk *w = &freelist_walk;
	__u64 at = w->object + w->offset, next;

	if (!w->object)
		return 1;
	w->count++;
	if (!read_number(&next, sizeof(next), at))
		next = 0;
	else if (w->hardened)
		next ^= w->random ^ __builtin_bswap64(at);
	w->object = next;
	return 0;
}

/* Returns how many objects of a slab are free, but on no CPU's freelist. */
static __noinline __u64 slab_free_objects(__u64 slab)
{
	__u64 objects = slab_objects(slab), inuse = slab_inuse(slab);

	return objects > inuse ? objects - inuse : 0;
}

static __noinline __u64 cpu_slab_objects(__u64 cache, __u64 own)
{
	struct freelist_walk w = {0};
	__u64 slab = own_slab(own), sum = 0, next;

	if (slab) {
		__u32 offset = 0;

		w.object =
			cpu_slab_read(own, bpf_core_field_offset(struct kmem_cache_cpu, freelist));
		read_number(&offset, sizeof(offset),
			    cache + bpf_core_field_offset(struct kmem_cache___slub, offset));
		w.offset = offset;
		if (bpf_core_field_exists(struct kmem_cache___slub, random)) {
			w.hardened = 1;
			read_number(
				&w.random, sizeof(w.random),
				cache + bpf_core_field_offset(struct kmem_cache___slub, random));
		}
		freelist_walk = w;
		LOOP(LOOK_OBJECTS, LOOK_OBJECTS, freelist_step);
		sum = freelist_walk.count + slab_free_objects(slab);
	}
	slab = own_partial(own);
	for (int i = 0; i < LOOK_PARTIAL && slab; i++) {
		sum += slab_free_objects(slab);
		if (bpf_core_type_exists(struct slab___slub))
			next = cpu_slab_read(slab, bpf_core_field_offset(struct slab___slub, next));
		else
			next = cpu_slab_read(slab, bpf_core_field_offset(struct page___slub, next));
		slab = next;
	}
	return sum;
}

STEP(cpu_slabs_step)
{
	__u64 offset;

	if (settings.cached & CACHED_CPU_SLABS && cpu_offset(turn, &offset))
		cpus_walk.sum += cpu_slab_objects(cpus_walk.cache, cpus_walk.own + offset);
	return 0;
}

/* Returns how many objects are free in the slabs that CPUs own, and in those behind them. */
static __always_inline __u64 cpu_slabs_objects(__u64 cache)
{
	cpus_walk = (struct cpus_walk){.cache = cache, .own = cpu_slabs_of(cache)};
	LOOP(KERNEL_CPUS_MAX, settings.cpus, cpu_slabs_step);
	return cpus_walk.sum;
}

#endif
