/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* preferences.h: the settings and the command line. The command line overrides the settings. */
#ifndef SLABSCOPE_PREFERENCES_H
#define SLABSCOPE_PREFERENCES_H

#include "command/top_options.h"
#include "screen/ui.h"

/*
 * Applies the settings, then the command line. The first mistake in the settings becomes the
 * message of the screen. Returns all of them, a line each, to be freed; NULL: there is none.
 */
char *preferences_load(struct ui *ui, const struct top_options *o);

/* Applies the command line. */
void preferences_apply(struct ui *ui, const struct top_options *o);

/* Writes the settings. The message of the screen names the file, or the reason of a failure. */
void preferences_save(struct ui *ui);

#endif
