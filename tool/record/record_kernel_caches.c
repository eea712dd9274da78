// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * record_kernel_caches.c: caches as described by /proc/slabinfo, /sys/kernel/slab and the table of
 * the programs.
 */
#include "record/record_kernel_caches.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "record/record_kernel_state.h"

void record_kernel_caches_read(struct record_kernel *k)
{
	struct failure f = {""};
	time_t now = time(NULL);

	if (k->info_at == now)
		return;
	k->info_at = now;
	slabinfo_free(&k->info);
	slabinfo_read("/proc/slabinfo", &k->info, &f); /* empty where it fails */
	aliases_free(&k->aliases);
	k->aliases = (struct aliases){0};
	aliases_read(&k->aliases, "/sys/kernel/slab");
}

/* Names are cut as those of the programs are. */
const struct slabinfo_row *record_kernel_caches_row(const struct record_kernel *k, const char *name)
{
	for (size_t i = 0; i < k->info.nr_rows; i++)
		if (!strncmp(k->info.row[i].name, name, KERNEL_NAME_MAX - 1))
			return &k->info.row[i];
	return NULL;
}

bool record_kernel_caches_wanted(const struct record_kernel *k, const char *name)
{
	char *others;
	bool wanted;

	if (choice_has_cache(&k->choice, name))
		return true;
	others = aliases_of(&k->aliases, name);
	wanted = choice_has_alias(&k->choice, others);
	free(others);
	return wanted;
}

bool record_kernel_caches_name(const struct record_kernel *k, uint64_t slot, char *to)
{
	const volatile struct kernel_cache *c = &k->counters->cache[slot];

	if (slot >= k->counters->slots || !__atomic_load_n(&c->ready, __ATOMIC_ACQUIRE))
		return false;
	for (int i = 0; i < KERNEL_NAME_MAX; i++)
		to[i] = c->name[i];
	to[KERNEL_NAME_MAX - 1] = '\0';
	return true;
}

bool record_kernel_caches_describe(struct record_kernel *k, uint64_t slot,
				   struct slab_registry_entry *to, char name[TRACE_TEXT])
{
	const struct slabinfo_row *row;

	if (!record_kernel_caches_name(k, slot, name) || !record_kernel_caches_wanted(k, name))
		return false;
	*to = (struct slab_registry_entry){
		.object_size = k->counters->cache[slot].object_size,
		.nr_cpus = k->cpus,
	};
	row = record_kernel_caches_row(k, name);
	if (!row) {
		record_kernel_caches_read(k);
		row = record_kernel_caches_row(k, name);
	}
	if (!row)
		return true;
	to->buffer_size = (uint32_t)row->object_size;
	to->num = (uint32_t)row->slab_objects;
	to->slab_pages = (uint32_t)row->slab_pages;
	to->limit = (uint32_t)row->limit;
	to->batchcount = (uint32_t)row->batchcount;
	to->shared = (uint32_t)row->shared_factor;
	if (k->tunables)
		k->tunables[slot] =
			(struct tunables){row->limit, row->batchcount, row->shared_factor};
	return true;
}

/*
 * Completes the state of a node. SLUB shows it in /sys/kernel/slab. On a machine with one node
 * /proc/slabinfo shows it, except for the number of partial slabs.
 */
static bool complete_node(struct record_kernel *k, struct record_event *e)
{
	const struct slab_nodes *nodes = e->cache < k->counters->slots ? k->nodes[e->cache] : NULL;
	const struct slabinfo_row *row;
	char name[KERNEL_NAME_MAX];
	uint64_t partial;

	if (e->arg[1] != RECORD_UNKNOWN) {
		k->partial += e->arg[2];
		k->partial_recorded += e->arg[6];
		return true;
	}
	if (nodes && e->arg[0] < SLAB_NODES) {
		e->arg[1] = nodes->node[e->arg[0]].slabs;
		e->arg[2] = nodes->node[e->arg[0]].partial;
		e->arg[4] = nodes->node[e->arg[0]].free_objects;
		return true;
	}
	if (k->facts.nodes > 1 || !record_kernel_caches_name(k, e->cache, name))
		return false;
	row = record_kernel_caches_row(k, name);
	if (!row)
		return false;
	e->arg[1] = row->slabs;
	e->arg[4] = row->objects > row->active_objects ? row->objects - row->active_objects : 0;
	if (slab_nodes_partial("/sys/kernel/slab", name, &partial))
		e->arg[2] = partial < row->slabs ? partial : row->slabs;
	return true;
}

bool record_kernel_caches_complete(struct record_kernel *k, struct record_event *e)
{
	if (e->kind == RECORD_NODE)
		return complete_node(k, e);
	return e->kind != RECORD_EVENTS || e->arg[0] < k->cpus; /* other CPUs do not exist */
}

void record_kernel_caches_unrecorded(const struct record_kernel *k, FILE *to)
{
	if (k->partial > k->partial_recorded)
		fprintf(to,
			"%" PRIu64 " of %" PRIu64
			" partial slabs are recorded one by one, at most %d of a cache on a "
			"node: replay spreads the free objects of the others evenly\n",
			k->partial_recorded, k->partial, RECORD_PARTIAL_MAX);
}

/* ---- tunables -------------------------------------------------------------------------------- */

void record_kernel_caches_tunables(struct record_kernel *k,
				   void (*tuned)(uint32_t slot, const uint64_t tunables[3],
						 void *arg),
				   void *arg)
{
	char name[KERNEL_NAME_MAX];

	if (!k->tunables)
		return;
	record_kernel_caches_read(k);
	for (uint32_t slot = 0; slot < k->counters->slots; slot++) {
		struct tunables *last = &k->tunables[slot];
		const struct slabinfo_row *row;

		if (!last->limit || !record_kernel_caches_name(k, slot, name) ||
		    !(row = record_kernel_caches_row(k, name)))
			continue; /* not described, or destroyed */
		if (row->limit == last->limit && row->batchcount == last->batchcount &&
		    row->shared_factor == last->sharedfactor)
			continue;
		*last = (struct tunables){row->limit, row->batchcount, row->shared_factor};
		tuned(slot, (uint64_t[]){last->limit, last->batchcount, last->sharedfactor}, arg);
	}
}
