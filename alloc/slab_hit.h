/* SPDX-License-Identifier: MIT */
/*
 * slab_hit.h: the hit as a restartable sequence for x86-64. Programs include slab.h instead.
 *
 * The kernel aborts the sequence when it preempts or migrates the thread inside it, or delivers a
 * signal: the hit then fails, and the call goes out of line. So no other thread uses the unit of
 * this CPU between the load of the CPU number and the one store that commits:
 *
 *     alloc: unit = cpus[cpu]; if (!unit.limit || !avail) fail
 *            objp = entry[avail - 1]; touched = 1; state += 0xffff      <- commit
 *     free:  unit = cpus[cpu]; if (avail >= unit.limit) fail
 *            entry[avail] = objp; state += 1                            <- commit
 *
 * An abort does not start the sequence again, because a debugger's single steps abort every time:
 * `stepi` and `next` would never leave it.
 *
 * A thread without a registration reads the CPU number -1, or -2 where the kernel refused it
 * (rseq(2)). The blocks in front of that of CPU 0 are always stopped, so its hits fail. glibc
 * registers the area; a second one would clash with it. Code that a program may dlclose() must use
 * SLAB_NO_INLINE, because the kernel still reads the last sequence of a thread.
 */
#ifndef SLAB_HIT_H
#define SLAB_HIT_H

#include <sys/rseq.h>

#define SLAB_STR_(x) #x
#define SLAB_STR(x)  SLAB_STR_(x)

/* Offsets from cachep + (cpu << SLAB_CPU_SHIFT); percpu.c asserts them against struct slab_cpu. */
#define SLAB_HIT_ENTRY   1024
#define SLAB_HIT_STATE   1032
#define SLAB_HIT_LIMIT   1040
#define SLAB_HIT_TOUCHED 1042

/*
 * The frame of a sequence: the descriptor (start 1, commit ends at 2, abort 4), the abort handler
 * behind its signature, which leaves to aborted, and the start of the sequence. At its end block
 * is the offset of the CPU's block.
 */
#define SLAB_RSEQ_CPU "%%fs:4(%[rseq])" /* cpu_id of struct rseq */
#define SLAB_RSEQ_BEGIN(aborted)                                           \
	".pushsection __rseq_cs, \"aw?\"\n\t"                              \
	".balign 32\n"                                                     \
	"3:\t.long 0, 0\n\t"                                               \
	".quad 1f, 2f - 1f, 4f\n\t"                                        \
	".popsection\n\t"                                                  \
	".pushsection __rseq_failure, \"ax?\"\n\t"                         \
	".byte 0x0f, 0xb9, 0x3d\n\t" /* ud1: never run, keeps disassembly in step */ \
	".long " SLAB_STR(RSEQ_SIG) "\n"                                   \
	"4:\tjmp %l[" #aborted "]\n\t"                                     \
	".popsection\n\t"                                                 \
	"leaq 3b(%%rip), %[block]\n\t"                                    \
	"movq %[block], %%fs:8(%[rseq])\n"                                 \
	"1:\tmovslq " SLAB_RSEQ_CPU ", %[block]\n\t"                       \
	"shlq $" SLAB_STR(SLAB_CPU_SHIFT) ", %[block]\n\t"

/*
 * Comes first behind a label of a sequence whose failure returns another value than its success.
 * gcc 12 copies the outputs of the sequence there, too, over a value that it has already set.
 */
#define SLAB_RSEQ_FAILED __asm__ __volatile__("")

#define SLAB_RSEQ_FIELD(offset) SLAB_STR(offset) "(%[cachep], %[block])"

/* Returns the CPU's newest object, or NULL where the hit fails. */
static inline void *slab_hit_alloc(struct kmem_cache *cachep)
{
	void *objp;
	uint64_t block, state, avail;

	__asm__ __volatile__ goto(
		SLAB_RSEQ_BEGIN(fail)
		"cmpw $0, " SLAB_RSEQ_FIELD(SLAB_HIT_LIMIT) "\n\t"
		"je %l[fail]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) ", %[state]\n\t"
		"movzwl %w[state], %k[avail]\n\t"
		"testl %k[avail], %k[avail]\n\t"
		"je %l[fail]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_ENTRY) ", %[objp]\n\t"
		"movq -8(%[objp], %[avail], 8), %[objp]\n\t"
		"movb $1, " SLAB_RSEQ_FIELD(SLAB_HIT_TOUCHED) "\n\t"
		"addq $" SLAB_STR(SLAB_STATE_ALLOC) ", %[state]\n\t"
		"movq %[state], " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) "\n"
		"2:\n\t"
		: [objp] "=&r"(objp), [block] "=&r"(block), [state] "=&r"(state),
		  [avail] "=&r"(avail)
		: [cachep] "r"(cachep), [rseq] "r"(__rseq_offset)
		: "memory", "cc"
		: fail);
	return objp;
fail:
	SLAB_RSEQ_FAILED;
	return NULL;
}

/* Puts objp on top of the CPU's array. Returns 0 where the hit fails. */
static inline int slab_hit_free(struct kmem_cache *cachep, void *objp)
{
	uint64_t block, state, avail, entry;

	__asm__ __volatile__ goto(
		SLAB_RSEQ_BEGIN(fail)
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) ", %[state]\n\t"
		"movzwl %w[state], %k[avail]\n\t"
		"cmpw " SLAB_RSEQ_FIELD(SLAB_HIT_LIMIT) ", %w[avail]\n\t"
		"jae %l[fail]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_ENTRY) ", %[entry]\n\t"
		"movq %[objp], (%[entry], %[avail], 8)\n\t"
		"addq $" SLAB_STR(SLAB_STATE_FREE) ", %[state]\n\t"
		"movq %[state], " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) "\n"
		"2:\n\t"
		: [block] "=&r"(block), [state] "=&r"(state), [avail] "=&r"(avail),
		  [entry] "=&r"(entry)
		: [cachep] "r"(cachep), [rseq] "r"(__rseq_offset), [objp] "r"(objp)
		: "memory", "cc"
		: fail);
	return 1;
fail:
	return 0;
}

#endif
