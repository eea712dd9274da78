/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_command.h: slabscope replay. */
#ifndef SLABSCOPE_REPLAY_COMMAND_H
#define SLABSCOPE_REPLAY_COMMAND_H

#include <stdio.h>

#include "replay/replay.h"

struct replay_options {
	const char *dir;
	const char *sweep; /* NULL: one run */
	bool json;
	bool threads;
	unsigned repeat; /* with threads */
	struct replay_settings settings;
};

/* Returns an exit status. */
int replay_command(const struct replay_options *o, struct failure *f);

#endif
