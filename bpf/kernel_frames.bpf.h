/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_frames.bpf.h: pairs the entry and the exit of a function of the allocator.
 *
 * The entry pushes a frame on a stack of its task, and the exit pops it. The frames of a task
 * always nest. A task may sleep, move to another CPU, and reclaim memory, which refills in turn.
 * An interrupt runs in the task that it interrupted, and ends first. So the newest frame of a
 * kind within a task is always the right one.
 *
 * Few tasks are in the slow paths of the allocator at a time. So the stacks are a small table,
 * and a task has a stack only while it has frames. One word holds the task and the depth: one
 * exchange takes a stack, one store gives it back, and an interrupt never finds it half taken. A
 * task looks at a few places, its own first. It may take its own place while it has a stack
 * elsewhere: then its own place has the newest frames.
 *
 * A frame whose exit is missing is under or above newer frames, and is dropped. An exit without a
 * frame does nothing. Both count as unpaired where they concern a refill.
 */
#ifndef KERNEL_FRAMES_BPF_H
#define KERNEL_FRAMES_BPF_H

#include "base.bpf.h"
#include "events_record.h"
#include "kernel_count.bpf.h"

#define STACKS	     1024 /* powers of two */
#define STACK_PROBES 8
#define FRAMES	     8 /* refill in reclaim in refill makes 4 */
/*
 * Two minutes in nanoseconds: where there is no room, a stack whose first frame is older is left
 * over.
 */
#define STACK_STALE (1ull << 37)

enum frame_kind {
	FRAME_NONE, /* before the end of its entry, and after its exit */
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
	SEEN_FREE_OF_NODE = 512, /* at entry, in the CPU's slab, but a node is asked for */
	SEEN_MAYBE = 1024,	 /* the exit decides whether it is a refill */
};

struct frame {
	union {
		__u64 cache;
		void *typed; /* the same: the verifier lets a program store it as a pointer */
	};
	__u64 start; /* nanoseconds */
	union {
		struct {
			__u16 kind;
			__u16 seen;
		};
		__u32 state; /* both, which one store changes */
	};
	__u32 cpu;	      /* where it began */
	__u16 requested, got; /* objects of a refill, or RECORD_OBJECTS_UNKNOWN */
	__u32 reserved;
	union {
		struct {		  /* SLAB */
			__u64 node;	  /* struct kmem_cache_node */
			__u64 free_slabs; /* of the node, before the refill uses the lists */
		};
		struct {	       /* cpu slabs */
			__u64 own;     /* struct kmem_cache_cpu */
			__u64 slab;    /* of the CPU at entry */
			__u64 partial; /* the first slab behind it */
			__u64 list;    /* the node whose list the refill uses, or 0 */
		};
		struct {	     /* sheaves */
			__u64 pcs;   /* struct slub_percpu_sheaves */
			__u64 spare; /* of the CPU at entry, a sheaf or 0 */
		};
		struct {		/* bulk */
			__u64 objects;	/* requested */
			__u64 bypassed; /* objects from slabs, without the CPU's cache */
			__u64 array;	/* where the kernel puts the objects */
		};
	};
};
_Static_assert(sizeof(struct frame) == 64, "no padding");

/* The first frame is nearly always alone. All but its last word is in the first cache line. */
struct frames {
	__u64 word; /* address of the task, whose last bits are 0, plus the depth; 0: free */
	struct frame frame[FRAMES];
} __attribute__((aligned(64)));

static struct frames stacks[STACKS];

#ifdef OLD
/* The stacks that are taken, by number; plus STACKS: one that is being taken from its task. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * STACKS);
	__type(key, __u32);
	__type(value, __u32);
} stacks_taken SEC(".maps");
#endif

/* The place of a frame. */
struct place {
	struct frames *stack;
	struct frame *frame;
	__u64 under; /* the word of the stack without this frame and those above */
	__u32 probe; /* of the stack */
};

static __always_inline __u32 stack_number(__u64 task, __u32 probe)
{
	return ((task * 0x9e3779b97f4a7c15ull >> 40) + probe) & (STACKS - 1);
}

static __always_inline struct frames *stack_at(__u64 task, __u32 probe)
{
	return &stacks[stack_number(task, probe)];
}

/* Puts a first frame on a free stack. Returns 0, or another number if it is not free. */
static __always_inline __u64 stack_claim(__u64 task, __u32 probe)
{
	struct frames *s = stack_at(task, probe);

#ifdef OLD
	__u32 number = stack_number(task, probe), one = 1;

	if (*(volatile __u64 *)&s->word ||
	    bpf_map_update_elem(&stacks_taken, &number, &one, BPF_NOEXIST))
		return 1;
	*(volatile __u64 *)&s->word = task + 1;
	return 0;
#else
	return __sync_val_compare_and_swap(&s->word, 0, task + 1);
#endif
}

/* Takes a stack from the task that left it with this word. Returns whether it did. */
static __always_inline bool stack_claim_from(__u64 task, __u32 probe, __u64 word)
{
	struct frames *s = stack_at(task, probe);

#ifdef OLD
	__u32 number = STACKS + stack_number(task, probe), one = 1;
	bool mine;

	if (bpf_map_update_elem(&stacks_taken, &number, &one, BPF_NOEXIST))
		return false;
	mine = *(volatile __u64 *)&s->word == word;
	if (mine)
		*(volatile __u64 *)&s->word = task + 1;
	bpf_map_delete_elem(&stacks_taken, &number);
	return mine;
#else
	return __sync_val_compare_and_swap(&s->word, word, task + 1) == word;
#endif
}

static __always_inline struct frame *frame_at(struct frames *s, __u32 at)
{
	asm volatile("" : "+r"(at)); /* or clang proves the mask away, which the verifier needs */
	return &s->frame[at & (FRAMES - 1)];
}

/* Returns how many frames the task has on this stack, 0 if the stack is of another task. */
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
 * Programs seldom need the functions below. They are not static, so that the verifier checks each
 * once and not at every call. A number is 1 + probe * FRAMES + the place of the frame in the
 * stack at that probe; 0 means none.
 */

/*
 * Counts refills without exits, from one place to below another, of the stack at this probe. What
 * may be no refill is not unpaired: the kernel counts the program that it left out.
 */
__noinline int frames_drop(__u64 task, __u32 probe, __u32 from, __u32 to)
{
	struct frames *s = stack_at(task, probe);

	for (__u32 i = 0; i < FRAMES && from + i < to; i++)
		if (frame_at(s, from + i)->kind == FRAME_REFILL &&
		    !(frame_at(s, from + i)->seen & SEEN_MAYBE))
			__sync_fetch_and_add(&troubles.unpaired, 1);
	return 0;
}

/* Takes a free or a stale stack, with one frame on it. Returns the number of the frame. */
__noinline __u32 stack_take(__u64 task)
{
	for (__u32 i = 0; i < STACK_PROBES; i++)
		if (!stack_claim(task, i))
			return 1 + i * FRAMES;
	for (__u32 i = 0; i < STACK_PROBES; i++) {
		struct frames *s = stack_at(task, i);
		__u64 word = *(volatile __u64 *)&s->word;

		if (stack_is_stale(s) && stack_claim_from(task, i, word)) {
			frames_drop(task, i, 0, word & (2 * FRAMES - 1));
			frame_state(&s->frame[0], FRAME_NONE, 0);
			return 1 + i * FRAMES;
		}
	}
	__sync_fetch_and_add(&troubles.lost_pairs, 1);
	return 0;
}

/* Returns the number of the innermost frame of the task. */
__noinline __u32 frame_innermost(__u64 task)
{
	for (__u32 i = 0; i < STACK_PROBES; i++) {
		__u32 depth = stack_depth(stack_at(task, i), task);

		if (depth)
			return i * FRAMES + depth;
	}
	return 0;
}

/* Pushes a frame where the own place of the task is not free. Returns its number. */
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

/* Returns the number of the newest frame of a kind, and drops those above it. */
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

/*
 * Pushes a frame; frame_begin() must follow. Returns NULL where there is no room (counted as lost).
 */
static __always_inline struct frame *frame_push(void *cache)
{
	__u64 task = bpf_get_current_task();
	struct frames *s = stack_at(task, 0);
	struct frame *f = &s->frame[0];
	__u64 was = stack_claim(task, 0);

	asm volatile("" : "+r"(was)); /* or clang makes a boolean of it first */
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

/* Starts the clock: an entry does this last. */
static __always_inline int frame_begin(struct frame *f, __u16 kind, __u16 seen)
{
	f->start = bpf_ktime_get_ns();
	frame_state(f, kind, seen);
	return 0;
}

/* Finds the frame of this exit, for frame_pop(). Returns whether there is one. */
static __always_inline bool frame_find(__u16 kind, struct place *to)
{
	__u64 task = bpf_get_current_task();
	__u32 number;

	to->stack = stack_at(task, 0);
	asm volatile("" : "+r"(to->stack)); /* or clang works it out twice */
	to->frame = &to->stack->frame[0];
	to->under = 0;
	to->probe = 0;
	if (likely(*(volatile __u64 *)&to->stack->word == task + 1 && to->frame->kind == kind))
		return true;
	number = frame_search(kind, task);
	if (!number)
		return false;
	to->probe = (number - 1) / FRAMES;
	to->stack = stack_at(task, to->probe);
	to->frame = frame_of_number(task, number);
	to->under = (number - 1) % FRAMES ? task + (number - 1) % FRAMES : 0;
	return true;
}

/* Pops the frame, with all above it that interrupts have left since. */
static __always_inline void frame_pop(struct place *at)
{
	frame_state(at->frame, FRAME_NONE, 0);
	*(volatile __u64 *)&at->stack->word = at->under;
#ifdef OLD
	if (!at->under) {
		__u32 number = stack_number(bpf_get_current_task(), at->probe);

		bpf_map_delete_elem(&stacks_taken, &number);
	}
#endif
}

/* Returns the innermost frame of this task if it is of this cache (0: of any), or NULL. */
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
