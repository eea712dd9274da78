/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* options_tunables.h: the tunables of a replay: --limit, --batchcount, --sharedfactor. */
#ifndef SLABSCOPE_OPTIONS_TUNABLES_H
#define SLABSCOPE_OPTIONS_TUNABLES_H

#include <argp.h>

/* Fills a struct replay_settings. The command sets its defaults, OPTIONS_AS_RECORDED. */
extern const struct argp options_tunables;

#define OPTIONS_AS_RECORDED                                       \
	{                                                         \
		.limit = -1, .batchcount = -1, .sharedfactor = -1 \
	}

#endif
