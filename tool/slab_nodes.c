// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* slab_nodes.c: lines such as "1234 N0=1000 N1=234". */
#include "slab_nodes.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Numbers of nodes that make no sense are left out. Returns whether it is such a line. */
static bool parse(const char *text, uint64_t to[SLAB_NODES])
{
	char *end;
	unsigned node;
	uint64_t count;
	int used;

	strtoull(text, &end, 10);
	if (end == text)
		return false;
	while (sscanf(end, " N%u=%" SCNu64 "%n", &node, &count, &used) == 2) {
		if (node < SLAB_NODES)
			to[node] = count;
		end += used;
	}
	return true;
}

static bool read_counts(int directory, const char *name, uint64_t to[SLAB_NODES])
{
	int file = openat(directory, name, O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t nr;

	memset(to, 0, SLAB_NODES * sizeof(*to));
	if (file < 0)
		return false;
	nr = read(file, text, sizeof(text) - 1);
	close(file);
	if (nr <= 0)
		return false;
	text[nr] = '\0';
	return parse(text, to);
}

bool slab_nodes_read(const char *directory, const char *cache, struct slab_nodes *to)
{
	uint64_t slabs[SLAB_NODES], partial[SLAB_NODES], all[SLAB_NODES], used[SLAB_NODES];
	char path[256];
	int fd;

	*to = (struct slab_nodes){0};
	if (strchr(cache, '/') || (size_t)snprintf(path, sizeof(path), "%s/%s", directory, cache) >= sizeof(path))
		return false;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	to->known = read_counts(fd, "slabs", slabs) && read_counts(fd, "partial", partial) &&
		    read_counts(fd, "total_objects", all) && read_counts(fd, "objects", used);
	close(fd);
	for (unsigned node = 0; node < SLAB_NODES && to->known; node++) {
		struct slab_node *n = &to->node[node];

		n->slabs = slabs[node];
		n->partial = partial[node] < slabs[node] ? partial[node] : slabs[node];
		n->free_objects = all[node] > used[node] ? all[node] - used[node] : 0;
	}
	return to->known;
}
