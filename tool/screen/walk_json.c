// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* walk_json.c: the steps of a refill in order, and the slabs on the lists before the first. */
#include "screen/walk_json.h"

#include "base/json_number.h"

static json_t *number(uint64_t v)
{
	return json_number_count(v, true);
}

static json_t *known(uint64_t ns)
{
	return json_number_count(ns, ns != STEP_UNKNOWN);
}

static const char *list_name(uint64_t list)
{
	return list < WALK_LISTS ? refill_walk_list_names[list] : "unknown";
}

/* "o" takes over the reference; a NULL makes the whole object NULL. */
static json_t *step(const struct snap_step *s)
{
	switch (s->kind) {
	case STEP_GROW:
		return json_pack("{s:s, s:o, s:o, s:o, s:o}", "step", "grow", "slab",
				 number(s->slab), "objects", number(s->a), "colour", known(s->b),
				 "ns", known(s->ns));
	case STEP_LIST_MOVE:
		return json_pack("{s:s, s:o, s:s, s:s, s:o}", "step", "list_move", "slab",
				 number(s->slab), "from", list_name(s->a), "to", list_name(s->b),
				 "inuse", number(s->c));
	case STEP_DESTROY:
		return json_pack("{s:s, s:o}", "step", "slab_destroy", "slab", number(s->slab));
	case STEP_REFILL:
		return json_pack("{s:s, s:o, s:o, s:s, s:o}", "step", "refill_done", "requested",
				 number(s->a), "got", number(s->b), "origin",
				 s->c < ORIGINS ? origin_rows[s->c].key : "unexplained", "ns",
				 known(s->ns));
	default:
		return json_pack("{s:s, s:o}", "step", "flush", "count", number(s->a));
	}
}

static json_t *steps(const struct walk_refill *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->nr; i++)
		if (json_array_append_new(list, step(&r->step[i]))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *slabs(const struct walk_slabs *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nr; i++) {
		const struct walk_slab *slab = &s->slab[i];

		if (json_array_append_new(
			    list, json_pack("{s:o, s:s, s:i}", "slab", number(slab->slab), "list",
					    list_name(slab->list), "inuse", (int)slab->inuse))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static const struct model_cache *find(const struct walk *w, const struct model *m,
				      const struct model_side **side)
{
	for (size_t i = 0; i < m->nr_sides; i++)
		for (size_t j = 0; j < m->side[i].nr_caches; j++) {
			struct cache_key key = cache_key_of(&m->side[i], &m->side[i].cache[j]);

			*side = &m->side[i];
			if (!cache_key_compare(&key, &w->key))
				return &m->side[i].cache[j];
		}
	return NULL;
}

json_t *walk_json(const struct walk *w, const struct model *m)
{
	const struct walk_refill *r = &w->shown;
	const struct model_side *side = NULL;
	const struct model_cache *cache = find(w, m, &side);
	const struct snap_step *end;

	if (!w->on || !r->nr || !cache)
		return json_null();
	end = &r->step[r->nr - 1];
	return json_pack("{s:i, s:s, s:i, s:i, s:o, s:o, s:o, s:o}", "pid", (int)side->pid, "cache",
			 cache->name, "cpu", (int)end->cpu, "node", (int)end->node, "refills_seen",
			 number(w->refills), "steps_lost", number(w->lost), "slabs_before",
			 slabs(&r->before), "steps", steps(r));
}
