// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * witness_slab.bpf.c: what happens to refills of SLAB while they last.
 */
#define REFILL "cache_alloc_refill"
#include "witness.bpf.h"
