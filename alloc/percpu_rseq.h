/* SPDX-License-Identifier: MIT */
/*
 * percpu_rseq.h: the sequences of more than one object, for x86-64. Included by percpu.c only.
 *
 *     take:  unit = cpus[cpu]; if (!unit.limit) stopped
 *            copy entry[0..avail) out; state -= avail                       <- commit
 *     push:  unit = cpus[cpu]; if (!unit.limit) stopped
 *            n = min(nr, max(unit.limit - avail, 0))
 *            copy n objects to entry[avail..); state += n                   <- commit
 *
 * An abort inside the copy starts the copy again: until the commit nothing that counts has changed,
 * for entries from avail on belong to nobody. Each returns 0, or -1 where the CPU is stopped.
 */
#ifndef SLAB_PERCPU_RSEQ_H
#define SLAB_PERCPU_RSEQ_H

#include "slab_hit.h"

/*
 * Copies rcx pointers from rsi to rdi, 64 bytes at a time: up to RSEQ_COPY_SLACK pointers more than
 * asked for are read and written, for which both sides have room. (rep movs takes longer to start than
 * a batch takes to copy.)
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
		SLAB_RSEQ_BEGIN
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
	uint64_t block, state, avail, room;

	__asm__ __volatile__ goto(
		SLAB_RSEQ_BEGIN
		"movzwl " SLAB_RSEQ_FIELD(SLAB_HIT_LIMIT) ", %k[room]\n\t"
		"testl %k[room], %k[room]\n\t"
		"je %l[stopped]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) ", %[state]\n\t"
		"movzwl %w[state], %k[avail]\n\t"
		"movl $0, %%ecx\n\t"
		"subq %[avail], %[room]\n\t"
		"cmovbq %%rcx, %[room]\n\t" /* more than a limit that was just lowered */
		"cmpq %[nr], %[room]\n\t"
		"cmovaq %[nr], %[room]\n\t"
		"movq " SLAB_RSEQ_FIELD(SLAB_HIT_ENTRY) ", %%rdi\n\t"
		"leaq (%%rdi, %[avail], 8), %%rdi\n\t"
		"movq %[objpp], %%rsi\n\t"
		"movq %[room], %%rcx\n\t"
		RSEQ_COPY
		"addq %[room], %[state]\n\t"
		"movq %[state], " SLAB_RSEQ_FIELD(SLAB_HIT_STATE) "\n"
		"2:\n\t"
		: [block] "=&r"(block), [state] "=&r"(state), [avail] "=&r"(avail),
		  [room] "=&r"(room)
		: [cachep] "r"(cachep), [rseq] "r"(__rseq_offset), [objpp] "r"(objpp), [nr] "r"(nr)
		: "memory", "cc", "rsi", "rdi", "rcx", "xmm0", "xmm1", "xmm2", "xmm3"
		: stopped);
	*pushed = (unsigned)room;
	*cpu = (int)(block >> SLAB_CPU_SHIFT);
	return 0;
stopped:
	return -1;
}

#endif
