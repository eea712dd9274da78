// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* json_number.c: numbers as JSON. */
#include "base/json_number.h"

#include <math.h>

json_t *json_number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

json_t *json_number_rounded(double v, double per_unit)
{
	return json_number(rint(v * per_unit) / per_unit);
}

json_t *json_number_count(uint64_t v, bool known)
{
	if (!known)
		return json_null();
	return json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v);
}
