// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * replay_cache.c: makes a cache of libslab from a recorded one, with the same slabs and tunables.
 */
#include "replay/replay_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/glob.h"
#include "replay/replay_slices.h"
#include "slab.h"
#include "trace/event_meaning.h"

#define PAGE 4096u

static struct domain *get_domain(struct session *s, uint32_t pid)
{
	struct domain **at, *d;

	for (size_t i = s->nr_domains; i-- > 0;)
		if (s->domain[i]->pid == pid)
			return s->domain[i];
	d = calloc(1, sizeof(*d));
	at = d ? array_append(&s->domain, &s->nr_domains, sizeof(*at)) : NULL;
	if (!at) {
		free(d);
		return NULL;
	}
	d->pid = pid;
	return *at = d;
}

static unsigned order_of(uint64_t bytes)
{
	unsigned order = 0;

	while (order < 32 && ((uint64_t)PAGE << order) < bytes)
		order++;
	return order;
}

static void set_tunables(const struct replay_settings *s, struct slab_topology *t)
{
	if (s->limit >= 0) {
		t->limit = (unsigned)s->limit;
		t->batchcount = (t->limit + 1) / 2;
	}
	if (s->batchcount >= 0)
		t->batchcount = (unsigned)s->batchcount;
	if (t->batchcount > t->limit)
		t->batchcount = t->limit;
	if (s->sharedfactor >= 0)
		t->sharedfactor = (unsigned)s->sharedfactor;
}

struct slab_topology replay_cache_tuning(const struct replay_settings *s,
					 const struct trace_event *e)
{
	struct slab_topology t = {
		.limit = at_most(e->value[TUNE_LIMIT], 1024),
		.batchcount = at_most(e->value[TUNE_BATCHCOUNT], 1024),
		.sharedfactor = at_most(e->value[TUNE_SHAREDFACTOR], 1024),
	};

	set_tunables(s, &t);
	return t;
}

struct replay_cache_recipe replay_cache_recipe(const struct replay_settings *s,
					       const struct trace_event *e)
{
	struct replay_cache_recipe r = {
		.size = e->value[CACHE_BUFFER_SIZE] ?: e->value[CACHE_OBJECT_SIZE],
		.flags = s->bufctl == 1 ? SLAB_BUFCTL : 0,
		.topology =
			{
				.limit = at_most(e->value[CACHE_LIMIT], 1024),
				.batchcount = at_most(e->value[CACHE_BATCHCOUNT], 1024),
				.sharedfactor = at_most(e->value[CACHE_SHAREDFACTOR], 1024),
				.num = at_most(e->value[CACHE_NUM], UINT16_MAX),
				.order = order_of(e->value[CACHE_SLAB_BYTES]),
			},
	};

	strcpy(r.name, e->text[0][0] ? e->text[0] : "?");
	set_tunables(s, &r.topology);
	return r;
}

struct kmem_cache *replay_cache_make(const struct replay_cache_recipe *recipe, const char **why_not)
{
	struct slab_topology t = recipe->topology;
	struct kmem_cache *kmem =
		slab_virtual_create(recipe->name, recipe->size, 0, recipe->flags, NULL, &t);

	if (!kmem && errno == EINVAL) { /* libslab does not make such slabs: it chooses its own */
		t.num = 0;
		kmem = slab_virtual_create(recipe->name, recipe->size, 0, recipe->flags, NULL, &t);
	}
	if (!kmem)
		*why_not = errno == EINVAL ? "libslab cannot make such a cache" : "no memory";
	return kmem;
}

static void make_kmem(struct session *s, struct player *p, const struct trace_event *e)
{
	struct replay_cache_recipe recipe = replay_cache_recipe(s->settings, e);

	recipe.topology.cpus = p->result.cpus;
	recipe.topology.nodes = p->result.nodes;
	recipe.topology.cpu_node = s->node;
	p->kmem = replay_cache_make(&recipe, &p->result.why_not);
}

static bool remember(struct session *s, struct player *p)
{
	struct player **at = array_append(&s->all, &s->nr, sizeof(*at));

	if (at)
		*at = p;
	return at;
}

void replay_cache_add(struct session *s, const struct trace_event *e)
{
	unsigned number = (unsigned)e->value[TRACE_F_CACHE];
	struct replay_cache *c;
	struct player *p;

	if (s->number[number]) {
		s->nonsense++;
		return;
	}
	if (!glob_chooses(s->settings->caches, e->text[0]))
		return;
	p = calloc(1, sizeof(*p));
	if (!p || !remember(s, p)) {
		free(p);
		s->no_memory = true;
		return;
	}
	c = &p->result;
	strcpy(c->name, e->text[0][0] ? e->text[0] : "?");
	strcpy(c->comm, e->text[1]);
	c->number = number;
	c->pid = (uint32_t)e->value[CACHE_PID];
	c->object_size = (unsigned)event_meaning_object_size(e);
	c->cpus = at_most(e->value[CACHE_CPUS] ?: 1, SLAB_VIRTUAL_CPUS);
	c->nodes = s->nodes;
	c->kernel = e->value[CACHE_SIDE] != TRACE_REFERENCE;
	s->number[number] = p;
	if (s->cpus_total + c->cpus > REPLAY_CPUS_MAX) {
		c->why_not = "there are too many caches and CPUs";
		c->cpus = 1; /* it is not replayed, and other CPUs are not counted */
	}
	s->cpus_total += c->cpus;
	p->domain = get_domain(s, c->pid);
	p->setup = calloc(c->cpus, sizeof(*p->setup));
	p->refilled = calloc(c->cpus, sizeof(*p->refilled));
	c->cpu_recorded = calloc(c->cpus, sizeof(*c->cpu_recorded));
	c->cpu_replayed = calloc(c->cpus, sizeof(*c->cpu_replayed));
	if (!p->domain || !p->setup || !p->refilled || !c->cpu_recorded || !c->cpu_replayed ||
	    replay_slices_make(s, p))
		s->no_memory = true;
	else if (!c->why_not)
		make_kmem(s, p, e);
	if (p->kmem) {
		struct slab_virtual_layout layout = slab_virtual_layout(p->kmem);

		p->gauges = slab_virtual_gauges(p->kmem);
		c->replayed = true;
		c->objects_per_slab = layout.num;
		c->slab_bytes = layout.slab_bytes;
	}
}
