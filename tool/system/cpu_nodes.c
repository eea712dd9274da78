// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cpu_nodes.c: reads the list of CPUs of each node. */
#include "system/cpu_nodes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system/cpu_list.h"

struct cpu_nodes {
	int *node;
	size_t nr;
};

/* Notes the node of some CPUs. Without memory the node stays unknown. */
static void add_cpus(struct cpu_nodes *to, int node, const struct cpu_range *cpus)
{
	if (cpus->last >= to->nr) {
		int *more = reallocarray(to->node, (size_t)cpus->last + 1, sizeof(*more));

		if (!more)
			return;
		for (size_t i = to->nr; i <= cpus->last; i++)
			more[i] = -1;
		to->node = more;
		to->nr = cpus->last + 1;
	}
	for (size_t i = cpus->first; i <= cpus->last; i++)
		to->node[i] = node;
}

static void read_node(struct cpu_nodes *to, const char *directory, int node)
{
	char path[512], *line = NULL;
	struct cpu_range range;
	size_t size = 0;
	FILE *list;

	snprintf(path, sizeof(path), "%s/node%d/cpulist", directory, node);
	list = fopen(path, "re");
	if (!list)
		return;
	if (getline(&line, &size, list) > 0)
		for (const char *at = line; cpu_list_next(&at, &range);)
			add_cpus(to, node, &range);
	free(line);
	fclose(list);
}

void cpu_nodes_read(int **nodes, size_t *nr, const char *directory)
{
	struct cpu_nodes to = {*nodes, *nr};
	DIR *all = opendir(directory);
	struct dirent *entry;
	int node;
	char rest;

	if (!all)
		return;
	while ((entry = readdir(all)))
		if (sscanf(entry->d_name, "node%d%c", &node, &rest) == 1 && node >= 0)
			read_node(&to, directory, node);
	closedir(all);
	*nodes = to.node;
	*nr = to.nr;
}
