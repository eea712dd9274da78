// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* units.c: rounds as printf() does. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

#include <cmocka.h>

#define VALUES 200000

static uint64_t state = 1;

/* 0 <= x < 1 */
static double random_share(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (double)(state >> 11) * 0x1p-53;
}

static void assert_text(struct unit u, const char *format, int decimals, double v)
{
	char text[32];

	snprintf(text, sizeof(text), format, decimals, v);
	if (strcmp(u.text, text))
		fail_msg("%.17g is \"%s\", not \"%s\"", v, u.text, text);
}

/* A count of 999.5 or more has three digits; a smaller one has a decimal only where needed. */
static void check(double v)
{
	double k = v * 1000;

	if (v < 999.5)
		assert_text(unit_time(v, false), "%.*fns", 0, v);
	if (v < 1000)
		assert_text(unit_count(v), v < 999.5 ? "%.*f" : "%.*fk",
			    v >= 999.5 ? 2 : v < 9.95 && fabs(v - rint(v)) >= 0.05,
			    v < 999.5 ? v : v / 1000);
	if (k >= 999.5 && v < 999.5)
		assert_text(unit_count(k), "%.*fk",
			    k / 1000 < 9.995   ? 2
			    : k / 1000 < 99.95 ? 1
					       : 0,
			    k / 1000);
}

static void as_printf(void **arg)
{
	(void)arg;
	for (int i = 0; i < VALUES; i++)
		check(random_share() * pow(10, i % 4));
}

/* Halves of the last digit: exact ones round to even, others to the nearest. */
static void halves(void **arg)
{
	(void)arg;
	for (int i = 0; i < 100000; i++) {
		double half = (i + 0.5) / (i % 2 ? 100 : 10);

		check(half);
		check(nextafter(half, 0));
		check(nextafter(half, 1e9));
		check((double)i / 128); /* exact ones, of one and of two decimals */
	}
}

static void bounds(void **arg)
{
	(void)arg;
	assert_string_equal(unit_bound(unit_time(108, true), true).text, "≤108ns");
	assert_string_equal(unit_bound(unit_time(1234, true), true).text, "≤1.23µs");
	assert_string_equal(unit_bound(unit_time(1234, false), false).text, "<=1.23us");
}

static void suffixes(void **arg)
{
	(void)arg;
	assert_string_equal(unit_count(0).text, "0");
	assert_string_equal(unit_count(0.5).text, "0.5");
	assert_string_equal(unit_count(1924).text, "1.92k");
	assert_string_equal(unit_count(1e30).text, "999E");
	assert_string_equal(unit_count(INFINITY).text, "999E");
	assert_string_equal(unit_count(NAN).text, "n/a");
	assert_string_equal(unit_bytes(1023).text, "1023");
	assert_string_equal(unit_bytes(8192).text, "8192");
	assert_string_equal(unit_bytes(9999).text, "9999");
	assert_string_equal(unit_bytes(10000).text, "9.8Ki");
	assert_string_equal(unit_bytes(1e6).text, "977Ki");
	assert_string_equal(unit_bytes(1e30).text, "999Ei");
	assert_string_equal(unit_bytes(1024 * 1024 * 1.5).text, "1.5Mi");
	assert_string_equal(unit_time(3100, true).text, "3.10µs");
	assert_string_equal(unit_percent(0.98799).text, "98.7");
	assert_string_equal(unit_percent(1).text, "100.0");
	assert_string_equal(unit_change(-64).text, "-64");
	assert_string_equal(unit_digits(0.12345, 3).text, "0.123");
	assert_string_equal(unit_digits(0.12345, 2).text, "0.12");
	assert_string_equal(unit_digits(-1.2345, 3).text, "-1.23");
	assert_string_equal(unit_digits(9.996, 3).text, "10.0");
	assert_string_equal(unit_digits(123.4, 3).text, "123");
	assert_string_equal(unit_digits(NAN, 3).text, "n/a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_printf),
		cmocka_unit_test(halves),
		cmocka_unit_test(bounds),
		cmocka_unit_test(suffixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
