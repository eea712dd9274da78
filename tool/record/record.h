/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record.h: slabscope record. */
#ifndef SLABSCOPE_RECORD_H
#define SLABSCOPE_RECORD_H

#include <stdbool.h>

#include "base/failure.h"

struct record_options {
	const char *dir;
	const char *const *caches; /* NULL: all */
	double seconds;		   /* 0: until something ends it */
	int pid;		   /* 0: any process */
	char **command;		   /* NULL: none */
	bool kernel;		   /* its allocator, not libslab */
	const char *btf;	   /* a file with its types; NULL: its own */
};

/* Returns an exit status. */
int record_run(const struct record_options *o, struct failure *f);

#endif
