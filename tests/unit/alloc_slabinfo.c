// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * libslab's table of its caches, read by slabscope's parser of /proc/slabinfo and compared with the
 * walker; and the line that sets tunables: the linker wraps the call that does so.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "system/slabinfo.h"

#include <cmocka.h> /* last: it has a macro fail() */

#include "check.h"
#include "virtual.h"

static struct kmem_cache *tuned;
static unsigned tuned_to[3];
static int tune_result;

int __real_kmem_cache_tune(struct kmem_cache *cachep, unsigned limit, unsigned batchcount,
			   unsigned sharedfactor);
int __wrap_kmem_cache_tune(struct kmem_cache *cachep, unsigned limit, unsigned batchcount,
			   unsigned sharedfactor);
int __wrap_kmem_cache_tune(struct kmem_cache *cachep, unsigned limit, unsigned batchcount,
			   unsigned sharedfactor)
{
	tuned = cachep;
	tuned_to[0] = limit;
	tuned_to[1] = batchcount;
	tuned_to[2] = sharedfactor;
	return tune_result ?: __real_kmem_cache_tune(cachep, limit, batchcount, sharedfactor);
}

static struct kmem_cache *make(const char *name, size_t size, unsigned cpus)
{
	struct slab_topology t = {.cpus = cpus, .nodes = 1};
	struct kmem_cache *cachep = slab_virtual_create(name, size, 0, 0, NULL, &t);

	assert_non_null(cachep);
	return cachep;
}

/* Returns the output of slab_slabinfo(); the caller frees it. */
static char *text_of_table(void)
{
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	assert_non_null(to);
	assert_int_equal(slab_slabinfo(to), 0);
	fclose(to);
	return text;
}

static void read_table(struct slabinfo *table)
{
	char *text = text_of_table();
	struct failure f = {""};

	if (slabinfo_parse(text, strlen(text), table, &f))
		fail_msg("%s", f.text);
	free(text);
}

static const struct slabinfo_row *find(const struct slabinfo *table, const char *name)
{
	for (size_t i = 0; i < table->nr_rows; i++)
		if (!strcmp(table->row[i].name, name))
			return &table->row[i];
	fail_msg("no row of %s", name);
	return NULL;
}

/* Each figure of a cache with full, partial and free slabs, and objects in arrays. */
static void figures(void **state)
{
	struct kmem_cache *cachep = make("figures", 100, 2);
	const struct slabinfo_row *row;
	struct slabinfo table;
	struct slab_check c;
	void *live[2000];
	size_t nr = 0;

	(void)state;
	for (; nr < 2000; nr++)
		live[nr] = slab_virtual_alloc(cachep, 0, nr % 2);
	/* The newest half goes back: to the arrays, the shared array, the slabs. */
	while (nr > 1000)
		slab_virtual_free(cachep, live[--nr], 0);
	slab_check(cachep, live, nr, &c);
	assert_string_equal(c.error, "");
	assert_true(c.slabs_full && c.slabs_partial && c.slabs_free && c.in_shared && c.in_arrays);

	read_table(&table);
	row = find(&table, "figures");
	assert_int_equal(row->objects, c.objects);
	assert_int_equal(row->active_objects, c.objects - c.in_slabs);
	assert_int_equal(row->object_size, 104);
	assert_int_equal(row->slab_objects * (c.slabs_full + c.slabs_partial + c.slabs_free),
			 c.objects);
	assert_int_equal(row->slab_pages, 1);
	assert_int_equal(row->limit, 120);
	assert_int_equal(row->batchcount, 60);
	assert_int_equal(row->shared_factor, 8);
	assert_int_equal(row->active_slabs, c.slabs_full + c.slabs_partial);
	assert_int_equal(row->slabs, c.slabs_full + c.slabs_partial + c.slabs_free);
	assert_int_equal(row->shared_avail, c.in_shared);
	slabinfo_free(&table);
	while (nr)
		slab_virtual_free(cachep, live[--nr], 0);
	kmem_cache_destroy(cachep);
}

static void caches_come_and_go(void **state)
{
	struct kmem_cache *a = make("a cache of mine", 5000, 1), *b = make("b\n1 2\x7f", 8, 1);
	const struct slabinfo_row *row;
	struct slabinfo table;
	size_t before;

	(void)state;
	read_table(&table);
	before = table.nr_rows;
	row = find(&table, "a cache of mine");
	assert_int_equal(row->objects, 0);
	assert_int_equal(row->slab_pages * 4096 / 5000, row->slab_objects);
	/* Characters that would break the line do not appear in it. */
	find(&table, "b?1 2?");
	slabinfo_free(&table);

	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
	read_table(&table);
	assert_int_equal(table.nr_rows, before - 2);
	for (size_t i = 0; i < table.nr_rows; i++)
		assert_string_not_equal(table.row[i].name, "a cache of mine");
	slabinfo_free(&table);
}

/* The columns are those of the kernel: head and row equal the format of SLAB. */
static void format(void **state)
{
	struct kmem_cache *cachep = make("filp", 256, 1);
	char *text = text_of_table(), *line;
	static const char head[] =
		"slabinfo - version: 2.1\n"
		"# name            <active_objs> <num_objs> <objsize> <objperslab> "
		"<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : "
		"slabdata <active_slabs> <num_slabs> <sharedavail>\n";

	(void)state;
	assert_memory_equal(text, head, strlen(head));
	line = strstr(text, "\nfilp ");
	assert_non_null(line);
	*strchr(line + 1, '\n') = '\0';
	assert_string_equal(line + 1,
			    "filp                   0      0    256   15    1 : tunables  "
			    "120   60    0 : slabdata      0      0      0");
	free(text);
	kmem_cache_destroy(cachep);
}

static void write_errors_are_told(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(slab_slabinfo(full), -EIO);
	fclose(full);
}

static void tunables_are_written(void **state)
{
	struct kmem_cache *a = make("one", 64, 2), *b = make("two words 7", 64, 1);
	const struct slabinfo_row *row;
	struct slabinfo table;

	(void)state;
	assert_int_equal(slab_slabinfo_write("one 240 120 4"), 0);
	assert_ptr_equal(tuned, a);
	assert_memory_equal(tuned_to, ((unsigned[]){240, 120, 4}), sizeof(tuned_to));
	read_table(&table);
	row = find(&table, "one");
	assert_int_equal(row->limit, 240);
	assert_int_equal(row->batchcount, 120);
	assert_int_equal(row->shared_factor, 4);
	slabinfo_free(&table);
	assert_int_equal(slab_slabinfo_write("two words 7  1\t1 0\n"), 0);
	assert_ptr_equal(tuned, b);
	assert_memory_equal(tuned_to, ((unsigned[]){1, 1, 0}), sizeof(tuned_to));
	tune_result = -ENOMEM;
	assert_int_equal(slab_slabinfo_write("one 2 1 0"), -ENOMEM);
	tune_result = 0;
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
}

static void bad_lines(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"one",
		"one 2",
		"one 2 1",
		"2 1 0",
		" 2 1 0",
		"one 0 1 0",
		"one 2 0 0",
		"one 2 3 0",
		"one 2 1 -1",
		"one -2 1 0",
		"one 2 1 0x1",
		"one 2 1 0 x",
		"one 2 1 1.5",
		"one 2 1 99999999999999999999",
		"one two 1 0",
		"one 2 1 +1",
	};
	struct kmem_cache *a = make("one", 64, 1);

	(void)state;
	tuned = NULL;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (slab_slabinfo_write(bad[i]) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
	assert_int_equal(slab_slabinfo_write("none 2 1 0"), -ENOENT);
	assert_int_equal(slab_slabinfo_write("on 2 1 0"), -ENOENT);
	assert_int_equal(slab_slabinfo_write("one 3 2 1 0"), -ENOENT); /* "one 3" */
	assert_null(tuned);
	kmem_cache_destroy(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures),
		cmocka_unit_test(caches_come_and_go),
		cmocka_unit_test(format),
		cmocka_unit_test(write_errors_are_told),
		cmocka_unit_test(tunables_are_written),
		cmocka_unit_test(bad_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
