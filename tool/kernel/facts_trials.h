/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* facts_trials.h: which BPF programs and maps the kernel accepts. For facts.c only. */
#ifndef SLABSCOPE_FACTS_TRIALS_H
#define SLABSCOPE_FACTS_TRIALS_H

#include <bpf/btf.h>

#include "kernel/facts.h"

/* Tries each way to attach. btf: the types of the running kernel itself; NULL: it has none. */
void facts_trials(struct facts *to, const struct btf *btf);

#endif
