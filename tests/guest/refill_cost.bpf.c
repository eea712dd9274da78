// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * refill_cost.bpf.c: times the kernel's cache_alloc_refill() for one cache, and with the same two
 * programs around bpf_fentry_test1(), which does nothing, what the timing itself costs.
 *
 * Nothing is attached inside a refill: origin and objects are read off the node's counts before the
 * clock starts and after it has stopped. One CPU runs, and interrupts are off, so they are exact.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "refill_cost.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct array_cache {
	unsigned int avail;
};
struct kmem_cache_node {
	unsigned long total_slabs, free_slabs, free_objects;
	struct array_cache *shared;
};
struct kmem_cache {
	unsigned int num;
	const char *name;
	struct kmem_cache_node *node[1];
};
#pragma clang attribute pop

const volatile char wanted[32];

struct costs costs SEC(".data.cost");

static __u64 cache, began;
struct seen {
	__u64 slabs, free_slabs, objects;
	__u32 shared;
};
static struct seen before;

static struct kmem_cache_node *node_of(struct kmem_cache *cachep)
{
	return BPF_CORE_READ(cachep, node[0]);
}

static void look(struct kmem_cache_node *n)
{
	before.slabs = BPF_CORE_READ(n, total_slabs);
	before.free_slabs = BPF_CORE_READ(n, free_slabs);
	before.objects = BPF_CORE_READ(n, free_objects);
	before.shared = BPF_CORE_READ(n, shared, avail);
}

static int is_wanted(struct kmem_cache *cachep)
{
	char name[32] = "";

	if (cache)
		return cache == (__u64)cachep;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(cachep, name));
	for (int i = 0; i < 32; i++) {
		if (name[i] != wanted[i])
			return 0;
		if (!name[i])
			break;
	}
	cache = (__u64)cachep;
	return 1;
}

SEC("fentry/cache_alloc_refill")
int BPF_PROG(refill_enter, struct kmem_cache *cachep)
{
	if (!is_wanted(cachep))
		return 0;
	look(node_of(cachep));
	began = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/cache_alloc_refill")
int BPF_PROG(refill_leave, struct kmem_cache *cachep, __u32 flags, void *ret)
{
	__u64 now = bpf_ktime_get_ns();
	struct kmem_cache_node *n;
	struct sample *s;
	__u64 slabs, objects;
	__u32 shared, at;

	if (cache != (__u64)cachep || !began || !ret)
		return 0;
	n = node_of(cachep);
	slabs = BPF_CORE_READ(n, total_slabs);
	objects = BPF_CORE_READ(n, free_objects);
	shared = BPF_CORE_READ(n, shared, avail);
	at = costs.nr;
	if (at >= SAMPLES)
		return 0;
	costs.nr = at + 1;
	s = &costs.sample[at];
	s->ns = now - began;
	began = 0;
	if (slabs > before.slabs) {
		s->origin = COST_GROWN;
		objects -= (slabs - before.slabs) * BPF_CORE_READ(cachep, num);
	} else if (shared < before.shared) {
		s->origin = COST_SHARED;
		s->got = before.shared - shared;
		return 0;
	} else {
		s->origin =
			BPF_CORE_READ(n, free_slabs) < before.free_slabs ? COST_FREE : COST_PARTIAL;
	}
	s->got = before.objects - objects;
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(empty_enter)
{
	began = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/bpf_fentry_test1")
int BPF_PROG(empty_leave)
{
	__u64 now = bpf_ktime_get_ns();

	/* The least: unlike in a refill, interrupts are on here. */
	if (!costs.empty_ns || now - began < costs.empty_ns)
		costs.empty_ns = now - began;
	began = 0;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
