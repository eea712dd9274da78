/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_pair.bpf.h: the entry and the exit of a function of the allocator, brought together.
 *
 * An entry pushes a frame on its CPU's stack, the exit pops it. While the allocator has interrupts
 * or preemption off, only an interrupt can come between, and ends first: frames on a CPU's stack
 * belong to one task and nest properly. Where the allocator is about to let the CPU go (it may then
 * sleep, move to another CPU, and be entered again by other tasks or by reclaim), the frames are
 * parked: moved to a preallocated map under their task. So an exit looks on its CPU's stack, then
 * among its task's parked frames. Within a task the newest frame of a kind is always the right one.
 *
 * A frame whose exit was never seen is found under or above others that are newer, and dropped; an
 * exit without a frame does nothing. Both are counted where they concern a refill.
 */
#ifndef KERNEL_PAIR_BPF_H
#define KERNEL_PAIR_BPF_H

#define FRAMES 8 /* a power of two; refill in reclaim in refill makes 4 */

enum frame_kind {
	FRAME_NONE,
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
	SEEN_BARN = 16,
	SEEN_PARTIAL = 32,
	SEEN_REMOTE = 64,
	SEEN_CPU_SLAB = 128,
	SEEN_CPU_PARTIAL = 256,
};

struct frame {
	__u64 task;
	__u64 cache;
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
		struct {		/* bulk */
			__u64 objects;	/* asked for */
			__u64 bypassed; /* came from slabs, past the CPU's cache */
			__u64 array;	/* where they are to go */
		};
	};
	__u32 kind;
	__u32 seen;
	__u32 cpu; /* where it began */
	__u16 requested, got; /* by a refill, in objects; or RECORD_OBJECTS_UNKNOWN */
	__u64 start; /* nanoseconds */
};

struct frames {
	__u32 depth;
	__u32 reserved;
	struct frame frame[FRAMES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* the tool: one a CPU */
	__type(key, __u32);
	__type(value, struct frames);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH); /* preallocated, as hashes are by default */
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct frames);
} parked SEC(".maps");

/* Too large for a program's stack; never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct frames);
} no_frames SEC(".maps");

static __always_inline struct frame *frame_at(struct frames *s, __u32 at)
{
	asm volatile("" : "+r"(at)); /* or clang proves the mask away, which the verifier needs */
	return &s->frame[at & (FRAMES - 1)];
}

static __always_inline void frame_dropped(const struct frame *f)
{
	if (f->kind == FRAME_REFILL)
		__sync_fetch_and_add(&troubles.unpaired, 1);
}

static __always_inline struct frames *frames_here(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&stacks, &cpu);
}

static __always_inline struct frames *frames_parked(__u64 task, bool make)
{
	struct frames *p = bpf_map_lookup_elem(&parked, &task), *nothing;
	__u32 zero = 0;

	if (p || !make)
		return p;
	nothing = bpf_map_lookup_elem(&no_frames, &zero);
	if (!nothing || bpf_map_update_elem(&parked, &task, nothing, BPF_NOEXIST))
		return NULL;
	return bpf_map_lookup_elem(&parked, &task);
}

/* No nesting goes so deep: these are left over. */
static __noinline int frames_drop(struct frames *s)
{
	for (__u32 i = 0; i < FRAMES; i++)
		frame_dropped(&s->frame[i]);
	return 0;
}

/* Pushes a frame; start is left to the caller, who reads the clock last. NULL: no room. */
static __always_inline struct frame *frame_push(struct frames *s, __u32 kind, void *cache)
{
	struct frame *f;
	__u32 depth;

	if (!s)
		return NULL;
	depth = s->depth;
	if (depth >= FRAMES) {
		frames_drop(s);
		depth = 0;
	}
	/* Its place is taken first: an interrupt from here on pushes above it. */
	*(volatile __u32 *)&s->depth = depth + 1;
	f = frame_at(s, depth);
	f->task = bpf_get_current_task();
	*(void *volatile *)&f->cache = cache;
	f->kind = kind;
	f->seen = 0;
	f->cpu = bpf_get_smp_processor_id();
	if (settings.record)
		f->requested = f->got = RECORD_OBJECTS_UNKNOWN;
	return f;
}

/* Takes the newest frame of the kind and the task from s, with all above it. 1 + its place, or 0.
 */
static __always_inline __u32 frame_take(struct frames *s, __u32 kind, __u64 task, struct frame *to)
{
	__u32 depth = s->depth;

	if (depth > FRAMES)
		return 0;
	for (__u32 i = 0; i < FRAMES; i++) {
		struct frame *f;

		if (!depth)
			break;
		f = frame_at(s, --depth);
		if (f->kind != kind || f->task != task)
			continue;
		*to = *f;
		for (__u32 j = 1; j < FRAMES; j++) {
			if (depth + j >= s->depth)
				break;
			frame_dropped(frame_at(s, depth + j));
		}
		s->depth = depth;
		return depth + 1;
	}
	return 0;
}

/* Where it is not the innermost one on this CPU's stack. 1 + its place; *s becomes whose it is; or 0. */
static __noinline __u32 frame_search(__u32 kind, __u64 task, struct frame *to, struct frames **s)
{
	__u32 place;

	*s = frames_here();
	place = *s ? frame_take(*s, kind, task, to) : 0;
	if (place)
		return place;
	*s = frames_parked(task, false);
	place = *s ? frame_take(*s, kind, task, to) : 0;
	if (place == 1)
		bpf_map_delete_elem(&parked, &task);
	return place;
}

/*
 * Pops the frame that this exit belongs to. Returns false where there is none. *under becomes the
 * frame that it was nested in, or NULL.
 */
static __always_inline bool frame_pop(__u32 kind, struct frame *to, struct frame **under)
{
	__u64 task = bpf_get_current_task();
	struct frames *s = frames_here();
	__u32 place = s ? s->depth : 0;
	struct frame *f;

	*under = NULL;
	if (!place || place > FRAMES)
		goto search;
	f = frame_at(s, place - 1);
	if (f->kind != kind || f->task != task)
		goto search;
	*to = *f;
	s->depth = place - 1;
	goto found;
search:
	place = frame_search(kind, task, to, &s);
	if (!place || !s)
		return false;
found:
	if (place > 1) {
		f = frame_at(s, place - 2);
		if (f->task == task)
			*under = f;
	}
	return true;
}

/* The task has a frame of this kind and cache that is not at its exit yet. */
static __always_inline bool frame_inside(const struct frames *s, __u32 kind, __u64 cache)
{
	__u64 task = bpf_get_current_task();

	if (!s)
		return false;
	for (__u32 i = 0; i < FRAMES; i++) {
		const struct frame *f = &s->frame[i];

		if (i >= s->depth)
			break;
		if (f->kind == kind && f->cache == cache && f->task == task)
			return true;
	}
	return false;
}

/* The innermost frame on this CPU's stack, if it is this task's and of this kind, or NULL. */
static __always_inline struct frame *frame_top(__u32 kind)
{
	struct frames *s = frames_here();
	struct frame *f;

	if (!s || !s->depth)
		return NULL;
	f = frame_at(s, s->depth - 1);
	return f->kind == kind && f->task == bpf_get_current_task() ? f : NULL;
}

/*
 * The innermost frame of this task if it is of this cache (0: of any), or NULL; on the CPU's stack,
 * else parked.
 */
static __always_inline struct frame *frame_around(__u64 cache)
{
	__u64 task = bpf_get_current_task();
	struct frames *s = frames_here();
	struct frame *f;

	if (s && s->depth) {
		f = frame_at(s, s->depth - 1);
		if (f->task == task && (!cache || f->cache == cache))
			return f;
	}
	s = frames_parked(task, false);
	if (!s || !s->depth)
		return NULL;
	f = frame_at(s, s->depth - 1);
	return !cache || f->cache == cache ? f : NULL;
}

/* Interrupts are about to be let in: moves this CPU's frames to the task's. */
static __always_inline void frames_park(struct frames *s)
{
	__u64 task = bpf_get_current_task();
	struct frames *p;
	__u32 count;

	if (!s || !s->depth)
		return;
	count = s->depth;
	p = frames_parked(task, true);
	for (__u32 i = 0; i < FRAMES; i++) {
		struct frame *f = &s->frame[i];
		__u32 depth;

		if (i >= count)
			break;
		if (f->task != task) {
			frame_dropped(f);
		} else if (!p || p->depth >= FRAMES) {
			__sync_fetch_and_add(&troubles.lost_pairs, 1);
		} else {
			depth = p->depth;
			*(volatile __u32 *)&p->depth = depth + 1;
			*frame_at(p, depth) = *f;
		}
	}
	s->depth = 0;
}

static __always_inline void record_refill(const struct frame *f, __u32 origin, __u64 end)
{
	__u32 slot = record_slot(f->cache);

	if (slot != SLOT_NONE)
		RECORD(RECORD_REFILL, slot, f->cpu, record_node(f->cpu), f->requested,
		       origin == REFILL_FAILED ? 0 : f->got, origin, end - f->start);
}

/* Counts a refill that is over: where it began. REFILL_FAILED has no latency. */
static __always_inline int refill_count(void *ctx, const struct frame *f, __u32 origin, __u64 end)
{
	struct kernel_slow *slow = slow_of(f->cache, f->cpu);

	if (!slow || origin >= KERNEL_ORIGINS)
		return 0;
	__sync_fetch_and_add(&slow->origins[origin], 1);
	record_refill(f, origin, end);
	if (origin == REFILL_FAILED)
		return 0;
	if (settings.buckets)
		hist_count(slow, end - f->start);
	caller_count(ctx, f->cache, false);
	return 0;
}

#endif
