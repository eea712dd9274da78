/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_translate.h: translates the events of the programs to those of a recording. */
#ifndef SLABSCOPE_RECORD_TRANSLATE_H
#define SLABSCOPE_RECORD_TRANSLATE_H

#include <stdbool.h>

#include "bpf/events_record.h"
#include "trace/trace.h"

/*
 * Translates all except the number of the cache; the flags of an allocation remain as they were.
 * Returns false where a recording has no such event.
 */
bool record_translate(const struct record_event *e, struct trace_event *to);

#endif
