/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* hang.h: ends a program of many inputs where one of them hangs or fails, with its number. */
#ifndef FUZZ_HANG_H
#define FUZZ_HANG_H

/*
 * Prints the number of the input, and aborts, once it stays the same for 10 s of the processor or
 * 120 s of the clock. Prints it, too, where the program crashes. Call it once.
 */
void hang_watch(const volatile unsigned long *number);

#endif
