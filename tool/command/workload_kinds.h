/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* workload_kinds.h: the kinds of workload: one turn of each makes a batch of objects, and gives it back. */
#ifndef SLABSCOPE_WORKLOAD_KINDS_H
#define SLABSCOPE_WORKLOAD_KINDS_H

#define WORKLOAD_MOST 400 /* descriptors that a worker has open at once */

/* 0, or -errno of what failed; whatever was made is given back. */
struct workload_kind {
	const char *name;
	int (*turn)(unsigned size); /* size: 1 to 100, how large the batch is to be */
};
extern const struct workload_kind workload_kinds[];
extern const unsigned workload_nr_kinds;

#endif
