/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* facts_symbols.h: which functions there are. For facts.c only. */
#ifndef SLABSCOPE_FACTS_SYMBOLS_H
#define SLABSCOPE_FACTS_SYMBOLS_H

#include <bpf/btf.h>

#include "kernel/facts.h"

/* Those that the kernel has, under which of their names, and where. */
void facts_symbols_read(struct facts *to);

/* Those, by that name, that the types describe. */
void facts_symbols_in_btf(struct facts *to, const struct btf *btf);

#endif
