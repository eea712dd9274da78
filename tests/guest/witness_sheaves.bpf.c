// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * witness_sheaves.bpf.c: what happens to refills of SLUB with sheaves while they last.
 */
#define REFILL "__pcs_replace_empty_main"
#include "witness.bpf.h"
