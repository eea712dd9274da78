// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * replay_json.c: a replay as JSON. What is unknown is null. Where jansson returns NULL, the whole
 * is NULL.
 */
#include "replay/replay_json.h"

#include <math.h>

#include "base/json_number.h"
#define SCHEMA_REPLAY "slabscope.replay/1"
#define SCHEMA_SWEEP  "slabscope.sweep/1"

json_t *replay_json_counts(const struct replay_counts *c, const struct replay_known *known)
{
	json_t *origins = json_object();
	bool served = known->served;

	for (int o = 0; o < ORIGINS; o++)
		json_object_set_new(origins, origin_rows[o].key,
				    json_number_count(c->origins[o], known->origins));
	return json_pack("{s:I s:o s:o s:o s:o s:I s:I s:o s:o s:o s:o s:o}", "allocs",
			 (json_int_t)c->allocs, "hits", json_number_count(c->hits, served),
			 "hit_rate", served ? json_number(replay_counts_hit_rate(c)) : json_null(),
			 "refills", json_number_count(c->refills, served), "bypasses",
			 json_number_count(c->bypasses, served), "failed", (json_int_t)c->failed,
			 "frees", (json_int_t)c->frees, "flushes",
			 json_number_count(c->flushes, known->flushes), "grows",
			 json_number_count(c->grows, known->grows), "slab_frees",
			 json_number_count(c->slab_frees, known->slab_frees), "list_moves",
			 json_number_count(c->list_moves, known->list_moves), "origins", origins);
}

static json_t *cpus(const struct replay_cache *c)
{
	json_t *array = json_array();

	for (unsigned cpu = 0; cpu < c->cpus; cpu++) {
		const struct replay_counts *n = &c->cpu_recorded[cpu];

		if (!n->allocs && !n->frees && !n->failed)
			continue;
		json_array_append_new(
			array, json_pack("{s:i s:o s:o}", "cpu", (int)cpu, "recorded",
					 replay_json_counts(n, &c->known), "replayed",
					 c->replayed ? replay_json_counts(&c->cpu_replayed[cpu],
									  &replay_counts_all_known)
						     : json_null()));
	}
	return array;
}

static json_t *tunables(const struct replay_cache *c)
{
	return json_pack("{s:i s:i s:i}", "limit", (int)c->limit, "batchcount", (int)c->batchcount,
			 "sharedfactor", (int)c->sharedfactor);
}

static json_t *cache(const struct replay_cache *c)
{
	json_t *o = json_pack(
		"{s:s s:i s:s s:i s:b s:o s:o s:o s:I s:I s:o}", "name", c->name, "pid",
		(int)c->pid, "comm", c->comm, "object_size", (int)c->object_size, "inferred",
		c->known.inferred, "recorded", replay_json_counts(&c->recorded, &c->known),
		"replayed",
		c->replayed ? replay_json_counts(&c->replayed_counts, &replay_counts_all_known)
			    : json_null(),
		"why_not", c->why_not ? json_string(c->why_not) : json_null(), "live_before",
		(json_int_t)c->live_before, "freed_unseen", (json_int_t)c->freed_unseen, "cpus",
		cpus(c));

	if (!o || !c->replayed)
		return o;
	json_object_update_new(o, tunables(c));
	json_object_update_new(
		o, json_pack("{s:i s:I s:I s:I s:o s:I s:o}", "objects_per_slab",
			     (int)c->objects_per_slab, "live", (json_int_t)c->live, "peak_bytes",
			     (json_int_t)c->peak_bytes, "peak_used", (json_int_t)c->peak_used,
			     "idle_mean", json_number(c->idle_mean), "idle_peak",
			     (json_int_t)c->idle_peak, "fragmentation",
			     c->peak_bytes
				     ? json_number(1 - (double)c->peak_used / (double)c->peak_bytes)
				     : json_null()));
	return o;
}

static json_t *head(const char *schema, const struct replay *r, const struct trace_losses *losses)
{
	return json_pack("{s:s s:I s:I s:f s:f s:I s:i s:I s:I s:I}", "schema", schema, "events",
			 (json_int_t)r->events, "processes", (json_int_t)r->processes, "recorded_s",
			 (double)r->seconds_ns / 1e9, "took_s", r->took_s, "discarded",
			 (json_int_t)losses->discarded, "torn", (int)losses->torn, "nonsense",
			 (json_int_t)r->nonsense, "peak_live", (json_int_t)r->peak_live,
			 "map_bytes", (json_int_t)r->map_bytes);
}

json_t *replay_json(const struct replay *r, const struct trace_losses *losses)
{
	json_t *o = head(SCHEMA_REPLAY, r, losses), *array = json_array();

	for (size_t i = 0; i < r->nr_caches; i++)
		json_array_append_new(array, cache(&r->cache[i]));
	json_object_set_new(o, "caches", array);
	return o;
}

static json_t *setting(const struct replay_cache *c)
{
	json_t *o = tunables(c);

	if (!c->replayed) {
		json_object_set_new(o, "why_not", json_string(c->why_not));
		return o;
	}
	json_object_update_new(
		o, json_pack("{s:I s:o s:o s:I s:I}", "refills",
			     (json_int_t)c->replayed_counts.refills, "hit_rate",
			     json_number(replay_counts_hit_rate(&c->replayed_counts)), "idle_mean",
			     json_number(c->idle_mean), "idle_peak", (json_int_t)c->idle_peak,
			     "peak_bytes", (json_int_t)c->peak_bytes));
	return o;
}

json_t *replay_json_sweep(const struct replay_sweep *s, const struct trace_losses *losses)
{
	json_t *o = head(SCHEMA_SWEEP, &s->run[0], losses), *caches = json_array();

	for (size_t i = 0; i < s->run[0].nr_caches; i++) {
		const struct replay_cache *c = &s->run[0].cache[i];
		json_t *settings = json_array();
		int best = replay_sweep_recommend(s, i);

		for (size_t n = 0; n < s->nr && c->replayed; n++)
			json_array_append_new(settings, setting(&s->run[n].cache[i]));
		json_array_append_new(
			caches,
			json_pack("{s:s s:i s:o s:o}", "name", c->name, "pid", (int)c->pid,
				  "settings", settings, "recommended",
				  best < 0 ? json_null() : setting(&s->run[best].cache[i])));
	}
	json_object_set_new(o, "caches", caches);
	return o;
}
