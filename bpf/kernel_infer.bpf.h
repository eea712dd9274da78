/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_infer.bpf.h: infers refills where the kernel does not allow function tracing, from the
 * state of the CPU's cache after each allocation. Runs where programs count kmem_cache_alloc and
 * kmalloc.
 *
 * A CPU's slab (to 6.19) has a transaction number, tid. Each operation on it adds to tid: one step
 * where it takes from or puts to the CPU's freelist. An allocation refilled if the CPU owns another
 * slab after it. It also refilled if nothing was free before it, and tid shows no other operation
 * since. If tid has not changed, the object came without the CPU's slab.
 *
 * A sheaf keeps the last pointer that left its top. If the object is another one, it came without
 * the main sheaf. An allocation that finds the main sheaf empty gets another one, and the spare is
 * then empty or missing. Frees that find it full get another one too, and the spare is then full.
 * A refill may let go of the CPU. If other tasks put objects into the main sheaf meanwhile, it
 * stays, and the full sheaf becomes the spare.
 *
 * Tracepoints do not show calls in bulk. A refill of such a call counts as one refill of the next
 * allocation.
 */
#ifndef KERNEL_INFER_BPF_H
#define KERNEL_INFER_BPF_H

#include "base.bpf.h"
#include "events.h"
#include "kernel_choose.bpf.h"
#include "kernel_count.bpf.h"
#include "kernel_cpus.bpf.h"
#include "kernel_record.bpf.h"
#include "kernel_slow.bpf.h"
#include "vmlinux/sheaves.h"
#include "vmlinux/slub.h"

/* One for each cache and CPU, at the same place as its counters. The tool sets max_entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kernel_inferred);
} inferred SEC(".maps");

__u64 tid_step; /* the smallest step of a tid so far */

/* The values of a recording. */
enum inference {
	INFERRED_HIT = RECORD_HIT,
	INFERRED_REFILL = RECORD_REFILLED,
	INFERRED_BYPASS = RECORD_BYPASSED,
	INFERRED_NOTHING = RECORD_SERVED_UNKNOWN,
};

/* Returns all known frees of a cache on a CPU. */
static __always_inline __u32 frees_of(const struct kernel_count *count,
				      const struct kernel_inferred *last)
{
	return count->frees + count->kfrees + last->other_frees;
}

/*
 * Counts a free that the counters of the cache omit: of a task that is not chosen, or from a
 * second program.
 */
static __always_inline void infer_other_free(__u32 at)
{
	struct kernel_inferred *last = bpf_map_lookup_elem(&inferred, &at);

	if (last)
		__sync_fetch_and_add(&last->other_frees, 1);
}

/*
 * Returns how many slabs hide in so many steps. A call in bulk makes one step, and three for each
 * slab that it uses up; frees make the others. The last slab is not hidden.
 */
static __always_inline __u64 slabs_missed(__u64 steps, __u32 frees)
{
	return steps >= frees + 8ull ? (steps - frees - 2) / 3 - 1 : 0;
}

/* Infers from a CPU's struct kmem_cache_cpu, own. */
static __always_inline enum inference infer_cpu_slab(struct kernel_inferred *last, __u64 own,
						     __u32 frees)
{
	__u64 free = WORD_OF(own, struct kmem_cache_cpu, freelist);
	__u64 tid = WORD_OF(own, struct kmem_cache_cpu, tid);
	__u64 slab = WORD_OF(own, struct kmem_cache_cpu, slab);
	__u64 was = last->owned, moved = tid - last->tid, step = tid_step;
	__u32 was_left = last->left, freed = frees - last->frees;

	if (!slab || !moved)
		return INFERRED_BYPASS;
	last->owned = slab;
	last->tid = tid;
	last->left = free != 0;
	last->frees = frees;
	if (!was)
		return INFERRED_HIT; /* the first allocation: unknown */
	if (!step || moved < step)
		tid_step = step = moved;
	if (slab == was)
		return !was_left && moved == step ? INFERRED_REFILL : INFERRED_HIT;
	if (moved > 7 * step)
		last->missed += slabs_missed(moved / step, freed);
	return INFERRED_REFILL;
}

/* Returns whether a change of a CPU's sheaves was a refill; spare is the spare sheaf now. */
static __always_inline bool sheaf_refilled(struct kernel_inferred *last, __u64 cache,
					   bool main_changed, __u64 spare, __u32 freed)
{
	__u32 size = spare ? (__u32)WORD_OF(spare, struct slab_sheaf, size) : 0, capacity;

	if (main_changed) {
		if (!size && last->left)
			last->missed++; /* it was not empty, and is gone */
		return !size;
	}
	/* Frees alone may have filled the spare. */
	capacity = WORD_OF(cache, struct kmem_cache___sheaves, sheaf_capacity);
	return size && size == capacity && last->left + freed <= capacity;
}

/* Infers from a CPU's struct slub_percpu_sheaves, own. */
static __always_inline enum inference infer_sheaf(struct kernel_inferred *last, __u64 cache,
						  __u64 own, __u64 object, __u32 frees)
{
	__u64 main = WORD_OF(own, struct slub_percpu_sheaves, main);
	__u64 spare = WORD_OF(own, struct slub_percpu_sheaves, spare), was = last->owned;
	__u32 size = WORD_OF(main, struct slab_sheaf, size);
	__u64 top = main + bpf_core_field_offset(struct slab_sheaf, objects) + size * 8ull;
	bool refilled = false;

	if (word_at(top) != object)
		return INFERRED_BYPASS;
	/* The first allocation is unknown. */
	if (was && (main != was || spare != last->spare))
		refilled = sheaf_refilled(last, cache, main != was, spare, frees - last->frees);
	last->owned = main;
	last->spare = spare;
	last->left = size;
	last->frees = frees;
	return refilled ? INFERRED_REFILL : INFERRED_HIT;
}

bool infer_off; /* set for good by the tool where it is too expensive */

/*
 * Infers what served an allocation, and counts it where it is chosen. Allocations of other tasks
 * use the CPU's cache too. Out of line, so that programs that only count stay short.
 */
static __noinline enum inference infer(__u64 cache, __u64 object, __u32 cpu,
				       const struct kernel_count *count, bool chosen)
{
	__u32 at = cpu * settings.slots + count->slot;
	struct kernel_inferred *last = bpf_map_lookup_elem(&inferred, &at);
	enum inference found = INFERRED_HIT;
	__u64 own = 0, base;

	if (!last || !cpu_offset(cpu, &base))
		return INFERRED_NOTHING;
	if (settings.infer & CACHED_SHEAVES)
		own = WORD_OF(cache, struct kmem_cache___sheaves, cpu_sheaves);
	if (own)
		found = infer_sheaf(last, cache, own + base, object, frees_of(count, last));
	else if (settings.infer & CACHED_CPU_SLABS)
		found = infer_cpu_slab(last,
				       WORD_OF(cache, struct kmem_cache___slub, cpu_slab) + base,
				       frees_of(count, last));
	if (found != INFERRED_HIT && chosen)
		__sync_fetch_and_add(found == INFERRED_REFILL ? &last->refills : &last->bypasses,
				     1);
	return found;
}

/* Records an inferred refill together with its allocation. */
static __always_inline void record_inferred(const struct kernel_count *count, enum inference found)
{
	if (settings.infer && found == INFERRED_REFILL)
		RECORD(RECORD_REFILL, count->slot, bpf_get_smp_processor_id(),
		       bpf_get_numa_node_id(), RECORD_OBJECTS_UNKNOWN, RECORD_OBJECTS_UNKNOWN,
		       REFILL_UNEXPLAINED, RECORD_UNKNOWN);
}

#endif
