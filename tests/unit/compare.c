// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Comparisons of made-up recordings: what differs by more than noise and what does not; what was
 * not observed stays unknown; the duration of the probes is subtracted; where there is no verdict,
 * and why.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "compare/compare.h"
#include "compare/compare_json.h"
#include "compare/compare_lines.h"
#include "compare/compare_model.h"
#include "compare/compare_report.h"
#include "compare/compare_text.h"
#include "compare/verdict.h"
#include "system/machine.h"
#include "record/record_pair.h"
#include "trace/event_meaning.h"
#include "trace/trace_writer.h"

#include <cmocka.h>

static char dir[64], command[128];
static struct trace_writer *writer;
static struct compare compared;
static uint64_t at_ns;
static unsigned random_state;

static unsigned next_random(unsigned below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (unsigned)((uint64_t)(random_state >> 8) * below >> 24);
}

static int setup(void **state)
{
	struct failure f = {""};

	(void)state;
	strcpy(dir, "/tmp/slabscope-compare-XXXXXX");
	at_ns = 1000;
	random_state = 1;
	return mkdtemp(dir) ? trace_writer_open(&writer, dir, false, &f) : -1;
}

static int teardown(void **state)
{
	(void)state;
	compare_free(&compared);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void put(struct trace_event e)
{
	struct failure f = {""};

	e.ns = at_ns += 1000;
	assert_int_equal(trace_writer_write(writer, &e, &f), 0);
}

static void put_cache(unsigned number, const char *name, bool kernel)
{
	struct trace_event e = {.cpu = TRACE_NO_CPU, .id = TRACE_CACHE};

	e.value[TRACE_F_CACHE] = number;
	e.value[CACHE_PID] = kernel ? 0 : 77;
	e.value[CACHE_SIDE] = kernel;
	e.value[CACHE_OBJECT_SIZE] = e.value[CACHE_BUFFER_SIZE] = 256;
	e.value[CACHE_SLAB_BYTES] = 4096;
	e.value[CACHE_NUM] = 16;
	e.value[CACHE_LIMIT] = 16;
	e.value[CACHE_BATCHCOUNT] = 8;
	e.value[CACHE_CPUS] = 2;
	strcpy(e.text[0], name);
	put(e);
}

static void put_pair(uint32_t low, uint32_t median, uint32_t high)
{
	const struct trace_pair pair = {1000, low, median, high};
	struct failure f = {""};

	assert_int_equal(trace_writer_write_pair(writer, &pair, &f), 0);
}

/*
 * A load with bursts of random size: allocations, one in `every` of them a refill of about ns from
 * the shared array, and as many frees. Allocations of the kernel do not say how they were served.
 */
static void put_load(unsigned cache, bool kernel, unsigned every, unsigned ns)
{
	unsigned served = 0;

	for (unsigned burst = 0; burst < 400; burst++) {
		unsigned nr = 20 + next_random(60), cpu = next_random(2);

		for (unsigned i = 0; i < nr; i++) {
			bool refill = ++served % every == 0;
			uint64_t object = 0x100000 + 256ull * i;

			put((struct trace_event){.cpu = cpu,
						 .id = kernel	? TRACE_ALLOC
						       : refill ? TRACE_ALLOC_REFILL
								: TRACE_ALLOC_HIT,
						 .value = {cache, 0, object}});
			if (refill)
				put((struct trace_event){.cpu = cpu,
							 .id = TRACE_REFILL,
							 .value = {cache, 8, 8, ORIGIN_SHARED,
								   ns + next_random(ns / 4)}});
		}
		for (unsigned i = 0; i < nr; i++)
			put((struct trace_event){.cpu = cpu,
						 .id = TRACE_FREE,
						 .value = {cache, 0x100000 + 256ull * i}});
	}
}

static const struct compare_cache *run_with(const struct compare_settings *s)
{
	struct compare_settings here = *s;
	struct machine machine;
	struct trace_reader *reader;
	struct failure f = {""};

	if (writer)
		assert_int_equal(trace_writer_close(writer, &f), 0);
	writer = NULL;
	compare_free(&compared);
	assert_int_equal(trace_reader_open(&reader, dir, &f), 0);
	machine_read(&machine);
	here.cpu = machine.cpu;
	assert_int_equal(compare_run(reader, &here, &compared, &f), 0);
	trace_reader_close(reader);
	return compared.cache;
}

static const struct compare_settings usual = {
	.replay = {.limit = -1, .batchcount = -1, .sharedfactor = -1}};

static const struct compare_cache *run(void)
{
	return run_with(&usual);
}

/* ---- counts ---------------------------------------------------------------------------------- */

/* Records the counts of the reference for this stream: nothing differs. */
static void nothing_differs(void **state)
{
	const struct compare_cache *c;
	unsigned every;

	(void)state;
	put_cache(0, "same", false);
	put_load(0, false, 50, 1000);
	c = run();
	/* This one refills just as often, but elsewhere in the stream. */
	every = (unsigned)lrint(1000 / c->reference.refills_per_1000.value);
	assert_in_range(every, 3, 40);
	compare_free(&compared);
	teardown(NULL);
	assert_int_equal(setup(NULL), 0);
	put_cache(0, "same", false);
	put_load(0, false, every, 1000);
	c = run();
	assert_true(fabs(c->refills_difference.value) < 0.15 * c->reference.refills_per_1000.value);
	assert_true(c->recorded.refills_per_1000.low < c->recorded.refills_per_1000.value);
	assert_float_equal(c->recorded.hit_rate.value, 1 - 1.0 / every, 0.001);
	assert_int_equal(c->recorded.counts.allocs, c->reference.counts.allocs);
}

static void more_than_noise(void **state)
{
	const struct compare_cache *c;

	(void)state;
	put_cache(0, "often", false);
	put_cache(1, "seldom", false);
	put_load(0, false, 3, 1000);
	put_load(1, false, 400, 1000);
	c = run();
	assert_int_equal(compared.nr_caches, 2);
	for (int i = 0; i < 2; i++) {
		bool often = !strcmp(c[i].name, "often");

		assert_int_equal(c[i].refills, often ? VERDICT_LESS : VERDICT_MORE);
		assert_non_null(strstr(verdict_sentence(&c[i], compared.instructions, false).text,
				       often ? " fewer (95 %" : " more (95 %"));
		assert_non_null(strstr(verdict_sentence(&c[i], compared.instructions, false).text,
				       "the process"));
		assert_float_equal(c[i].recorded.refills_per_1000.value, often ? 333.3 : 2.5,
				   often ? 0.1 : 0.05);
		assert_float_equal(c[i].refills_difference.value,
				   c[i].reference.refills_per_1000.value -
					   c[i].recorded.refills_per_1000.value,
				   1e-6);
	}
	/* CPU by CPU, and origins. */
	assert_true(c->recorded.cpu[0].counts.allocs && c->recorded.cpu[1].counts.allocs);
	assert_int_equal(c->recorded.cpu[0].counts.allocs + c->recorded.cpu[1].counts.allocs,
			 c->recorded.counts.allocs);
	assert_false(isnan(c->recorded.cpu[1].hit_rate.low));
	assert_float_equal(c->recorded.origin[ORIGIN_SHARED].value, 1, 1e-9);
	assert_true(isnan(c->recorded.origin[ORIGIN_BARN].value));
}

/* A cache that is used in a part of the time only has intervals like another. */
static void busy_for_a_sixth_of_the_time(void **state)
{
	const struct compare_cache *c;

	(void)state;
	put_cache(0, "always", false);
	put_cache(1, "once", false);
	for (int i = 0; i < 2; i++)
		put_load(0, false, 400, 1000);
	put_load(1, false, 400, 1000);
	for (int i = 0; i < 3; i++)
		put_load(0, false, 400, 1000);
	c = run();
	assert_string_equal(c[1].name, "once");
	assert_int_equal(c[1].refills, VERDICT_MORE);
	assert_false(isnan(c[1].recorded.refills_per_1000.low));
	assert_false(isnan(c[1].recorded.latency.quantile[0].low));
}

static void too_few(void **state)
{
	const struct compare_cache *c;

	(void)state;
	put_cache(0, "few", false);
	put_cache(1, "idle", false);
	for (unsigned i = 0; i < 20; i++)
		put((struct trace_event){
			.cpu = 0, .id = TRACE_ALLOC_HIT, .value = {0, 0, 4096 + 256 * i}});
	c = run();
	assert_int_equal(compared.nr_caches, 1);
	assert_int_equal(compared.idle, 1);
	assert_int_equal(c->refills, VERDICT_NONE);
	assert_non_null(strstr(verdict_sentence(c, compared.instructions, false).text,
			       "no verdict, too few refills"));
}

/* A kernel that does not show refills: n/a, and not 100 % of hits. */
static void hardened_kernel(void **state)
{
	const struct compare_cache *c;
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	json_t *all, *json;

	(void)state;
	put_cache(0, "filp", true);
	for (unsigned i = 0; i < 4000; i++) {
		put((struct trace_event){
			.cpu = 0, .id = TRACE_ALLOC, .value = {0, 0, 4096 + 256 * i}});
		if (i % 100 == 99)
			for (unsigned j = i - 99; j <= i; j++)
				put((struct trace_event){
					.cpu = 0, .id = TRACE_FREE, .value = {0, 4096 + 256 * j}});
	}
	c = run();
	assert_true(c->kernel);
	assert_false(c->recorded.counts_known);
	assert_true(isnan(c->recorded.hit_rate.value) && isnan(c->recorded.refills_per_1000.value));
	assert_true(isnan(c->recorded.bytes_peak) && isnan(c->refills_difference.value));
	assert_int_equal(c->refills, VERDICT_NONE);
	assert_int_equal(c->latency, VERDICT_NONE);
	assert_true(c->reference.counts.refills > 100);
	assert_non_null(strstr(verdict_sentence(c, compared.instructions, false).text,
			       "does not show its refills"));
	compare_report_print(to, &compared, false, 0);
	fclose(to);
	assert_non_null(strstr(text, "hit rate, %           n/a "));
	free(text);
	all = compare_json(&compared);
	json = json_array_get(json_object_get(all, "caches"), 0);
	json = json_object_get(json, "recorded");
	assert_true(json_is_null(json_object_get(json, "hits")));
	assert_true(json_is_null(json_object_get(json, "hit_rate")));
	assert_true(json_is_null(json_object_get(json, "origins")));
	assert_true(json_is_null(json_object_get(json, "bytes_peak")));
	assert_int_equal(json_integer_value(json_object_get(json, "allocs")), 4000);
	json_decref(all);
}

/* A kernel that shows refills: hits are the other allocations. */
static void kernel_with_refills(void **state)
{
	const struct compare_cache *c;

	(void)state;
	put_cache(0, "filp", true);
	put_cache(1, "dentry", true);
	put_load(0, true, 10, 1000);
	for (unsigned i = 0; i < 100; i++) /* none of these needed one */
		put((struct trace_event){
			.cpu = 0, .id = TRACE_ALLOC, .value = {1, 0, 4096 + 256 * i}});
	c = run();
	assert_float_equal(c[0].recorded.hit_rate.value, 0.9, 0.001);
	assert_float_equal(c[0].recorded.cpu[0].hit_rate.value, 0.9, 0.01);
	assert_string_equal(c[1].name, "dentry");
	assert_float_equal(c[1].recorded.hit_rate.value, 1, 0);
	assert_string_equal(c[1].recorded.latency.why_not, "no duration of a refill was recorded");
	/* The state at the beginning is unknown. */
	assert_true(isnan(c[0].recorded.bytes_peak));
}

static void memory(void **state)
{
	struct trace_event node = {.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE};
	const struct compare_cache *c;

	(void)state;
	put_cache(0, "filp", true);
	node.value[NODE_FULL] = 3;
	node.value[NODE_PARTIAL] = 2;
	node.value[NODE_FREE] = 1;
	put(node);
	put_load(0, true, 10, 1000);
	for (int i = 0; i < 4; i++)
		put((struct trace_event){
			.cpu = 0, .id = TRACE_GROW, .value = {0, 0, 0x1000, 16, 10}});
	for (int i = 0; i < 7; i++)
		put((struct trace_event){
			.cpu = 0, .id = TRACE_SLAB_DESTROY, .value = {0, 0, 0x1000}});
	put((struct trace_event){.cpu = 0, .id = TRACE_GROW, .value = {0, 0, 0x1000, 16, 10}});
	c = run();
	assert_float_equal(c->recorded.bytes_peak, 10 * 4096, 0);
	assert_true(c->reference.bytes_peak >= 6 * 4096);
}

/* A kernel that shows new slabs, but not the freed ones: their number is unknown. */
static void memory_that_only_comes(void **state)
{
	struct trace_event node = {.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE};

	(void)state;
	put_cache(0, "filp", true);
	put(node);
	put_load(0, true, 10, 1000);
	for (int i = 0; i < 4; i++)
		put((struct trace_event){
			.cpu = 0, .id = TRACE_GROW, .value = {0, 0, 0x1000, 16, 10}});
	assert_true(isnan(run()->recorded.bytes_peak));
}

/* ---- latencies ------------------------------------------------------------------------------- */

static void latencies(void **state)
{
	const struct compare_latency *l;
	struct compare_settings s = usual;
	struct estimate bounds;

	(void)state;
	put_cache(0, "filp", true);
	put_load(0, true, 10, 1000);
	put_pair(180, 200, 240);
	l = &run()->recorded.latency;
	/* 1,000 to 1,250 ns are recorded, equally often; the probes took 200 of them. */
	assert_float_equal(l->quantile[0].value, 1125 - 200, 0.045 * 1125);
	assert_float_equal(l->quantile[2].value, 1248 - 200, 0.045 * 1248);
	assert_true(l->quantile[0].low >= l->quantile[0].value / 1.2);
	assert_true(l->quantile[0].high <= l->quantile[0].value * 1.2);
	/* The interval is of the values alone; what the probes may be off stands beside it. */
	assert_float_equal(l->measuring.value, 200, 0);
	assert_float_equal(l->measuring.low, 180, 0);
	assert_float_equal(l->measuring.high, 3 * 240, 0);
	bounds = verdict_bounds(l, 0);
	assert_true(bounds.low <= l->quantile[0].low - 500 - 0.04 * 1125);
	assert_true(bounds.high >= l->quantile[0].high + 20 + 0.04 * 1125);
	assert_in_range((long)l->max, 1030, 1050);
	assert_int_equal(l->hist.count, compared.cache->recorded.counts.refills);
	assert_float_equal(compared.pair.value, 200, 0);
	s.instructions = true;
	run_with(&s);
	assert_string_equal(compare_text_unit_name(&compared), "instructions");
}

/* The first hundred, cold ones, do not count; a few give no result. */
static void pairs(void **state)
{
	uint64_t ns[1100];
	struct trace_pair pair;

	(void)state;
	for (unsigned i = 0; i < 1100; i++)
		ns[i] = i < 100 ? 100000 + i : 1000 + (i * 7) % 1000;
	pair = record_pair_of(ns, 1100);
	assert_int_equal(pair.count, 1000);
	assert_int_equal(pair.low, 1049);
	assert_int_equal(pair.median, 1499);
	assert_int_equal(pair.high, 1949);
	assert_int_equal(record_pair_of(ns, 150).count, 0);
}

/* Refills are those of a load, one of so many, and inferred. */
static void put_inferred_load(unsigned every)
{
	put((struct trace_event){.cpu = TRACE_NO_CPU, .id = TRACE_INFERRED, .value = {0, 0}});
	for (unsigned i = 0; i < 40000; i++) {
		if (i % every == 0)
			put((struct trace_event){.cpu = 0,
						 .id = TRACE_REFILL,
						 .value = {0, TRACE_NR_UNKNOWN, TRACE_NR_UNKNOWN,
							   ORIGIN_UNEXPLAINED, TRACE_NS_UNKNOWN}});
		put((struct trace_event){.cpu = 0,
					 .id = i % every ? TRACE_ALLOC_HIT : TRACE_ALLOC_REFILL,
					 .value = {0, 0, 4096 + 256 * (i % 100)}});
		if (i % 100 == 99)
			for (unsigned j = 0; j < 100; j++)
				put((struct trace_event){
					.cpu = 0, .id = TRACE_FREE, .value = {0, 4096 + 256 * j}});
	}
}

/*
 * Inferred counts have a mark, and a verdict on refills, but none on latencies; origins and slabs
 * are unknown.
 */
static void inferred(void **state)
{
	const struct compare_cache *c;
	struct compare_line line;
	json_t *json, *side;
	bool marked = false;

	(void)state;
	put_cache(0, "filp", true);
	put_inferred_load(4);
	c = run();
	assert_true(c->recorded.inferred && c->recorded.counts_known && !c->recorded.origins_known);
	assert_false(c->reference.inferred);
	assert_float_equal(c->recorded.refills_per_1000.value, 250, 0.001);
	assert_int_equal(c->refills, VERDICT_LESS);
	assert_int_equal(c->latency, VERDICT_NONE);
	assert_true(isnan(c->recorded.bytes_peak));
	assert_non_null(
		strstr(verdict_sentence(c, compared.instructions, false).text, "the kernel ~250"));
	assert_non_null(strstr(c->recorded.latency.why_not, "inferred"));
	for (unsigned n = 0; compare_lines_get(&compared, c, n, false, &line); n++) {
		marked |= !strcmp(line.label, "refills of 1,000") && line.recorded[0] == '~' &&
			  line.reference[0] != '~';
		assert_null(strstr(line.label, "unexplained"));
	}
	assert_true(marked);
	json = compare_json(&compared);
	side = json_object_get(json_array_get(json_object_get(json, "caches"), 0), "recorded");
	assert_true(json_is_true(json_object_get(side, "inferred")) &&
		    json_is_null(json_object_get(side, "origins")));
	assert_int_equal(json_integer_value(json_object_get(side, "refills")), 10000);
	json_decref(json);
}

/* A difference below one in a hundred, the error of inference, is none. */
static void inferred_but_near(void **state)
{
	struct compare_cache c = {.name = "filp",
				  .replayed = true,
				  .kernel = true,
				  .recorded.counts_known = true,
				  .recorded.inferred = true};
	const struct verdict_terms terms = {.pair_known = true};

	(void)state;
	c.recorded.latency.why_not = "";
	c.recorded.counts.refills = c.reference.counts.refills = 1000;
	c.recorded.refills_per_1000 = (struct estimate){50, 49.9, 50.1};
	c.reference.refills_per_1000 = (struct estimate){50.4, 50.3, 50.5};
	c.refills_difference = (struct estimate){0.4, 0.3, 0.5};
	verdict_judge(&c, &terms);
	assert_int_equal(c.refills, VERDICT_SAME);
	assert_non_null(
		strstr(verdict_sentence(&c, false, false).text, "the 1 % error of inference"));
	c.refills_difference = (struct estimate){0.6, 0.55, 0.65};
	verdict_judge(&c, &terms);
	assert_int_equal(c.refills, VERDICT_MORE);
	c.recorded.inferred = false;
	c.refills_difference = (struct estimate){0.4, 0.3, 0.5};
	verdict_judge(&c, &terms);
	assert_int_equal(c.refills, VERDICT_MORE);
}

/* Each lost event may be a refill that is longer than the others, and so move the median. */
static void a_median_with_holes(void **state)
{
	struct compare_cache c = {
		.name = "filp", .replayed = true, .kernel = true, .recorded.counts_known = true};
	struct verdict_terms terms = {.pair_known = true};
	struct compare_latency *theirs = &c.recorded.latency, *ours = &c.reference.latency;

	(void)state;
	c.recorded.counts.allocs = 100000;
	c.recorded.counts.refills = c.reference.counts.refills = 1000;
	c.recorded.refills_per_1000 = c.reference.refills_per_1000 = (struct estimate){10, 10, 10};
	for (unsigned i = 0; i < 1000; i++) {
		hist_record(&theirs->hist, i < 600 ? 200 : 2000);
		hist_record(&ours->hist, 2000);
	}
	theirs->measuring = ours->measuring = estimate_unknown;
	theirs->quantile[0] = (struct estimate){200, 190, 210};
	ours->quantile[0] = (struct estimate){2000, 1900, 2100};
	verdict_judge(&c, &terms);
	assert_int_equal(c.latency, VERDICT_MORE);
	terms.lost = 190; /* the median may be the 595th of the 1,000 that are known */
	verdict_judge(&c, &terms);
	assert_int_equal(c.latency, VERDICT_MORE);
	terms.lost = 210; /* the 605th */
	verdict_judge(&c, &terms);
	assert_int_equal(c.latency, VERDICT_SAME);
}

/* Lost events may be the difference; a recording that is cut off allows no verdict. */
static void with_holes(void **state)
{
	struct compare_cache c = {
		.name = "filp", .replayed = true, .kernel = true, .recorded.counts_known = true};
	struct verdict_terms terms = {.pair_known = true};

	(void)state;
	c.recorded.counts.allocs = 100000;
	c.recorded.counts.refills = c.reference.counts.refills = 1000;
	c.recorded.latency.hist.count = c.reference.latency.hist.count = 1000;
	c.recorded.refills_per_1000 = (struct estimate){10, 9.9, 10.1};
	c.reference.refills_per_1000 = (struct estimate){10.4, 10.3, 10.5};
	c.refills_difference = (struct estimate){0.4, 0.3, 0.5};
	terms.lost = 29; /* 0.29 of 1,000 allocations */
	verdict_judge(&c, &terms);
	assert_int_equal(c.refills, VERDICT_MORE);
	assert_null(c.no_latency);
	terms.lost = 1000; /* as many as there are refills with a duration */
	verdict_judge(&c, &terms);
	assert_int_equal(c.refills, VERDICT_NONE);
	assert_non_null(strstr(verdict_sentence(&c, false, false).text, "events that were lost"));
	assert_int_equal(c.latency, VERDICT_NONE);
	assert_non_null(strstr(c.no_latency, "lost"));
	terms.lost = 0;
	terms.torn = true;
	verdict_judge(&c, &terms);
	assert_int_equal(c.refills, VERDICT_NONE);
	assert_int_equal(c.latency, VERDICT_NONE);
	assert_string_equal(c.no_refills, "the recording is cut off");
}

static void unknown_durations(void **state)
{
	(void)state;
	put_cache(0, "filp", true);
	for (unsigned i = 0; i < 100; i++) {
		put((struct trace_event){
			.cpu = 0, .id = TRACE_ALLOC, .value = {0, 0, 4096 + 256 * i}});
		put((struct trace_event){.cpu = 0,
					 .id = TRACE_REFILL,
					 .value = {0, 8, 8, ORIGIN_BARN, TRACE_NS_UNKNOWN}});
	}
	assert_string_equal(run()->recorded.latency.why_not,
			    "no duration of a refill was recorded");
	assert_true(compared.cache->recorded.counts_known);
}

/* The metadata keeps the machine, and rejects a false duration of the pair. */
static void machine_is_kept(void **state)
{
	struct machine machine;
	struct utsname name;

	(void)state;
	put_cache(0, "filp", true);
	put_load(0, true, 10, 1000);
	put_pair(300, 200, 240);
	run();
	machine_read(&machine);
	uname(&name);
	assert_string_equal(compared.head.cpu, machine.cpu);
	assert_string_equal(compared.head.release, name.release);
	assert_int_equal(compared.head.emulated, machine.emulated);
	assert_null(compared.elsewhere);
	assert_true(isnan(compared.pair.value));
	assert_true(machine_is_emulated("TCGTCGTCGTCG", "QEMU TCG CPU version 2.5+"));
	assert_false(machine_is_emulated("KVMKVMKVM", "QEMU Virtual CPU version 2.5+"));
	assert_true(machine_is_emulated("", "QEMU Virtual CPU version 2.5+"));
	assert_false(machine_is_emulated("", "Some Processor"));
}

/* Parses the metadata after one change. */
static void change_metadata(const char *expression)
{
	char line[512];

	snprintf(line, sizeof(line), "sed -i '%s' %s/metadata", expression, dir);
	assert_int_equal(system(line), 0);
}

static void other_machines(void **state)
{
	struct compare_settings s = usual;
	char text[256];
	bool told = false;

	(void)state;
	put_cache(0, "filp", true);
	put_load(0, true, 10, 1000);
	run();
	change_metadata("s/cpu_emulated = .;/"
			"cpu_emulated = 1;/");
	assert_non_null(
		strstr(verdict_sentence(run(), compared.instructions, false).text, "emulated"));
	assert_int_equal(compared.cache->latency, VERDICT_NONE);
	s.instructions = true; /* this gives a verdict */
	assert_null(strstr(verdict_sentence(run_with(&s), compared.instructions, false).text,
			   "emulated"));
	change_metadata("s/kernel_release = .*/kernel_release = \"2.6.0\";/;s/cpu_emulated = .;/"
			"cpu_emulated = 0;/");
	assert_non_null(strstr(verdict_sentence(run(), compared.instructions, false).text,
			       "another kernel"));
	for (unsigned n = 0; compare_text_note(&compared, n, false, text, sizeof(text)); n++)
		told |= strstr(text, "2.6.0") != NULL;
	assert_true(told);
}

/* The clock of the screens shows when the recording ended, not when the machine started. */
static void clock_is_that_of_the_recording(void **state)
{
	struct timespec monotonic, wall;
	struct model m;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	at_ns = (uint64_t)monotonic.tv_sec * 1000000000 + (uint64_t)monotonic.tv_nsec;
	put_cache(0, "filp", true);
	put_load(0, true, 10, 1000);
	run();
	clock_gettime(CLOCK_REALTIME, &wall);
	assert_int_equal(compare_model(&compared, &m), 0);
	assert_true(fabs(m.wall - (double)wall.tv_sec) < 60);
	model_free(&m);
}

/* A recorded cache has the size that is shown live: in the kernel, with its padding. */
static void sizes_are_those_of_a_live_cache(void **state)
{
	static const struct {
		uint64_t side, buffer, shown;
	} rows[] = {{TRACE_KERNEL, 192, 192}, {TRACE_KERNEL, 0, 184}, {TRACE_REFERENCE, 192, 184}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct trace_event e = {.cpu = TRACE_NO_CPU, .id = TRACE_CACHE};

		e.value[CACHE_SIDE] = rows[i].side;
		e.value[CACHE_OBJECT_SIZE] = 184;
		e.value[CACHE_BUFFER_SIZE] = rows[i].buffer;
		assert_int_equal(event_meaning_object_size(&e), rows[i].shown);
	}
}

static void sizes_are_compared(void **state)
{
	struct trace_event e = {.cpu = TRACE_NO_CPU, .id = TRACE_CACHE};

	(void)state;
	e.value[CACHE_SIDE] = TRACE_KERNEL;
	e.value[CACHE_OBJECT_SIZE] = 184;
	e.value[CACHE_BUFFER_SIZE] = 192;
	e.value[CACHE_CPUS] = 2;
	strcpy(e.text[0], "filp");
	put(e);
	put_load(0, true, 10, 1000);
	assert_int_equal(run()->object_size, 192);
}

/* The text begins with the table of verdicts, and no line is longer than asked for. */
static void report_of_columns(void **state)
{
	static const int columns[] = {40, 60, 72, 80, 100, 128, 200, 0};

	(void)state;
	put_cache(0, "filp", true);
	put_cache(1, "ext4_inode_cache_with_a_long_name", true);
	put_load(0, true, 10, 1000);
	put_load(1, true, 3, 100000);
	put_pair(180, 200, 240);
	run();
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		for (int utf8 = 0; utf8 < 2; utf8++) {
			char *text, *rest, *line;
			size_t size;
			FILE *to = open_memstream(&text, &size);

			compare_report_print(to, &compared, utf8, columns[i]);
			fclose(to);
			assert_true(!strncmp(text, "CACHE ", 6));
			assert_non_null(strstr(text, "REFILLS    TIMES\n"));
			assert_non_null(strstr(text, "\nfilp "));
			for (rest = text; (line = strsep(&rest, "\n"));) {
				size_t length = strlen(line);

				assert_true(!columns[i] || text_width(line) <= columns[i]);
				assert_true(!length || line[length - 1] != ' ');
			}
			free(text);
		}
}

static void empty_recording(void **state)
{
	(void)state;
	run();
	assert_int_equal(compared.nr_caches, 0);
	assert_int_equal(compared.events, 0);
}

/* A refill on no CPU, and more slabs than any number holds: neither is compared. */
static void nonsense(void **state)
{
	const struct trace_event node = {.cpu = TRACE_NO_CPU,
					 .id = TRACE_NODE_STATE,
					 .value = {0, 0, INT64_MAX, INT64_MAX, 0, 0, 0}};
	const struct trace_event refill = {
		.cpu = TRACE_NO_CPU, .id = TRACE_REFILL, .value = {0, 8, 8, ORIGIN_SHARED, 100}};
	(void)state;
	put_cache(0, "filp", true);
	put(refill);
	put(node);
	put(node);
	run();
	assert_int_equal(compared.nr_caches, 0);
	assert_int_equal(compared.idle, 1);
	assert_int_equal(compared.nonsense, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(nothing_differs),
		TEST(more_than_noise),
		TEST(busy_for_a_sixth_of_the_time),
		TEST(too_few),
		TEST(hardened_kernel),
		TEST(kernel_with_refills),
		TEST(memory),
		TEST(memory_that_only_comes),
		TEST(latencies),
		cmocka_unit_test(pairs),
		TEST(unknown_durations),
		TEST(inferred),
		cmocka_unit_test(inferred_but_near),
		cmocka_unit_test(a_median_with_holes),
		cmocka_unit_test(with_holes),
		TEST(machine_is_kept),
		TEST(other_machines),
		TEST(clock_is_that_of_the_recording),
		cmocka_unit_test(sizes_are_those_of_a_live_cache),
		TEST(sizes_are_compared),
		TEST(report_of_columns),
		TEST(empty_recording),
		TEST(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
