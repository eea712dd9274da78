/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* plan_missing.h: the quantities of a plan that are unknown, reason by reason. */
#ifndef SLABSCOPE_PLAN_MISSING_H
#define SLABSCOPE_PLAN_MISSING_H

#include "kernel/plan.h"

#define PLAN_MISSING_ALL ((1u << QUANTITIES) - 1)

/*
 * Finds the first reason for quantities of *left, a mask of enum quantity, and takes those that it
 * explains out of *left. Returns the quantity that has the reason, and writes the names of all to
 * text, cut with "..."; QUANTITIES: there are no more.
 */
enum quantity plan_missing_next(const struct plan *plan, uint32_t *left, char *text, size_t size);

#endif
