// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * witness_slub.bpf.c: what happens to refills of SLUB, where CPUs own slabs, while they last.
 */
#define REFILL "___slab_alloc"
#include "witness.bpf.h"
