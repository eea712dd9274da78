/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* slab_nodes.h: the slabs of a cache on each node, as SLUB shows them in /sys/kernel/slab. */
#ifndef SLABSCOPE_SLAB_NODES_H
#define SLABSCOPE_SLAB_NODES_H

#include <stdbool.h>
#include <stdint.h>

#define SLAB_NODES 64

struct slab_node {
	uint64_t slabs, partial; /* all slabs; those on the node's list */
	uint64_t free_objects;	 /* in the slabs on the list */
};

struct slab_nodes {
	bool known;
	struct slab_node node[SLAB_NODES]; /* nodes that the kernel does not list have none */
};

/*
 * Reads file after file, so that numbers of a cache in use match only roughly. Returns to->known.
 */
bool slab_nodes_read(const char *directory, const char *cache, struct slab_nodes *to);

/*
 * Reads how many slabs are on the lists of all nodes, from one file for which the kernel counts
 * nothing. Returns whether it is known.
 */
bool slab_nodes_partial(const char *directory, const char *cache, uint64_t *to);

#endif
