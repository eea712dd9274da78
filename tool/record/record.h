/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record.h: the command slabscope record. */
#ifndef SLABSCOPE_RECORD_H
#define SLABSCOPE_RECORD_H

#include <stdbool.h>

#include "base/failure.h"

struct record_options {
	const char *dir;
	const char *const *caches; /* NULL: all */
	double seconds;		   /* 0: until a signal or the end of the command */
	int pid;		   /* 0: any process */
	char **command;		   /* NULL: none */
	bool probes;		   /* of the command, too, by probes, not through rings */
	bool kernel;		   /* the allocator of the kernel, not libslab */
	const char *btf;	   /* a file with the types of the kernel; NULL: its own */
};

/*
 * Records. Returns an exit status: 1 with a failure, else that of the command, where it has ended
 * by itself. Where the recording cannot begin, no directory remains.
 */
int record_run(const struct record_options *o, struct failure *f);

#endif
