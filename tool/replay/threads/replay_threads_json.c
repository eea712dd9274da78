// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * replay_threads_json.c: a replay on threads as one object. What is unknown is null. Where jansson
 * returns NULL, the whole is NULL.
 */
#include "replay/threads/replay_threads_json.h"

#include <math.h>

#include "base/json_number.h"
#include "replay/replay_json.h"

#define SCHEMA "slabscope.replay-threads/1"

static const char *const quantile_names[REPLAY_QUANTILES] = {"p50", "p90", "p99", "p999", "max"};

static json_t *range(const struct replay_range *r)
{
	return json_pack("{s:o s:o s:o}", "min", json_number(r->min), "median",
			 json_number(r->median), "max", json_number(r->max));
}

static json_t *buckets(const struct hist *h)
{
	json_t *array = json_array();

	for (int i = 0; i < HIST_BUCKETS; i++)
		if (h->bucket[i])
			json_array_append_new(array, json_pack("{s:o s:I}", "le",
							       i < HIST_BUCKETS - 1
								       ? json_number(exp2(i / 8.0))
								       : json_null(),
							       "count", (json_int_t)h->bucket[i]));
	return array;
}

static json_t *latency(const struct replay_threads *t, const struct replay_threads_cache *c)
{
	json_t *o = json_object();
	struct hist h;

	for (int q = 0; q < REPLAY_QUANTILES; q++)
		json_object_set_new(o, quantile_names[q], range(&c->refill_ns_of[q]));
	replay_threads_hist(t, c, &h);
	json_object_set_new(o, "count", json_integer((json_int_t)h.count));
	json_object_set_new(o, "measured", buckets(&h));
	return o;
}

static json_t *runs(const struct replay_threads *t, const struct replay_threads_cache *c)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < t->repeat; i++) {
		json_t *o = replay_json_counts(&c->run[i], &replay_counts_all_known),
		       *cpus = json_array(), *ns = json_object();

		for (unsigned cpu = 0; cpu < t->cpus; cpu++)
			json_array_append_new(
				cpus, json_pack("{s:i s:o}", "cpu", (int)t->cpu[cpu], "replayed",
						replay_json_counts(&c->cpu_run[i * t->cpus + cpu],
								   &replay_counts_all_known)));
		for (int q = 0; q < REPLAY_QUANTILES; q++)
			json_object_set_new(ns, quantile_names[q],
					    json_number(replay_threads_quantile(
						    t, &c->refill_ns[i], replay_threads_share[q])));
		json_object_set_new(o, "cpus", cpus);
		json_object_set_new(o, "refill_ns", ns);
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *cache(const struct replay_threads *t, const struct replay_threads_cache *c)
{
	json_t *o =
		json_pack("{s:s s:i s:s s:i s:I s:I s:o}", "name", c->name, "pid", (int)c->pid,
			  "comm", c->comm, "object_size", (int)c->object_size, "live_before",
			  (json_int_t)c->live_before, "freed_unseen", (json_int_t)c->freed_unseen,
			  "why_not", c->why_not ? json_string(c->why_not) : json_null());

	if (!o || !c->replayed)
		return o;
	json_object_update_new(
		o, json_pack("{s:i s:i s:i s:i s:o s:o s:o s:o s:o s:o}", "objects_per_slab",
			     (int)c->objects_per_slab, "limit", (int)c->limit, "batchcount",
			     (int)c->batchcount, "sharedfactor", (int)c->sharedfactor, "hit_rate",
			     range(&c->hit_rate), "refills", range(&c->refills), "refills_per_1000",
			     range(&c->refills_per_1000), "peak_objects", range(&c->peak_objects),
			     "refill_ns", latency(t, c), "runs", runs(t, c)));
	return o;
}

static json_t *threads(const struct replay_threads *t)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < t->nr_threads; i++)
		json_array_append_new(array,
				      json_pack("{s:i s:i}", "recorded", (int)t->thread[i].recorded,
						"real", (int)t->thread[i].real));
	return array;
}

json_t *replay_threads_json(const struct replay_threads *t, const struct trace_losses *losses)
{
	struct replay_range s = replay_threads_took(t);
	json_t *caches = json_array();
	json_t *empty = json_pack("{s:I s:o s:o s:o}", "count", (json_int_t)t->empty_ns.count,
				  "median", json_number(t->empty_median), "p5",
				  json_number(t->empty_low), "p95", json_number(t->empty_high));

	for (size_t i = 0; i < t->nr_caches; i++)
		json_array_append_new(caches, cache(t, &t->cache[i]));
	return json_pack(
		"{s:s s:I s:I s:f s:i s:o s:I s:i s:I s:o s:b s:i s:i s:s s:o s:o s:I s:o}",
		"schema", SCHEMA, "events", (json_int_t)t->events, "processes",
		(json_int_t)t->processes, "recorded_s", (double)t->seconds_ns / 1e9, "repeat",
		(int)t->repeat, "took_s", range(&s), "discarded", (json_int_t)losses->discarded,
		"torn", (int)losses->torn, "nonsense", (json_int_t)t->nonsense, "threads",
		threads(t), "shared_cpus", t->nr_threads > t->cpus, "nodes_recorded",
		(int)t->nodes_recorded, "nodes", (int)t->nodes_real, "backend", t->backend, "waits",
		range(&t->waits), "empty_ns", empty, "prepared_bytes", (json_int_t)t->plan_bytes,
		"caches", caches);
}
