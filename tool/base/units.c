// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* units.c: numbers as people read them. */
#include "base/units.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * Formats 0 <= v < 10,000 and a suffix of at most three bytes as "%.*f%s" does: rounded to the
 * nearest, and to even in the middle. A table has thousands of numbers, and printf() is ten times
 * slower.
 */
static struct unit number(double v, int decimals, const char *suffix)
{
	static const int power[] = {1, 10, 100};
	unsigned n = (unsigned)(v * power[decimals]);
	double over = fma(v, power[decimals], -(n + 0.5)); /* its sign is exact */
	char digits[8];
	struct unit u;
	char *to = u.text;
	int nr = 0;

	n += over > 0 || (over == 0 && n % 2);
	for (; n || nr <= decimals; n /= 10)
		digits[nr++] = (char)('0' + n % 10);
	while (nr) {
		*to++ = digits[--nr];
		if (nr && nr == decimals)
			*to++ = '.';
	}
	strcpy(to, suffix);
	return u;
}

/* Formats three significant digits of 0 <= v < 1000 and a suffix. */
static struct unit three_digits(double v, const char *suffix)
{
	return number(v, v < 9.995 ? 2 : v < 99.95 ? 1 : 0, suffix);
}

static struct unit scaled(double v, double step, const char *const *suffixes, int nr)
{
	int i = 0;

	while (i < nr - 1 && v >= 999.5) {
		v /= step;
		i++;
	}
	return three_digits(fmin(v, 999), suffixes[i]);
}

static struct unit not_known(void)
{
	return (struct unit){"n/a"};
}

struct unit unit_count(double v)
{
	static const char *const suffixes[] = {"", "k", "M", "G", "T", "P", "E"};

	if (!(v >= 0))
		return not_known();
	if (v >= 999.5)
		return scaled(v, 1000, suffixes, 7);
	/* Small numbers keep a decimal only where they have one: 3 events are "3". */
	return number(v, v < 9.95 && fabs(v - rint(v)) >= 0.05 ? 1 : 0, "");
}

struct unit unit_bytes(double v)
{
	static const char *const suffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
	int i = 0;

	if (!(v >= 0))
		return not_known();
	if (v < 9999.5) /* so are the sizes of objects */
		return number(v, 0, "");
	for (; i < 6 && v >= 999.5; i++)
		v /= 1024;
	v = fmin(v, 999);
	return number(v, v < 9.95 ? 1 : 0, suffixes[i]);
}

struct unit unit_change(double bytes)
{
	struct unit size = unit_bytes(fabs(bytes)), u = {{bytes < 0 ? '-' : '+'}};

	if (isnan(bytes))
		return not_known();
	if (fabs(bytes) < 0.5)
		return size;
	memcpy(u.text + 1, size.text, sizeof(u.text) - 2); /* both texts end with 0 */
	return u;
}

struct unit unit_time(double ns, bool utf8)
{
	const char *const suffixes[] = {"ns", utf8 ? "µs" : "us", "ms", "s"};

	if (!(ns >= 0))
		return not_known();
	if (ns >= 999.5)
		return scaled(ns, 1000, suffixes, 4);
	return number(ns, 0, "ns");
}

struct unit unit_bound(struct unit u, bool utf8)
{
	struct unit bound;

	snprintf(bound.text, sizeof(bound.text), "%s%.9s", utf8 ? "≤" : "<=", u.text);
	return bound;
}

struct unit unit_inferred(struct unit u)
{
	struct unit marked;
	size_t length = strlen(u.text);
	const char *point = strchr(u.text, '.');

	if (!isdigit((unsigned char)u.text[0]))
		return u;
	/* Leaves the last decimal out, and its point: 100.0 becomes ~100. */
	if (length >= UNIT_WIDTH - 1 && point && isdigit((unsigned char)u.text[length - 1]))
		length = point[2] ? length - 1 : (size_t)(point - u.text);
	snprintf(marked.text, sizeof(marked.text), "~%.*s", (int)length, u.text);
	return marked;
}

struct unit unit_digits(double v, int decimals)
{
	double size = fabs(v);
	int most = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
	struct unit u;

	if (isnan(v))
		return not_known();
	snprintf(u.text, sizeof(u.text), "%.*f", most < decimals ? most : decimals, v);
	return u;
}

struct unit unit_percent(double ratio)
{
	if (!(ratio >= 0))
		return not_known();
	return number(floor(fmin(ratio, 1) * 1000 + 1e-9) / 10, 1, "");
}
