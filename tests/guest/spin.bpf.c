// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * spin.bpf.c: spins where SLAB grows. A refill that grows calls it once.
 */
#define SPIN_IN "cache_grow_begin"
#include "spin.bpf.h"
