/* SPDX-License-Identifier: MIT */
/*
 * init.h: starts libslab in a process.
 */
#ifndef SLAB_INIT_H
#define SLAB_INIT_H

#include "structs.h"

struct init {
	int error;		    /* 0; or -errno: no cache can be made */
	enum cache_backend backend; /* of real caches */
	unsigned cpu_bound;
	unsigned possible_cpus;
};

/* Starts libslab at its first call, and returns what it found. */
const struct init *init_once(void);

#endif
