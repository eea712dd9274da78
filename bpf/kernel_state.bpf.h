/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_state.bpf.h: sends what a cache holds when its recording begins. The tool goes from
 * cache to cache and runs the program once for each. From then on the events of the cache go to
 * the tool.
 */
#ifndef KERNEL_STATE_BPF_H
#define KERNEL_STATE_BPF_H

#include "base.bpf.h"
#include "events.h"
#include "kernel_choose.bpf.h"
#include "kernel_count.bpf.h"
#include "kernel_cpus.bpf.h"
#include "kernel_helpers.bpf.h"
#include "kernel_record.bpf.h"
#include "kernel_sheaves.bpf.h"
#include "kernel_slab.bpf.h"
#include "kernel_slow.bpf.h"
#include "kernel_slub.bpf.h"
#include "vmlinux/slab.h"

struct kernel_walk walk_result;

/*
 * Reads the name of a cache and the address of the next one. The tool runs it with the address of
 * a cache. The head of the list, which is no cache, counts as one of them.
 */
SEC("raw_tp")
int walk(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 cache = ctx->args[0], next = 0;
	const struct kmem_cache *s = (const void *)cache;
	const char *name = BPF_CORE_READ(s, name);

	walk_result.name[0] = '\0';
	bpf_probe_read_kernel_str(walk_result.name, sizeof(walk_result.name), name);
	read_number(&next, sizeof(next), cache + bpf_core_field_offset(struct kmem_cache, list));
	walk_result.next = next ? next - bpf_core_field_offset(struct kmem_cache, list) : 0;
	return 0;
}

/* Of the cache whose state is sent. */
struct state {
	__u64 cache;
	__u64 slot;
};
static struct state state_of WALK;

#define OBJECTS	     8 /* in one event */
#define OBJECTS_MOST 1024

struct objects_walk {
	__u64 slot, cpu, node, entry, left;
};
static struct objects_walk objects_walk WALK;

STEP(objects_step)
{
	struct objects_walk *w = &objects_walk;
	__u64 at[OBJECTS] = {0};
	__u64 nr = w->left < OBJECTS ? w->left : OBJECTS;

	if (!nr || bpf_probe_read_kernel(at, nr * sizeof(at[0]), (const void *)w->entry))
		return 1;
	w->entry += sizeof(at);
	w->left -= nr;
	RECORD(RECORD_OBJECTS, w->slot, w->cpu, w->node, at[0], at[1], at[2], at[3], at[4], at[5],
	       at[6], at[7]);
	return 0;
}

/*
 * Sends the objects of an array, before their number. An array that changes meanwhile gives about
 * these.
 */
static __noinline int array_objects(__u64 array, __u64 cpu, __u64 node)
{
	objects_walk = (struct objects_walk){
		.slot = state_of.slot,
		.cpu = cpu,
		.node = node,
		.entry = array + bpf_core_field_offset(struct array_cache, entry),
		.left = ARRAY_NUMBER(array, avail),
	};

	LOOP(OBJECTS_MOST / OBJECTS, OBJECTS_MOST / OBJECTS, objects_step);
	return 0;
}

/* Sends how many objects a CPU has for itself, and whether its array was touched. */
STEP(state_cpu)
{
	struct cpus_walk *w = &cpus_walk;
	__u64 cache = state_of.cache, touched = 0, offset, array;
	__u32 cpu = turn;

	if (!cpu_offset(cpu, &offset))
		return 0;
	*w = (struct cpus_walk){.cache = cache};
	if (settings.cached & CACHED_ARRAYS) {
		array = array_of(cache, cpu);
		array_objects(array, cpu, RECORD_UNKNOWN);
		w->sum = ARRAY_NUMBER(array, avail);
		touched = ARRAY_NUMBER(array, touched);
	}
	if (settings.cached & CACHED_CPU_SLABS && (w->own = cpu_slabs_of(cache)))
		CALL_STEP(cpu_slabs_step, cpu);
	if (settings.cached & CACHED_SHEAVES && (w->own = sheaves_of(cache)))
		CALL_STEP(sheaves_step, cpu);
	RECORD(RECORD_EVENTS, state_of.slot, cpu, w->sum, touched);
	return 0;
}

#define STATE_SLABS 256 /* counts no more on a list than this squared */

struct list_walk {
	__u64 cache, slot, nid, num; /* objects in each of its slabs */
	__u64 head, at;
	__u64 count, send, sent; /* slabs: on the list; to send one by one; already sent */
	__u64 astray;
};
static struct list_walk list_walk WALK;

/*
 * The list may change during the walk. A slab that is full or free, or of another cache, has just
 * left the list, and the walk has left it too.
 */
STEP(list_step)
{
	struct list_walk *w = &list_walk;
	__u64 slab, cache = 0, first = 0;
	__u32 active = 0;

	if (!(settings.cached & CACHED_ARRAYS))
		return 1;
	if (!read_number(&w->at, sizeof(w->at), w->at) || w->at == w->head)
		return 1;
	slab = w->at - SLAB_OFFSET(slab_list);
	read_number(&cache, sizeof(cache), slab + SLAB_OFFSET(slab_cache));
	read_number(&active, sizeof(active), slab + SLAB_OFFSET(active));
	w->astray = cache != w->cache || !active || active >= w->num;
	if (w->astray)
		return 1;
	w->count++;
	if (w->sent == w->send)
		return 0;
	read_number(&first, sizeof(first), slab + SLAB_OFFSET(s_mem));
	RECORD(RECORD_PARTIAL, w->slot, w->nid, first, active);
	w->sent++;
	return 0;
}

static __noinline bool list_ended(void)
{
	return list_walk.astray || list_walk.at == list_walk.head;
}

STEP(list_steps)
{
	LOOP(STATE_SLABS, STATE_SLABS, list_step);
	return list_ended();
}

/*
 * Sends the first slabs on a node's partial list; list_walk.sent is then how many. Returns about
 * how many there are.
 */
static __noinline __u64 partial_slabs(__u64 nid, __u64 node)
{
	struct list_walk *w = &list_walk;
	__u32 num = 0;
	__u64 seen;

	*w = (struct list_walk){
		.cache = state_of.cache,
		.slot = state_of.slot,
		.nid = nid,
		.head = node + bpf_core_field_offset(struct kmem_cache_node___slab, slabs_partial),
		.send = RECORD_PARTIAL_MAX,
	};
	read_number(&num, sizeof(num),
		    w->cache + bpf_core_field_offset(struct kmem_cache___slab, num));
	w->num = num;
	w->at = w->head;
	LOOP(STATE_SLABS, STATE_SLABS, list_steps);
	if (!w->astray)
		return w->count;
	/* The walk left the list: a second one only counts. */
	seen = w->count;
	w->at = w->head;
	w->count = w->astray = 0;
	w->send = w->sent;
	LOOP(STATE_SLABS, STATE_SLABS, list_steps);
	return w->count > seen ? w->count : seen;
}

#define NODE_NUMBER(node, field)                                                                 \
	({                                                                                       \
		__u64 number_ = 0;                                                               \
		read_number(&number_, sizeof(number_),                                           \
			    node + bpf_core_field_offset(struct kmem_cache_node___slab, field)); \
		number_;                                                                         \
	})

/* Sends the state of a node. SLAB counts the slabs and objects of a node; SLUB does not. */
STEP(state_node)
{
	__u64 node = 0, shared = RECORD_UNKNOWN, slabs = RECORD_UNKNOWN, partial;
	__u32 free_limit = 0, free_touched = 0, nid = turn;
	struct state *s = &state_of;

	if (nid >= settings.nodes)
		return 0;
	if (settings.cached & CACHED_ARRAYS) {
		read_number(&node, sizeof(node),
			    s->cache + bpf_core_field_offset(struct kmem_cache___slab, node) +
				    nid * 8);
		if (!node)
			return 0;
		slabs = NODE_NUMBER(node, total_slabs);
		shared = NODE_NUMBER(node, shared);
		array_objects(shared, RECORD_UNKNOWN, nid);
		partial = partial_slabs(nid, node);
		RECORD(RECORD_NODE, s->slot, nid, slabs, partial, NODE_NUMBER(node, free_slabs),
		       NODE_NUMBER(node, free_objects), ARRAY_NUMBER(shared, avail),
		       list_walk.sent);
		read_number(
			&free_limit, sizeof(free_limit),
			node + bpf_core_field_offset(struct kmem_cache_node___slab, free_limit));
		read_number(
			&free_touched, sizeof(free_touched),
			node + bpf_core_field_offset(struct kmem_cache_node___slab, free_touched));
		RECORD(RECORD_AGEING, s->slot, nid, free_limit, ARRAY_NUMBER(shared, touched),
		       free_touched);
		return 0;
	}
	if (settings.cached & CACHED_SHEAVES && has_sheaves(s->cache)) {
		__u64 barn = barn_of(s->cache, nid);

		shared = barn ? barn_objects(barn) : 0;
	}
	RECORD(RECORD_NODE, s->slot, nid, slabs, RECORD_UNKNOWN, RECORD_UNKNOWN, RECORD_UNKNOWN,
	       shared);
	return 0;
}

/*
 * Sends the state of a cache, and lets its events through. The tool runs it with the address of
 * the cache.
 */
SEC("raw_tp")
int state(struct bpf_raw_tracepoint_args *ctx)
{
	struct kernel_cache *entry;
	__u32 slot;

	if (!settings.record)
		return 0;
	state_of.cache = ctx->args[0];
	slot = slot_of(state_of.cache);
	entry = bpf_map_lookup_elem(&slot_caches, &slot);
	if (slot == SLOT_NONE || !entry)
		return 0;
	state_of.slot = slot;
	LOOP(LOOK_NODES, LOOK_NODES, state_node);
	LOOP(KERNEL_CPUS_MAX, settings.cpus, state_cpu);
	entry->skipped = 0;
	return 0;
}

#endif
