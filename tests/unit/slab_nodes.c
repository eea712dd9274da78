// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* slab_nodes.c: made-up files of SLUB, complete or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system/slab_nodes.h"

#include <cmocka.h> /* its fail() is a macro */

static char dir[64], command[256];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/slabscope-nodes-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(command, sizeof(command), "mkdir %s/filp", dir);
	return system(command);
}

static int teardown(void **state)
{
	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/filp/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void two_nodes(void **state)
{
	struct slab_nodes nodes;

	(void)state;
	put("slabs", "120 N0=100 N1=20\n");
	put("partial", "33 N1=3 N0=30\n");
	put("total_objects", "1920 N0=1600 N1=320\n");
	put("objects", "1700 N0=1390 N1=310\n");
	assert_true(slab_nodes_read(dir, "filp", &nodes));
	assert_true(nodes.known);
	assert_int_equal(nodes.node[0].slabs, 100);
	assert_int_equal(nodes.node[0].partial, 30);
	assert_int_equal(nodes.node[0].free_objects, 210);
	assert_int_equal(nodes.node[1].slabs, 20);
	assert_int_equal(nodes.node[1].partial, 3);
	assert_int_equal(nodes.node[1].free_objects, 10);
	assert_int_equal(nodes.node[2].slabs, 0);
}

/* Files are read in turn while the cache changes; a node without slabs is not listed. */
static void at_odds(void **state)
{
	struct slab_nodes nodes;

	(void)state;
	put("slabs", "5 N1=5\n");
	put("partial", "7 N1=7 N70=1 N4000000000=2\n");
	put("total_objects", "80 N1=80\n");
	put("objects", "81 N1=81\n");
	assert_true(slab_nodes_read(dir, "filp", &nodes));
	assert_int_equal(nodes.node[0].slabs, 0);
	assert_int_equal(nodes.node[1].partial, 5);
	assert_int_equal(nodes.node[1].free_objects, 0);
}

/* On a machine with one node, with its name or without: only this file is read. */
static void all_nodes(void **state)
{
	uint64_t partial = 0;

	(void)state;
	assert_false(slab_nodes_partial(dir, "filp", &partial));
	assert_false(slab_nodes_partial(dir, "../filp", &partial));
	put("partial", "33 N1=3 N0=30\n");
	assert_true(slab_nodes_partial(dir, "filp", &partial));
	assert_int_equal(partial, 33);
	put("partial", "12\n");
	assert_true(slab_nodes_partial(dir, "filp", &partial));
	assert_int_equal(partial, 12);
	put("partial", "\n");
	assert_false(slab_nodes_partial(dir, "filp", &partial));
}

static void nothing_there(void **state)
{
	struct slab_nodes nodes;

	(void)state;
	assert_false(slab_nodes_read(dir, "filp", &nodes)); /* no such files */
	assert_false(slab_nodes_read(dir, "none", &nodes));
	assert_false(slab_nodes_read(dir, "../filp", &nodes));
	put("slabs", "5 N0=5\n");
	put("partial", "5 N0=5\n");
	put("total_objects", "5 N0=5\n");
	put("objects", "");
	assert_false(slab_nodes_read(dir, "filp", &nodes));
	put("objects", "none\n");
	assert_false(slab_nodes_read(dir, "filp", &nodes));
	assert_false(nodes.known);
	put("objects", "5 N0=5\n");
	assert_true(slab_nodes_read(dir, "filp", &nodes));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_nodes),
		TEST(at_odds),
		TEST(all_nodes),
		TEST(nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
