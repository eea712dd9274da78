/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* facts_types.h: facts from the kernel's types. For facts.c only. */
#ifndef SLABSCOPE_FACTS_TYPES_H
#define SLABSCOPE_FACTS_TYPES_H

#include <bpf/btf.h>

#include "kernel/facts.h"

/* Reads which allocator the types describe, and what its tracepoints and functions pass. */
void facts_types_read(struct facts *to, const struct btf *btf);

#endif
