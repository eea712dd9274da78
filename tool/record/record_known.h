/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * record_known.h: the caches that a recorder knows, and from when on the events of each of their
 * CPUs count.
 */
#ifndef SLABSCOPE_RECORD_KNOWN_H
#define SLABSCOPE_RECORD_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_KNOWN_NOT_WANTED UINT32_MAX

/*
 * libslab fires alloc and free on a CPU from its event `events` on, which says what the array
 * holds. Before it, hits are invisible, and a refill would have no allocations.
 */
enum record_known_state {
	RECORD_KNOWN_UNSEEN,
	RECORD_KNOWN_READ,	/* another tracer had it first: what it holds was read */
	RECORD_KNOWN_AT_REFILL, /* some probes were missing: a refill finds it empty */
	RECORD_KNOWN_SEEN,
};

struct record_known_cpu {
	uint32_t avail; /* as read */
	uint8_t touched;
	uint8_t state; /* enum record_known_state */
};

struct record_known {
	uint64_t cache;
	uint32_t tgid, binary;
	uint32_t number; /* in the recording; or RECORD_KNOWN_NOT_WANTED */
	bool used;
	uint64_t since; /* ns: what was read includes all earlier events */
	struct record_known_cpu *cpu;
	size_t nr_cpus;
};

struct record_known_table {
	struct record_known *slot; /* by hash */
	size_t room, nr;
};

/* Makes an empty table. Returns false without memory. */
bool record_known_open(struct record_known_table *t);
void record_known_close(struct record_known_table *t);

/* Returns the cache, or the free slot for it, which is not used. */
struct record_known *record_known_find(const struct record_known_table *t, uint32_t tgid,
				       uint32_t binary, uint64_t cache);

/* Returns the cache anew, without number and CPUs; NULL: no memory. */
struct record_known *record_known_add(struct record_known_table *t, uint32_t tgid, uint32_t binary,
				      uint64_t cache, uint64_t since);

/* Returns a CPU of the cache; NULL: no memory. */
struct record_known_cpu *record_known_cpu(struct record_known *k, uint32_t cpu);

#endif
