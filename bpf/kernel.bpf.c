/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel.bpf.c: the programs that watch the running kernel's slab allocator. Each is loaded on its
 * own, as the tool's plan for this kernel says; none allocates.
 *
 * Here: allocations and frees per cache and CPU, from the kmem tracepoints, on every kernel. They
 * are raw tracepoints, whose arguments are plain numbers: a typed pointer could not be hashed. A
 * program never runs twice at once on a CPU (the kernel counts what it leaves out, and the tool
 * adds that to what is lost), so each counter has one writer, and a plain increment is exact.
 *
 * Each allocator's slow path has a header of its own: kernel_slab.bpf.h.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "vmlinux/common.h"
#include "vmlinux/slab.h"
#include "events.h"
#include "kernel_count.bpf.h"
#include "kernel_slow.bpf.h"
#include "kernel_pair.bpf.h"
#include "kernel_slab.bpf.h"

/* call_site, ptr, s, gfp, node */
SEC("raw_tp/kmem_cache_alloc")
int count_alloc(struct bpf_raw_tracepoint_args *ctx)
{
	struct kernel_count *count;

	if (!running)
		return 0;
	count = count_of(ctx->args[2]);
	if (!count)
		return 0;
	if (ctx->args[1])
		count->allocs++;
	else
		count->failed++;
	return 0;
}

/* call_site, ptr, s */
SEC("raw_tp/kmem_cache_free")
int count_free(struct bpf_raw_tracepoint_args *ctx)
{
	struct kernel_count *count;

	if (!running || !ctx->args[1])
		return 0;
	count = count_of(ctx->args[2]);
	if (count)
		count->frees++;
	return 0;
}

/* call_site, ptr, bytes_req, bytes_alloc, gfp, node */
SEC("raw_tp/kmalloc")
int count_kmalloc(struct bpf_raw_tracepoint_args *ctx)
{
	struct kernel_count *count;
	__u64 cache;

	if (!running)
		return 0;
	cache = owner_of(ctx->args[1], PLAIN_KMALLOC);
	if (!cache)
		return 0;
	count = count_of(cache);
	if (count)
		count->kmallocs++;
	return 0;
}

/* call_site, ptr */
SEC("raw_tp/kfree")
int count_kfree(struct bpf_raw_tracepoint_args *ctx)
{
	struct kernel_count *count;
	__u64 cache;

	if (!running)
		return 0;
	cache = owner_of(ctx->args[1], PLAIN_KFREE);
	if (!cache)
		return 0;
	count = count_of(cache);
	if (count)
		count->kfrees++;
	return 0;
}

/* ---- bulk calls, which no tracepoint sees ---------------------------------------------------- */

static __always_inline int alloc_bulk(__u64 cache, __s64 objects)
{
	struct kernel_count *count = cache && objects > 0 ? count_of(cache) : NULL;

	if (count)
		count->bulk_allocs += objects;
	return 0;
}

SEC("fexit/kmem_cache_alloc_bulk")
int BPF_PROG(alloc_bulk_fexit, void *s, __u32 flags, __u64 size, void *objects, int ret)
{
	return running ? alloc_bulk(number_of(s, PLAIN_ALLOC_BULK), ret) : 0;
}

SEC("kprobe/kmem_cache_alloc_bulk")
int BPF_KPROBE(alloc_bulk_kprobe, void *s)
{
	/* Interrupts are on from here to where the function turns them off: parked at once. */
	if (running)
		frame_push(frames_parked(bpf_get_current_task(), true), FRAME_BULK, s);
	return 0;
}

SEC("kretprobe/kmem_cache_alloc_bulk")
int BPF_KRETPROBE(alloc_bulk_kretprobe, int ret)
{
	struct frame f, *under;

	if (!running || !frame_pop(FRAME_BULK, &f, &under))
		return 0;
	return alloc_bulk(f.cache, ret);
}

/* Not static: verified once, and not for every turn of the loop that calls it. */
__noinline int free_bulk_one(__u64 object)
{
	__u64 cache = owner_of(object, PLAIN_FREE_BULK);
	struct kernel_count *count = cache ? count_of(cache) : NULL;

	if (count)
		count->bulk_frees++;
	return 0;
}

/* Without a cache the objects are kmalloc's: each is asked for its own, so many at most. */
#define FREE_BULK_MAX 512

static __always_inline int free_bulk(void *s, __u64 size, __u64 objects)
{
	__u64 cache = number_of(s, PLAIN_FREE_BULK), object;
	struct kernel_count *count;

	if (cache) {
		count = count_of(cache);
		if (count)
			count->bulk_frees += size;
		return 0;
	}
	if (settings.owner == OWNER_NONE)
		return 0;
	for (__u32 i = 0; i < FREE_BULK_MAX && i < size; i++) {
		if (bpf_probe_read_kernel(&object, sizeof(object), (void *)(objects + i * 8)))
			break;
		free_bulk_one(object);
	}
	if (size > FREE_BULK_MAX)
		__sync_fetch_and_add(&troubles.lost_slots, size - FREE_BULK_MAX);
	return 0;
}

SEC("fentry/kmem_cache_free_bulk")
int BPF_PROG(free_bulk_fentry, void *s, __u64 size, void *objects)
{
	return running ? free_bulk(s, size, (__u64)objects) : 0;
}

SEC("kprobe/kmem_cache_free_bulk")
int BPF_KPROBE(free_bulk_kprobe, void *s, __u64 size, void *objects)
{
	return running ? free_bulk(s, size, (__u64)objects) : 0;
}

/* ---- on request ------------------------------------------------------------------------------ */

struct kernel_look look_result;

/*
 * Run by the tool with a slot as argument, for what no event says. Where a cache was destroyed and
 * another one stands now, the slot is retired; the other one takes a slot of its own.
 */
SEC("raw_tp")
int look(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 slot = ctx->args[0];
	__u64 *key = bpf_map_lookup_elem(&slot_keys, &slot), cache;
	struct kernel_cache *entry = bpf_map_lookup_elem(&slot_caches, &slot);
	const struct kmem_cache *s;
	char name[KERNEL_NAME_MAX] = {0};
	bool same = true;

	look_result.cached = look_result.retired = 0;
	if (!key || !entry || !entry->ready || *key <= KERNEL_RETIRED)
		return 0;
	cache = *key;
	s = (const void *)cache;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(s, name));
	for (int i = 0; i < KERNEL_NAME_MAX && same; i++) {
		same = name[i] == entry->name[i];
		if (!name[i])
			break;
	}
	if (!same) {
		__sync_val_compare_and_swap(key, cache, KERNEL_RETIRED);
		look_result.retired = 1;
	} else if (settings.per_cpu_offset) {
		look_result.cached = arrays_avail(cache);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
