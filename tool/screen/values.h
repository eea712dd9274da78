/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* values.h: values that are inferred, not available, or without events. */
#ifndef SLABSCOPE_VALUES_H
#define SLABSCOPE_VALUES_H

#include "base/units.h"
#include "model/model.h"
#include "screen/cells.h"

/* Returns u with a mark if the count is inferred. */
struct unit values_mark(const struct traffic *t, enum count c, struct unit u);

/* Returns the hit rate with a mark if it is inferred, and only the digits that are sure. */
struct unit values_hit(const struct traffic *t);

/* The same with its doubt behind it, where there is room: "~98 ±0.5". */
struct unit values_hit_doubt(const struct traffic *t, bool utf8);

/* Returns "-" instead of "n/a" if the value is known, but has no events to compute it from. */
struct unit values_or_nothing(struct unit u, bool known);

/* Returns STYLE_DIM for "n/a" and "-", otherwise style. */
enum style values_style(const struct unit *u, enum style style);

/* Returns "kernel", "replay", or the number of the process. */
struct unit values_side(const struct model_side *side);

#endif
