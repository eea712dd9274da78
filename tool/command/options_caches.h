/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* options_caches.h: the option -c of commands on recordings. */
#ifndef SLABSCOPE_OPTIONS_CACHES_H
#define SLABSCOPE_OPTIONS_CACHES_H

#include <argp.h>

#include "trace/trace_reader.h"

/* Fills a const char *const *: globs of cache names, ended by NULL. It stays NULL without -c. */
extern const struct argp options_caches;

/*
 * Returns 0 if the recording has a cache for each glob of the list, which may be NULL; or -ENOENT
 * and the glob that has none. The recording is at its first event then.
 */
int options_caches_check(const char *const *globs, struct trace_reader *recording,
			 struct failure *f);

#endif
