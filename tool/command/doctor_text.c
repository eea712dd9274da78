// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* doctor_text.c: the report of doctor as text, 80 columns wide. */
#include "command/doctor_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel/plan_missing.h"
#include "command/doctor_rows.h"
#include "system/sandbox.h"

#define COLUMNS 80

/* Prints text from a column on, where the cursor stands, and breaks lines at blanks. */
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

/* Prints the text of a row without a name, from the fifth column on. */
static void print_row_text(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_wrapped(text, 4);
}

/* Returns "yes", or "no: REASON" written into to. */
static const char *trial_text(size_t trial, int err, char *to, size_t size)
{
	const char *name = strerrorname_np(err);

	if (!err)
		return "yes";
	if (!strcmp(doctor_trials[trial].key, "tracefs"))
		snprintf(to, size, "no: not mounted or not readable (it is not needed)");
	else if (err == FACTS_NEVER_RUNS)
		snprintf(to, size, "no: attached programs never run");
	else if (err == ENODEV)
		snprintf(to, size, "no: not in this kernel");
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
	for (size_t i = 0; i < DOCTOR_TRIALS; i++)
		print_row(doctor_trials[i].name, "%s",
			  trial_text(i, doctor_rows_trial_error(facts, i), text, sizeof(text)));
	print_row("lockdown", "%s", facts->lockdown[0] ? facts->lockdown : "unknown");
	text[0] = '\0';
	for (size_t i = 0; i < DOCTOR_CAPABILITIES; i++) {
		bool has = doctor_rows_has_capability(facts, doctor_capabilities[i].number);
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s%s", i ? ", " : "",
			 has ? "" : "no ", doctor_capabilities[i].name);
	}
	print_row("capabilities", "%s", text);
	for (int i = 0; facts_remark(facts, i, &remark); i++)
		print_row("note", "%s: %s", remark.what, remark.why);
}

static void print_kept(const struct facts *facts)
{
	struct doctor_kept row[DOCTOR_KEPT_MAX];
	int count = doctor_rows_kept(facts, row);

	printf("\nPrivileges that top keeps while its probes run\n");
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
	printf("  system calls\n    ");
	print_row_text("%s", sandbox_possible()
				     ? "those that top no longer needs are refused (seccomp)"
				     : "all: this kernel has no filters of system calls (seccomp)");
}

/* Prints the unknown quantities, reason by reason. */
static void print_missing(const struct plan *plan)
{
	uint32_t left = PLAN_MISSING_ALL;
	char names[512];
	enum quantity q;

	while ((q = plan_missing_next(plan, &left, names, sizeof(names))) != QUANTITIES) {
		printf("  ");
		print_wrapped(names, 2);
		printf("    why: ");
		print_wrapped(plan->quantity[q].why, 9);
		if (plan->quantity[q].remedy[0]) {
			printf("    do:  ");
			print_wrapped(plan->quantity[q].remedy, 9);
		}
	}
}

static void print_plan(const struct facts *facts, const struct plan *plan)
{
	int known = 0;

	printf("\nAvailable from its allocator\n");
	for (int i = 0; i < QUANTITIES; i++) {
		if (!plan->quantity[i].known)
			continue;
		print_row(plan_quantity_names[i], "%s", plan->quantity[i].how);
		known++;
	}
	if (!known)
		printf("  nothing\n");
	if (known < QUANTITIES) {
		printf("\nNot available\n");
		print_missing(plan);
	}
	printf("\nThe reference (any process that contains libslab)\n");
	print_row("counters",
		  "from the process itself; processes of the same user need no privilege");
	print_row("probes", "%s",
		  !facts->uprobe	    ? "uprobes (USDT)"
		  : facts->uprobe == ENODEV ? "no: this kernel has no uprobes"
		  : facts->uprobe == ENOTSUP
			  ? "no: this kernel's uprobes have no cookies, as they have from 5.15 on"
			  : "no: uprobes need root, or CAP_BPF, CAP_PERFMON and, on some "
			    "kernels, CAP_SYS_ADMIN");
	print_kept(facts);
}

void doctor_text_print(const struct facts *facts, const struct plan *plan)
{
	print_facts(facts);
	print_plan(facts, plan);
}
