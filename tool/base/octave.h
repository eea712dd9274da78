/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * octave.h: loops over an octave of a histogram: the buckets between two powers of two. With many
 * CPUs, taking a sample spends most of its time here. Loops of a known length become a few vector
 * instructions.
 */
#ifndef SLABSCOPE_OCTAVE_H
#define SLABSCOPE_OCTAVE_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/hist.h"

#define OCTAVE 8
_Static_assert(HIST_BUCKETS % OCTAVE == 0, "a histogram is whole octaves");

static inline void octave_add(uint64_t *restrict to, const uint64_t *restrict from)
{
#pragma GCC unroll 8
	for (int i = 0; i < OCTAVE; i++)
		to[i] += from[i];
}

/* A vector that every processor supports. */
typedef uint64_t octave_part __attribute__((vector_size(16), aligned(8), may_alias));
#define OCTAVE_PARTS (OCTAVE * sizeof(uint64_t) / sizeof(octave_part))

/* Subtracts then from now. Sets those bits that are set in any difference. */
static inline void octave_subtract(uint64_t *to, const uint64_t *now, const uint64_t *then,
				   octave_part *bits)
{
#pragma GCC unroll 8
	for (size_t i = 0; i < OCTAVE_PARTS; i++) {
		octave_part part = ((const octave_part *)now)[i] - ((const octave_part *)then)[i];

		((octave_part *)to)[i] = part;
		*bits |= part;
	}
}

static inline uint64_t octave_sum(const uint64_t *from)
{
	uint64_t sum = 0;

#pragma GCC unroll 8
	for (int i = 0; i < OCTAVE; i++)
		sum += from[i];
	return sum;
}

/* Copies the buckets and returns their sum. */
static inline uint64_t octave_copy(uint64_t *to, const uint64_t *from)
{
	octave_part sum = {0};

#pragma GCC unroll 8
	for (size_t i = 0; i < OCTAVE_PARTS; i++) {
		octave_part part = ((const octave_part *)from)[i];

		((octave_part *)to)[i] = part;
		sum += part;
	}
	return sum[0] + sum[1];
}

/* Returns the bits that are set in any bucket. */
static inline uint64_t octave_bits(const uint64_t *from)
{
	uint64_t bits = 0;

#pragma GCC unroll 8
	for (int i = 0; i < OCTAVE; i++)
		bits |= from[i];
	return bits;
}

#endif
