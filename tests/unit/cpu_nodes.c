// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cpu_nodes.c: the node of each CPU, from files as the kernel writes them, and from others. */
#include "model/snapshot.h"
#include "system/cpu_nodes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static char directory[] = "/tmp/slabscope-nodes-XXXXXX";

static void put(const char *node, const char *text)
{
	char path[128];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s", directory, node);
	mkdir(path, 0700);
	strcat(path, "/cpulist");
	to = fopen(path, "w");
	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

static void lists_are_read(void **state)
{
	static const int wanted[] = {0, 0, 1, 1, 0, -1, -1, 0, 2};
	struct snapshot s = {0};
	char command[128];

	(void)state;
	assert_non_null(mkdtemp(directory));
	put("node0", "0-1,4,7\n");
	put("node1", "2-3\n");
	put("node2", "8");
	put("node3", "\n");	      /* memory alone */
	put("node4", "9-5,x\n");      /* nonsense */
	put("node5", "4000000000\n"); /* more than possible */
	put("node_x", "6\n");
	cpu_nodes_read(&s.cpu_node, &s.nr_cpu_nodes, directory);
	assert_int_equal(s.nr_cpu_nodes, 9);
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(s.cpu_node[i], wanted[i]);
	snapshot_free(&s);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	assert_int_equal(system(command), 0);
	cpu_nodes_read(&s.cpu_node, &s.nr_cpu_nodes, directory); /* none at all */
	assert_int_equal(s.nr_cpu_nodes, 0);
	assert_null(s.cpu_node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lists_are_read)};

	return cmocka_run_group_tests_name("cpu_nodes", tests, NULL, NULL);
}
