/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_helpers.bpf.h: what BPF programs use that kernels before 5.19 lack, and what they use
 * there instead. The programs are compiled once more for these kernels, with OLD.
 *
 *   bpf_get_func_arg(), bpf_get_func_ret() (5.17)  words of the context
 *   bpf_loop() (5.17)                    a loop around a function that the verifier checks once
 *   bpf_map_lookup_percpu_elem() (5.19)  __per_cpu_offset[]
 *   atomic operations that return (5.12) the insertion into a hash map, which one of all wins
 */
#ifndef KERNEL_HELPERS_BPF_H
#define KERNEL_HELPERS_BPF_H

#include "base.bpf.h"

/* ---- arguments and results of traced functions ----------------------------------------------- */

/* Returns an argument, at the entry or exit of a function. */
static __always_inline __u64 function_arg(__u64 *ctx, int which)
{
	__u64 value = 0;

#ifdef OLD
	bpf_probe_read_kernel(&value, sizeof(value), ctx + which);
#else
	bpf_get_func_arg(ctx, which, &value);
#endif
	return value;
}

/*
 * Returns the result of a function with so many arguments. The number matters where OLD is
 * defined; kernel_symbol_params has the same one for the tool.
 */
static __always_inline __u64 function_ret(__u64 *ctx, int arguments)
{
	__u64 value = 0;

#ifdef OLD
	bpf_probe_read_kernel(&value, sizeof(value), ctx + arguments);
#else
	bpf_get_func_ret(ctx, &value);
#endif
	return value;
}

/* ---- loops ----------------------------------------------------------------------------------- */

/*
 * STEP(name) begins the function of one turn, which returns 1 to end the loop. Its variables are
 * global: only the tool runs programs with loops, one after the other. WALK puts them into a
 * section of their own, so that all variants of the object have the same .bss. LOOP() makes times
 * turns, at most so many. Where OLD is defined the verifier checks a step even if nothing calls it:
 * it asks for itself whether the kernel has the types that it uses.
 */
#define WALK SEC(".data.walk")

#ifdef OLD
#define STEP(name) __noinline int name(__u32 turn)
#define LOOP(most, times, step)                                                   \
	do {                                                                      \
		for (__u32 turn_ = 0; turn_ < (most) && turn_ < (times); turn_++) \
			if (step(turn_))                                          \
				break;                                            \
	} while (0)
#define CALL_STEP(name, turn) name(turn)
#else
#define STEP(name)		static long name(__u32 turn, void *unused)
#define LOOP(most, times, step) bpf_loop(times, step, NULL, 0)
#define CALL_STEP(name, turn)	name(turn, NULL)
#endif

/* ---- words that are set once ----------------------------------------------------------------- */

#ifdef OLD
/* The tool sets max_entries. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} once SEC(".maps");

/* What an entry of the map belongs to, beside its number. */
enum once { ONCE_SLOT = 1, ONCE_BUCKETS, ONCE_PLACE };

/* Sets the word of this number to value. Returns 0, or the value that it has. */
static __always_inline __u64 set_once(enum once kind, __u64 number, __u64 value)
{
	__u64 key = (__u64)kind << 56 | number, *was;

	if (!bpf_map_update_elem(&once, &key, &value, BPF_NOEXIST))
		return 0;
	was = bpf_map_lookup_elem(&once, &key);
	return was ? *was : ~0ull;
}
#endif

#endif
