/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_tui.h: shows a comparison on the screen. */
#ifndef SLABSCOPE_COMPARE_TUI_H
#define SLABSCOPE_COMPARE_TUI_H

#include "compare/compare.h"
#include "base/failure.h"

/* Runs until the user quits. Returns an exit status; f explains one that is not 0. */
int compare_tui(const struct compare *c, bool utf8, struct failure *f);

#endif
