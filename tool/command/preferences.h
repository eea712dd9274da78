/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* preferences.h: the settings and the command line, and which of them wins. */
#ifndef SLABSCOPE_PREFERENCES_H
#define SLABSCOPE_PREFERENCES_H

#include "command/options.h"
#include "screen/ui.h"

/* Applies the settings, then what the command line asks for. What is wrong with the settings becomes
 * ui's message. */
void preferences_load(struct ui *ui, const struct options *o);

/* Applies what the command line asks for. */
void preferences_apply(struct ui *ui, const struct options *o);

/* Writes the settings, and says where in ui's message, or what went wrong. */
void preferences_save(struct ui *ui);

#endif
