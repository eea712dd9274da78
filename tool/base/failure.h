/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * failure.h: how errors are reported. A function that fails returns a negative errno. Where it
 * knows more, it fills the failure that its caller passed: what failed, why, and what to do, in one
 * line. Only main.c prints it.
 */
#ifndef SLABSCOPE_FAILURE_H
#define SLABSCOPE_FAILURE_H

struct failure {
	char text[512]; /* without newline; "": no message */
};

/* Fills f, which may be NULL, unless it has a message already. Returns -err; err is positive. */
int fail(struct failure *f, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
