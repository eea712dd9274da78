/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* machine.h: what this machine's processor is, as far as it matters to how long things take. */
#ifndef SLABSCOPE_MACHINE_H
#define SLABSCOPE_MACHINE_H

#include <stdbool.h>

struct machine {
	char cpu[64];  /* its model, in letters that need no quoting; "": not known */
	bool emulated; /* by software, instruction by instruction */
};

void machine_read(struct machine *to);

/* From what a hypervisor calls itself ("": there is none, or it does not say), and from the model. */
bool machine_is_emulated(const char *hypervisor, const char *model);

#endif
