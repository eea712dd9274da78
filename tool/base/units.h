/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * units.h: numbers as people read them: three digits and a unit, "n/a" for NAN.
 */
#ifndef SLABSCOPE_UNITS_H
#define SLABSCOPE_UNITS_H

#include <stdbool.h>

/* The result of every function here. No text is wider than UNIT_WIDTH columns. */
#define UNIT_WIDTH 6
struct unit {
	char text[16];
};

struct unit unit_count(double v);	     /* 0 0.5 412 1.92k 77.0k 412k 1.92M; units of 1000 */
struct unit unit_bytes(double v);	     /* 64 8192 412Ki 1.5Mi 12Gi; units of 1024 */
struct unit unit_change(double bytes);	     /* +1.2Mi -64 0; one column wider */
struct unit unit_time(double ns, bool utf8); /* 420ns 3.10µs 12.0ms 1.20s; us where not utf8 */
struct unit unit_digits(double v, int decimals); /* -1.25 12.5 125; three digits */
struct unit unit_percent(double ratio);		 /* 0.98799: 98.7; never rounded up to 100.0 */

/* "≤108ns": an upper bound; up to two columns wider. */
struct unit unit_bound(struct unit u, bool utf8);

/* Puts "~" before a number, which stays within UNIT_WIDTH columns. */
struct unit unit_inferred(struct unit u);

#endif
