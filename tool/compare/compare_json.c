// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * compare_json.c: a comparison as JSON. What is unknown is null. Where jansson returns NULL, the
 * whole is NULL.
 */
#include "compare/compare_json.h"

#include <math.h>

#include "base/json_number.h"
#include "compare/compare_table.h"
#include "compare/compare_text.h"
#include "compare/verdict.h"

#define SCHEMA "slabscope.compare/1"

static json_t *estimate(struct estimate e)
{
	if (isnan(e.value))
		return json_null();
	return json_pack("{s:o s:o s:o}", "value", json_number(e.value), "low", json_number(e.low),
			 "high", json_number(e.high));
}

static json_t *string_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *origins(const struct compare_side *s)
{
	json_t *o = json_object();

	if (!s->origins_known) {
		json_decref(o);
		return json_null();
	}
	for (int i = 0; i < ORIGINS; i++)
		json_object_set_new(o, origin_rows[i].key,
				    json_pack("{s:I s:o}", "count",
					      (json_int_t)s->counts.origins[i], "share",
					      estimate(s->origin[i])));
	return o;
}

static json_t *buckets(const struct hist *h)
{
	json_t *array = json_array();

	for (int i = 0; i < HIST_BUCKETS; i++)
		if (h->bucket[i])
			json_array_append_new(array, json_pack("[o I]",
							       i < HIST_BUCKETS - 1
								       ? json_real(exp2(i / 8.0))
								       : json_null(),
							       (json_int_t)h->bucket[i]));
	return array;
}

/* Returns how much lower and higher the true durations may be; of the buckets, a share. */
static json_t *error_of(const struct compare_latency *l)
{
	return json_pack("{s:o s:o s:f}", "below",
			 json_number(l->measuring.high - l->measuring.value), "above",
			 json_number(l->measuring.value - l->measuring.low), "bucket",
			 COMPARE_BUCKET - 1);
}

static json_t *latency(const struct compare_latency *l)
{
	json_t *o;

	if (l->why_not)
		return json_null();
	o = json_pack("{s:I s:o s:o s:o}", "count", (json_int_t)l->hist.count, "max",
		      json_number(l->max), "error", error_of(l), "buckets", buckets(&l->hist));
	for (int i = 0; i < COMPARE_QUANTILES; i++)
		json_object_set_new(o, compare_quantile_name[i], estimate(l->quantile[i]));
	return o;
}

static json_t *cpus(const struct compare_cache *c, const struct compare_side *s)
{
	json_t *array = json_array();

	for (unsigned cpu = 0; cpu < c->cpus; cpu++)
		if (s->cpu[cpu].counts.allocs)
			json_array_append_new(
				array, json_pack("{s:i s:I s:o}", "cpu", (int)cpu, "allocs",
						 (json_int_t)s->cpu[cpu].counts.allocs, "hit_rate",
						 estimate(s->cpu[cpu].hit_rate)));
	return array;
}

static json_t *side(const struct compare_cache *c, const struct compare_side *s)
{
	const struct replay_counts *n = &s->counts;
	bool known = s->counts_known;

	return json_pack("{s:I s:I s:b s:o s:o s:o s:I s:o s:o s:o s:o s:o s:o s:o}", "allocs",
			 (json_int_t)n->allocs, "frees", (json_int_t)n->frees, "inferred",
			 s->inferred, "hits", json_number_count(n->hits, known), "refills",
			 json_number_count(n->refills, known), "bypasses",
			 json_number_count(n->bypasses, known), "failed", (json_int_t)n->failed,
			 "hit_rate", estimate(s->hit_rate), "refills_per_1000",
			 estimate(s->refills_per_1000), "origins", origins(s), "bytes_peak",
			 json_number(s->bytes_peak), "refill_ns", latency(&s->latency),
			 "latency_why_not", string_or_null(s->latency.why_not), "cpus", cpus(c, s));
}

static json_t *verdict(enum verdict verdict, const char *const *words)
{
	return verdict == VERDICT_NONE ? json_null() : json_string(words[verdict]);
}

static json_t *cache(const struct compare *all, const struct compare_cache *c)
{
	json_t *o =
		json_pack("{s:s s:s s:i s:s s:i s:I s:I}", "name", c->name, "side",
			  c->kernel ? "kernel" : "reference", "pid", (int)c->pid, "comm", c->comm,
			  "object_size", (int)c->object_size, "live_before",
			  (json_int_t)c->live_before, "freed_unseen", (json_int_t)c->freed_unseen);

	json_object_set_new(o, "recorded", side(c, &c->recorded));
	json_object_set_new(o, "reference", c->replayed ? side(c, &c->reference) : json_null());
	json_object_set_new(o, "tunables",
			    c->replayed ? json_pack("{s:i s:i s:i}", "limit", (int)c->limit,
						    "batchcount", (int)c->batchcount,
						    "sharedfactor", (int)c->sharedfactor)
					: json_null());
	json_object_set_new(o, "difference",
			    json_pack("{s:o s:o}", "hit_rate", estimate(c->hit_rate_difference),
				      "refills_per_1000", estimate(c->refills_difference)));
	json_object_set_new(o, "verdict",
			    json_pack("{s:o s:o s:o s:o}", "refills",
				      verdict(c->refills, compare_table_refills), "refills_why_not",
				      string_or_null(c->no_refills), "latency",
				      verdict(c->latency, compare_table_times), "latency_why_not",
				      string_or_null(c->no_latency)));
	json_object_set_new(o, "sentence",
			    json_string(verdict_sentence(c, all->instructions, true).text));
	return o;
}

static json_t *recording(const struct compare *c)
{
	return json_pack("{s:s s:s s:o s:I s:f s:I s:i s:I}", "release", c->head.release, "cpu",
			 c->head.cpu, "emulated", json_boolean(c->head.emulated), "events",
			 (json_int_t)c->events, "seconds", c->seconds, "discarded",
			 (json_int_t)c->losses.discarded, "torn", (int)c->losses.torn, "nonsense",
			 (json_int_t)c->nonsense);
}

json_t *compare_json(const struct compare *c)
{
	json_t *array = json_array(), *o;

	for (size_t i = 0; i < c->nr_caches; i++)
		json_array_append_new(array, cache(c, &c->cache[i]));
	o = json_pack("{s:s s:s s:o s:o s:o s:i s:o s:f s:i s:i s:I s:o}", "schema", SCHEMA,
		      "clock", compare_text_unit_name(c), "recording", recording(c),
		      "probe_pair_ns", estimate(c->pair), "clock_pair_ns", estimate(c->clock),
		      "runs", (int)c->runs, "elsewhere", string_or_null(c->elsewhere), "confidence",
		      STATISTICS_CONFIDENCE, "slices", COMPARE_SLICES, "parts", STATISTICS_PARTS,
		      "idle_caches", (json_int_t)c->idle, "caches", array);
	return o;
}
