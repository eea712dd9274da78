// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan_rules.c: decides which programs can run, and words why something is missing. Reasons are
 * whole sentences without a full stop.
 */
#include "kernel/plan_rules.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bpf/events.h"
#include "system/privileges.h"

void rule_known(struct planner *p, enum quantity q, const char *how, ...)
{
	struct quantity_plan *to = &p->plan->quantity[q];
	va_list args;

	to->known = true;
	to->inferred = false;
	to->why[0] = to->remedy[0] = '\0';
	va_start(args, how);
	vsnprintf(to->how, sizeof(to->how), how, args);
	va_end(args);
}

void rule_unknown(struct planner *p, enum quantity q, const char *remedy, const char *why, ...)
{
	struct quantity_plan *to = &p->plan->quantity[q];
	va_list args;

	to->known = to->inferred = false;
	to->how[0] = '\0';
	privileges_remedy(remedy, p->facts && p->facts->root, to->remedy, sizeof(to->remedy));
	va_start(args, why);
	vsnprintf(to->why, sizeof(to->why), why, args);
	va_end(args);
}

void rule_unknown_like(struct planner *p, enum quantity q, enum quantity from)
{
	const struct quantity_plan *of = &p->plan->quantity[from];

	rule_unknown(p, q, of->remedy, "%s", of->why);
}

const char rule_show_addresses[] =
	PRIVILEGES_AS_ROOT "CAP_SYSLOG; have kernel.kptr_restrict below 2";

const char *rule_error_name(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : "unknown error";
}

/* ---- which programs can run ------------------------------------------------------------------ */

/* Returns whether fexit programs can run on a function, and find its result. */
static bool is_result_found(const struct facts *facts, enum symbol symbol)
{
	return !facts->few_helpers ||
	       (!facts->fexit_unsafe &&
		facts->symbol[symbol].params == kernel_symbol_params[symbol]);
}

/*
 * Returns whether programs may harm the kernel: a guest of 5.10 with CONFIG_SLAB hung when
 * slabscope tried them.
 */
static bool is_unproven(const struct facts *facts)
{
	return facts->few_helpers && facts->slab_arrays;
}

bool rule_usable(struct planner *p, enum program program)
{
	const struct facts *facts = p->facts;
	const struct kernel_probe_row *row = &kernel_probe_rows[program];
	const struct symbol_facts *symbol = &facts->symbol[row->symbol];

	if (facts->refused[program] || facts->btf || facts->maps || is_unproven(facts))
		return false;
	if (row->kind == PROBE_FEXIT && !is_result_found(facts, row->symbol))
		return false;
	switch (row->kind) {
	case PROBE_RAW_TP:
	case PROBE_CALL:
		return !facts->raw_tp && facts->limit <= ATTACH_TRACEPOINT;
	case PROBE_FENTRY:
	case PROBE_FEXIT:
		return !facts->fentry && facts->limit == ATTACH_ANY && symbol->present &&
		       symbol->in_btf;
	case PROBE_KPROBE:
	case PROBE_KRETPROBE:
		return !facts->kprobe && facts->limit <= ATTACH_KPROBE && symbol->present;
	}
	return false;
}

/* Loads both ends or none. */
static bool take_pair(struct planner *p, enum program entry, enum program exit)
{
	if (!rule_usable(p, entry) || !rule_usable(p, exit))
		return false;
	p->plan->load[entry] = p->plan->load[exit] = true;
	return true;
}

const char *rule_take(struct planner *p, const struct ways *ways)
{
	if (take_pair(p, ways->fentry, ways->fexit))
		return "fentry";
	if (take_pair(p, ways->kprobe, ways->kretprobe))
		return "kprobe";
	return NULL;
}

/* ---- why something cannot be watched --------------------------------------------------------- */

static const char as_root[] = PRIVILEGES_AS_ROOT "CAP_BPF and CAP_PERFMON";

/* Returns whether the kernel forbids programs that read its memory. */
static bool is_locked(const struct facts *facts)
{
	return (facts->refused[PROGRAM_COUNT_ALLOC] || facts->refused[PROGRAM_OWNED_ALLOC]) &&
	       !strcmp(facts->lockdown, "confidentiality");
}

static const char new_kernel[] =
	"use a kernel from 5.10 on with CONFIG_BPF_SYSCALL, CONFIG_BPF_EVENTS, "
	"CONFIG_DEBUG_INFO_BTF";

void rule_no_tracepoints(struct planner *p, enum quantity q)
{
	const struct facts *facts = p->facts;

	if (facts->limit == ATTACH_NONE)
		rule_unknown(p, q, "unset it", "SLABSCOPE_ATTACH=none forbids BPF programs");
	else if (facts->maps == ENOSYS)
		rule_unknown(p, q, new_kernel, "this kernel has no bpf()");
	else if (facts->raw_tp == EPERM || facts->raw_tp == EACCES)
		rule_unknown(p, q, as_root, "loading BPF programs needs privileges (%s)",
			     rule_error_name(facts->raw_tp));
	else if (facts->maps)
		rule_unknown(p, q, new_kernel,
			     "this kernel is too old: its BPF arrays cannot be mapped (%s)",
			     rule_error_name(facts->maps));
	else if (facts->raw_tp)
		rule_unknown(p, q, new_kernel,
			     "this kernel takes no BPF program on a raw tracepoint (%s)",
			     rule_error_name(facts->raw_tp));
	else if (facts->btf)
		rule_unknown(
			p, q,
			"use a kernel with CONFIG_DEBUG_INFO_BTF, or give its types: --btf FILE",
			"this kernel's types cannot be read: /sys/kernel/btf/vmlinux, %s",
			rule_error_name(facts->btf));
	else if (is_locked(facts))
		rule_unknown(p, q, "boot with lockdown=integrity",
			     "lockdown=confidentiality forbids BPF programs to read the kernel's "
			     "memory");
	else if (is_unproven(facts))
		rule_unknown(p, q, "use SLUB, or a kernel from 5.19 on",
			     "slabscope's programs may hang a kernel before 5.19 with CONFIG_SLAB");
	else if (!facts->alloc_has_cache && !facts->split_tracepoints)
		rule_unknown(p, q, "use a kernel from 5.10 on",
			     "this kernel's kmem_cache_alloc tracepoint does not give the cache");
	else
		rule_unknown(
			p, q, "", "this kernel refuses the program (%s)",
			rule_error_name(
				facts->refused[facts->split_tracepoints ? PROGRAM_OWNED_ALLOC
									: PROGRAM_COUNT_ALLOC]));
}

/* Writes why no function takes fentry, or kprobes; "" where they do. */
static void no_fentry(const struct facts *facts, char *to, size_t size)
{
	to[0] = '\0';
	if (facts->fentry == FACTS_NEVER_RUNS)
		snprintf(to, size, "this kernel attaches fentry but never runs it");
	else if (facts->fentry && facts->kernel_btf)
		snprintf(to, size, "without BTF of its own this kernel has no fentry");
	else if (facts->fentry)
		snprintf(to, size, "this kernel refuses fentry (%s)",
			 rule_error_name(facts->fentry));
	else if (facts->limit != ATTACH_ANY)
		snprintf(to, size, "SLABSCOPE_ATTACH forbids fentry");
}

static void no_kprobe(const struct facts *facts, char *to, size_t size)
{
	to[0] = '\0';
	if (facts->kprobe == FACTS_NEVER_RUNS)
		snprintf(to, size, "attaches kprobes but never runs them");
	else if (facts->kprobe == ENODEV)
		snprintf(to, size, "has no kprobes");
	else if (facts->kprobe)
		snprintf(to, size, "refuses kprobes (%s)", rule_error_name(facts->kprobe));
}

/* Returns the remedy. Privileges for BPF programs may not include kprobes. */
static const char *function_remedy(const struct facts *facts)
{
	bool privileges = facts->kprobe == EACCES || facts->kprobe == EPERM;

	if (facts->fentry == FACTS_NEVER_RUNS)
		return "sysctl kernel.ftrace_enabled=1, then start slabscope again";
	if (facts->kprobe == FACTS_NEVER_RUNS)
		return "write 1 to /sys/kernel/debug/kprobes/enabled, then start slabscope again";
	return privileges && !(facts->capabilities >> CAP_SYS_ADMIN & 1)
		       ? PRIVILEGES_AS_ROOT "CAP_SYS_ADMIN, for kprobes"
		       : "use a kernel that permits BPF trampolines or has CONFIG_KPROBES";
}

bool rule_no_functions(struct planner *p, enum quantity q)
{
	const struct facts *facts = p->facts;
	char fentry[64], kprobe[64];

	if (facts->btf || facts->maps || facts->raw_tp || facts->limit == ATTACH_NONE ||
	    is_locked(facts) || is_unproven(facts)) {
		rule_no_tracepoints(p, q);
		return true;
	}
	if (facts->limit == ATTACH_TRACEPOINT) {
		rule_unknown(p, q, "unset it",
			     "SLABSCOPE_ATTACH=tracepoint forbids fentry and kprobes");
		return true;
	}
	if (facts->ftrace_off) {
		rule_unknown(p, q, function_remedy(facts),
			     "kernel.ftrace_enabled is 0: programs that are attached to functions "
			     "would never run");
		return true;
	}
	no_fentry(facts, fentry, sizeof(fentry));
	no_kprobe(facts, kprobe, sizeof(kprobe));
	if (!fentry[0] || !kprobe[0])
		return false;
	rule_unknown(p, q, function_remedy(facts), "%s and %s%s", fentry,
		     facts->fentry ? "" : "this kernel ", kprobe);
	return true;
}

void rule_no_function(struct planner *p, enum quantity q, const struct ways *ways)
{
	const struct facts *facts = p->facts;
	enum symbol symbol = kernel_probe_rows[ways->fexit].symbol;
	int fentry = facts->refused[ways->fentry] ? facts->refused[ways->fentry]
						  : facts->refused[ways->fexit];
	int kprobe = facts->refused[ways->kprobe] ? facts->refused[ways->kprobe]
						  : facts->refused[ways->kretprobe];
	const char *name = facts_symbol_name(facts, symbol);
	char none[64], without[64];

	no_fentry(facts, without, sizeof(without));
	no_kprobe(facts, none, sizeof(none));
	if (facts->kallsyms)
		rule_unknown(p, q, "mount /proc", "/proc/kallsyms cannot be read (%s)",
			     rule_error_name(facts->kallsyms));
	else if (!facts->symbol[symbol].present)
		rule_unknown(p, q, "",
			     "this kernel has no function %s: the compiler put it into its callers",
			     name);
	else if (kprobe && !facts->kprobe)
		rule_unknown(p, q, "", "this kernel refuses a kprobe on %s (%s)", name,
			     rule_error_name(kprobe));
	else if (without[0])
		rule_unknown(p, q, function_remedy(facts), "%s, and no kprobe shows enough of %s",
			     without, name);
	else if (fentry && facts->symbol[symbol].in_btf)
		rule_unknown(p, q, function_remedy(facts),
			     "this kernel refuses fentry on %s (%s), and %s", name,
			     rule_error_name(fentry), none[0] ? none : "no kprobe is left");
	else
		rule_unknown(p, q, function_remedy(facts),
			     "this kernel has no type of %s for fentry, and %s", name,
			     none[0] ? none : "no kprobe is left");
}

/*
 * ---- quantities that all eras have ------------------------------------------------------------
 */

/* Returns the name of the function that the programs watch. */
static const char *function_of(const struct ways *ways)
{
	return kernel_symbol_names[kernel_probe_rows[ways->fexit].symbol];
}

const char *rule_watch(struct planner *p, enum quantity q, const struct ways *ways)
{
	const char *how = rule_take(p, ways);

	if (how)
		rule_known(p, q, "%s on %s", how, function_of(ways));
	else
		rule_no_function(p, q, ways);
	return how;
}

void rule_refills(struct planner *p, const struct ways *ways)
{
	const char *how = rule_watch(p, QUANTITY_REFILLS, ways);

	if (how) {
		p->plan->probes = how;
		rule_known(p, QUANTITY_LATENCY, "%s on %s, entry to return", how,
			   function_of(ways));
	} else {
		rule_unknown_like(p, QUANTITY_LATENCY, QUANTITY_REFILLS);
	}
}

void rule_hits(struct planner *p)
{
	static const enum quantity needs[] = {QUANTITY_ALLOCS, QUANTITY_REFILLS, QUANTITY_BYPASSES,
					      QUANTITY_BULK};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (!p->plan->quantity[needs[i]].known) {
			rule_unknown_like(p, QUANTITY_HITS, needs[i]);
			return;
		}
	}
	rule_known(p, QUANTITY_HITS, "allocs minus refills and bypasses");
}

void rule_callers(struct planner *p)
{
	const struct symbol_facts *shrink = &p->facts->symbol[SYMBOL_SHRINK];

	if (!p->plan->quantity[QUANTITY_REFILLS].known)
		rule_unknown_like(p, QUANTITY_CALLERS, QUANTITY_REFILLS);
	else if (!shrink->address)
		rule_unknown(
			p, QUANTITY_CALLERS,
			"let root read addresses (kernel.kptr_restrict), or give it CAP_SYSLOG",
			"the addresses of this kernel's functions are hidden");
	else
		rule_known(p, QUANTITY_CALLERS,
			   "stack and process of %d refills and %d grows a second and CPU at most",
			   CALLER_SAMPLES, CALLER_SAMPLES);
}

void rule_cached(struct planner *p, unsigned where, const char *how)
{
	if (!p->plan->quantity[QUANTITY_ALLOCS].known)
		rule_unknown_like(p, QUANTITY_CACHED, QUANTITY_ALLOCS);
	else if (!p->plan->load[PROGRAM_LOOK])
		rule_unknown(p, QUANTITY_CACHED, "", "this kernel refuses the program (%s)",
			     rule_error_name(p->facts->refused[PROGRAM_LOOK]));
	else if (p->facts->few_helpers && !p->facts->symbol[SYMBOL_PER_CPU_OFFSET].address)
		rule_unknown(p, QUANTITY_CACHED, rule_show_addresses,
			     "where the CPUs' caches stand is hidden (__per_cpu_offset)");
	else if (!p->plan->load[PROGRAM_MEASURE])
		rule_unknown(p, QUANTITY_CACHED, "",
			     "this kernel refuses the program that finds where its CPUs' caches "
			     "stand (%s)",
			     rule_error_name(p->facts->refused[PROGRAM_MEASURE]));
	else if (p->facts->nodes > LOOK_NODES)
		rule_unknown(p, QUANTITY_CACHED, "",
			     "there are more nodes than slabscope looks at");
	else {
		p->plan->cached = where;
		rule_known(p, QUANTITY_CACHED, "%s", how);
	}
}
