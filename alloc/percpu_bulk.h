/* SPDX-License-Identifier: MIT */
/*
 * percpu_bulk.h: many hits in one sequence, for x86-64. Only bulk.c includes it.
 *
 *     pop:   unit = cpus[cpu]; if (!unit.limit || !avail) fail
 *            n = min(nr, avail)
 *            copy entry[avail - 1], entry[avail - 2], ... to n objects
 *            touched = 1; state += n * 0xffff                           <- commit
 *     push:  unit = cpus[cpu]; if (avail >= unit.limit) fail
 *            n = min(nr, unit.limit - avail)
 *            copy n objects to entry[avail], entry[avail + 1], ...
 *            state += n                                                 <- commit
 *
 * The array and the counts are then as after n hits. Each returns n, or 0 where a hit would fail.
 * Each uses no more than n pointers of the caller.
 */
#ifndef SLAB_PERCPU_BULK_H
#define SLAB_PERCPU_BULK_H

#include "slab.h"

#ifdef SLAB_INLINE_HIT
static inline size_t rseq_pop_many(struct kmem_cache *cachep, void **objpp, size_t nr)
{
	uint64_t block, state, avail, count, entry, at;

	__asm__ __volatile__ goto(
		SLAB_RSEQ_BEGIN(fail)
		"cmpw $0, " SLAB_RSEQ_FIELD(SLAB_HIT_LIMIT) "\n\t"
		"je %l[fail]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) ", %[state]\n\t"
		"movzwl %w[state], %k[avail]\n\t"
		"testl %k[avail], %k[avail]\n\t"
		"je %l[fail]\n\t"
		"movq %[nr], %[count]\n\t"
		"cmpq %[count], %[avail]\n\t"
		"cmovbq %[avail], %[count]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_ENTRY) ", %[entry]\n\t"
		"leaq (%[entry], %[avail], 8), %[entry]\n\t"
		"xorl %k[at], %k[at]\n"
		"6:\tsubq $8, %[entry]\n\t"
		"movq (%[entry]), %[avail]\n\t"
		"movq %[avail], (%[objpp], %[at], 8)\n\t"
		"incq %[at]\n\t"
		"cmpq %[count], %[at]\n\t"
		"jne 6b\n\t"
		"imulq $" SLAB_STR(SLAB_STATE_ALLOC) ", %[count], %[avail]\n\t"
		"addq %[avail], %[state]\n\t"
		"movb $1, " SLAB_RSEQ_FIELD(SLAB_HIT_TOUCHED) "\n\t"
		"movq %[state], " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) "\n"
		"2:\n\t"
		: [block] "=&r"(block), [state] "=&r"(state), [avail] "=&r"(avail),
		  [count] "=&r"(count), [entry] "=&r"(entry), [at] "=&r"(at)
		: [cachep] "r"(cachep), [rseq] "r"(__rseq_offset), [objpp] "r"(objpp), [nr] "r"(nr)
		: "memory", "cc"
		: fail);
	return count;
fail:
	SLAB_RSEQ_FAILED;
	return 0;
}

static inline size_t rseq_push_many(struct kmem_cache *cachep, void **objpp, size_t nr)
{
	uint64_t block, state, avail, count, entry, at;

	__asm__ __volatile__ goto(
		SLAB_RSEQ_BEGIN(fail)
		"movzwl " SLAB_RSEQ_FIELD(SLAB_HIT_LIMIT) ", %k[count]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) ", %[state]\n\t"
		"movzwl %w[state], %k[avail]\n\t"
		"subq %[avail], %[count]\n\t"
		"jbe %l[fail]\n\t"
		"cmpq %[nr], %[count]\n\t"
		"cmovaq %[nr], %[count]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_ENTRY) ", %[entry]\n\t"
		"leaq (%[entry], %[avail], 8), %[entry]\n\t"
		"xorl %k[at], %k[at]\n"
		"6:\tmovq (%[objpp], %[at], 8), %[avail]\n\t"
		"movq %[avail], (%[entry], %[at], 8)\n\t"
		"incq %[at]\n\t"
		"cmpq %[count], %[at]\n\t"
		"jne 6b\n\t"
		"addq %[count], %[state]\n\t"
		"movq %[state], " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) "\n"
		"2:\n\t"
		: [block] "=&r"(block), [state] "=&r"(state), [avail] "=&r"(avail),
		  [count] "=&r"(count), [entry] "=&r"(entry), [at] "=&r"(at)
		: [cachep] "r"(cachep), [rseq] "r"(__rseq_offset), [objpp] "r"(objpp), [nr] "r"(nr)
		: "memory", "cc"
		: fail);
	return count;
fail:
	SLAB_RSEQ_FAILED;
	return 0;
}
#else
/* This build has no sequences: every object takes the way of a single call. */
static inline size_t rseq_pop_many(struct kmem_cache *cachep, void **objpp, size_t nr)
{
	(void)cachep, (void)objpp, (void)nr;
	return 0;
}

static inline size_t rseq_push_many(struct kmem_cache *cachep, void **objpp, size_t nr)
{
	(void)cachep, (void)objpp, (void)nr;
	return 0;
}
#endif

#endif
