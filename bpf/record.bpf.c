// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * record.bpf.c: sends the events of libslab's probes through the rings.
 */
#define BPF_USDT_MAX_SPEC_CNT 1024
#define BPF_USDT_MAX_IP_CNT   1
#include "base.bpf.h"
#include <bpf/usdt.bpf.h>

#include "events_record.h"
#include "process.bpf.h"
#include "reference_types.h"
#include "rings.bpf.h"
#include "stack.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before loading. */
const volatile bool only_wanted; /* only processes in the map, and their children */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u32);
} wanted SEC(".maps");

/* Fills in the head. Returns whether slabscope records the process. */
static __always_inline bool begin(struct pt_regs *ctx, struct record_event *e, __u8 kind, __u8 nr,
				  __u64 cache)
{
	KEEP_OWN_STACK(ctx);
	e->ns = bpf_ktime_get_ns();
	e->tgid = current_tgid();
	if (!e->tgid || (only_wanted && !bpf_map_lookup_elem(&wanted, &e->tgid)))
		return false;
	e->binary = bpf_usdt_cookie(ctx);
	e->kind = kind;
	e->nr = nr;
	e->cache = cache;
	return true;
}

#define SIZE(nr) (__builtin_offsetof(struct record_event, arg) + 8 * (nr))

/* One program a probe: its arguments after the cache, in the given order. */
#define SEND(kind, ...)                                             \
	do {                                                        \
		const __u64 args[] = {__VA_ARGS__};                 \
		struct record_event e = {};                         \
                                                                    \
		if (!begin(ctx, &e, kind, sizeof(args) / 8, cache)) \
			return 0;                                   \
		__builtin_memcpy(e.arg, args, sizeof(args));        \
		ring_send(&e, SIZE(sizeof(args) / 8));              \
		return 0;                                           \
	} while (0)

SEC("usdt")
int BPF_USDT(object_alloc, __u64 cache, __u64 cpu, __u64 node, __u64 object, __u64 flags,
	     __u64 served)
{
	SEND(RECORD_ALLOC, cpu, node, object, flags, served);
}

SEC("usdt")
int BPF_USDT(object_free, __u64 cache, __u64 cpu, __u64 node, __u64 object)
{
	SEND(RECORD_FREE, cpu, node, object);
}

SEC("usdt")
int BPF_USDT(refill_done, __u64 cache, __u64 cpu, __u64 node, __u64 requested, __u64 got,
	     __u64 origin, __u64 ns, __u64 hits)
{
	SEND(RECORD_REFILL, cpu, node, requested, got, origin, ns);
}

SEC("usdt")
int BPF_USDT(flush, __u64 cache, __u64 cpu, __u64 node, __u64 count, __u64 ns, __u64 hits)
{
	SEND(RECORD_FLUSH, cpu, node, count, ns);
}

SEC("usdt")
int BPF_USDT(grow, __u64 cache, __u64 node, __u64 slab, __u64 objects, __u64 colour, __u64 ns,
	     __u64 seq, __u64 cpu)
{
	SEND(RECORD_GROW, cpu, node, slab, objects, ns);
}

SEC("usdt")
int BPF_USDT(list_move, __u64 cache, __u64 node, __u64 slab, __u64 from, __u64 to, __u64 inuse,
	     __u64 seq, __u64 cpu)
{
	SEND(RECORD_LIST_MOVE, cpu, node, slab, from, to, inuse);
}

SEC("usdt")
int BPF_USDT(transfer, __u64 cache, __u64 cpu, __u64 node, __u64 count, __u64 direction, __u64 seq)
{
	SEND(RECORD_TRANSFER, cpu, node, count, direction);
}

SEC("usdt")
int BPF_USDT(slab_destroy, __u64 cache, __u64 node, __u64 slab, __u64 seq, __u64 cpu)
{
	SEND(RECORD_SLAB_DESTROY, cpu, node, slab);
}

SEC("usdt")
int BPF_USDT(reap, __u64 cache, __u64 node, __u64 count, __u64 seq)
{
	SEND(RECORD_REAP, node, count);
}

SEC("usdt")
int BPF_USDT(shrink, __u64 cache)
{
	SEND(RECORD_SHRINK, 0);
}

SEC("usdt")
int BPF_USDT(tune, __u64 cache, __u64 limit, __u64 batchcount, __u64 sharedfactor)
{
	SEND(RECORD_TUNE, limit, batchcount, sharedfactor);
}

SEC("usdt")
int BPF_USDT(events, __u64 cache, __u64 cpu, __u64 avail, __u64 hits, __u64 touched, __u64 node)
{
	SEND(RECORD_EVENTS, cpu, avail, touched, node);
}

/* Describes a cache by its entry. One without an entry, or with an unreadable one, has a name. */
static __always_inline void send_cache(struct pt_regs *ctx, __u64 cache, __u64 name, __u64 size,
				       __u64 entry)
{
	struct record_event e = {};
	char *to = (char *)e.arg;
	__u32 object_size = size;

	if (!begin(ctx, &e, RECORD_CREATE, RECORD_ARGS, cache))
		return;
	if (entry && bpf_probe_read_user(to, RECORD_ENTRY_BYTES, (void *)entry)) {
		count_lost(bpf_get_smp_processor_id(), 1);
		entry = 0;
	}
	if (!entry) {
		if (bpf_probe_read_user_str(to + RECORD_ENTRY_NAME,
					    RECORD_ENTRY_BYTES - RECORD_ENTRY_NAME,
					    (void *)name) < 0)
			count_lost(bpf_get_smp_processor_id(), 1);
		__builtin_memcpy(to + RECORD_ENTRY_SIZE, &object_size, sizeof(object_size));
	}
	ring_send(&e, sizeof(e));
}

SEC("usdt")
int BPF_USDT(cache_create, __u64 cache, __u64 name, __u64 size, __u64 entry)
{
	send_cache(ctx, cache, name, size, entry);
	return 0;
}

SEC("usdt")
int BPF_USDT(inherited, __u64 cache, __u64 name, __u64 size, __u64 entry, __u64 full, __u64 partial,
	     __u64 unused, __u64 free_objects, __u64 shared)
{
	send_cache(ctx, cache, name, size, entry);
	SEND(RECORD_NODE, 0, full + partial + unused, partial, unused, free_objects, shared);
}

SEC("usdt")
int BPF_USDT(cache_destroy, __u64 cache, __u64 name, __u64 size)
{
	SEND(RECORD_DESTROY, size);
}

/* Counts events as lost that a refill or flush could not note. */
SEC("usdt")
int BPF_USDT(notes_lost, __u64 cache, __u64 cpu, __u64 count)
{
	struct record_event e = {};

	if (begin(ctx, &e, RECORD_NOTES_LOST, 0, cache))
		count_lost(cpu, count);
	return 0;
}

/* Tells of new programs, in which the tool then looks for libslab. */
SEC("raw_tp/sched_process_exec")
int program_started(void *ctx)
{
	struct record_event e = {.kind = RECORD_EXEC};

	e.ns = bpf_ktime_get_ns();
	e.tgid = current_tgid();
	if (e.tgid && (!only_wanted || bpf_map_lookup_elem(&wanted, &e.tgid)))
		ring_send(&e, SIZE(0));
	return 0;
}

/* Adds the children of wanted processes. */
SEC("raw_tp/sched_process_fork")
int process_forked(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *child = (struct task_struct *)ctx->args[1];
	__u32 tgid = current_tgid(), one = 1;

	if (!only_wanted || !bpf_map_lookup_elem(&wanted, &tgid))
		return 0;
	tgid = pid_ns ? visible_tgid(BPF_CORE_READ(child, group_leader))
		      : BPF_CORE_READ(child, tgid);
	if (tgid)
		bpf_map_update_elem(&wanted, &tgid, &one, BPF_ANY);
	return 0;
}
