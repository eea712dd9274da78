// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* missing.c: the table of reasons. */
#include "model/missing.h"

#include <stdio.h>
#include <unistd.h>

#include "system/privileges.h"

#define GIVE_PROBES PRIVILEGES_AS_ROOT "CAP_BPF and CAP_PERFMON"

const struct missing_row missing_rows[MISSING_REASONS] = {
	[MISSING_SOURCE] = {"%s", "%s", ""},
	[MISSING_CACHES] = {"caches %.50s", "no cache has such a name now",
			    "see 'slabscope --batch' without -c for names"},
	[MISSING_SIZES] = {"kernel objects and sizes now", "%s", ""},
	[MISSING_INFERRED] = {"inferred counts of %s",
			      "more than 1 %% of their refills may be wrong, as they served "
			      "allocations that no tracepoint showed: %s",
			      ""},
	[MISSING_PROGRAMS] = {"kernel counts", "%s", "please report it"},
	[MISSING_COST] = {"own cost of the kernel's programs",
			  "this needs BPF's run-time statistics (%s)",
			  PRIVILEGES_AS_ROOT "CAP_SYS_ADMIN"},
	[MISSING_OVERHEAD] = {"own cost of the kernel's programs; --max-overhead",
			      "this needs BPF's run-time statistics (%s)",
			      PRIVILEGES_AS_ROOT "CAP_SYS_ADMIN"},
	[MISSING_PROBES] = {"refill latency of the reference", "%s", GIVE_PROBES},
	[MISSING_SOME_PROBES] = {"refill latency of some reference processes", "%s", GIVE_PROBES},
	[MISSING_SOME_PROBES_ROOT] = {"refill latency of some reference processes", "%s", ""},
	[MISSING_ATTACHING] = {"refill latency of new reference processes",
			       "the kernel is still attaching the probes", "wait"},
	[MISSING_EXAMINED] = {"some reference processes", "cannot look for libslab: %s",
			      "raise the limits of memory and open files (ulimit -n)"},
	[MISSING_OTHER_USERS] = {"reference in other users' processes",
				 "looking at them is not permitted",
				 PRIVILEGES_AS_ROOT "CAP_SYS_PTRACE"},
	[MISSING_PROCESS] = {"reference in the chosen process",
			     "it does not contain libslab now, or has ended", ""},
	[MISSING_RELEASE] = {"reference process %s",
			     "its libslab is of another release: registry version other than %s",
			     "rebuild it with this release's libslab"},
	[MISSING_MEMORY] = {"reference process %s", "reading its memory is not permitted",
			    PRIVILEGES_AS_ROOT "CAP_SYS_PTRACE (or see kernel.yama.ptrace_scope)"},
	[MISSING_REGISTRY] = {"reference process %s", "its registry cannot be read: %s", ""},
	[MISSING_UNLISTED] = {"reference process %s", "%s", ""},
	[MISSING_STACKS] = {"callers", "a recording has no stacks", ""},
	[MISSING_REST] = {"the rest of the recording", "it is cut off or damaged in %s", ""},
};

void missing_set(struct snap_missing *to, enum missing_reason reason, const char *what,
		 const char *why)
{
	const struct missing_row *row = &missing_rows[reason];

	snprintf(to->what, sizeof(to->what), row->what, what);
	snprintf(to->why, sizeof(to->why), row->why, why);
	privileges_remedy(row->remedy, !geteuid(), to->remedy, sizeof(to->remedy));
}

int missing_add(struct snapshot *to, enum missing_reason reason, const char *what, const char *why)
{
	struct snap_missing m;

	missing_set(&m, reason, what, why);
	return snapshot_add_missing(to, m.what, m.why, m.remedy);
}
