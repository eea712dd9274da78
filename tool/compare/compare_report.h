/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_report.h: a comparison as text. */
#ifndef SLABSCOPE_COMPARE_REPORT_H
#define SLABSCOPE_COMPARE_REPORT_H

#include <stdio.h>

#include "compare/compare.h"

void compare_report_print(FILE *to, const struct compare *c, bool utf8, int columns);

#endif
