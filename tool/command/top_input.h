/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* top_input.h: answers the signals, keys and clicks that top receives. */
#ifndef SLABSCOPE_TOP_INPUT_H
#define SLABSCOPE_TOP_INPUT_H

#include "command/top_state.h"

void top_input_signals(struct top *t);

/* Answers keys and clicks. events are those that poll() reports for the terminal. */
void top_input_keys(struct top *t, short events);

#endif
