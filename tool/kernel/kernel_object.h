/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* kernel_object.h: the object file of the kernel's programs. For kernel_programs.c only. */
#ifndef SLABSCOPE_KERNEL_OBJECT_H
#define SLABSCOPE_KERNEL_OBJECT_H

#include <stdbool.h>

#include "bpf/events.h"
#include "bpf/kernel.skel.h" /* names types of events.h */
#include "kernel/plan.h"
#include "model/source.h"

/*
 * Opens the object with the programs that want[] names, sized and set but not loaded. Returns NULL
 * and sets errno where that fails.
 */
struct kernel_bpf *kernel_object_open(const struct facts *facts, const struct plan *plan,
				      const struct source_options *options, const bool *want);

/* Returns the program of the object, in the variant that its settings ask for; NULL: not there. */
struct bpf_program *kernel_object_program(const struct kernel_bpf *bpf, int which);

/* Loads each program of the plan alone, and notes those refused. Returns how many these are. */
int kernel_object_find_refused(struct facts *facts, const struct plan *plan,
			       const struct source_options *options);

#endif
