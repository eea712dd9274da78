// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * pair_print.c: prints both states of a pair, to help to find a difference.
 */
#include "node.h"
#include "pair.h"
#include "percpu.h"

#define PRINTED 40 /* of a list */

static void print_real(const struct pair *p, FILE *to)
{
	fprintf(to, "libslab:\n");
	for (unsigned node = 0; node < p->model->params.nodes; node++) {
		const struct kmem_cache_node *n = get_node(p->cachep, (int)node);

		fprintf(to, "  node %u: %lu free objects (limit %lu), shared %u, aliens", node,
			n->free_objects, n->free_limit, n->shared ? n->shared->avail : 0);
		for (unsigned home = 0; home < p->model->params.nodes; home++)
			fprintf(to, " %u", n->alien[home] ? n->alien[home]->avail : 0);
		fprintf(to, "\n");
		for (enum model_list list = LIST_FREE; list <= LIST_FULL; list++) {
			const struct slab_list *l = pair_real_list(n, list);
			uint32_t page = l->first;

			fprintf(to, "    %-7s %4u, page:active", pair_list_name[list], l->count);
			for (unsigned i = 0; page && i < PRINTED; i++) {
				fprintf(to, " %u:%u", page, slab_pages.slab[page].active);
				page = slab_pages.slab[page].next;
			}
			fprintf(to, page ? " ...\n" : "\n");
		}
	}
	for (unsigned cpu = 0; cpu < p->model->params.cpus; cpu++)
		fprintf(to, "  cpu %u: %u objects, %lu hits%s\n", cpu,
			percpu_avail(p->cachep, (int)cpu), percpu_hits(p->cachep, (int)cpu),
			p->cachep->cpu[cpu].touched ? ", touched" : "");
}

static void print_model(const struct pair *p, FILE *to)
{
	const struct model *m = p->model;

	fprintf(to, "model:\n");
	for (unsigned node = 0; node < m->params.nodes; node++) {
		const struct model_node *n = &m->node[node];

		fprintf(to, "  node %u: %lu free objects (limit %lu), shared %u, aliens", node,
			n->free_objects, n->free_limit, n->shared.avail);
		for (unsigned home = 0; home < m->params.nodes; home++)
			fprintf(to, " %u", n->alien[home].avail);
		fprintf(to, "\n");
		for (enum model_list list = LIST_FREE; list <= LIST_FULL; list++) {
			unsigned slot = n->line[list].first;

			fprintf(to, "    %-7s %4u, page:active", pair_list_name[list],
				n->line[list].count);
			for (unsigned i = 0; slot && i < PRINTED; i++) {
				fprintf(to, " %u:%u", p->page[slot],
					m->layout.num - m->slab[slot].nr_free);
				slot = m->slab[slot].behind;
			}
			fprintf(to, slot ? " ...\n" : "\n");
		}
	}
	for (unsigned cpu = 0; cpu < m->params.cpus; cpu++)
		fprintf(to, "  cpu %u: %u objects, %lu hits%s\n", cpu, m->cpu[cpu].array.avail,
			m->cpu[cpu].counts.hits, m->cpu[cpu].array.touched ? ", touched" : "");
}

void pair_print(const struct pair *p, FILE *to)
{
	if (!p->cachep || !p->model)
		return;
	print_real(p, to);
	print_model(p, to);
}
