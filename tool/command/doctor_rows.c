// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* doctor_rows.c: what doctor reports of capabilities, trials and privileges. */
#include "command/doctor_rows.h"

#include <errno.h>

const struct doctor_capability doctor_capabilities[DOCTOR_CAPABILITIES] = {
	{"CAP_BPF", 39},
	{"CAP_PERFMON", 38},
	{"CAP_SYS_ADMIN", 21},
	{"CAP_SYSLOG", 34},
	{"CAP_SYS_PTRACE", 19},
	{"CAP_CHECKPOINT_RESTORE", 40},
	{"CAP_DAC_READ_SEARCH", 2},
};

bool doctor_rows_has_capability(const struct facts *facts, int number)
{
	return facts->capabilities & 1ull << number;
}

const struct doctor_trial doctor_trials[DOCTOR_TRIALS] = {
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

int doctor_rows_trial_error(const struct facts *facts, size_t trial)
{
	return *(const int *)((const char *)facts + doctor_trials[trial].offset);
}

int doctor_rows_kept(const struct facts *facts, struct doctor_kept to[DOCTOR_KEPT_MAX])
{
	int count = 0;

	for (int i = 0; i < PRIVILEGES_KEPT; i++)
		to[count++] = (struct doctor_kept){&privileges_kept[i], "process", false};
	/* The kernel may refuse uprobes because this privilege is missing. */
	if (facts->uprobes_admin || facts->uprobe == EACCES || facts->uprobe == EPERM)
		to[count++] = (struct doctor_kept){&privileges_attacher, "thread", false};
	to[count++] = (struct doctor_kept){&privileges_helper, "helper", false};
	for (int i = 0; i < count; i++)
		to[i].held = doctor_rows_has_capability(facts, to[i].privilege->capability);
	return count;
}
