// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * spin_slub.bpf.c: spins where SLUB grows. A refill that grows calls it once, or several times.
 */
#define SPIN_IN "allocate_slab"
#include "spin.bpf.h"
