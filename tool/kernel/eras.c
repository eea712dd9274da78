// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* eras.c: the table of eras. The first row that fits a kernel is its era. */
#include "kernel/eras.h"

#include "bpf/events.h"
#include "kernel/plan_mixed.h"
#include "kernel/plan_sheaves.h"
#include "kernel/plan_slab.h"
#include "kernel/plan_slub.h"

static bool is_slab(const struct facts *facts)
{
	return facts->slab_arrays;
}

static bool is_tiny(const struct facts *facts)
{
	return facts->slub_tiny;
}

static bool is_slub(const struct facts *facts)
{
	return facts->slub_cpu_slabs && !facts->slub_sheaves;
}

static bool is_mixed(const struct facts *facts)
{
	return facts->slub_cpu_slabs && facts->slub_sheaves;
}

static bool is_sheaves(const struct facts *facts)
{
	return facts->slub_sheaves;
}

const struct era_row era_rows[ERAS] = {
	[ERA_UNKNOWN] = {.name = "",
			 .text = "unknown",
			 .why = "slabscope does not know this kernel's allocator",
			 .remedy = ""},
	[ERA_SLAB] = {.name = "slab",
		      .text = "SLAB (an array a CPU)",
		      .is = is_slab,
		      .plan = plan_slab,
		      .cached = CACHED_ARRAYS,
		      .look = "the avail of every CPU's array and every shared array"},
	[ERA_TINY] = {.name = "slub",
		      .text = "SLUB_TINY, without CPU caches",
		      .is = is_tiny,
		      .why = "this kernel has CONFIG_SLUB_TINY: no CPU has a cache, so nothing is "
			     "hit or refilled",
		      .remedy = "use a kernel without CONFIG_SLUB_TINY"},
	[ERA_SLUB] = {.name = "slub",
		      .text = "SLUB, cpu slabs",
		      .is = is_slub,
		      .plan = plan_slub,
		      .cached = CACHED_CPU_SLABS,
		      .look = "the slabs that CPUs own, and those behind them",
		      .refills = "the CPU's slab and its transaction number",
		      .bypasses = "the CPU's transaction number"},
	[ERA_MIXED] = {.name = "mixed",
		       .text = "SLUB, cpu slabs, sheaves in some caches",
		       .is = is_mixed,
		       .plan = plan_mixed,
		       .cached = CACHED_CPU_SLABS | CACHED_SHEAVES,
		       .look = "CPUs' slabs and those behind them, sheaves, full ones in the barns",
		       .refills = "the CPU's sheaves, or its slab and transaction number",
		       .bypasses = "the main sheaf's top, or the CPU's transaction number"},
	[ERA_SHEAVES] = {.name = "sheaves",
			 .text = "SLUB, sheaves",
			 .is = is_sheaves,
			 .plan = plan_sheaves,
			 .cached = CACHED_SHEAVES,
			 .look = "the sheaves of every CPU, and the full ones in the barns",
			 .refills = "the CPU's sheaves",
			 .bypasses = "the main sheaf's top",
			 .infers_rt = true},
};

enum era eras_find(const struct facts *facts)
{
	for (int era = ERA_UNKNOWN + 1; era < ERAS; era++)
		if (era_rows[era].is(facts))
			return era;
	return ERA_UNKNOWN;
}
