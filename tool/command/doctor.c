// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * doctor.c: tells what this kernel offers and what slabscope makes of it. It loads and attaches the
 * very programs that `top` would, for a moment: a fact is what was tried.
 */
#include "command/doctor.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel/facts_json.h"
#include "kernel/kernel_programs.h"
#include "kernel/plan.h"
#include "system/privileges.h"
#include "system/types.h"

#define COLUMNS	   80
#define CAP_BIT(c) (1ull << (c))

static const struct {
	const char *name;
	int number;
} capabilities[] = {
	{"CAP_BPF", 39},
	{"CAP_PERFMON", 38},
	{"CAP_SYS_ADMIN", 21},
	{"CAP_SYSLOG", 34},
	{"CAP_SYS_PTRACE", 19},
	{"CAP_CHECKPOINT_RESTORE", 40},
	{"CAP_DAC_READ_SEARCH", 2},
};
#define CAPABILITIES (sizeof(capabilities) / sizeof(capabilities[0]))

/* Facts that are an error number, 0 where all is well. */
static const struct {
	const char *key, *name;
	size_t offset;
} trials[] = {
	{"btf", "types (BTF)", offsetof(struct facts, btf)},
	{"kallsyms", "symbols", offsetof(struct facts, kallsyms)},
	{"maps", "BPF maps", offsetof(struct facts, maps)},
	{"raw_tracepoint", "raw tracepoints", offsetof(struct facts, raw_tp)},
	{"typed_tracepoint", "typed tracepoints", offsetof(struct facts, tp_btf)},
	{"fentry", "fentry, fexit", offsetof(struct facts, fentry)},
	{"kprobe", "kprobes", offsetof(struct facts, kprobe)},
	{"uprobe", "uprobes", offsetof(struct facts, uprobe)},
	{"tracefs", "tracefs", offsetof(struct facts, tracefs)},
	{"slabinfo", "/proc/slabinfo", offsetof(struct facts, slabinfo)},
};
#define TRIALS (sizeof(trials) / sizeof(trials[0]))

static int trial_error(const struct facts *facts, size_t trial)
{
	return *(const int *)((const char *)facts + trials[trial].offset);
}

/* ---- privileges: what top keeps, where, and what it lacks -------------------------------------- */

struct kept_row {
	const struct privilege *privilege;
	const char *where; /* as in JSON */
	bool held;
};
#define KEPT_ROWS (PRIVILEGES_KEPT + 2)

static int kept_rows(const struct facts *facts, struct kept_row *to)
{
	int count = 0;

	for (int i = 0; i < PRIVILEGES_KEPT; i++)
		to[count++] = (struct kept_row){&privileges_kept[i], "process", false};
	/* Where uprobes are refused, that may be for want of it. */
	if (facts->uprobes_admin || facts->uprobe == EACCES || facts->uprobe == EPERM)
		to[count++] = (struct kept_row){&privileges_attacher, "thread", false};
	to[count++] = (struct kept_row){&privileges_helper, "helper", false};
	for (int i = 0; i < count; i++)
		to[i].held = facts->capabilities & CAP_BIT(to[i].privilege->capability);
	return count;
}

/* ---- for people ------------------------------------------------------------------------------ */

/* Prints text from column on, broken at blanks; the cursor already stands there. */
static void print_wrapped(const char *text, int column)
{
	int at = column;

	while (*text) {
		int length = strcspn(text, " ");

		if (at > column && at + 1 + length > COLUMNS) {
			printf("\n%*s", column, "");
			at = column;
		} else if (at > column) {
			putchar(' ');
			at++;
		}
		printf("%.*s", length, text);
		at += length;
		text += length;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void print_row(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void print_row(const char *name, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("  %-18s ", name);
	print_wrapped(text, 21);
}

static void print_row_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A row's text without a name, from the fifth column on. */
static void print_row_text(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_wrapped(text, 4);
}

static const char *trial_text(size_t trial, int err, char *to, size_t size)
{
	const char *name = strerrorname_np(err);

	if (!err)
		return "yes";
	if (!strcmp(trials[trial].key, "tracefs"))
		snprintf(to, size, "no: not mounted or not readable (it is not needed)");
	else if (err == ENODEV)
		snprintf(to, size, "no: this kernel has none");
	else
		snprintf(to, size, "no: %s (%s)", strerror(err), name ? name : "?");
	return to;
}

static void print_facts(const struct facts *facts)
{
	struct remark remark;
	char text[256];

	printf("This kernel: Linux %s\n", facts->release);
	print_row("allocator", "%s", era_rows[eras_find(facts)].text);
	print_row("CPUs, NUMA nodes", "%u, %u possible", facts->cpus, facts->nodes);
	for (size_t i = 0; i < TRIALS; i++)
		print_row(trials[i].name, "%s",
			  trial_text(i, trial_error(facts, i), text, sizeof(text)));
	print_row("lockdown", "%s",
		  facts->lockdown[0] ? facts->lockdown : "the kernel does not say");
	text[0] = '\0';
	for (size_t i = 0; i < CAPABILITIES; i++) {
		bool has = facts->capabilities & CAP_BIT(capabilities[i].number);
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s%s", i ? ", " : "",
			 has ? "" : "no ", capabilities[i].name);
	}
	print_row("capabilities", "%s", text);
	for (int i = 0; facts_remark(facts, i, &remark); i++)
		print_row("beware", "%s: %s", remark.what, remark.why);
}

static void print_kept(const struct facts *facts)
{
	struct kept_row row[KEPT_ROWS];
	int count = kept_rows(facts, row);

	printf("\nOf its privileges top keeps, once its programs run\n");
	for (int i = 0; i < count; i++) {
		const struct privilege *p = row[i].privilege;
		const char *only = !strcmp(row[i].where, "thread")   ? "one thread only: "
				   : !strcmp(row[i].where, "helper") ? "a helper process only: "
								     : "";

		printf("  ");
		print_wrapped(p->name, 2);
		printf("    ");
		if (row[i].held)
			print_row_text("%s%s", only, p->why);
		else
			print_row_text("not given: %s", p->without);
	}
}

static bool same_reason(const struct quantity_plan *a, const struct quantity_plan *b)
{
	return !a->known && !b->known && !strcmp(a->why, b->why) && !strcmp(a->remedy, b->remedy);
}

/* Quantities that are missing for one reason stand together. */
static void print_missing(const struct plan *plan)
{
	bool told[QUANTITIES] = {0};

	for (int i = 0; i < QUANTITIES; i++) {
		const struct quantity_plan *reason = &plan->quantity[i];
		char names[512] = "";

		if (reason->known || told[i])
			continue;
		for (int j = i; j < QUANTITIES; j++) {
			size_t used = strlen(names);

			if (!same_reason(reason, &plan->quantity[j]))
				continue;
			told[j] = true;
			snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
				 plan_quantity_names[j]);
		}
		printf("  ");
		print_wrapped(names, 2);
		printf("    why: ");
		print_wrapped(reason->why, 9);
		if (reason->remedy[0]) {
			printf("    do:  ");
			print_wrapped(reason->remedy, 9);
		}
	}
}

static void print_plan(const struct facts *facts, const struct plan *plan)
{
	int known = 0;

	printf("\nSeen of its allocator\n");
	for (int i = 0; i < QUANTITIES; i++) {
		if (!plan->quantity[i].known)
			continue;
		print_row(plan_quantity_names[i], "%s", plan->quantity[i].how);
		known++;
	}
	if (!known)
		printf("  nothing\n");
	if (known < QUANTITIES) {
		printf("\nNot seen\n");
		print_missing(plan);
	}
	printf("\nThe reference (any process that contains libslab)\n");
	print_row("counters", "from the process itself: the same user needs no privilege");
	print_row("probes", "%s",
		  !facts->uprobe ? "uprobes (USDT)"
		  : facts->uprobe == ENODEV
			  ? "no: this kernel has no uprobes"
			  : "no: root may make uprobes, or who has CAP_BPF, CAP_PERFMON and, on "
			    "some kernels, CAP_SYS_ADMIN");
	print_kept(facts);
}

/* ---- as JSON --------------------------------------------------------------------------------- */

static json_t *json_facts(const struct facts *facts)
{
	json_t *to = json_object(), *tried = json_object(), *caps = json_object();

	for (size_t i = 0; i < TRIALS; i++) {
		int err = trial_error(facts, i);
		const char *name = strerrorname_np(err);

		json_object_set_new(tried, trials[i].key,
				    json_string(err ? (name ? name : "?") : "ok"));
	}
	for (size_t i = 0; i < CAPABILITIES; i++)
		json_object_set_new(
			caps, capabilities[i].name,
			json_boolean(facts->capabilities & CAP_BIT(capabilities[i].number)));
	json_object_set_new(to, "release", json_string(facts->release));
	json_object_set_new(to, "cpus", json_integer(facts->cpus));
	json_object_set_new(to, "nodes", json_integer(facts->nodes));
	json_object_set_new(to, "lockdown",
			    facts->lockdown[0] ? json_string(facts->lockdown) : json_null());
	json_object_set_new(to, "tried", tried);
	json_object_set_new(to, "capabilities", caps);
	return to;
}

static json_t *json_remarks(const struct facts *facts)
{
	json_t *to = json_array();
	struct remark remark;

	for (int i = 0; facts_remark(facts, i, &remark); i++)
		json_array_append_new(to,
				      json_pack("{ssss}", "what", remark.what, "why", remark.why));
	return to;
}

static json_t *json_privileges(const struct facts *facts)
{
	struct kept_row row[KEPT_ROWS];
	int count = kept_rows(facts, row);
	json_t *to = json_array();

	for (int i = 0; i < count; i++) {
		const struct privilege *p = row[i].privilege;

		json_array_append_new(to, json_pack("{ss ss sb ss ss}", "name", p->name, "where",
						    row[i].where, "held", row[i].held, "why",
						    p->why, "without", p->without));
	}
	return to;
}

static json_t *json_quantities(const struct plan *plan)
{
	json_t *to = json_array();

	for (int i = 0; i < QUANTITIES; i++) {
		const struct quantity_plan *q = &plan->quantity[i];
		json_t *row = json_object();

		json_object_set_new(row, "what", json_string(plan_quantity_names[i]));
		json_object_set_new(row, "seen", json_boolean(q->known));
		json_object_set_new(row, "inferred", json_boolean(q->inferred));
		json_object_set_new(row, "how", q->known ? json_string(q->how) : json_null());
		json_object_set_new(row, "why", q->known ? json_null() : json_string(q->why));
		json_object_set_new(row, "remedy",
				    q->remedy[0] ? json_string(q->remedy) : json_null());
		json_array_append_new(to, row);
	}
	return to;
}

/* The programs that run, and those that this kernel refused. */
static json_t *json_programs(const struct facts *facts, const struct plan *plan)
{
	json_t *to = json_object();

	for (int i = 0; i < PROGRAMS; i++) {
		const char *name = strerrorname_np(facts->refused[i]);

		if (plan->load[i])
			json_object_set_new(to, kernel_probe_rows[i].name, json_string("ok"));
		else if (facts->refused[i])
			json_object_set_new(to, kernel_probe_rows[i].name,
					    json_string(name ? name : "?"));
	}
	return to;
}

static int print_json(const struct facts *facts, const struct plan *plan, struct failure *f)
{
	json_t *to = json_object();
	int err;

	json_object_set_new(to, "schema", json_string("slabscope.doctor/1"));
	json_object_set_new(to, "kernel", json_facts(facts));
	json_object_set_new(to, "allocator", json_string(era_rows[plan->era].name));
	json_object_set_new(to, "probes", json_string(plan->probes));
	json_object_set_new(to, "programs", json_programs(facts, plan));
	json_object_set_new(to, "remarks", json_remarks(facts));
	json_object_set_new(to, "privileges", json_privileges(facts));
	json_object_set_new(to, "quantities", json_quantities(plan));
	json_object_set_new(to, "facts", facts_json_make(facts));
	err = json_dumpf(to, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(to);
	return err ? fail(f, EIO, "doctor: cannot write JSON to the standard output") : 0;
}

int doctor_main(const struct doctor_options *o, struct failure *f)
{
	struct kernel_programs *programs;
	const struct choice everything = {.cgroup = -1};
	const struct source_options options = {.choice = &everything, .callers = true};
	struct failure broken = {""};
	struct types types;
	struct facts facts;
	struct plan plan;
	int err;

	err = types_open(&types, o->btf, f);
	if (!err)
		err = facts_collect(&facts, types.path, f);
	if (err)
		return err;
	kernel_programs_open(&facts, &plan, &options, &programs, &broken);
	kernel_programs_close(programs);
	types_close(&types);
	if (o->json) {
		err = print_json(&facts, &plan, f);
	} else {
		print_facts(&facts);
		print_plan(&facts, &plan);
		if (broken.text[0])
			printf("\n%s\n", broken.text);
	}
	if (fflush(stdout) && !err)
		err = fail(f, errno, "doctor: cannot write: %s", strerror(errno));
	return err;
}
