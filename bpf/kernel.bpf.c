// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kernel.bpf.c: the programs that watch the slab allocator of the running kernel. The tool loads
 * each separately, by its plan for this kernel. No program allocates.
 *
 * This file counts allocations and frees by cache and CPU, from the kmem tracepoints, on every
 * kernel. They are raw tracepoints, whose arguments are plain numbers: programs cannot hash a
 * typed pointer. A program never runs twice at once on a CPU. (The kernel counts the runs that it
 * skips, and the tool adds these to the lost events.) So each counter has one writer, and a plain
 * increment is exact.
 *
 * Each slow path has its own header: kernel_slab.bpf.h, kernel_slub.bpf.h, kernel_sheaves.bpf.h.
 */
#include "base.bpf.h"
#include "vmlinux/common.h"
#include "vmlinux/slab.h"
#include "vmlinux/slub.h"
#include "vmlinux/sheaves.h"
#include "events.h"
#include "kernel_choose.bpf.h"
#include "kernel_helpers.bpf.h"
#include "kernel_count.bpf.h"
#include "kernel_record.bpf.h"
#include "kernel_twice.bpf.h"
#include "kernel_cpus.bpf.h"
#include "kernel_slow.bpf.h"
#include "kernel_callers.bpf.h"
#include "kernel_frames.bpf.h"
#include "kernel_pair.bpf.h"
#include "kernel_slab.bpf.h"
#include "kernel_slub.bpf.h"
#include "kernel_sheaves.bpf.h"
#include "kernel_infer.bpf.h"
#include "kernel_owned.bpf.h"
#include "kernel_proof.bpf.h"
#include "kernel_state.bpf.h"

/*
 * Returns the counters of the cache, or NULL where the event does not count. Infers from all
 * allocations and frees, because all of them use the CPU's cache. Sets *found to the result.
 */
static __always_inline struct kernel_count *count_alloc_of(__u64 cache, __u64 object, __u32 cpu,
							   enum inference *found)
{
	struct kernel_count *count = count_here(cache, cpu);
	bool chosen;

	*found = INFERRED_NOTHING;
	if (!settings.infer)
		return count;
	chosen = task_chosen();
	if (count && object && !infer_off)
		*found = infer(cache, object, cpu, count, chosen);
	return chosen ? count : NULL;
}

static __always_inline struct kernel_count *count_free_of(__u64 cache, __u32 cpu, bool late)
{
	struct kernel_count *count = count_here(cache, cpu);

	if (count && settings.infer && !infer_off && (late || !task_chosen()))
		infer_other_free(cpu * settings.slots + count->slot);
	return !settings.infer || task_chosen() ? count : NULL;
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
static __always_inline void add_alloc(struct bpf_raw_tracepoint_args *ctx, __u32 cpu, bool late,
				      bool send)
{
	enum inference found;
	struct kernel_count *count = count_alloc_of(ctx->args[2], ctx->args[1], cpu, &found);

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
static __always_inline void add_free(struct bpf_raw_tracepoint_args *ctx, __u32 cpu, bool late,
				     bool send)
{
	struct kernel_count *count = ctx->args[1] ? count_free_of(ctx->args[2], cpu, late) : NULL;

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
static __always_inline void add_kmalloc(struct bpf_raw_tracepoint_args *ctx, __u32 cpu, bool late,
					bool send)
{
	__u64 object = ctx->args[1];
	__u64 cache = object ? owner_of(object, late ? PLAIN_KMALLOC_LATE : PLAIN_KMALLOC) : 0;
	enum inference found;
	struct kernel_count *count = cache ? count_alloc_of(cache, object, cpu, &found) : NULL;

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

/* call_site, ptr: half of all calls of kfree() free NULL */
static __always_inline void add_kfree(struct bpf_raw_tracepoint_args *ctx, __u32 cpu, bool late,
				      bool send)
{
	__u64 object = ctx->args[1];
	__u64 cache = object ? owner_of(object, late ? PLAIN_KFREE_LATE : PLAIN_KFREE) : 0;
	struct kernel_count *count = cache ? count_free_of(cache, cpu, late) : NULL;

	if (!count)
		return;
	if (late)
		free_late(count);
	else
		count->kfrees++;
	if (send)
		record_free(count, ctx->args[1]);
}

/* Returns whether to look at the event. Inference looks at all. */
static __always_inline bool watching_event(enum kernel_event event)
{
	return counting[event] && (settings.infer || task_chosen());
}

/*
 * Counts an event of kmem_cache_alloc() or kmem_cache_free() in the usual case: everything
 * counts, and the cache has its first slot. Returns whether it did. It makes no call, so that the
 * programs save few registers. The address of the counter depends on the CPU and the cache only.
 */
static __always_inline bool count_quickly(struct bpf_raw_tracepoint_args *ctx, __u32 cpu,
					  bool alloc)
{
	struct kernel_count *count = bpf_map_lookup_elem(&counts, &cpu);
	struct kernel_own *own = own_of(cpu);

	if (unlikely(!count))
		return false;
	count += slot_home(ctx->args[2]);
	asm volatile("" : "+r"(count)); /* or clang works it out twice */
	if (unlikely(count->cache != ctx->args[2] ||
		     !(own->everything >> (alloc ? EVENT_ALLOC : EVENT_FREE) & 1) || !ctx->args[1]))
		return false;
	if (alloc)
		count->allocs++;
	else
		count->frees++;
	done_leave(alloc ? &own->alloc : &own->free, ctx->args[1] + 1);
	return true;
}

/*
 * The programs on a tracepoint. The second argument of all events is the object, which may be NULL.
 */
#define EVENT(name, late_name, event, tracepoint, done_here, quickly, add, send)                 \
	static __noinline int name##_seldom(struct bpf_raw_tracepoint_args *ctx, __u32 cpu)      \
	{                                                                                        \
		volatile struct kernel_done *done = done_here;                                   \
                                                                                                 \
		if (watching_event(event) && done) {                                             \
			add(ctx, cpu, false, send);                                              \
			done_leave(done, ctx->args[1] + 1);                                      \
		}                                                                                \
		return 0;                                                                        \
	}                                                                                        \
	static __noinline int late_name##_seldom(struct bpf_raw_tracepoint_args *ctx, __u32 cpu) \
	{                                                                                        \
		if (watching_event(event)) {                                                     \
			__sync_fetch_and_add(&troubles.caught, 1);                               \
			add(ctx, cpu, true, send);                                               \
		}                                                                                \
		return 0;                                                                        \
	}                                                                                        \
	SEC("raw_tp/" tracepoint)                                                                \
	int name(struct bpf_raw_tracepoint_args *ctx)                                            \
	{                                                                                        \
		__u32 cpu = bpf_get_smp_processor_id();                                          \
                                                                                                 \
		if (unlikely(!(quickly)))                                                        \
			name##_seldom(ctx, cpu);                                                 \
		return 0;                                                                        \
	}                                                                                        \
	SEC("raw_tp/" tracepoint)                                                                \
	int late_name(struct bpf_raw_tracepoint_args *ctx)                                       \
	{                                                                                        \
		__u32 cpu = bpf_get_smp_processor_id();                                          \
		volatile struct kernel_done *done = done_here;                                   \
                                                                                                 \
		if (done && unlikely(!done_find(done, ctx->args[1] + 1)))                        \
			late_name##_seldom(ctx, cpu);                                            \
		return 0;                                                                        \
	}

/* The programs that count, and those that also send. So counting alone costs nothing more. */
#define COUNT(name, event, tracepoint, done, quickly, add)                             \
	EVENT(count_##name, late_##name, event, tracepoint, done, quickly, add, false) \
	EVENT(send_##name, late_send_##name, event, tracepoint, done, false, add, true)

COUNT(alloc, EVENT_ALLOC, "kmem_cache_alloc", &own_of(cpu)->alloc, count_quickly(ctx, cpu, true),
      add_alloc)
COUNT(free, EVENT_FREE, "kmem_cache_free", &own_of(cpu)->free, count_quickly(ctx, cpu, false),
      add_free)
COUNT(kmalloc, EVENT_KMALLOC, "kmalloc", done_of(DONE_KMALLOC), false, add_kmalloc)
COUNT(kfree, EVENT_KFREE, "kfree", done_of(DONE_KFREE), false, add_kfree)

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
	__sync_fetch_and_add(&count->kmallocs, 1);
	slow = slow_at(count);
	if (slow)
		__sync_fetch_and_add(&slow->bypasses, 1);
	return 0;
}

/* size, flags, node */
SEC("fexit/___kmalloc_large_node")
int large_alloc_fexit(__u64 *ctx)
{
	return large_alloc(function_ret(ctx, 3));
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
		__sync_fetch_and_add(&count->kfrees, 1);
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

/* ---- bulk calls, which fire no tracepoint ---------------------------------------------------- */

static __always_inline int alloc_bulk(__u64 cache, __u64 objects, __u64 array, __u32 ret)
{
	struct kernel_count *count;

	served_forget();
	if (settings.bulk_bool ? !(__u8)ret : !ret)
		return 0;
	count = cache ? count_of(cache) : NULL;
	if (!count)
		return 0;
	__sync_fetch_and_add(&count->bulk_allocs, objects);
	record_bulk(count->slot, array, objects, true);
	return 0;
}

static __always_inline int bulk_enter(void *cache, __u64 objects, __u64 array)
{
	struct frame *f;

	if (!watching())
		return 0;
	f = frame_push(cache);
	if (!f)
		return 0;
	f->objects = objects;
	f->array = array;
	f->bypassed = 0;
	return frame_begin(f, FRAME_BULK, 0);
}

/* Counts the objects of a successful call that came without the CPU's cache as bypasses. */
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
	__u64 ret = function_ret(ctx, 4);
	struct place at;

	if (!watching())
		return 0;
	if (settings.bulk_pairs && frame_find(FRAME_BULK, &at)) {
		bulk_bypasses(at.frame, ret);
		frame_pop(&at);
	}
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
	struct place at;

	if (!watching() || !frame_find(FRAME_BULK, &at))
		return 0;
	bulk_bypasses(at.frame, ret);
	alloc_bulk(at.frame->cache, at.frame->objects, at.frame->array, ret);
	frame_pop(&at);
	return 0;
}

/* Not static, so that the verifier checks it once, and not for every turn of the loop. */
__noinline int free_bulk_one(__u64 object)
{
	__u64 cache = owner_of(object, PLAIN_FREE_BULK);
	struct kernel_count *count = cache ? count_of(cache) : NULL;

	if (!count)
		return 0;
	__sync_fetch_and_add(&count->bulk_frees, 1);
	if (settings.record)
		record_free(count, object);
	return 0;
}

/*
 * Without a cache the objects are of kmalloc(): the program looks up the cache of each, up to
 * this many.
 */
#define FREE_BULK_MAX 512

static __always_inline int free_bulk(__u64 cache, __u64 size, __u64 objects)
{
	struct kernel_count *count;
	__u64 object;

	if (cache) {
		count = count_of(cache);
		if (!count)
			return 0;
		__sync_fetch_and_add(&count->bulk_frees, size);
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
	return watching()
		       ? free_bulk(function_arg(ctx, 0), function_arg(ctx, 1), function_arg(ctx, 2))
		       : 0;
}

SEC("kprobe/kmem_cache_free_bulk")
int BPF_KPROBE(free_bulk_kprobe, void *s, __u64 size, void *objects)
{
	return watching() ? free_bulk((__u64)s, size, (__u64)objects) : 0;
}

/* ---- on request ------------------------------------------------------------------------------ */

struct kernel_look look_result;

/*
 * Looks at the cache of a slot, for values that no event has. The tool runs it with the slot.
 * Where another cache has the address of a destroyed one, it retires the slot; the other cache
 * takes its own slot.
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
		*(volatile __u64 *)key = KERNEL_RETIRED;
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
