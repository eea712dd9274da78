// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* JSON, parsed back: exactly the keys of the schema, and null for unknown values. */
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "fabricate.h"
#include "report/json.h"
#include "system/symbols.h"

static const uint64_t ns[] = {400, 900, 3000, 40000};

/* Checks that the object has these keys, a list that ends with NULL, and no others. */
static void assert_keys(json_t *object, const char *const *keys)
{
	size_t nr = 0;

	assert_true(json_is_object(object));
	for (; keys[nr]; nr++)
		if (!json_object_get(object, keys[nr]))
			fail_msg("there is no %s", keys[nr]);
	assert_int_equal(json_object_size(object), nr);
}

static const char *const round_keys[] = {"schema", "time",	"interval_s", "self",
					 "kernel", "reference", NULL};
static const char *const self_keys[] = {
	"cpu_percent", "rss_bytes", "bpf_ns_per_event", "bpf_cpu_percent", "unpaired",
	"lost",	       NULL};
static const char *const kernel_keys[] = {"release",  "allocator", "probes", "missing",
					  "inferred", "caches",	   NULL};
static const char *const missing_keys[] = {"what", "why", "remedy", NULL};
static const char *const side_keys[] = {"pid", "comm", "caches", NULL};
static const char *const cache_keys[] = {
	"name",		  "aliases",	"object_size",	   "objects",	 "active_objects",
	"cached_objects", "slabs",	"bytes",	   "limit",	 "batchcount",
	"active_slabs",	  "slab_pages", "slabinfo_active", "allocs",	 "frees",
	"hits",		  "hit_rate",	"refills",	   "bypasses",	 "failed",
	"grows",	  "flushes",	"list_moves",	   "slab_frees", "doubtful",
	"origins",	  "refill_ns",	"refill_buckets",  "cpus",	 NULL};
static const char *const origin_keys[] = {"shared",	 "partial", "free",	   "cpu_slab",
					  "cpu_partial", "spare",   "barn",	   "remote",
					  "grown",	 "failed",  "unexplained", NULL};
static const char *const latency_keys[] = {"count", "p50", "p90", "p99", "p999", "max", NULL};
static const char *const cpu_keys[] = {"cpu",	   "allocs",  "frees",	   "hits",
				       "hit_rate", "refills", "refill_ns", NULL};

static json_t *round_of(const struct snapshot *a, const struct snapshot *b)
{
	struct model m;
	size_t length = 0;
	json_error_t error;
	char *line;
	json_t *o;

	assert_int_equal(model_make(&m, a, b), 0);
	line = json_line(&m, NULL, &length);
	assert_non_null(line);
	assert_int_equal(strlen(line), length);
	assert_ptr_equal(strchr(line, '\n'), line + length - 1); /* one line */
	o = json_loads(line, 0, &error);
	if (!o)
		fail_msg("%s: %s", error.text, line);
	free(line);
	model_free(&m);
	return o;
}

static double real_at(json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);

	assert_true(json_is_number(v));
	return json_number_value(v);
}

static void assert_count(json_t *object, const char *key, long long wanted)
{
	json_t *v = json_object_get(object, key);

	assert_true(json_is_integer(v));
	assert_int_equal(json_integer_value(v), wanted);
}

static void assert_null_at(json_t *object, const char *key)
{
	if (!json_is_null(json_object_get(object, key)))
		fail_msg("%s is not null", key);
}

static struct snapshot full(void)
{
	struct snapshot s = snapshot_at(3.5);
	struct snap_side *side = add_side(&s, SIDE_KERNEL, 1);
	struct snap_cache *c = add_cache(side, 1, "filp");

	add_cpu(c, 0, 96, ns, 4);
	add_cpu(c, 1, 0, ns, 0);
	finish(c);
	finish(add_cache(side, 2, "idle"));
	side = add_side(&s, SIDE_REFERENCE, 4121);
	c = add_cache(side, 3, "steady-64");
	add_cpu(c, 1, 50, ns, 2);
	finish(c);
	s.rss_bytes = 4096;
	s.self_cpu_ns = 10000000;
	return s;
}

static void keys_are_the_schemas(void **state)
{
	struct snapshot a = snapshot_at(1), b = full();
	json_t *o, *cache, *side;

	(void)state;
	snapshot_add_missing(&b, "latency", "no fentry", "");
	o = round_of(&a, &b);
	assert_keys(o, round_keys);
	assert_string_equal(json_string_value(json_object_get(o, "schema")), "slabscope.top/1");
	assert_keys(json_object_get(o, "self"), self_keys);
	assert_keys(json_object_get(o, "kernel"), kernel_keys);
	cache = json_array_get(json_object_get(json_object_get(o, "kernel"), "missing"), 0);
	assert_keys(cache, missing_keys);
	assert_null_at(cache, "remedy");
	assert_int_equal(json_array_size(json_object_get(o, "reference")), 1);
	side = json_array_get(json_object_get(o, "reference"), 0);
	assert_keys(side, side_keys);
	cache = json_array_get(json_object_get(side, "caches"), 0);
	assert_keys(cache, cache_keys);
	assert_keys(json_object_get(cache, "origins"), origin_keys);
	assert_keys(json_object_get(cache, "refill_ns"), latency_keys);
	assert_keys(json_array_get(json_object_get(cache, "cpus"), 0), cpu_keys);
	json_decref(o);
	snapshot_free(&a);
	snapshot_free(&b);
}

/* JSON names inferred counts, not counted or unknown ones. */
static void inferred_counts_are_named(void **state)
{
	struct snapshot a = snapshot_at(1), b = full();
	struct snap_cache *cache = &b.side[0].cache[0];
	json_t *o = round_of(&a, &b),
	       *list = json_object_get(json_object_get(o, "kernel"), "inferred");

	(void)state;
	assert_true(json_is_array(list));
	assert_int_equal(json_array_size(list), 0);
	json_decref(o);
	cache->counts_inferred =
		COUNT_BIT(COUNT_HITS) | COUNT_BIT(COUNT_REFILLS) | COUNT_BIT(COUNT_BYPASSES);
	cache->counts_known &= ~COUNT_BIT(COUNT_BYPASSES);
	o = round_of(&a, &b);
	list = json_object_get(json_object_get(o, "kernel"), "inferred");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 0)), "hits");
	assert_string_equal(json_string_value(json_array_get(list, 1)), "refills");
	json_decref(o);
	snapshot_free(&a);
	snapshot_free(&b);
}

static void values_are_the_rounds(void **state)
{
	struct snapshot a = snapshot_at(1), b = full();
	json_t *o, *caches, *cache, *cpus;

	(void)state;
	o = round_of(&a, &b);
	assert_true(fabs(real_at(o, "interval_s") - 2.5) < 1e-9);
	assert_true(fabs(real_at(o, "time") - 1700000003.5) < 1e-5);
	assert_true(fabs(real_at(json_object_get(o, "self"), "cpu_percent") - 0.4) < 1e-9);
	assert_null_at(json_object_get(o, "self"), "bpf_ns_per_event");
	caches = json_object_get(json_object_get(o, "kernel"), "caches");
	assert_int_equal(json_array_size(caches), 2);
	cache = json_array_get(caches, 0);
	assert_count(cache, "allocs", 100);
	assert_count(cache, "hits", 96);
	assert_count(cache, "refills", 4);
	assert_count(cache, "object_size", 10);
	assert_true(fabs(real_at(cache, "hit_rate") - 0.96) < 1e-9);
	assert_count(json_object_get(cache, "origins"), "grown", 2);
	assert_count(json_object_get(cache, "refill_ns"), "count", 4);
	assert_count(json_object_get(cache, "refill_ns"), "max", 40000);
	assert_true(fabs(real_at(json_object_get(cache, "refill_ns"), "p50") - 900) < 40);
	cpus = json_object_get(cache, "cpus");
	assert_int_equal(json_array_size(cpus), 1); /* the idle one is left out */
	assert_count(json_array_get(cpus, 0), "cpu", 0);
	cache = json_array_get(caches, 1); /* idle */
	assert_count(cache, "allocs", 0);
	assert_null_at(cache, "hit_rate");
	assert_count(json_object_get(cache, "refill_ns"), "count", 0);
	assert_null_at(json_object_get(cache, "refill_ns"), "p50");
	assert_null_at(json_object_get(cache, "refill_ns"), "max");
	assert_int_equal(json_array_size(json_object_get(cache, "cpus")), 0);
	json_decref(o);
	snapshot_free(&a);
	snapshot_free(&b);
}

static void not_known_is_null(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct snap_cache *c = add_cache(add_side(&b, SIDE_KERNEL, 1), 1, "filp");
	json_t *o, *cache;

	(void)state;
	c->counts_known = COUNT_BIT(COUNT_ALLOCS);
	c->gauges_known = GAUGE_BIT(GAUGE_OBJECT_SIZE);
	c->latency_known = c->cpus_known = false;
	c->total[COUNT_ALLOCS] = 9;
	strcpy(b.allocator, "");
	o = round_of(&a, &b);
	assert_null_at(json_object_get(o, "kernel"), "allocator");
	cache = json_array_get(json_object_get(json_object_get(o, "kernel"), "caches"), 0);
	assert_keys(cache, cache_keys);
	assert_count(cache, "allocs", 9);
	assert_null_at(cache, "frees");
	assert_null_at(cache, "hits");
	assert_null_at(cache, "hit_rate");
	assert_null_at(cache, "slabs");
	assert_null_at(cache, "refill_ns");
	assert_null_at(cache, "cpus");
	assert_null_at(json_object_get(cache, "origins"), "shared");
	json_decref(o);
	snapshot_free(&a);
	snapshot_free(&b);
}

static void the_kernel_is_always_there(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	json_t *o = round_of(&a, &b);

	(void)state;
	assert_keys(o, round_keys);
	assert_keys(json_object_get(o, "kernel"), kernel_keys);
	assert_int_equal(json_array_size(json_object_get(json_object_get(o, "kernel"), "caches")),
			 0);
	assert_int_equal(json_array_size(json_object_get(o, "reference")), 0);
	json_decref(o);
}

/* Names come from other processes, and can be any bytes. */
static void any_name_is_printed(void **state)
{
	static const char *const names[] = {
		"\xff\xfe bad", "quote\"back\\slash", "new\nline\x01", "caf\xc3\xa9", "\xc3", ""};
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct snap_side *side = add_side(&b, SIDE_REFERENCE, 1);
	json_t *o, *caches;

	(void)state;
	strcpy(side->comm, "\x80 comm");
	for (uint64_t i = 0; i < 6; i++)
		finish(add_cache(side, i, names[i]));
	o = round_of(&a, &b);
	caches = json_object_get(json_array_get(json_object_get(o, "reference"), 0), "caches");
	assert_int_equal(json_array_size(caches), 6);
	assert_string_equal(json_string_value(json_object_get(json_array_get(caches, 0), "name")),
			    "?? bad");
	assert_string_equal(json_string_value(json_object_get(json_array_get(caches, 1), "name")),
			    names[1]);
	json_decref(o);
	snapshot_free(&a);
	snapshot_free(&b);
}

/* JSON has a decimal point in every locale. */
static void the_locale_does_not_matter(void **state)
{
	struct snapshot a = snapshot_at(1), b = full();
	json_t *o;

	(void)state;
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
		print_message("# no locale with a decimal comma is installed\n");
	o = round_of(&a, &b);
	setlocale(LC_NUMERIC, "C");
	assert_true(fabs(real_at(o, "interval_s") - 2.5) < 1e-9);
	json_decref(o);
	snapshot_free(&a);
	snapshot_free(&b);
}

/* JSON has callers if the user wants them, and null where they are not available. */
static void callers_are_told_when_asked_for(void **state)
{
	static const char *const keys[] = {"comm",  "pid",   "refills", "grows",
					   "share", "stack", NULL};
	static const char names[] = "ffffffff81000000 T path_openat\n";
	struct snapshot a = snapshot_at(1), b = full();
	struct snap_caller *caller;
	json_t *o, *cache, *list;
	FILE *file;

	(void)state;
	o = round_of(&a, &b);
	cache = json_array_get(json_object_get(json_object_get(o, "kernel"), "caches"), 0);
	assert_null(json_object_get(cache, "callers"));
	json_decref(o);

	file = fmemopen((void *)names, strlen(names), "r");
	b.symbols = symbols_read(file);
	fclose(file);
	assert_non_null(b.symbols);
	b.callers = true;
	b.side[0].cache[0].callers_known = true;
	caller = snapshot_add_caller(&b.side[0].cache[0]);
	*caller = (struct snap_caller){.pid = 42, .nr_frames = 2, .comm = "kload", .refills = 4};
	caller->frame[0] = 0xffffffff81000010;
	caller->frame[1] = 0x5000;
	o = round_of(&a, &b);
	cache = json_array_get(json_object_get(json_object_get(o, "kernel"), "caches"), 0);
	list = json_object_get(cache, "callers");
	assert_int_equal(json_array_size(list), 1);
	list = json_array_get(list, 0);
	assert_keys(list, keys);
	assert_count(list, "pid", 42);
	assert_count(list, "refills", 4);
	assert_true(fabs(real_at(list, "share") - 1) < 1e-9);
	list = json_object_get(list, "stack");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 0)), "path_openat+0x10");
	assert_string_equal(json_string_value(json_array_get(list, 1)), "0x5000");
	cache = json_array_get(json_object_get(json_object_get(o, "kernel"), "caches"), 1);
	assert_null_at(cache, "callers");
	json_decref(o);
	snapshot_free(&a);
	snapshot_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callers_are_told_when_asked_for),
		cmocka_unit_test(keys_are_the_schemas),
		cmocka_unit_test(inferred_counts_are_named),
		cmocka_unit_test(values_are_the_rounds),
		cmocka_unit_test(not_known_is_null),
		cmocka_unit_test(the_kernel_is_always_there),
		cmocka_unit_test(any_name_is_printed),
		cmocka_unit_test(the_locale_does_not_matter),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
