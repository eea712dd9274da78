/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* slab_nodes.h: what SLUB tells of a cache node by node, in the files of its directory in /sys/kernel/slab. */
#ifndef SLABSCOPE_SLAB_NODES_H
#define SLABSCOPE_SLAB_NODES_H

#include <stdbool.h>
#include <stdint.h>

#define SLAB_NODES 64

struct slab_node {
	uint64_t slabs, partial; /* all; on the node's list */
	uint64_t free_objects;	 /* in those on the list */
};

struct slab_nodes {
	bool known;
	struct slab_node node[SLAB_NODES]; /* what the kernel does not name has none */
};

/* One reading after the other, so of a cache in use about. Returns to->known. */
bool slab_nodes_read(const char *directory, const char *cache, struct slab_nodes *to);

/* How many slabs are on the lists of all nodes: one file, and nothing is counted for it. Returns whether it is known. */
bool slab_nodes_partial(const char *directory, const char *cache, uint64_t *to);

#endif
