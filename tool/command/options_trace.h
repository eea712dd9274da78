/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* options_trace.h: what the command line asks of record and replay. Return as those of options.h. */
#ifndef SLABSCOPE_OPTIONS_TRACE_H
#define SLABSCOPE_OPTIONS_TRACE_H

#include "record/record.h"
#include "command/replay_command.h"

int options_parse_record(struct record_options *o, int argc, char **argv, struct failure *f);
int options_parse_replay(struct replay_options *o, int argc, char **argv, struct failure *f);

#endif
