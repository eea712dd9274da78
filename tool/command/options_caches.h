/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* options_caches.h: the option -c of commands on recordings. */
#ifndef SLABSCOPE_OPTIONS_CACHES_H
#define SLABSCOPE_OPTIONS_CACHES_H

#include <argp.h>

/* Fills a const char *const *: globs of cache names, ended by NULL. It stays NULL without -c. */
extern const struct argp options_caches;

#endif
