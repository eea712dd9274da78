/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* cpu_table.h: one cache by CPU. */
#ifndef SLABSCOPE_CPU_TABLE_H
#define SLABSCOPE_CPU_TABLE_H

#include "screen/view.h"

/* Draws a heading and rows - 1 rows; r may be NULL. A pane does not scroll: it counts the CPUs that
 * do not fit. */
void cpu_table_draw(struct cells *c, struct view *v, int top, int rows, const struct row *r,
		    bool pane);

/* Returns how many rows it would fill. */
int cpu_table_rows(const struct row *r);

#endif
