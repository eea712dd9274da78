/* SPDX-License-Identifier: MIT */
/*
 * percpu_rseq.h: the sequences of more than one object, for x86-64. Only percpu.c includes it.
 *
 *     take:  unit = cpus[cpu]; if (!unit.limit) stopped
 *            copy entry[0..avail) out; state -= avail                       <- commit
 *     push:  unit = cpus[cpu]; if (!unit.limit) stopped
 *            n = min(nr, max(unit.limit - avail, 0)); if (!avail) entry = the CPU's own entries
 *            copy n objects to entry[avail..); entry, state + n             <- commit
 *     flush: unit = cpus[cpu]; if (!unit.limit) stopped
 *            if (avail >= unit.limit) copy entry[0..nr) out; entry += nr; state -= nr
 *            entry[avail] = objp; entry, state + 1                          <- commit
 *
 * A flush leaves the newest objects in place and lets the array start higher up, while
 * SLAB_ARRAY_ROAM has room for limit entries from there on. A push into the empty array starts it
 * at the bottom again. Both words of the unit change in one store.
 *
 * Each returns 0, or -1 where the CPU is stopped or the sequence was aborted. An abort changes
 * nothing: before the commit only entries above avail change, and these are unused.
 */
#ifndef SLAB_PERCPU_RSEQ_H
#define SLAB_PERCPU_RSEQ_H

#include "structs.h"

#ifdef SLAB_INLINE_HIT

/* Loads the bottom of the CPU's entries into the 64-bit register q, whose lower half is k. */
#define RSEQ_ENTRIES(k, q)                                                 \
	"movl " SLAB_RSEQ_CPU ", " k "\n\t"                                 \
	"imulq $" SLAB_STR(SLAB_ARRAY_BYTES) ", " q ", " q "\n\t"          \
	"addq %[entries], " q "\n\t"

/* Commits both words of the unit. */
#define RSEQ_COMMIT_UNIT(entry, state)                                     \
	"movq " entry ", %%xmm0\n\t"                                       \
	"movq " state ", %%xmm1\n\t"                                       \
	"punpcklqdq %%xmm1, %%xmm0\n\t"                                    \
	"movaps %%xmm0, " SLAB_RSEQ_FIELD(SLAB_HIT_ENTRY) "\n"

/*
 * Copies rcx pointers from rsi to rdi, 64 bytes at a time. It reads and writes up to
 * RSEQ_COPY_SLACK pointers more; both sides have room for them. (rep movs takes longer to start
 * than a batch takes to copy.)
 */
#define RSEQ_COPY                                                          \
	"addq $7, %%rcx\n\t"                                              \
	"shrq $3, %%rcx\n\t"                                              \
	"je 7f\n"                                                         \
	"6:\tmovups (%%rsi), %%xmm0\n\t"                                  \
	"movups 16(%%rsi), %%xmm1\n\t"                                    \
	"movups 32(%%rsi), %%xmm2\n\t"                                    \
	"movups 48(%%rsi), %%xmm3\n\t"                                    \
	"movups %%xmm0, (%%rdi)\n\t"                                      \
	"movups %%xmm1, 16(%%rdi)\n\t"                                    \
	"movups %%xmm2, 32(%%rdi)\n\t"                                    \
	"movups %%xmm3, 48(%%rdi)\n\t"                                    \
	"addq $64, %%rsi\n\t"                                             \
	"addq $64, %%rdi\n\t"                                             \
	"decq %%rcx\n\t"                                                  \
	"jne 6b\n"                                                        \
	"7:\n\t"

static inline int rseq_take(struct kmem_cache *cachep, void **objpp, unsigned *nr, int *cpu)
{
	uint64_t block, state, avail;

	__asm__ __volatile__ goto(
		SLAB_RSEQ_BEGIN(stopped)
		"cmpw $0, " SLAB_RSEQ_FIELD(SLAB_HIT_LIMIT) "\n\t"
		"je %l[stopped]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) ", %[state]\n\t"
		"movzwl %w[state], %k[avail]\n\t"
		"subq %[avail], %[state]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_ENTRY) ", %%rsi\n\t"
		"movq %[objpp], %%rdi\n\t"
		"movq %[avail], %%rcx\n\t"
		RSEQ_COPY
		"movq %[state], " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) "\n"
		"2:\n\t"
		: [block] "=&r"(block), [state] "=&r"(state), [avail] "=&r"(avail)
		: [cachep] "r"(cachep), [rseq] "r"(__rseq_offset), [objpp] "r"(objpp)
		: "memory", "cc", "rsi", "rdi", "rcx", "xmm0", "xmm1", "xmm2", "xmm3"
		: stopped);
	*nr = (unsigned)avail;
	*cpu = (int)(block >> SLAB_CPU_SHIFT);
	return 0;
stopped:
	return -1;
}

static inline int rseq_push(struct kmem_cache *cachep, void **objpp, uint64_t nr, unsigned *pushed,
			    int *cpu)
{
	uint64_t block, state, avail, room, entry;

	__asm__ __volatile__ goto(
		SLAB_RSEQ_BEGIN(stopped)
		"movzwl " SLAB_RSEQ_FIELD(SLAB_HIT_LIMIT) ", %k[room]\n\t"
		"testl %k[room], %k[room]\n\t"
		"je %l[stopped]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) ", %[state]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_ENTRY) ", %[entry]\n\t"
		"movzwl %w[state], %k[avail]\n\t"
		"testl %k[avail], %k[avail]\n\t"
		"jne 8f\n\t"
		RSEQ_ENTRIES("%k[entry]", "%[entry]")
		"8:\tmovl $0, %%ecx\n\t"
		"subq %[avail], %[room]\n\t"
		"cmovbq %%rcx, %[room]\n\t" /* where the limit was just lowered */
		"cmpq %[nr], %[room]\n\t"
		"cmovaq %[nr], %[room]\n\t"
		"leaq (%[entry], %[avail], 8), %%rdi\n\t"
		"movq %[objpp], %%rsi\n\t"
		"movq %[room], %%rcx\n\t"
		RSEQ_COPY
		"addq %[room], %[state]\n\t"
		RSEQ_COMMIT_UNIT("%[entry]", "%[state]")
		"2:\n\t"
		: [block] "=&r"(block), [state] "=&r"(state), [avail] "=&r"(avail),
		  [room] "=&r"(room), [entry] "=&r"(entry)
		: [cachep] "r"(cachep), [rseq] "r"(__rseq_offset), [objpp] "m"(objpp), [nr] "m"(nr),
		  [entries] "m"(cachep->entries)
		: "memory", "cc", "rsi", "rdi", "rcx", "xmm0", "xmm1", "xmm2", "xmm3"
		: stopped);
	*pushed = (unsigned)room;
	*cpu = (int)(block >> SLAB_CPU_SHIFT);
	return 0;
stopped:
	return -1;
}

/*
 * Sets *taken to nr, or to 0 where the array was not full. Returns -2 where the array cannot
 * start higher up.
 */
static inline int rseq_flush(struct kmem_cache *cachep, void **objpp, uint64_t nr, void *objp,
			     unsigned *taken, int *cpu)
{
	uint64_t block, state, avail, limit, entry;

	__asm__ __volatile__ goto(
		SLAB_RSEQ_BEGIN(stopped)
		"movzwl " SLAB_RSEQ_FIELD(SLAB_HIT_LIMIT) ", %k[limit]\n\t"
		"testl %k[limit], %k[limit]\n\t"
		"je %l[stopped]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) ", %[state]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_ENTRY) ", %[entry]\n\t"
		"movzwl %w[state], %k[avail]\n\t"
		"cmpl %k[limit], %k[avail]\n\t"
		"jae 8f\n\t"
		"xorl %k[limit], %k[limit]\n\t"
		"jmp 9f\n"
		"8:\tmovq %[nr], %%rcx\n\t"
		"cmpq %%rcx, %[avail]\n\t"
		"jb %l[move]\n\t"
		"movq %[entry], %%rsi\n\t"
		"leaq (%[entry], %%rcx, 8), %[entry]\n\t"
		"leaq (%[entry], %[limit], 8), %%rdi\n\t"
		RSEQ_ENTRIES("%k[limit]", "%[limit]")
		"addq $" SLAB_STR(SLAB_ARRAY_ROAM) ", %[limit]\n\t"
		"cmpq %[limit], %%rdi\n\t"
		"ja %l[move]\n\t"
		"movq %%rcx, %[limit]\n\t"
		"subq %%rcx, %[avail]\n\t"
		"subq %%rcx, %[state]\n\t"
		"movq %[objpp], %%rdi\n\t"
		RSEQ_COPY
		"9:\tmovq %[objp], %%rcx\n\t"
		"movq %%rcx, (%[entry], %[avail], 8)\n\t"
		"addq $" SLAB_STR(SLAB_STATE_FREE) ", %[state]\n\t"
		RSEQ_COMMIT_UNIT("%[entry]", "%[state]")
		"2:\n\t"
		: [block] "=&r"(block), [state] "=&r"(state), [avail] "=&r"(avail),
		  [limit] "=&r"(limit), [entry] "=&r"(entry)
		: [cachep] "r"(cachep), [rseq] "r"(__rseq_offset), [objpp] "m"(objpp), [nr] "m"(nr),
		  [objp] "m"(objp), [entries] "m"(cachep->entries)
		: "memory", "cc", "rsi", "rdi", "rcx", "xmm0", "xmm1", "xmm2", "xmm3"
		: stopped, move);
	*taken = (unsigned)limit;
	*cpu = (int)(block >> SLAB_CPU_SHIFT);
	return 0;
stopped:
	return -1;
move:
	return -2;
}

#else
/* This build has no sequences: the lock back end runs, and never calls these. */
static inline void *slab_hit_alloc(struct kmem_cache *cachep)
{
	(void)cachep;
	return NULL;
}

static inline int slab_hit_free(struct kmem_cache *cachep, void *objp)
{
	(void)cachep, (void)objp;
	return 0;
}

static inline int rseq_take(struct kmem_cache *cachep, void **objpp, unsigned *nr, int *cpu)
{
	(void)cachep, (void)objpp, (void)nr, (void)cpu;
	return -1;
}

static inline int rseq_push(struct kmem_cache *cachep, void **objpp, uint64_t nr, unsigned *pushed,
			    int *cpu)
{
	(void)cachep, (void)objpp, (void)nr, (void)pushed, (void)cpu;
	return -1;
}

static inline int rseq_flush(struct kmem_cache *cachep, void **objpp, uint64_t nr, void *objp,
			     unsigned *taken, int *cpu)
{
	(void)cachep, (void)objpp, (void)nr, (void)objp, (void)taken, (void)cpu;
	return -1;
}
#endif

#endif
