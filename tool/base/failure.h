/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * failure.h: the one style of error. A function that can fail returns a negative errno and, where it
 * knows more than the number, fills the failure that its caller passed: what failed, why, and what
 * to do about it, in one line. Only main.c prints it.
 */
#ifndef SLABSCOPE_FAILURE_H
#define SLABSCOPE_FAILURE_H

struct failure {
	char text[512]; /* without newline; "" when nothing was said */
};

/* Fills f (which may be NULL) unless it already says something, and returns -err. err is positive. */
int fail(struct failure *f, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
