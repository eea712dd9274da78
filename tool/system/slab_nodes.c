// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* slab_nodes.c: lines such as "1234 N0=1000 N1=234". */
#include "system/slab_nodes.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Parses a line; *all is the number for all nodes. Skips impossible numbers of nodes. Returns
 * whether the line has that form.
 */
static bool parse(const char *text, uint64_t to[SLAB_NODES], uint64_t *all)
{
	char *end;
	unsigned node;
	uint64_t count;
	int used;

	*all = strtoull(text, &end, 10);
	if (end == text)
		return false;
	while (sscanf(end, " N%u=%" SCNu64 "%n", &node, &count, &used) == 2) {
		if (node < SLAB_NODES)
			to[node] = count;
		end += used;
	}
	return true;
}

static bool read_counts(int directory, const char *name, uint64_t to[SLAB_NODES], uint64_t *all)
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
	return parse(text, to, all);
}

/* Returns -1 if it cannot be opened. */
static int open_cache(const char *directory, const char *cache)
{
	char path[256];

	if (strchr(cache, '/') ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s", directory, cache) >= sizeof(path))
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool slab_nodes_partial(const char *directory, const char *cache, uint64_t *to)
{
	uint64_t partial[SLAB_NODES];
	int fd = open_cache(directory, cache);
	bool known = fd >= 0 && read_counts(fd, "partial", partial, to);

	if (fd >= 0)
		close(fd);
	return known;
}

bool slab_nodes_read(const char *directory, const char *cache, struct slab_nodes *to)
{
	uint64_t slabs[SLAB_NODES], partial[SLAB_NODES], all[SLAB_NODES], used[SLAB_NODES], sum;
	int fd = open_cache(directory, cache);

	*to = (struct slab_nodes){0};
	if (fd < 0)
		return false;
	to->known = read_counts(fd, "slabs", slabs, &sum) &&
		    read_counts(fd, "partial", partial, &sum) &&
		    read_counts(fd, "total_objects", all, &sum) &&
		    read_counts(fd, "objects", used, &sum);
	close(fd);
	for (unsigned node = 0; node < SLAB_NODES && to->known; node++) {
		struct slab_node *n = &to->node[node];

		n->slabs = slabs[node];
		n->partial = partial[node] < slabs[node] ? partial[node] : slabs[node];
		n->free_objects = all[node] > used[node] ? all[node] - used[node] : 0;
	}
	return to->known;
}
