// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* CSV: each line has as many fields as the heading, for any name; unknown values are empty. */
#include <stdlib.h>

#include "report/csv.h"
#include "fixture.h"

/* Splits the line at *at into fields by RFC 4180, and moves to the next line. Returns how many. */
static int split(char **at, char *field[], int most)
{
	char *from = *at, *to = from;
	bool quoted = false;
	int nr = 0;

	field[nr++] = to;
	for (;; from++) {
		if (*from == '"') {
			if (quoted && from[1] == '"')
				*to++ = *from++;
			else
				quoted = !quoted;
		} else if (!quoted && (*from == ',' || *from == '\n')) {
			bool end = *from == '\n';

			*to++ = 0;
			if (end)
				break;
			assert_true(nr < most);
			field[nr++] = to;
		} else {
			assert_true(*from);
			*to++ = *from;
		}
	}
	*at = from + 1;
	return nr;
}

static void fields_match_the_heading(void **state)
{
	static const char odd[] = "a,\"b\",\nc";
	const struct machine m = {5, 2, 5, 1, 3};
	struct snapshot a = machine_at(&m, 1), b = machine_at(&m, 2);
	struct model model;
	char *heading[64], *field[64], *text, *at;
	size_t length, rows = 0;
	int nr;

	(void)state;
	strcpy(b.side[1].cache[1].name, odd);
	b.side[0].cache[0].counts_known = COUNT_BIT(COUNT_ALLOCS);
	b.side[0].cache[0].latency_known = false;
	assert_int_equal(model_make(&model, &a, &b), 0);
	at = text = csv_text(&model, true, &length);
	assert_non_null(text);
	assert_int_equal(strlen(text), length);
	nr = split(&at, heading, 64);
	assert_int_equal(nr, 6 + GAUGES + COUNT_ORIGIN + 1 + ORIGINS + 6);
	for (size_t i = 0; i < model.nr_sides; i++) {
		for (size_t j = 0; j < model.side[i].nr_caches; j++, rows++) {
			const struct model_cache *c = &model.side[i].cache[j];

			assert_int_equal(split(&at, field, 64), nr);
			assert_string_equal(field[5], c->name);
			assert_string_equal(field[2], i ? "reference" : "kernel");
			assert_string_equal(field[3], i ? "4121" : "");
			for (int k = 0; k < nr; k++) {
				if (!strcmp(heading[k], "allocs"))
					assert_int_equal(strtoull(field[k], NULL, 10),
							 c->traffic.count[COUNT_ALLOCS]);
				if (!strcmp(heading[k], "hits") ||
				    !strcmp(heading[k], "hit_rate") ||
				    !strcmp(heading[k], "origin_grown") ||
				    !strcmp(heading[k], "refill_ns_count"))
					assert_int_equal(!field[k][0],
							 rows == 0 ||
								 (!strcmp(heading[k], "hit_rate") &&
								  !(c->traffic.hit_rate >= 0)));
			}
		}
	}
	assert_int_equal(*at, 0);
	assert_int_equal(rows, 8);
	free(text);
	text = csv_text(&model, false, &length);
	assert_int_equal(strncmp(text, "time,", 5) != 0, 1);
	free(text);
	model_free(&model);
	snapshot_free(&a);
	snapshot_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(fields_match_the_heading)};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
