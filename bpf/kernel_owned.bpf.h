/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_owned.bpf.h: counts allocations and frees on kernels before 6.1, whose tracepoints differ.
 *
 * Allocations on a given node have tracepoints of their own, and most give no cache: the page of
 * the object does. The tracepoint kmem_cache_free fires after the free, when the page may be of
 * another cache already, so the function itself is watched. kfree fires before the free. A large
 * kmalloc fires kmalloc and kfree with an object in a page of no slab.
 *
 * These kernels do not keep a program on a raw tracepoint from running within itself, in an
 * interrupt: no event is missed, no program stands in, and counters have several writers.
 */
#ifndef KERNEL_OWNED_BPF_H
#define KERNEL_OWNED_BPF_H

#include "base.bpf.h"
#include "kernel_choose.bpf.h"
#include "kernel_count.bpf.h"
#include "kernel_helpers.bpf.h"
#include "kernel_record.bpf.h"
#include "kernel_slow.bpf.h"

static __always_inline int owned_large(bool alloc)
{
	struct kernel_count *count = settings.large ? count_of(KERNEL_LARGE) : NULL;
	struct kernel_slow *slow = count && alloc ? slow_at(count) : NULL;

	if (slow)
		__sync_fetch_and_add(&slow->bypasses, 1);
	if (count)
		__sync_fetch_and_add(alloc ? &count->kmallocs : &count->kfrees, 1);
	return 0;
}

static __always_inline int owned_alloc(__u64 object, __u32 flags, int node, bool of_kmalloc)
{
	__u64 cache = object && watching() ? owner_or_large(object) : 0;
	struct kernel_count *count;

	if (!cache)
		return 0;
	if (cache == KERNEL_LARGE)
		return owned_large(true);
	count = count_of(cache);
	if (!count)
		return 0;
	__sync_fetch_and_add(of_kmalloc ? &count->kmallocs : &count->allocs, 1);
	if (settings.record)
		record_alloc(count, cache, object, flags, node, RECORD_SERVED_UNKNOWN);
	return 0;
}

/* Returns the flags of an allocation, or the node, which is the argument after them. */
static __always_inline __u64 owned_arg(struct bpf_raw_tracepoint_args *ctx, __u32 after_flags)
{
	__u64 value;

	if (settings.flags_at == 5) {
		value = after_flags ? ctx->args[6] : ctx->args[5];
		asm volatile("" : "+r"(value)); /* or clang reads all of them, which is an error */
		return value;
	}
	value = after_flags ? ctx->args[5] : ctx->args[4];
	asm volatile("" : "+r"(value));
	return value;
}

SEC("raw_tp/kmem_cache_alloc")
int owned_alloc_any(struct bpf_raw_tracepoint_args *ctx)
{
	return owned_alloc(ctx->args[1], owned_arg(ctx, 0), -1, false);
}

SEC("raw_tp/kmem_cache_alloc_node")
int owned_alloc_node(struct bpf_raw_tracepoint_args *ctx)
{
	return owned_alloc(ctx->args[1], owned_arg(ctx, 0), owned_arg(ctx, 1), false);
}

SEC("raw_tp/kmalloc")
int owned_kmalloc_any(struct bpf_raw_tracepoint_args *ctx)
{
	return owned_alloc(ctx->args[1], owned_arg(ctx, 0), -1, true);
}

SEC("raw_tp/kmalloc_node")
int owned_kmalloc_node(struct bpf_raw_tracepoint_args *ctx)
{
	return owned_alloc(ctx->args[1], owned_arg(ctx, 0), owned_arg(ctx, 1), true);
}

/* call_site, ptr: half of all calls of kfree() free NULL */
SEC("raw_tp/kfree")
int owned_kfree(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 object = ctx->args[1], cache = object && watching() ? owner_or_large(object) : 0;
	struct kernel_count *count;

	if (!cache)
		return 0;
	if (cache == KERNEL_LARGE)
		return owned_large(false);
	count = count_of(cache);
	if (!count)
		return 0;
	__sync_fetch_and_add(&count->kfrees, 1);
	if (settings.record)
		record_free(count, object);
	return 0;
}

static __always_inline int owned_free(__u64 cache, __u64 object)
{
	struct kernel_count *count = cache && object && watching() ? count_of(cache) : NULL;

	if (!count)
		return 0;
	__sync_fetch_and_add(&count->frees, 1);
	if (settings.record)
		record_free(count, object);
	return 0;
}

/* s, x */
SEC("fentry/kmem_cache_free")
int owned_free_fentry(__u64 *ctx)
{
	return owned_free(function_arg(ctx, 0), function_arg(ctx, 1));
}

SEC("kprobe/kmem_cache_free")
int BPF_KPROBE(owned_free_kprobe, void *s, void *object)
{
	return owned_free((__u64)s, (__u64)object);
}

#endif
