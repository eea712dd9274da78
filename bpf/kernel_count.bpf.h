/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_count.bpf.h: the table of caches and the counters that hang on it.
 *
 * Everything here runs inside the kernel's allocator, at every allocation: no hash map, no string,
 * no allocation. A cache is found by its address in an open-addressed array, and counted in a block
 * that belongs to it and the CPU.
 */
#ifndef KERNEL_COUNT_BPF_H
#define KERNEL_COUNT_BPF_H

#include "base.bpf.h"
#include "events.h"
#include "kernel_choose.bpf.h"
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

/* An element a CPU: an array of as many struct kernel_count as there are slots; the tool says both. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct kernel_count));
} counts SEC(".maps");

/* Which program's cell: one may interrupt another. */
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
	/* What the program of that name has counted: struct kernel_done, two cells each. */
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

/* A cache line a CPU, where it is known beforehand. */
struct kernel_own own[KERNEL_CPUS_MAX] __attribute__((aligned(64)));

static __always_inline struct kernel_own *own_of(__u32 cpu)
{
	return &own[cpu & (KERNEL_CPUS_MAX - 1)];
}

/*
 * Where a typed pointer becomes a number: the verifier forbids arithmetic on it, but not a store. One
 * a CPU, in cache lines of its own: whole ones, from the beginning of a page on.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[(PLAIN_NUMBERS + 7) & ~7]);
} plain SEC(".maps");

#define SLOT_NONE (~0u)

/* Set when the caches that there are have been described to whoever records. */
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

/* Where to look for the cache first: whatever the table's size, so that nothing has to be read for it. */
static __always_inline __u32 slot_home(__u64 cache)
{
	return (cache * 0x9e3779b97f4a7c15ull) >> 40 & (KERNEL_SLOTS_MIN - 1);
}

/* And then, until one is found. */
static __always_inline __u32 slot_other(__u64 cache, __u32 i)
{
	return (((cache * 0x9e3779b97f4a7c15ull) >> 30) + i) & (settings.slots - 1);
}

/* Where it is not the one that is looked at first, or not yet. */
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
			__u64 was = __sync_val_compare_and_swap(key, 0, cache);

			if (was == 0)
				slot_describe(slot, cache);
			if (was == 0 || was == cache)
				return slot;
		}
	}
	__sync_fetch_and_add(&troubles.lost_slots, 1);
	return SLOT_NONE;
}

/* Returns the slot of the cache, taken now if this is its first event, or SLOT_NONE. */
static __always_inline __u32 slot_of(__u64 cache)
{
	__u32 slot = slot_home(cache);
	const __u64 *key = bpf_map_lookup_elem(&slot_keys, &slot);

	return likely(key && *key == cache) ? slot : slot_search(cache);
}

/* The slot's cache is not to be counted. */
static __always_inline bool slot_skipped(__u32 slot)
{
	const struct kernel_cache *entry;

	if (!settings.choose_caches)
		return false;
	entry = bpf_map_lookup_elem(&slot_caches, &slot);
	return entry && entry->skipped;
}

/* Of a slot; the verifier has to see that it is one. */
static __always_inline struct kernel_count *count_at(__u32 cpu, __u32 slot)
{
	struct kernel_count *count = bpf_map_lookup_elem(&counts, &cpu);

	return count ? count + (slot & (settings.slots - 1)) : NULL;
}

/* Where a cache has not the slot that is looked at first, or not yet on this CPU. */
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
 * Returns the counters of the cache on this CPU, or NULL: there is no room (counted as lost), or it
 * is skipped. They say themselves whose they are: where a cache has the slot that is looked at
 * first, nothing else is read.
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

static long forget_step(__u32 cpu, __u32 *slot)
{
	struct kernel_count *count = count_at(cpu, *slot);

	if (count)
		count->cache = 0;
	return 0;
}

/* The cache is gone: its counters are nobody's any more, on any CPU. */
static __always_inline void count_forget(__u32 slot)
{
	bpf_loop(settings.cpus, forget_step, &slot, 0);
}

__u64 vmemmap, direct_map; /* where struct page 0 stands, where physical address 0 is mapped */

/* Both are fixed at boot, and read when first needed. */
static __always_inline bool memory_map(void)
{
	if (!vmemmap)
		bpf_probe_read_kernel(&vmemmap, sizeof(vmemmap), (void *)settings.vmemmap_base);
	if (!direct_map)
		bpf_probe_read_kernel(&direct_map, sizeof(direct_map),
				      (void *)settings.page_offset_base);
	return vmemmap && direct_map;
}

/* What is read of a struct page or, of a slab's first page, the struct slab over it. */
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

/*
 * OWNER_PAGE: asks struct page of the object, or the head page's where that is another one. An
 * object outside the direct map, or in a page that is no slab's, has no cache.
 */
static __always_inline __u64 owner_by_page(__u64 object)
{
	__u64 page, head;

	if (!memory_map() || object < direct_map)
		return 0;
	page = vmemmap + ((object - direct_map) >> 12) * bpf_core_type_size(struct page);
	head = page_word(page, bpf_core_field_offset(struct page, compound_head));
	if (head & 1)
		page = head - 1;
	if (!page_is_slab(page))
		return 0;
	return page_word(page, bpf_core_field_offset(struct slab, slab_cache));
}

/* Returns the pointer's value as a number, 0 where there is no room. */
static __always_inline __u64 number_of(void *pointer, enum plain_number which)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 *number = bpf_map_lookup_elem(&plain, &cpu);

	if (!number)
		return 0;
	*(void *volatile *)&number[which] = pointer;
	return *(volatile __u64 *)&number[which];
}

/* Returns the address of the cache that the object belongs to, 0 where there is none. */
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
