/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* machine.h: the processor of this machine, where it matters to measured times. */
#ifndef SLABSCOPE_MACHINE_H
#define SLABSCOPE_MACHINE_H

#include <stdbool.h>

struct machine {
	char cpu[64];  /* its model, in characters that need no quotes; "": unknown */
	bool emulated; /* by software, instruction by instruction */
};

void machine_read(struct machine *to);

/* Decides from the name of the hypervisor ("": none or unknown) and from the model. */
bool machine_is_emulated(const char *hypervisor, const char *model);

#endif
