// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cpu_nodes.c: the lists of CPUs that the kernel keeps a node, such as "0-3,8-11". */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system/cpu_nodes.h"

#define CPUS_MAX 65536

/* Notes that CPUs first to last are of node. Without memory they stay unknown. */
static void add_cpus(struct snapshot *s, int node, unsigned long first, unsigned long last)
{
	if (last >= s->nr_cpu_nodes) {
		int *more = realloc(s->cpu_node, (last + 1) * sizeof(*more));

		if (!more)
			return;
		for (size_t i = s->nr_cpu_nodes; i <= last; i++)
			more[i] = -1;
		s->cpu_node = more;
		s->nr_cpu_nodes = last + 1;
	}
	for (unsigned long i = first; i <= last; i++)
		s->cpu_node[i] = node;
}

static void parse_list(struct snapshot *s, int node, const char *text)
{
	while (*text >= '0' && *text <= '9') {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (first > last || last >= CPUS_MAX)
			return;
		add_cpus(s, node, first, last);
		text = end + (*end == ',');
	}
}

static void read_node(struct snapshot *s, const char *directory, int node)
{
	char path[512], *line = NULL;
	size_t size = 0;
	FILE *list;

	snprintf(path, sizeof(path), "%s/node%d/cpulist", directory, node);
	list = fopen(path, "re");
	if (!list)
		return;
	if (getline(&line, &size, list) > 0)
		parse_list(s, node, line);
	free(line);
	fclose(list);
}

void cpu_nodes_read(struct snapshot *s, const char *directory)
{
	DIR *nodes = opendir(directory);
	struct dirent *entry;
	int node;
	char rest;

	if (!nodes)
		return;
	while ((entry = readdir(nodes)))
		if (sscanf(entry->d_name, "node%d%c", &node, &rest) == 1 && node >= 0)
			read_node(s, directory, node);
	closedir(nodes);
}
