/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* hist.h: histograms of latencies: of a cache, and of each of its CPUs. */
#ifndef SLABSCOPE_MODEL_HIST_H
#define SLABSCOPE_MODEL_HIST_H

#include <stdint.h>

#include "bpf/hist.h"

/* Latencies in nanoseconds; bpf/hist.h says what the buckets are. */
struct hist {
	uint64_t count;
	uint64_t sum;
	uint64_t max;
	uint64_t bucket[HIST_BUCKETS];
};

/* The same for one CPU of many: without the empty octaves below and above. */
struct cpu_hist {
	uint64_t count;
	uint64_t sum;
	uint64_t max;
	uint32_t first, nr; /* buckets first to first + nr - 1; whole octaves (octave.h) */
	uint64_t bucket[];
};

void hist_record(struct hist *h, uint64_t ns);
void hist_add(struct hist *to, const struct hist *from);
void hist_add_cpu(struct hist *to, const struct cpu_hist *from);

/* The memory of the histograms of CPUs, which are freed together. */
struct hist_rooms;
struct hist_rooms *hist_rooms_new(void); /* NULL: no memory */
void hist_rooms_free(struct hist_rooms *rooms);

/*
 * Return a histogram that is freed with its rooms, or NULL without memory. hist_cpu_of() copies a
 * histogram. hist_cpu_new() copies and counts the buckets first to end - 1 of bucket[], which is
 * indexed as in struct hist; sum and max become 0. first and end are bounds of octaves.
 */
struct cpu_hist *hist_cpu_of(struct hist_rooms *rooms, const struct hist *h);
struct cpu_hist *hist_cpu_new(struct hist_rooms *rooms, const uint64_t *bucket, uint32_t first,
			      uint32_t end);

#endif
