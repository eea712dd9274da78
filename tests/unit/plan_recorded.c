// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan_recorded.c: plans from facts that were recorded on kernels (facts/record.py), also with
 * something removed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "../../bpf/events.h"
#include "kernel/facts_json.h"
#include "kernel/plan.h"

#include <cmocka.h> /* last: it has a macro fail() */

#define BIT(q) (1u << QUANTITY_##q)
#define SLOW_PATH                                                                           \
	(BIT(LARGE) | BIT(BULK) | BIT(LATENCY) | BIT(ORIGINS) | BIT(GROWS) | BIT(FLUSHES) | \
	 BIT(LIST_MOVES) | BIT(SLAB_FREES) | BIT(CALLERS))

/* The least that each kernel must provide, and how. */
static const struct row {
	const char *kernel;
	enum era era;
	const char *probes;
	uint32_t owner;
	uint32_t unknown;		    /* quantities */
	uint32_t unknown_by_kprobes;	    /* the same without fentry */
	bool inferred, inferred_by_kprobes; /* refills, hits and bypasses */
} rows[] = {
	{"slab-6.1", ERA_SLAB, "fentry", OWNER_PAGE, BIT(LIST_MOVES) | BIT(SLAB_FREES),
	 BIT(LIST_MOVES) | BIT(SLAB_FREES), false, false},
	{"debian-6.1", ERA_SLUB, "fentry", OWNER_PAGE, BIT(LIST_MOVES), BIT(LIST_MOVES), false,
	 false},
	{"debian-6.12", ERA_SLUB, "fentry", OWNER_PAGE, BIT(LIST_MOVES), BIT(LIST_MOVES), false,
	 false},
	{"debian-6.17", ERA_SLUB, "fentry", OWNER_KFUNC, BIT(LIST_MOVES), BIT(LIST_MOVES), false,
	 false},
	/* No kprobe on ___slab_alloc. */
	{"debian-6.18", ERA_MIXED, "fentry", OWNER_KFUNC, BIT(LIST_MOVES),
	 BIT(LIST_MOVES) | BIT(LATENCY) | BIT(ORIGINS) | BIT(CALLERS), false, true},
	{"debian-6.19", ERA_MIXED, "fentry", OWNER_KFUNC, BIT(LIST_MOVES),
	 BIT(LIST_MOVES) | BIT(LATENCY) | BIT(ORIGINS) | BIT(CALLERS), false, true},
	{"debian-7.0", ERA_SHEAVES, "fentry", OWNER_KFUNC, BIT(LIST_MOVES), BIT(LIST_MOVES), false,
	 false},
	{"debian-7.1", ERA_SHEAVES, "fentry", OWNER_KFUNC, BIT(LIST_MOVES), BIT(LIST_MOVES), false,
	 false},
	{"debian-7.3", ERA_SHEAVES, "fentry", OWNER_KFUNC, BIT(LIST_MOVES), BIT(LIST_MOVES), false,
	 false},
	{"hardened-6.18", ERA_MIXED, "tracepoint", OWNER_KFUNC, SLOW_PATH, SLOW_PATH, true, true},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct facts recorded(const char *kernel)
{
	char path[128];
	struct facts facts;
	json_error_t where;
	json_t *text;

	snprintf(path, sizeof(path), "tests/unit/facts/%s.json", kernel);
	text = json_load_file(path, 0, &where);
	if (!text)
		fail_msg("%s: %s", path, where.text);
	assert_int_equal(facts_json_read(text, &facts), 0);
	json_decref(text);
	return facts;
}

static void assert_unknown(const char *kernel, const struct plan *p, uint32_t unknown)
{
	for (int q = 0; q < QUANTITIES; q++) {
		const struct quantity_plan *it = &p->quantity[q];

		if (it->known == (unknown >> q & 1))
			fail_msg("%s: %s is %s: %s%s", kernel, plan_quantity_names[q],
				 it->known ? "known" : "unknown", it->how, it->why);
		assert_true(it->known ? it->how[0] && !it->why[0] : it->why[0] && !it->how[0]);
	}
}

static void assert_inferred(const char *kernel, const struct plan *p, bool inferred)
{
	static const enum quantity all[] = {QUANTITY_REFILLS, QUANTITY_HITS, QUANTITY_BYPASSES};

	for (size_t i = 0; i < 3; i++)
		if (p->quantity[all[i]].inferred != inferred)
			fail_msg("%s: %s is %sinferred", kernel, plan_quantity_names[all[i]],
				 inferred ? "not " : "");
}

static void as_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct facts f = recorded(rows[i].kernel);
		struct plan p;

		plan_make(&f, &p);
		assert_int_equal(p.era, rows[i].era);
		assert_string_equal(p.probes, rows[i].probes);
		assert_int_equal(p.owner, rows[i].owner);
		assert_unknown(rows[i].kernel, &p, rows[i].unknown);
		assert_inferred(rows[i].kernel, &p, rows[i].inferred);
	}
}

static void without_fentry(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct facts f = recorded(rows[i].kernel);
		struct plan p;

		f.fentry = EPERM;
		/* What a trial showed on kernels of Debian with fentry. */
		if (rows[i].era == ERA_MIXED)
			f.refused[PROGRAM_SLUB_REFILL_KPROBE] = EINVAL;
		plan_make(&f, &p);
		assert_unknown(rows[i].kernel, &p, rows[i].unknown_by_kprobes);
		assert_inferred(rows[i].kernel, &p, rows[i].inferred_by_kprobes);
	}
}

/* From a file with types: neither fentry nor functions of the kernel. */
static void by_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct facts f = recorded(rows[i].kernel);
		struct plan p;

		f.kernel_btf = f.fentry = f.tp_btf = ENOENT;
		plan_make(&f, &p);
		assert_int_not_equal(p.owner, OWNER_KFUNC);
		assert_true(p.quantity[QUANTITY_ALLOCS].known && p.quantity[QUANTITY_CACHED].known);
		if (!f.kprobe && p.era != ERA_MIXED)
			assert_true(p.quantity[QUANTITY_LATENCY].known);
	}
}

/* Nothing runs: one clear sentence, and a remedy. */
static void say(const struct facts *f, const char *why, const char *remedy)
{
	struct plan p;

	plan_make(f, &p);
	assert_false(plan_loads(&p));
	for (int q = QUANTITY_ALLOCS; q < QUANTITIES; q++) {
		const struct quantity_plan *it = &p.quantity[q];

		if (it->known || !strstr(it->why, why) || !strstr(it->remedy, remedy))
			fail_msg("%s: \"%s\", \"%s\"", plan_quantity_names[q], it->why, it->remedy);
	}
}

static void old_kernels(void **state)
{
	struct facts f = recorded("debian-6.1");

	(void)state;
	f.maps = f.raw_tp = f.tp_btf = f.fentry = ENOSYS;
	say(&f, "this kernel has no bpf()", "CONFIG_BPF_SYSCALL");
	f.maps = f.raw_tp = EINVAL; /* 4.14 */
	say(&f, "too old: its BPF arrays cannot be mapped (EINVAL)", "from 5.10 on");
	f.raw_tp = 0; /* 5.4 */
	say(&f, "too old: its BPF arrays cannot be mapped (EINVAL)", "from 5.10 on");
	f.maps = 0;
	f.raw_tp = EINVAL;
	say(&f, "no BPF program on a raw tracepoint (EINVAL)", "from 5.10 on");
	f.maps = f.raw_tp = EPERM;
	say(&f, "needs privileges (EPERM)", "CAP_BPF and CAP_PERFMON");
}

static void hidden_addresses(void **state)
{
	static const uint32_t needs = BIT(KMALLOC) | BIT(FLUSHES) | BIT(CALLERS);
	struct facts f = recorded("slab-6.1");
	struct plan p;

	(void)state;
	for (int i = 0; i < SYMBOLS; i++)
		f.symbol[i].address = f.symbol[i].end = 0;
	plan_make(&f, &p);
	assert_unknown("slab-6.1", &p, needs | BIT(LIST_MOVES) | BIT(SLAB_FREES));
	for (int q = 0; q < QUANTITIES; q++)
		if (needs >> q & 1)
			assert_non_null(strstr(p.quantity[q].remedy, "CAP_SYSLOG"));
}

/* Integrity lockdown refuses kprobes; confidentiality also all reading of kernel memory. */
static void lockdown(void **state)
{
	struct facts f = recorded("debian-7.3");
	struct plan p;

	(void)state;
	f.kprobe = EPERM;
	snprintf(f.lockdown, sizeof(f.lockdown), "integrity");
	plan_make(&f, &p);
	assert_unknown("integrity", &p, BIT(LIST_MOVES));
	snprintf(f.lockdown, sizeof(f.lockdown), "confidentiality");
	for (int i = 0; i < PROGRAMS; i++)
		f.refused[i] = EINVAL;
	say(&f, "lockdown=confidentiality", "lockdown=integrity");
}

/* Facts survive writing and reading. */
static void written_and_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct facts f = recorded(rows[i].kernel), again;
		json_t *text;

		f.refused[PROGRAM_LOOK] = EBUSY;
		text = facts_json_make(&f);
		assert_int_equal(facts_json_read(text, &again), 0);
		assert_memory_equal(&f, &again, sizeof(f));
		json_decref(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_recorded),	    cmocka_unit_test(without_fentry),
		cmocka_unit_test(by_file),	    cmocka_unit_test(old_kernels),
		cmocka_unit_test(hidden_addresses), cmocka_unit_test(lockdown),
		cmocka_unit_test(written_and_read),
	};

	return cmocka_run_group_tests_name("plan_recorded", tests, NULL, NULL);
}
