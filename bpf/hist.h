/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * hist.h: the one histogram of slabscope, for BPF programs, the tool and tests alike.
 *
 * Bucket i holds the values v with 2^((i-1)/8) < v <= 2^(i/8) nanoseconds: Prometheus' native
 * histograms, schema 3. Bucket 0 holds 0 and 1; the last one everything above
 * 2^((HIST_BUCKETS-2)/8). No floating point and no division: a BPF program runs this inside the
 * kernel's allocator.
 */
#ifndef SLABSCOPE_HIST_H
#define SLABSCOPE_HIST_H

#define HIST_BUCKETS 280 /* up to 2^(279/8) ns = 31 s */

/* floor(2^(63 + j/8)): the bounds between buckets, for a mantissa shifted to bit 63. */
#define HIST_T1 0x8b95c1e3ea8bd6e6ull
#define HIST_T2 0x9837f0518db8a96full
#define HIST_T3 0xa5fed6a9b15138eaull
#define HIST_T4 0xb504f333f9de6484ull
#define HIST_T5 0xc5672a115506daddull
#define HIST_T6 0xd744fccad69d6af4ull
#define HIST_T7 0xeac0c6e7dd24392eull

/* Keeps a compiler from computing both branches: BPF has no conditional move. */
#define HIST_BRANCH __asm__ volatile("")

/* floor(log2(v)) for a byte v above 0. */
#define HIST_2(x)  x, x
#define HIST_4(x)  HIST_2(x), HIST_2(x)
#define HIST_8(x)  HIST_4(x), HIST_4(x)
#define HIST_16(x) HIST_8(x), HIST_8(x)
#define HIST_32(x) HIST_16(x), HIST_16(x)
#define HIST_64(x) HIST_32(x), HIST_32(x)
static const unsigned char hist_octave[256] = {
	0, 0, HIST_2(1), HIST_4(2), HIST_8(3), HIST_16(4), HIST_32(5), HIST_64(6),
	HIST_64(7), HIST_64(7),
};

/* Returns the bucket of v: ceil(8 * log2(v)), bounded. */
static inline __attribute__((always_inline)) unsigned hist_bucket(unsigned long long v)
{
	unsigned octave = 0, bucket;
	unsigned long long rest = v;

#define HIST_SHIFT(bits) \
	if (rest >> bits) { HIST_BRANCH; octave += bits; rest >>= bits; }
	if (rest >> 16) {
		HIST_BRANCH;
		HIST_SHIFT(32)
		HIST_SHIFT(16)
	}
	HIST_SHIFT(8)
#undef HIST_SHIFT
	__asm__("" : "+r"(rest)); /* or it proves the mask away, which the verifier needs */
	octave += hist_octave[rest & 255];
	v <<= 63 - octave;
	if (v > HIST_T4)
		bucket = v > HIST_T6 ? 7 + (v > HIST_T7) : 5 + (v > HIST_T5);
	else if (v > HIST_T2)
		bucket = 3 + (v > HIST_T3);
	else
		bucket = v > HIST_T1 ? 2 : v > 0x8000000000000000ull;
	bucket += octave * 8;
	return bucket < HIST_BUCKETS ? bucket : HIST_BUCKETS - 1;
}

#endif
