// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An abort at every instruction of every restartable sequence. One scenario runs all of them. The
 * test runs it once by single steps, to find the instructions, and then once for each instruction
 * with a breakpoint there. The signal of the breakpoint makes the kernel abort the sequence at
 * this point. Each run must end as the undisturbed one, with the same order of objects and the
 * same counters.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "alloc_help.h"
#include "registration.h"

#ifndef SLAB_INLINE_HIT
int main(void)
{
	printf("1..0 # SKIP this build has no sequences\n");
	return 0;
}
#else

/* The descriptor of rseq(2), one for each sequence, all in one section. */
struct sequence {
	uint32_t version, flags;
	uint64_t start, length, abort;
};
extern const struct sequence __start___rseq_cs[], __stop___rseq_cs[];

#define INSTRUCTIONS_MAX 4096
#define BREAKPOINT	 0xcc
#define TRAP_FLAG	 0x100

static uint64_t instruction[INSTRUCTIONS_MAX]; /* inside sequences, each once */
static unsigned nr_instructions, nr_sequences;

/* ---- the scenario ----------------------------------------------------------------------- */

#define OBJECTS 400

/* The result of a run. */
struct result {
	uint64_t objects; /* a digest of which objects came, in which order */
	uint64_t state;
	struct slab_cpu_counters counters;
	unsigned entries; /* a digest of the CPU's array */
};

static unsigned object_number(struct kmem_cache *cachep, const void *objp, uint32_t *pages,
			      unsigned *nr_pages)
{
	struct slab *slabp = virt_to_slab(objp);
	unsigned at = 0;

	while (at < *nr_pages && pages[at] != slab_page(slabp))
		at++;
	if (at == *nr_pages)
		pages[(*nr_pages)++] = slab_page(slabp);
	return at * cachep->num + obj_to_index(cachep, slabp, objp);
}

/* The hits are in separate functions, so that the compiler makes one sequence of each. */
static __attribute__((noinline)) void *hit_alloc(struct kmem_cache *cachep)
{
	return kmem_cache_alloc(cachep, 0);
}

static __attribute__((noinline)) void hit_free(struct kmem_cache *cachep, void *objp)
{
	kmem_cache_free(cachep, objp);
}

/*
 * Refills from grown slabs, the shared array and the lists; flushes to both; single and bulk calls.
 */
static void operate(struct kmem_cache *cachep, void **objp)
{
	for (unsigned i = 0; i < OBJECTS; i++)
		objp[i] = hit_alloc(cachep);
	for (unsigned i = 150; i < 350; i++)
		hit_free(cachep, objp[i]);
	for (unsigned i = 150; i < 250; i++)
		objp[i] = hit_alloc(cachep);
	assert_int_equal(kmem_cache_alloc_bulk(cachep, 0, 100, objp + 250), 100);
	kmem_cache_free_bulk(cachep, 200, objp + 100);
	for (unsigned i = 100; i < 300; i++)
		objp[i] = hit_alloc(cachep);
}

static void run(struct result *to)
{
	struct kmem_cache *cachep = kmem_cache_create("aborted", 64, 0, 0, NULL);
	unsigned nr_pages = 0, cpu = (unsigned)sched_getcpu();
	void *objp[OBJECTS];
	uint32_t pages[64];

	assert_non_null(cachep);
	assert_int_equal(kmem_cache_tune(cachep, 30, 15, 4), 0);
	operate(cachep, objp);
	check(cachep, objp, OBJECTS);
	*to = (struct result){.state = cachep->cpu[cpu].state,
			      .counters = *cpu_counters(cachep, (int)cpu)};
	for (unsigned i = 0; i < OBJECTS; i++)
		to->objects =
			to->objects * 1000003 + object_number(cachep, objp[i], pages, &nr_pages);
	for (unsigned i = 0; i < percpu_avail(cachep, (int)cpu); i++)
		to->entries = to->entries * 31 +
			      object_number(cachep, cachep->cpu[cpu].entry[i], pages, &nr_pages);
	for (unsigned i = 0; i < OBJECTS; i++)
		hit_free(cachep, objp[i]);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

/* ---- single steps ------------------------------------------------------------------------- */

static const struct sequence *sequence_at(uint64_t ip)
{
	for (const struct sequence *s = __start___rseq_cs; s < __stop___rseq_cs; s++)
		if (ip - s->start < s->length)
			return s;
	return NULL;
}

static void note_instruction(uint64_t ip)
{
	for (unsigned i = 0; i < nr_instructions; i++)
		if (instruction[i] == ip)
			return;
	if (nr_instructions < INSTRUCTIONS_MAX)
		instruction[nr_instructions++] = ip;
}

/*
 * Runs before each instruction. Its own signal would abort an armed sequence for ever. So it
 * steps over the instruction that arms a sequence (mov %reg, %fs:8(%reg), right before the
 * sequence).
 */
static void step(int signal, siginfo_t *info, void *context)
{
	greg_t *ip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	const uint8_t *code = (const uint8_t *)*ip;

	(void)signal, (void)info;
	for (const struct sequence *s = __start___rseq_cs; s < __stop___rseq_cs; s++)
		if (s->start - (uint64_t)*ip - 5 <= 1 && code[0] == 0x64 &&
		    (code[1] & 0xf8) == 0x48 && code[2] == 0x89)
			*ip = (greg_t)s->start;
	if (sequence_at((uint64_t)*ip))
		note_instruction((uint64_t)*ip);
}

static void set_trap_flag(bool on)
{
	if (on)
		__asm__ __volatile__("pushfq\n\torq %0, (%%rsp)\n\tpopfq" ::"i"(TRAP_FLAG)
				     : "memory", "cc");
	else
		__asm__ __volatile__("pushfq\n\tandq %0, (%%rsp)\n\tpopfq" ::"i"(~TRAP_FLAG)
				     : "memory", "cc");
}

static void on_trap(void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	sigaction(SIGTRAP, &action, NULL);
}

static void find_instructions(struct kmem_cache *cachep)
{
	void *objp[OBJECTS];

	on_trap(step);
	set_trap_flag(true);
	operate(cachep, objp);
	set_trap_flag(false);
	for (unsigned i = 0; i < OBJECTS; i++)
		hit_free(cachep, objp[i]);
	kmem_cache_destroy(cachep);
	for (const struct sequence *s = __start___rseq_cs; s < __stop___rseq_cs; s++)
		for (unsigned i = 0; i < nr_instructions; i++)
			if (instruction[i] - s->start < s->length) {
				nr_sequences++;
				break;
			}
}

/* ---- steps of a debugger ------------------------------------------------------------------ */

#define STEPS_MAX 1000000 /* far more than this needs */
#define STEPPED	  10

static unsigned steps;

/* Each step is a signal, which aborts the sequence that it interrupts. */
static void count_step(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	if (++steps == STEPS_MAX)
		((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

/* All sequences again, but fewer calls. */
static void operate_in_steps(struct kmem_cache *cachep)
{
	void *objp[STEPPED];

	set_trap_flag(true);
	for (unsigned i = 0; i < STEPPED; i++)
		objp[i] = hit_alloc(cachep);
	for (unsigned i = 0; i < STEPPED; i++)
		hit_free(cachep, objp[i]);
	kmem_cache_alloc_bulk(cachep, 0, STEPPED, objp);
	kmem_cache_free_bulk(cachep, STEPPED, objp);
	set_trap_flag(false);
}

/* ---- breakpoints -------------------------------------------------------------------------- */

static struct {
	uint8_t *at, was;
	uint64_t came_from; /* where the signal found the program */
	unsigned hits;
} breakpoint;

static void writable(void *at, int protection)
{
	uintptr_t page = (uintptr_t)at & ~(uintptr_t)4095;

	assert_int_equal(mprotect((void *)page, 4096, protection), 0);
}

static void restore(void)
{
	*breakpoint.at = breakpoint.was;
	__builtin___clear_cache((char *)breakpoint.at, (char *)breakpoint.at + 1);
}

/* The first hit removes the breakpoint: the sequence begins again, and must end. */
static void hit(int signal, siginfo_t *info, void *context)
{
	greg_t *ip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	(void)signal, (void)info;
	breakpoint.came_from = (uint64_t)*ip;
	breakpoint.hits++;
	restore();
	if ((uint64_t)*ip == (uint64_t)breakpoint.at + 1)
		--*ip; /* not aborted: the instruction is still to be run */
}

static void run_with_breakpoint(uint64_t at, struct result *to)
{
	writable((void *)at, PROT_READ | PROT_WRITE | PROT_EXEC);
	breakpoint.at = (uint8_t *)at;
	breakpoint.was = *breakpoint.at;
	breakpoint.hits = 0;
	on_trap(hit);
	*breakpoint.at = BREAKPOINT;
	run(to);
	restore();
	writable((void *)at, PROT_READ | PROT_EXEC);
}

static void same(const struct result *a, const struct result *b)
{
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->objects, b->objects);
	assert_int_equal(a->entries, b->entries);
	assert_memory_equal(&a->counters, &b->counters, sizeof(a->counters));
}

/* ---- the tests ---------------------------------------------------------------------------- */

static struct result undisturbed;

static int set_up(void **state)
{
	struct kmem_cache *cachep;
	cpu_set_t set;

	(void)state;
	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	sched_setaffinity(0, sizeof(set), &set);
	cachep = kmem_cache_create("stepped", 64, 0, 0, NULL);
	if (!cachep || kmem_cache_tune(cachep, 30, 15, 4))
		return -1;
	/* Twice: the pages of the first run may give the second one another order of objects. */
	run(&undisturbed);
	run(&undisturbed);
	find_instructions(cachep);
	return 0;
}

/* alloc, free, take, push, and many at once both ways: the scenario must go through all of them. */
static void goes_through_all(void **state)
{
	(void)state;
	assert_true(nr_sequences >= 6);
	assert_true(nr_instructions >= 6 * 8 && nr_instructions < INSTRUCTIONS_MAX);
	for (const struct sequence *s = __start___rseq_cs; s < __stop___rseq_cs; s++) {
		bool first = false;

		for (unsigned i = 0; i < nr_instructions; i++)
			first = first || instruction[i] == s->start;
		if (first)
			printf("# sequence of %u bytes\n", (unsigned)s->length);
	}
	printf("# %u instructions\n", nr_instructions);
}

static void undisturbed_runs_are_alike(void **state)
{
	struct result again;

	(void)state;
	run(&again);
	same(&again, &undisturbed);
}

static void abort_at_every_instruction(void **state)
{
	(void)state;
	for (unsigned i = 0; i < nr_instructions; i++) {
		const struct sequence *s = sequence_at(instruction[i]);
		struct result result;

		run_with_breakpoint(instruction[i], &result);
		assert_int_equal(breakpoint.hits, 1);
		assert_int_equal(breakpoint.came_from, s->abort);
		same(&result, &undisturbed);
	}
}

/* Every call ends, although no sequence does. */
static void single_steps_leave(void **state)
{
	struct kmem_cache *cachep = kmem_cache_create("in steps", 64, 0, 0, NULL);

	(void)state;
	assert_int_equal(kmem_cache_tune(cachep, 4, 2, 1), 0);
	on_trap(count_step);
	operate_in_steps(cachep);
	printf("# %u steps\n", steps);
	assert_true(steps > STEPPED && steps < STEPS_MAX);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

/* Right after the commit there is no abort: the operation took place once. */
static void no_abort_behind_the_commit(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (const struct sequence *s = __start___rseq_cs; s < __stop___rseq_cs; s++) {
		struct result result;

		run_with_breakpoint(s->start + s->length, &result);
		seen += breakpoint.hits;
		if (breakpoint.hits)
			assert_int_equal(breakpoint.came_from, s->start + s->length + 1);
		same(&result, &undisturbed);
	}
	assert_true(seen >= 6);
}

/* While the limit falls an array may hold more: then it takes no object, and does not overflow. */
static void no_push_above_the_limit(void **state)
{
	struct kmem_cache *cachep;
	int cpu = sched_getcpu(), where;
	void *objp[40], *array[SLAB_LIMIT_MAX + RSEQ_COPY_SLACK] = {NULL};

	(void)state;
	cachep = kmem_cache_create("lowered", 64, 0, 0, NULL);
	for (unsigned i = 0; i < 40; i++)
		objp[i] = kmem_cache_alloc(cachep, 0);
	for (unsigned i = 0; i < 40; i++)
		kmem_cache_free(cachep, objp[i]);
	assert_true(percpu_avail(cachep, cpu) >= 40);
	cachep->cpu[cpu].limit = 10;
	where = -1;
	assert_int_equal(percpu_push(cachep, array, 20, &where), 0);
	assert_int_equal(where, cpu);
	cachep->cpu[cpu].limit = (uint16_t)cachep->limit;
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_through_all),
		cmocka_unit_test(undisturbed_runs_are_alike),
		cmocka_unit_test(abort_at_every_instruction),
		cmocka_unit_test(single_steps_leave),
		cmocka_unit_test(no_abort_behind_the_commit),
		cmocka_unit_test(no_push_above_the_limit),
	};

	if (!registration_usable() || getenv("SLAB_BACKEND")) {
		printf("1..0 # SKIP this process runs no sequences\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, NULL);
}
#endif
