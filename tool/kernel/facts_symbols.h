/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* facts_symbols.h: the functions of the kernel. For facts.c only. */
#ifndef SLABSCOPE_FACTS_SYMBOLS_H
#define SLABSCOPE_FACTS_SYMBOLS_H

#include <bpf/btf.h>

#include "kernel/facts.h"

/* Reads which functions the kernel has, under which name, and where. */
void facts_symbols_read(struct facts *to);

/* Reads which of these, by that name, the types describe. */
void facts_symbols_in_btf(struct facts *to, const struct btf *btf);

#endif
