// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pair_cost.c: what it costs to time one refill: how much longer the same sequence of allocations
 * takes with programs around the function that refills. For a guest with one CPU that counts
 * instructions as nanoseconds.
 *
 *	pair_cost OBJECT     JSON: {"refills": N, "empty": NS, ..., "slabscope": NS}, a refill
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <time.h>

#include "kernel/kernel_programs.h"
#include "model/source.h"
#include "system/types.h"

#define BATCH  400
#define ROUNDS 60

struct message {
	long type;
	char text[16];
};

static int queue[BATCH];
static struct bpf_object *object;
static struct facts facts;

/* Messages in batches: each batch empties the CPU's cache several times. Nanoseconds. */
static double load(void)
{
	struct message m = {.type = 1};
	struct timespec began, ended;

	clock_gettime(CLOCK_MONOTONIC, &began);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < BATCH; i++)
			if (msgsnd(queue[i], &m, sizeof(m.text), IPC_NOWAIT))
				err(1, "message");
		for (int i = 0; i < BATCH; i++)
			if (msgrcv(queue[i], &m, sizeof(m.text), 0, IPC_NOWAIT) < 0)
				err(1, "message");
	}
	clock_gettime(CLOCK_MONOTONIC, &ended);
	return (double)(ended.tv_sec - began.tv_sec) * 1e9 +
	       (double)(ended.tv_nsec - began.tv_nsec);
}

/* The least of some runs: an interrupt only adds. */
static double measure(void)
{
	double least = load();

	for (int i = 0; i < 6; i++) {
		double took = load();

		least = took < least ? took : least;
	}
	return least;
}

static double with_pair(const char *enter, const char *leave)
{
	struct bpf_link *exit =
		bpf_program__attach(bpf_object__find_program_by_name(object, leave));
	struct bpf_link *entry =
		bpf_program__attach(bpf_object__find_program_by_name(object, enter));
	double took;

	if (!exit || !entry)
		err(1, "cannot attach %s", enter);
	took = measure();
	bpf_link__destroy(entry);
	bpf_link__destroy(exit);
	return took;
}

static uint64_t runs(void)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".data.runs");
	uint32_t zero = 0;
	uint64_t value;

	if (!map || bpf_map_lookup_elem(bpf_map__fd(map), &zero, &value))
		errx(1, "cannot read how many refills there were");
	return value;
}

/* The programs as top loads them; those that are no part of timing a refill are detached again. */
static double with_slabscope(enum symbol refill)
{
	const struct choice everything = {.cgroup = -1};
	const struct source_options options = {.choice = &everything};
	struct kernel_programs *programs;
	struct failure f = {""};
	struct plan plan;
	double took;

	if (kernel_programs_open(&facts, &plan, &options, &programs, &f))
		errx(1, "%s", f.text);
	if (!programs || !plan.quantity[QUANTITY_LATENCY].known)
		errx(1, "refills cannot be timed: %s", plan.quantity[QUANTITY_LATENCY].why);
	for (int i = 0; i < PROGRAMS; i++)
		if (kernel_probe_rows[i].symbol != refill)
			plan.load[i] = false;
	kernel_programs_detach(programs, &plan);
	took = measure();
	kernel_programs_close(programs);
	return took;
}

static enum symbol find_refill(void)
{
	static const enum symbol one[] = {SYMBOL_CACHE_ALLOC_REFILL, SYMBOL_REPLACE_EMPTY_MAIN,
					  SYMBOL_SLAB_ALLOC};

	for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++)
		if (facts.symbol[one[i]].present)
			return one[i];
	errx(1, "this kernel has no function that refills");
}

int main(int argc, char **argv)
{
	struct bpf_program *program;
	double none, empty, least, hash, caches, ours, refills;
	struct failure f = {""};
	enum symbol refill;
	uint64_t before;

	if (argc != 2)
		errx(2, "usage: pair_cost OBJECT");
	for (int i = 0; i < BATCH; i++) {
		queue[i] = msgget(IPC_PRIVATE, 0600);
		if (queue[i] < 0)
			err(1, "queue %d", i);
	}
	if (facts_collect(&facts, TYPES_OF_KERNEL, &f))
		errx(1, "%s", f.text);
	refill = find_refill();
	object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		errx(1, "cannot open %s", argv[1]);
	bpf_object__for_each_program(program, object)
		bpf_program__set_attach_target(program, 0, facts_symbol_name(&facts, refill));
	if (bpf_object__load(object))
		errx(1, "cannot load %s", argv[1]);
	measure(); /* pages are touched, shared arrays filled */
	none = measure();
	empty = with_pair("empty_enter", "empty_leave");
	before = runs();
	hash = with_pair("hash_enter", "hash_leave");
	refills = (double)(runs() - before) / 7;
	caches = with_pair("caches_enter", "caches_leave");
	least = with_pair("least_enter", "least_leave");
	ours = with_slabscope(refill);
	printf("{\"function\": \"%s\", \"refills\": %.0f, \"of\": %d, \"empty\": %.1f, "
	       "\"least\": %.1f, \"hash\": %.1f, \"caches\": %.1f, \"slabscope\": %.1f, "
	       "\"again\": %.1f}\n",
	       facts_symbol_name(&facts, refill), refills, BATCH * ROUNDS, (empty - none) / refills,
	       (least - none) / refills, (hash - none) / refills, (caches - none) / refills,
	       (ours - none) / refills, (measure() - none) / refills);
	return 0;
}
