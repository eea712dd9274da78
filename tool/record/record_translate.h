/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_translate.h: what a program sends, in what a recording has for it. */
#ifndef SLABSCOPE_RECORD_TRANSLATE_H
#define SLABSCOPE_RECORD_TRANSLATE_H

#include <stdbool.h>

#include "bpf/events_record.h"
#include "trace/trace.h"

/*
 * Fills all but the cache's number; an allocation's flags are those that it had. Returns false for what has no
 * place in a recording.
 */
bool record_translate(const struct record_event *e, struct trace_event *to);

#endif
