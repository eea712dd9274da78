/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * witness.bpf.h: sees what happens to refills, the runs of the function that REFILL names, while
 * they last; so that a test knows that it provoked what it wanted to. Written without a look at
 * slabscope's own programs: tasks are told apart in a hash, by a stack of CPUs each.
 */
#ifndef WITNESS_BPF_H
#define WITNESS_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define DEPTH	   8
#define PF_KTHREAD 0x00200000

struct task_struct {
	unsigned int flags;
} __attribute__((preserve_access_index));

/* The order in which pairs.py names them. */
struct witness {
	__u64 kthread;	 /* refills of kernel threads */
	__u64 nested;	 /* refills within refills of one task */
	__u64 slept;	 /* refills that lost their CPU meanwhile, or let go of it */
	__u64 interrupt; /* refills of an interrupt that came into a refill */
	__u64 migrated;	 /* refills that ended on another CPU */
	__u64 reclaimed; /* refills that had to reclaim memory */
} witness;

struct stack {
	__u32 depth;
	__u32 cpu[DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct stack);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} interrupts SEC(".maps");

static __always_inline struct stack *stack_of_task(void)
{
	__u64 task = bpf_get_current_task();

	return bpf_map_lookup_elem(&stacks, &task);
}

static __always_inline __u64 *interrupts_here(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&interrupts, &cpu);
}

/* Where the CPU of the task's refill of this depth stands. */
static __always_inline __u32 *cpu_at(struct stack *s, __u32 depth)
{
	asm volatile(""
		     : "+r"(depth)); /* or clang proves the mask away, which the verifier needs */
	return &s->cpu[depth & (DEPTH - 1)];
}

#define SEEN(what) __sync_fetch_and_add(&witness.what, 1)

/* It stands first, and is attached first: a refill that began unseen is none here. */
SEC("kretprobe/" REFILL)
int witness_leave(void *ctx)
{
	__u64 task = bpf_get_current_task();
	struct stack *s = stack_of_task();

	if (!s)
		return 0;
	if (s->depth)
		s->depth--;
	if (*cpu_at(s, s->depth) != bpf_get_smp_processor_id())
		SEEN(migrated);
	if (!s->depth)
		bpf_map_delete_elem(&stacks, &task);
	return 0;
}

SEC("kprobe/" REFILL)
int witness_enter(void *ctx)
{
	const struct task_struct *current = (void *)bpf_get_current_task();
	__u64 task = (__u64)current, *interrupt = interrupts_here();
	struct stack nothing = {0}, *s = stack_of_task();

	if (!s) {
		bpf_map_update_elem(&stacks, &task, &nothing, BPF_NOEXIST);
		s = stack_of_task();
	}
	if (!s)
		return 0;
	if (s->depth)
		SEEN(nested);
	if (s->depth && interrupt && *interrupt)
		SEEN(interrupt);
	if (BPF_CORE_READ(current, flags) & PF_KTHREAD)
		SEEN(kthread);
	*cpu_at(s, s->depth++) = bpf_get_smp_processor_id();
	return 0;
}

SEC("raw_tp/sched_switch")
int witness_switch(void *ctx)
{
	struct stack *s = stack_of_task();

	if (s && s->depth)
		SEEN(slept);
	return 0;
}

/* Interrupts nest. */
#define INTERRUPT(name)                               \
	SEC("raw_tp/" #name "_entry")                 \
	int witness_##name(void *ctx)                 \
	{                                             \
		__u64 *interrupt = interrupts_here(); \
                                                      \
		if (interrupt)                        \
			++*interrupt;                 \
		return 0;                             \
	}                                             \
	SEC("raw_tp/" #name "_exit")                  \
	int witness_##name##_end(void *ctx)           \
	{                                             \
		__u64 *interrupt = interrupts_here(); \
                                                      \
		if (interrupt && *interrupt)          \
			--*interrupt;                 \
		return 0;                             \
	}
INTERRUPT(softirq)
INTERRUPT(local_timer)
INTERRUPT(irq_work)

/* Memory of any node, or of that which is asked. */
#define RECLAIM(name)                              \
	SEC("raw_tp/mm_vmscan_" #name "_begin")    \
	int witness_##name(void *ctx)              \
	{                                          \
		struct stack *s = stack_of_task(); \
                                                   \
		if (s && s->depth)                 \
			SEEN(reclaimed);           \
		return 0;                          \
	}
RECLAIM(direct_reclaim)
RECLAIM(node_reclaim)

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#endif
