/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* workload_kinds.h: the kinds of workload. A turn makes a batch of objects and gives it back. */
#ifndef SLABSCOPE_WORKLOAD_KINDS_H
#define SLABSCOPE_WORKLOAD_KINDS_H

#define WORKLOAD_MOST 400 /* descriptors that a worker has open at once */

/* A turn returns 0 or a negative errno. It gives back what it made, also when it fails. */
struct workload_kind {
	const char *name;
	int (*turn)(unsigned size); /* size of the batch, 1 to 100 */
};
extern const struct workload_kind workload_kinds[];
extern const unsigned workload_nr_kinds;

#endif
