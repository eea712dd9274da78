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
 * Each allocator's slow path has a header of its own: kernel_slab.bpf.h, kernel_slub.bpf.h,
 * kernel_sheaves.bpf.h.
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
#include "vmlinux/slub.h"
#include "vmlinux/sheaves.h"
#include "events.h"
#include "kernel_choose.bpf.h"
#include "kernel_count.bpf.h"
#include "kernel_record.bpf.h"
#include "kernel_twice.bpf.h"
#include "kernel_cpus.bpf.h"
#include "kernel_slow.bpf.h"
#include "kernel_callers.bpf.h"
#include "kernel_pair.bpf.h"
#include "kernel_slab.bpf.h"
#include "kernel_slub.bpf.h"
#include "kernel_sheaves.bpf.h"
#include "kernel_infer.bpf.h"
#include "kernel_state.bpf.h"

/*
 * What a program that counts reads of its own, in one cache line: whether to count, where its counters
 * are, and what the program before it has counted.
 */
struct own {
	__u32 cpu, slots;
	volatile struct done *done;
	bool chosen; /* the event is to be counted */
	__u64 base;  /* the CPU's per-CPU offset, where refills are inferred of all events, or 0 */
};

static __always_inline bool own_of(struct own *own, enum plain_number which)
{
	__u64 *cell;

	own->cpu = bpf_get_smp_processor_id();
	cell = bpf_map_lookup_elem(&plain, &own->cpu);
	if (!cell)
		return false;
	own->slots = cell[PLAIN_SLOTS];
	own->done = (volatile struct done *)&cell[which];
	own->base = settings.infer ? cell[PLAIN_BASE] : 0;
	own->chosen = task_chosen();
	return own->slots && (own->chosen || own->base);
}

/* All events have the object as their second argument; it may be NULL. */
#define EVENT(name, late_name, tracepoint, which, count, send)                    \
	SEC("raw_tp/" tracepoint)                                                 \
	int name(struct bpf_raw_tracepoint_args *ctx)                             \
	{                                                                         \
		struct own own;                                                   \
                                                                                  \
		if (!own_of(&own, which))                                         \
			return 0;                                                 \
		count(ctx, &own, false, send);                                    \
		done_leave(own.done, ctx->args[1] + 1);                           \
		return 0;                                                         \
	}                                                                         \
	SEC("raw_tp/" tracepoint)                                                 \
	int late_name(struct bpf_raw_tracepoint_args *ctx)                        \
	{                                                                         \
		struct own own;                                                   \
                                                                                  \
		if (own_of(&own, which) && !done_find(own.done, ctx->args[1] + 1)) { \
			__sync_fetch_and_add(&troubles.caught, 1);                \
			count(ctx, &own, true, send);                             \
		}                                                                 \
		return 0;                                                         \
	}

/* The programs that count, and those that send as well: so that counting alone costs nothing more. */
#define COUNT(name, tracepoint, which, count)                                            \
	EVENT(count_##name, late_##name, tracepoint, which, count, false)                \
	EVENT(send_##name, late_send_##name, tracepoint, which, count, true)

/*
 * The cache's counters, NULL where the event is not to be counted. But whether an allocation of an
 * object refilled is inferred of all of them, for they all use the CPU's cache; and frees tell with
 * them. *found: what was inferred.
 */
static __always_inline struct kernel_count *count_alloc_of(__u64 cache, __u64 object,
							   const struct own *own,
							   enum inference *found)
{
	__u32 place;
	struct kernel_count *count = count_here(cache, own->cpu, own->slots, &place);

	*found = INFERRED_NOTHING;
	if (count && object && own->base)
		*found = infer(cache, object, place, own->base - 1, count, own->chosen);
	return own->chosen ? count : NULL;
}

static __always_inline struct kernel_count *count_free_of(__u64 cache, const struct own *own,
							  bool late)
{
	__u32 place;
	struct kernel_count *count = count_here(cache, own->cpu, own->slots, &place);

	if (count && own->base && (late || !own->chosen))
		infer_other_free(place);
	return own->chosen ? count : NULL;
}

static __always_inline void alloc_late(struct kernel_count *count)
{
	struct kernel_slow *slow = slow_at(count);

	if (slow)
		__sync_fetch_and_add(&slow->late_allocs, 1);
}

static __always_inline void free_late(struct kernel_count *count)
{
	struct kernel_slow *slow = slow_at(count);

	if (slow)
		__sync_fetch_and_add(&slow->late_frees, 1);
}

static __always_inline void alloc_failed(struct kernel_count *count)
{
	struct kernel_slow *slow = slow_at(count);

	if (slow)
		__sync_fetch_and_add(&slow->failed, 1);
}

/* call_site, ptr, s, gfp, node */
static __always_inline void add_alloc(struct bpf_raw_tracepoint_args *ctx, const struct own *own,
				      bool late, bool send)
{
	enum inference found;
	struct kernel_count *count = count_alloc_of(ctx->args[2], ctx->args[1], own, &found);

	if (!count)
		return;
	if (!ctx->args[1])
		alloc_failed(count);
	else if (late)
		alloc_late(count);
	else
		count->allocs++;
	if (send) {
		record_inferred(count, found);
		record_alloc(count, ctx->args[2], ctx->args[1], ctx->args[3], ctx->args[4], found);
	}
}

/* call_site, ptr, s */
static __always_inline void add_free(struct bpf_raw_tracepoint_args *ctx, const struct own *own,
				     bool late, bool send)
{
	struct kernel_count *count = ctx->args[1] ? count_free_of(ctx->args[2], own, late) : NULL;

	if (!count)
		return;
	if (late)
		free_late(count);
	else
		count->frees++;
	if (send)
		record_free(count, ctx->args[1]);
}

/* call_site, ptr, bytes_req, bytes_alloc, gfp, node */
static __always_inline void add_kmalloc(struct bpf_raw_tracepoint_args *ctx, const struct own *own,
					bool late, bool send)
{
	__u64 object = ctx->args[1];
	__u64 cache = object ? owner_of(object, late ? PLAIN_KMALLOC_LATE : PLAIN_KMALLOC) : 0;
	enum inference found;
	struct kernel_count *count = cache ? count_alloc_of(cache, object, own, &found) : NULL;

	if (!count)
		return;
	if (late)
		alloc_late(count);
	else
		count->kmallocs++;
	if (send) {
		record_inferred(count, found);
		record_alloc(count, cache, ctx->args[1], ctx->args[4], ctx->args[5], found);
	}
}

/* call_site, ptr: half of all kfree() give back nothing */
static __always_inline void add_kfree(struct bpf_raw_tracepoint_args *ctx, const struct own *own,
				      bool late, bool send)
{
	__u64 object = ctx->args[1];
	__u64 cache = object ? owner_of(object, late ? PLAIN_KFREE_LATE : PLAIN_KFREE) : 0;
	struct kernel_count *count = cache ? count_free_of(cache, own, late) : NULL;

	if (!count)
		return;
	if (late)
		free_late(count);
	else
		count->kfrees++;
	if (send)
		record_free(count, ctx->args[1]);
}

COUNT(alloc, "kmem_cache_alloc", DONE_ALLOC, add_alloc)
COUNT(free, "kmem_cache_free", DONE_FREE, add_free)
COUNT(kmalloc, "kmalloc", DONE_KMALLOC, add_kmalloc)
COUNT(kfree, "kfree", DONE_KFREE, add_kfree)

/* ---- large kmallocs: whole pages, all of them bypasses --------------------------------------- */

static __always_inline int large_alloc(__u64 object)
{
	struct kernel_count *count = watching() ? count_of(KERNEL_LARGE) : NULL;
	struct kernel_slow *slow;

	if (!count)
		return 0;
	if (!object) {
		alloc_failed(count);
		return 0;
	}
	count->kmallocs++;
	slow = slow_at(count);
	if (slow)
		__sync_fetch_and_add(&slow->bypasses, 1);
	return 0;
}

SEC("fexit/___kmalloc_large_node")
int large_alloc_fexit(__u64 *ctx)
{
	__u64 ret = 0;

	bpf_get_func_ret(ctx, &ret);
	return large_alloc(ret);
}

SEC("kretprobe/___kmalloc_large_node")
int BPF_KRETPROBE(large_alloc_kretprobe, void *ret)
{
	return large_alloc((__u64)ret);
}

static __always_inline int large_free(void)
{
	struct kernel_count *count = watching() ? count_of(KERNEL_LARGE) : NULL;

	if (count)
		count->kfrees++;
	return 0;
}

SEC("fentry/free_large_kmalloc")
int large_free_fentry(__u64 *ctx)
{
	return large_free();
}

SEC("kprobe/free_large_kmalloc")
int BPF_KPROBE(large_free_kprobe)
{
	return large_free();
}

/* ---- bulk calls, which no tracepoint sees ---------------------------------------------------- */

static __always_inline int alloc_bulk(__u64 cache, __u64 objects, __u64 array, __u32 ret)
{
	struct kernel_count *count;

	served_forget();
	if (settings.bulk_bool ? !(__u8)ret : !ret)
		return 0;
	count = cache ? count_of(cache) : NULL;
	if (!count)
		return 0;
	count->bulk_allocs += objects;
	record_bulk(count->slot, array, objects, true);
	return 0;
}

/* Interrupts are on here, and the function may sleep: the frame is parked at once. */
static __always_inline int bulk_enter(void *cache, __u64 objects, __u64 array)
{
	struct frame *f;

	if (!watching())
		return 0;
	f = frame_push(frames_parked(bpf_get_current_task(), true), FRAME_BULK, cache);
	if (f) {
		f->objects = objects;
		f->array = array;
		f->bypassed = 0;
	}
	return 0;
}

/* Objects that came past the CPU's cache are bypasses, where the call gave what was asked for. */
static __always_inline void bulk_bypasses(const struct frame *f, __u32 ret)
{
	struct kernel_slow *slow;

	if (!f->bypassed || (settings.bulk_bool ? !(__u8)ret : !ret))
		return;
	slow = slow_of(f->cache, f->cpu);
	if (slow)
		__sync_fetch_and_add(&slow->bypasses, f->bypassed);
}

SEC("fentry/kmem_cache_alloc_bulk")
int alloc_bulk_fentry(__u64 *ctx)
{
	return bulk_enter((void *)function_arg(ctx, 0), function_arg(ctx, 2), function_arg(ctx, 3));
}

/* s, flags, size, p */
SEC("fexit/kmem_cache_alloc_bulk")
int alloc_bulk_fexit(__u64 *ctx)
{
	__u64 ret = function_ret(ctx);
	struct frame f, *under;

	if (!watching())
		return 0;
	if (settings.bulk_pairs && frame_pop(FRAME_BULK, &f, &under))
		bulk_bypasses(&f, ret);
	return alloc_bulk(function_arg(ctx, 0), function_arg(ctx, 2), function_arg(ctx, 3), ret);
}

SEC("kprobe/kmem_cache_alloc_bulk")
int BPF_KPROBE(alloc_bulk_kprobe, void *s, __u32 flags, __u64 size, void *p)
{
	return bulk_enter(s, size, (__u64)p);
}

SEC("kretprobe/kmem_cache_alloc_bulk")
int BPF_KRETPROBE(alloc_bulk_kretprobe, int ret)
{
	struct frame f, *under;

	if (!watching() || !frame_pop(FRAME_BULK, &f, &under))
		return 0;
	bulk_bypasses(&f, ret);
	return alloc_bulk(f.cache, f.objects, f.array, ret);
}

/* Not static: verified once, and not for every turn of the loop that calls it. */
__noinline int free_bulk_one(__u64 object)
{
	__u64 cache = owner_of(object, PLAIN_FREE_BULK);
	struct kernel_count *count = cache ? count_of(cache) : NULL;

	if (!count)
		return 0;
	count->bulk_frees++;
	if (settings.record)
		record_free(count, object);
	return 0;
}

/* Without a cache the objects are kmalloc's: each is asked for its own, so many at most. */
#define FREE_BULK_MAX 512

static __always_inline int free_bulk(__u64 cache, __u64 size, __u64 objects)
{
	struct kernel_count *count;
	__u64 object;

	if (cache) {
		count = count_of(cache);
		if (!count)
			return 0;
		count->bulk_frees += size;
		record_bulk(count->slot, objects, size, false);
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
int free_bulk_fentry(__u64 *ctx)
{
	__u64 cache = 0, size = 0, objects = 0;

	bpf_get_func_arg(ctx, 0, &cache);
	bpf_get_func_arg(ctx, 1, &size);
	bpf_get_func_arg(ctx, 2, &objects);
	return watching() ? free_bulk(cache, size, objects) : 0;
}

SEC("kprobe/kmem_cache_free_bulk")
int BPF_KPROBE(free_bulk_kprobe, void *s, __u64 size, void *objects)
{
	return watching() ? free_bulk((__u64)s, size, (__u64)objects) : 0;
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
	if (!key || !entry || !entry->ready || *key <= KERNEL_LARGE)
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
		count_forget(slot);
		look_result.retired = 1;
	} else {
		if (settings.cached & CACHED_ARRAYS)
			look_result.cached += arrays_avail(cache);
		if (settings.cached & CACHED_CPU_SLABS)
			look_result.cached += cpu_slabs_objects(cache);
		if (settings.cached & CACHED_SHEAVES)
			look_result.cached += sheaves_objects(cache);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
