/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_frames.bpf.h: the entry and the exit of a function of the allocator, brought together.
 *
 * An entry pushes a frame on its task's stack of them, the exit pops it. Whatever comes between, the
 * frames of a task nest: it may sleep, move to another CPU, and reclaim memory, which refills in turn; an
 * interrupt runs in the task that it interrupted, and ends first. Within a task the newest frame of a
 * kind is always the right one.
 *
 * Few tasks are in the allocator's slow paths at a time. So the stacks are a small table, and a task has
 * one only while it has frames. Whose it is and how deep is one word: one exchange takes a stack, one
 * store gives it back, and an interrupt never finds it half taken. A task looks at a few places, its own
 * first. It may take that one when it has a stack elsewhere: then the newest frames are in it.
 *
 * A frame whose exit was never seen is found under or above others that are newer, and dropped; an
 * exit without a frame does nothing. Both are counted where they concern a refill.
 */
#ifndef KERNEL_FRAMES_BPF_H
#define KERNEL_FRAMES_BPF_H

#include "base.bpf.h"
#include "events_record.h"
#include "kernel_count.bpf.h"

#define STACKS	     1024 /* powers of two */
#define STACK_PROBES 8
#define FRAMES	     8 /* refill in reclaim in refill makes 4 */
/* Nanoseconds, two minutes: a stack whose first frame is older than this is left over, where there is no room. */
#define STACK_STALE (1ull << 37)

enum frame_kind {
	FRAME_NONE, /* its entry is not over, or its exit is */
	FRAME_REFILL,
	FRAME_GROW,
	FRAME_BYPASS,
	FRAME_BULK,
	FRAME_TUNE,
};

enum frame_seen {
	SEEN_SHARED = 1,
	SEEN_GROWN = 2,
	SEEN_NODE = 4, /* node and free_slabs were read */
	SEEN_SPARE = 8,
	SEEN_FREELIST = 16, /* at entry, in the CPU's slab */
	SEEN_PARTIAL = 32,
	SEEN_REMOTE = 64,
	SEEN_CPU_SLAB = 128,
	SEEN_CPU_PARTIAL = 256,
};

struct frame {
	union {
		__u64 cache;
		void *typed; /* the same, as the verifier lets a program store it */
	};
	__u64 start; /* nanoseconds */
	union {
		struct {
			__u16 kind;
			__u16 seen;
		};
		__u32 state; /* both: an interrupt finds all of it or nothing */
	};
	__u32 cpu;	      /* where it began */
	__u16 requested, got; /* by a refill, in objects; or RECORD_OBJECTS_UNKNOWN */
	__u32 reserved;
	union {
		struct {		  /* SLAB */
			__u64 node;	  /* struct kmem_cache_node */
			__u64 free_slabs; /* of the node, before the lists were asked */
		};
		struct {	       /* cpu slabs */
			__u64 own;     /* struct kmem_cache_cpu */
			__u64 slab;    /* it had at entry */
			__u64 partial; /* the first slab behind it */
			__u64 list;    /* whose list is being asked: struct kmem_cache_node, or 0 */
		};
		struct {	     /* sheaves */
			__u64 pcs;   /* struct slub_percpu_sheaves */
			__u64 spare; /* it had at entry, a sheaf or 0 */
		};
		struct {		/* bulk */
			__u64 objects;	/* asked for */
			__u64 bypassed; /* came from slabs, past the CPU's cache */
			__u64 array;	/* where they are to go */
		};
	};
};
_Static_assert(sizeof(struct frame) == 64, "no padding");

/* The first frame is the one that nearly always is alone: but for its last word it lies in the first cache line. */
struct frames {
	__u64 word; /* the task's address, of which the last bits are 0, plus how many frames; 0: nobody's */
	struct frame frame[FRAMES];
} __attribute__((aligned(64)));

static struct frames stacks[STACKS];

/* A frame that an exit belongs to. */
struct place {
	struct frames *stack;
	struct frame *frame;
	__u64 under; /* the stack's word without it and those above it */
};

static __always_inline struct frames *stack_at(__u64 task, __u32 probe)
{
	return &stacks[((task * 0x9e3779b97f4a7c15ull >> 40) + probe) & (STACKS - 1)];
}

static __always_inline struct frame *frame_at(struct frames *s, __u32 at)
{
	asm volatile("" : "+r"(at)); /* or clang proves the mask away, which the verifier needs */
	return &s->frame[at & (FRAMES - 1)];
}

/* How many frames there are, if it is the task's; else 0. */
static __always_inline __u32 stack_depth(const struct frames *s, __u64 task)
{
	__u64 depth = *(const volatile __u64 *)&s->word - task;

	return depth <= FRAMES ? depth : 0;
}

static __always_inline void frame_state(struct frame *f, __u16 kind, __u16 seen)
{
	*(volatile __u32 *)&f->state = kind | (__u32)seen << 16;
}

static __always_inline bool stack_is_stale(const struct frames *s)
{
	return s->frame[0].kind && bpf_ktime_get_ns() - s->frame[0].start > STACK_STALE;
}

/*
 * What follows is seldom needed. It is not static: verified once, and not wherever it is called. A
 * number is 1 + probe * FRAMES + the frame's place in the stack that is found there; 0: there is none.
 */

/* The stack at this probe has frames from one place to below another one whose exits were not seen. */
__noinline int frames_drop(__u64 task, __u32 probe, __u32 from, __u32 to)
{
	struct frames *s = stack_at(task, probe);

	for (__u32 i = 0; i < FRAMES && from + i < to; i++)
		if (frame_at(s, from + i)->kind == FRAME_REFILL)
			__sync_fetch_and_add(&troubles.unpaired, 1);
	return 0;
}

/* Takes a stack, with one frame on it. */
__noinline __u32 stack_take(__u64 task)
{
	for (__u32 i = 0; i < STACK_PROBES; i++)
		if (!__sync_val_compare_and_swap(&stack_at(task, i)->word, 0, task + 1))
			return 1 + i * FRAMES;
	for (__u32 i = 0; i < STACK_PROBES; i++) {
		struct frames *s = stack_at(task, i);
		__u64 word = *(volatile __u64 *)&s->word;

		if (stack_is_stale(s) &&
		    __sync_val_compare_and_swap(&s->word, word, task + 1) == word) {
			frames_drop(task, i, 0, word & (2 * FRAMES - 1));
			frame_state(&s->frame[0], FRAME_NONE, 0);
			return 1 + i * FRAMES;
		}
	}
	__sync_fetch_and_add(&troubles.lost_pairs, 1);
	return 0;
}

/* The innermost frame of the task. */
__noinline __u32 frame_innermost(__u64 task)
{
	for (__u32 i = 0; i < STACK_PROBES; i++) {
		__u32 depth = stack_depth(stack_at(task, i), task);

		if (depth)
			return i * FRAMES + depth;
	}
	return 0;
}

/* Where a task's own place is another's, or it has frames already. */
__noinline __u32 frame_push_elsewhere(__u64 task)
{
	__u32 top = frame_innermost(task), probe = (top - 1) / FRAMES, depth;
	struct frames *s = stack_at(task, probe);

	if (!top)
		return stack_take(task);
	depth = stack_depth(s, task);
	if (depth >= FRAMES || stack_is_stale(s)) {
		frames_drop(task, probe, 0, depth);
		depth = 0;
	}
	frame_state(frame_at(s, depth), FRAME_NONE, 0);
	*(volatile __u64 *)&s->word = task + depth + 1;
	return 1 + probe * FRAMES + depth;
}

/* The newest of a kind; those above it are left over. */
__noinline __u32 frame_search(__u32 kind, __u64 task)
{
	for (__u32 i = 0; i < STACK_PROBES; i++) {
		struct frames *s = stack_at(task, i);
		__u32 depth = stack_depth(s, task);

		for (__u32 at = FRAMES; at-- > 0;) {
			if (at >= depth || s->frame[at].kind != kind)
				continue;
			frames_drop(task, i, at + 1, depth);
			return 1 + i * FRAMES + at;
		}
	}
	return 0;
}

static __always_inline struct frame *frame_of_number(__u64 task, __u32 number)
{
	return frame_at(stack_at(task, (number - 1) / FRAMES), number - 1);
}

/* Pushes a frame, which frame_begin() has to follow. NULL: no room (counted as lost). */
static __always_inline struct frame *frame_push(void *cache)
{
	__u64 task = bpf_get_current_task();
	struct frames *s = stack_at(task, 0);
	struct frame *f = &s->frame[0];
	__u64 was = __sync_val_compare_and_swap(&s->word, 0, task + 1);

	asm volatile("" : "+r"(was)); /* or clang makes a truth of it first */
	if (unlikely(was)) {
		__u32 number = frame_push_elsewhere(task);

		if (!number)
			return NULL;
		f = frame_of_number(task, number);
	}
	*(void *volatile *)&f->typed = cache;
	f->cpu = bpf_get_smp_processor_id();
	f->requested = f->got = RECORD_OBJECTS_UNKNOWN;
	return f;
}

/* The last thing that an entry does, for here the time begins. */
static __always_inline int frame_begin(struct frame *f, __u16 kind, __u16 seen)
{
	f->start = bpf_ktime_get_ns();
	frame_state(f, kind, seen);
	return 0;
}

/* Finds the frame that this exit belongs to. It stays where it is, for frame_pop(). */
static __always_inline bool frame_find(__u16 kind, struct place *to)
{
	__u64 task = bpf_get_current_task();
	__u32 number;

	to->stack = stack_at(task, 0);
	asm volatile("" : "+r"(to->stack)); /* or clang works it out twice */
	to->frame = &to->stack->frame[0];
	to->under = 0;
	if (likely(*(volatile __u64 *)&to->stack->word == task + 1 && to->frame->kind == kind))
		return true;
	number = frame_search(kind, task);
	if (!number)
		return false;
	to->stack = stack_at(task, (number - 1) / FRAMES);
	to->frame = frame_of_number(task, number);
	to->under = (number - 1) % FRAMES ? task + (number - 1) % FRAMES : 0;
	return true;
}

/* With all above it, which interrupts have left since it was found. */
static __always_inline void frame_pop(struct place *at)
{
	frame_state(at->frame, FRAME_NONE, 0);
	*(volatile __u64 *)&at->stack->word = at->under;
}

/* The innermost frame of this task if it is of this cache (0: of any), or NULL. */
static __always_inline struct frame *frame_around(__u64 cache)
{
	__u64 task = bpf_get_current_task();
	__u32 number = frame_innermost(task);
	struct frame *f = frame_of_number(task, number);

	if (!number)
		return NULL;
	return !cache || f->cache == cache ? f : NULL;
}

#endif
