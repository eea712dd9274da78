// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cpu_nodes.c: the lists of CPUs that the kernel keeps a node, such as "0-3,8-11". */
#include "system/cpu_nodes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS_MAX 65536

struct cpu_nodes {
	int *node;
	size_t nr;
};

/* Notes that CPUs first to last are of node. Without memory they stay unknown. */
static void add_cpus(struct cpu_nodes *to, int node, unsigned long first, unsigned long last)
{
	if (last >= to->nr) {
		int *more = realloc(to->node, (last + 1) * sizeof(*more));

		if (!more)
			return;
		for (size_t i = to->nr; i <= last; i++)
			more[i] = -1;
		to->node = more;
		to->nr = last + 1;
	}
	for (unsigned long i = first; i <= last; i++)
		to->node[i] = node;
}

static void parse_list(struct cpu_nodes *to, int node, const char *text)
{
	while (*text >= '0' && *text <= '9') {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (first > last || last >= CPUS_MAX)
			return;
		add_cpus(to, node, first, last);
		text = end + (*end == ',');
	}
}

static void read_node(struct cpu_nodes *to, const char *directory, int node)
{
	char path[512], *line = NULL;
	size_t size = 0;
	FILE *list;

	snprintf(path, sizeof(path), "%s/node%d/cpulist", directory, node);
	list = fopen(path, "re");
	if (!list)
		return;
	if (getline(&line, &size, list) > 0)
		parse_list(to, node, line);
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
