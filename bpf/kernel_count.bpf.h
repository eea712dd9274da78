/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_count.bpf.h: the table of caches and the counters that hang on it.
 *
 * All of this runs inside the kernel's allocator, at every allocation: no hash map, no string, no
 * allocation. A program finds a cache by its address in an open-addressed array. It counts in a
 * block that belongs to the cache and the CPU.
 */
#ifndef KERNEL_COUNT_BPF_H
#define KERNEL_COUNT_BPF_H

#include "base.bpf.h"
#include "events.h"
#include "kernel_choose.bpf.h"
#include "kernel_helpers.bpf.h"
#include "vmlinux/common.h"

struct kernel_troubles troubles;

/* The tool sets max_entries of these before it loads them, and maps them readable. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} slot_keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kernel_cache);
} slot_caches SEC(".maps");

/*
 * One element for each CPU: an array of struct kernel_count, one for each slot. The tool sets
 * both sizes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct kernel_count));
} counts SEC(".maps");

/* Cells of the programs: one program may interrupt another. */
enum plain_number {
	PLAIN_KMALLOC,
	PLAIN_KFREE,
	PLAIN_KMALLOC_LATE,
	PLAIN_KFREE_LATE,
	PLAIN_FREE_BULK,
	PLAIN_FLUSH,
	PLAIN_DIRECT,
	PLAIN_PREFILLED,
	PLAIN_KFENCE,
	PLAIN_MEASURE,
	/* The last events of the program of that name: struct kernel_done, two cells each. */
	DONE_KMALLOC,
	DONE_KFREE = DONE_KMALLOC + 2,
	DONE_GROW = DONE_KFREE + 2,
	DONE_SLAB_FREE = DONE_GROW + 2,
	DONE_FLUSH = DONE_SLAB_FREE + 2,
	DONE_NODE = DONE_FLUSH + 2,
	DONE_OBJECTS = DONE_NODE + 2,
	DONE_DIRECT = DONE_OBJECTS + 2,
	DONE_PREFILLED = DONE_DIRECT + 2,
	PLAIN_NUMBERS = DONE_PREFILLED + 2
};

/* One cache line for each CPU, at a constant address. */
struct kernel_own own[KERNEL_CPUS_MAX] __attribute__((aligned(64)));

static __always_inline struct kernel_own *own_of(__u32 cpu)
{
	return &own[cpu & (KERNEL_CPUS_MAX - 1)];
}

/*
 * Turns a typed pointer into a number: the verifier forbids arithmetic on it, but not a store. One
 * element for each CPU, in its own cache lines.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[(PLAIN_NUMBERS + 7) & ~7]);
} plain SEC(".maps");

#define SLOT_NONE (~0u)

/* Set when the tool has described all existing caches to the recording. */
bool record_began;

static __noinline int slot_describe(__u32 slot, __u64 cache)
{
	struct kernel_cache *to = bpf_map_lookup_elem(&slot_caches, &slot);
	const struct kmem_cache *s = (const void *)cache;

	if (!to)
		return 0;
	to->skipped = settings.record && !record_began;
	if (cache == KERNEL_LARGE) {
		__builtin_memcpy(to->name, "kmalloc-large", sizeof("kmalloc-large"));
	} else {
		bpf_probe_read_kernel_str(to->name, sizeof(to->name), BPF_CORE_READ(s, name));
		to->object_size = BPF_CORE_READ(s, object_size);
	}
	__sync_fetch_and_add(&to->ready, 1);
	return 0;
}

/*
 * Returns the first slot to look at. It does not depend on the size of the table, so it reads
 * nothing.
 */
static __always_inline __u32 slot_home(__u64 cache)
{
	return (cache * 0x9e3779b97f4a7c15ull) >> 40 & (KERNEL_SLOTS_MIN - 1);
}

/* Returns the ith other slot to look at. */
static __always_inline __u32 slot_other(__u64 cache, __u32 i)
{
	return (((cache * 0x9e3779b97f4a7c15ull) >> 30) + i) & (settings.slots - 1);
}

/* Takes a free slot for a cache. Returns 0, or the cache that has it already. */
static __always_inline __u64 slot_take(__u32 slot, __u64 *key, __u64 cache)
{
#ifdef OLD
	__u64 was = set_once(ONCE_SLOT, slot, cache);

	if (!was)
		*(volatile __u64 *)key = cache;
	return was;
#else
	return __sync_val_compare_and_swap(key, 0, cache);
#endif
}

/*
 * Searches the other slots, and takes a free one where the cache has none. Returns the slot, or
 * SLOT_NONE.
 */
static __noinline __u32 slot_search(__u64 cache)
{
	for (int i = 0; i < KERNEL_SLOT_PROBES; i++) {
		__u32 slot = i ? slot_other(cache, i) : slot_home(cache);
		__u64 *key = bpf_map_lookup_elem(&slot_keys, &slot);

		if (!key)
			break;
		if (*key == cache)
			return slot;
		if (*key == 0) {
			__u64 was = slot_take(slot, key, cache);

			if (was == 0)
				slot_describe(slot, cache);
			if (was == 0 || was == cache)
				return slot;
		}
	}
	__sync_fetch_and_add(&troubles.lost_slots, 1);
	return SLOT_NONE;
}

/* Returns the slot of the cache, which its first event takes, or SLOT_NONE. */
static __always_inline __u32 slot_of(__u64 cache)
{
	__u32 slot = slot_home(cache);
	const __u64 *key = bpf_map_lookup_elem(&slot_keys, &slot);

	return likely(key && *key == cache) ? slot : slot_search(cache);
}

/* Returns whether the programs must not count the cache of the slot. */
static __always_inline bool slot_skipped(__u32 slot)
{
	const struct kernel_cache *entry;

	if (!settings.choose_caches)
		return false;
	entry = bpf_map_lookup_elem(&slot_caches, &slot);
	return entry && entry->skipped;
}

/* Returns the counters of a slot on a CPU. The mask proves to the verifier that it is a slot. */
static __always_inline struct kernel_count *count_at(__u32 cpu, __u32 slot)
{
	struct kernel_count *count = bpf_map_lookup_elem(&counts, &cpu);

	return count ? count + (slot & (settings.slots - 1)) : NULL;
}

/* Finds the counters of a cache outside of its first slot, or for the first time on this CPU. */
static __noinline struct kernel_count *count_elsewhere(__u64 cache, __u32 cpu)
{
	__u32 slot = slot_of(cache);
	struct kernel_count *count = slot == SLOT_NONE ? NULL : count_at(cpu, slot);

	if (count) {
		count->slot = slot;
		count->cache = cache;
	}
	return count;
}

/*
 * Returns the counters of the cache on this CPU. Returns NULL where there is no room (counted as
 * lost), or where the cache is skipped. The counters contain the address of their cache: a cache
 * in its first slot needs no other load.
 */
static __always_inline struct kernel_count *count_here(__u64 cache, __u32 cpu)
{
	struct kernel_count *count = bpf_map_lookup_elem(&counts, &cpu);

	if (!count)
		return NULL;
	count += slot_home(cache);
	if (count->cache != cache)
		count = count_elsewhere(cache, cpu);
	return count && settings.choose_caches && slot_skipped(count->slot) ? NULL : count;
}

static __always_inline struct kernel_count *count_of(__u64 cache)
{
	return count_here(cache, bpf_get_smp_processor_id());
}

static __u32 forgotten WALK; /* a slot */

STEP(forget_step)
{
	struct kernel_count *count = count_at(turn, forgotten);

	if (count)
		count->cache = 0;
	return 0;
}

/* Frees the counters of a cache that is gone, on all CPUs. */
static __always_inline void count_forget(__u32 slot)
{
	forgotten = slot;
	LOOP(KERNEL_CPUS_MAX, settings.cpus, forget_step);
}

__u64 vmemmap, direct_map; /* addresses of struct page 0 and of physical address 0 */

/* Reads both at first use: they are fixed at boot. Returns whether they are known. */
static __always_inline bool memory_map(void)
{
	if (!vmemmap)
		bpf_probe_read_kernel(&vmemmap, sizeof(vmemmap), (void *)settings.vmemmap_base);
	if (!direct_map)
		bpf_probe_read_kernel(&direct_map, sizeof(direct_map),
				      (void *)settings.page_offset_base);
	return vmemmap && direct_map;
}

/* Reads a word of a struct page, or of the struct slab over the first page of a slab. */
static __always_inline __u64 page_word(__u64 page, __u32 offset)
{
	__u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), (void *)(page + offset));
	return word;
}

static __always_inline bool page_is_slab(__u64 page)
{
	__u64 word;

	if (bpf_core_enum_value_exists(enum pageflags, PG_slab)) {
		word = page_word(page, bpf_core_field_offset(struct page, flags));
		return word >> bpf_core_enum_value(enum pageflags, PG_slab) & 1;
	}
	word = page_word(page, bpf_core_field_offset(struct page, page_type));
	return (word >> 24 & 0xff) == bpf_core_enum_value(enum pagetype, PGTY_slab);
}

/* Returns where the cache of a slab is in its struct slab, which was a struct page up to 5.16. */
static __always_inline __u32 slab_cache_offset(void)
{
	__u32 offset;

	if (bpf_core_field_exists(struct slab, slab_cache)) {
		offset = bpf_core_field_offset(struct slab, slab_cache);
		asm volatile("" : "+r"(offset)); /* or clang works out both: one is an error */
		return offset;
	}
	offset = bpf_core_field_offset(struct page___slab, slab_cache);
	asm volatile("" : "+r"(offset));
	return offset;
}

/*
 * OWNER_PAGE: reads the cache from the struct page of the object, or of its head page. Returns 0
 * for an object outside the direct map, and KERNEL_LARGE for one in a page of no slab.
 */
static __always_inline __u64 owner_or_large(__u64 object)
{
	__u64 page, head;

	if (!memory_map() || object < direct_map)
		return 0;
	page = vmemmap + ((object - direct_map) >> 12) * bpf_core_type_size(struct page);
	head = page_word(page, bpf_core_field_offset(struct page, compound_head));
	if (head & 1)
		page = head - 1;
	if (!page_is_slab(page))
		return KERNEL_LARGE;
	return page_word(page, slab_cache_offset());
}

/* Returns 0 also for an object in a page of no slab. */
static __always_inline __u64 owner_by_page(__u64 object)
{
	__u64 owner = owner_or_large(object);

	return owner == KERNEL_LARGE ? 0 : owner;
}

/* Returns the pointer as a number, 0 where there is no room. */
static __always_inline __u64 number_of(void *pointer, enum plain_number which)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 *number = bpf_map_lookup_elem(&plain, &cpu);

	if (!number)
		return 0;
	*(void *volatile *)&number[which] = pointer;
	return *(volatile __u64 *)&number[which];
}

/* Returns the address of the cache of an object, 0 where there is none. */
static __always_inline __u64 owner_of(__u64 object, enum plain_number which)
{
	if (settings.owner == OWNER_PAGE)
		return owner_by_page(object);
#ifndef UNTYPED
	if (settings.owner == OWNER_KFUNC)
		return number_of(bpf_get_kmem_cache(object), which);
#endif
	return 0;
}

#endif
