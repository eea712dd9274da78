// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* play.c: every reader of recordings, and what must be true after each. */
#include "play.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "command/preferences.h"
#include "report/batch.h"
#include "structs.h"
#include "caches.h"
#include "compare/compare_json.h"
#include "compare/compare_lines.h"
#include "compare/compare_report.h"
#include "compare/compare_text.h"
#include "report/json.h"
#include "screen/screens.h"
#include "replay/replay_sweep.h"
#include "replay/threads/replay_threads.h"
#include "trace/source_recording.h"
#include "model/trend.h"

#define OWN_LIMIT 60 /* settings instead of the recorded ones */

struct played played;
static uint64_t current;
static struct choice all;

/* The lowest bits of the number select what is done. */
enum {
	THREADS = 1,
	COMPARE = 2,
	SWEEP = 3,
	SHOW = 4,
	SHOW_END = SHOW + 3,
	OTHERWISE = 16,
	OTHERWISE_END = 32,
	CHOICES = 128
};

static void need_(bool is_good, const char *what, int line)
{
	if (is_good)
		return;
	fprintf(stderr, "# mutation %" PRIu64 ": play.c:%d: %s\n", current, line, what);
	abort();
}
#define need(x) need_(x, #x, __LINE__)

/* A failure has a message. */
static bool failed(int err, const struct failure *f)
{
	need(err <= 0);
	need(!err || f->text[0]);
	return err != 0;
}

/* ---- replay ---------------------------------------------------------------------------------- */

static struct replay_settings settings_of(unsigned choice)
{
	struct replay_settings s = {
		.limit = -1, .batchcount = -1, .sharedfactor = -1, .bufctl = -1};

	if (choice >= OTHERWISE && choice < OTHERWISE_END) {
		s.limit = choice & 1 ? OWN_LIMIT : -1;
		s.batchcount = choice & 2 ? OWN_LIMIT * 2 / 3 : -1;
		s.sharedfactor = choice & 4 ? 0 : -1;
		s.bufctl = choice & 8 ? 1 : 0;
	}
	return s;
}

static uint64_t replay_it(struct trace_reader *r, const struct replay_settings *settings)
{
	struct failure f = {""};
	struct replay result;
	uint64_t events;

	if (failed(replay_run(r, settings, &result, &f), &f))
		return 0;
	for (size_t i = 0; i < result.nr_caches; i++) {
		const struct replay_cache *c = &result.cache[i];

		need(c->replayed || c->why_not);
		need(c->replayed_counts.allocs == c->replayed_counts.hits +
							  c->replayed_counts.refills +
							  c->replayed_counts.bypasses);
	}
	events = result.events;
	replay_free(&result);
	return events;
}

static void replay_on_threads(struct trace_reader *r, const struct replay_settings *settings)
{
	struct replay_threads_settings s = {.replay = *settings, .repeat = 1};
	struct failure f = {""};
	struct replay_threads t;

	if (failed(replay_threads_run(r, &s, &t, &f), &f))
		return;
	for (size_t i = 0; i < t.nr_caches; i++)
		need(t.cache[i].replayed || t.cache[i].why_not);
	replay_threads_free(&t);
}

static void sweep_it(struct trace_reader *r, const struct replay_settings *settings)
{
	struct failure f = {""};
	struct replay_sweep s;

	if (failed(replay_sweep_run(r, "limit=8..32", settings, &s, &f), &f))
		return;
	for (size_t i = 0; i < s.run[0].nr_caches; i++)
		need(replay_sweep_recommend(&s, i) < (int)s.nr);
	replay_sweep_free(&s);
}

/* ---- compare --------------------------------------------------------------------------------- */

static void compare_it(struct trace_reader *r, const struct replay_settings *settings)
{
	const struct compare_settings s = {.replay = *settings};
	struct failure f = {""};
	struct compare c;
	char *text = NULL;
	size_t size;
	FILE *to;
	json_t *object;

	if (failed(compare_run(r, &s, &c, &f), &f))
		return;
	object = compare_json(&c);
	need(object != NULL);
	json_decref(object);
	to = open_memstream(&text, &size);
	compare_report_print(to, &c, true, 0);
	compare_report_print(to, &c, true, 40);
	fclose(to);
	free(text);
	compare_free(&c);
}

/* ---- top --from ------------------------------------------------------------------------------ */

#define LIVE_SCREENS 7 /* the first ones of the table */

/* Prints an interval in every form. */
static void show(const struct model *m, struct trend *trend, struct walk *walk,
		 const struct screen *screen)
{
	static const struct top_options options = {
		.form = OUTPUT_BATCH, .sort = -1, .interval_s = 1};
	struct cache_list list;
	struct ui ui;
	struct view v = {.model = m, .trend = trend, .list = &list, .ui = &ui, .walk = walk};
	size_t length;
	char *text;

	need(!trend_update(trend, m));
	refill_walk_update(walk, m);
	batch_init(&ui, true, options.interval_s);
	preferences_apply(&ui, &options);
	ui.screen = screen;
	need(!cache_list_make(&list, m, trend, &ui));
	text = batch_text(&v, &length);
	need(text != NULL);
	free(text);
	text = json_line(m, &v, &length);
	need(text != NULL && length);
	free(text);
	cache_list_free(&list);
}

/* Forward, and back once. */
static void play_it(unsigned choice)
{
	static struct walk walk;
	const struct source_options o = {.choice = &all, .from = FILES_DIR};
	bool shown = choice >= SHOW && choice < SHOW_END;
	struct snapshot last = {0}, s;
	struct trend trend = {0};
	struct failure f = {""};
	struct source *source;

	if (failed(source_recording_open(&source, &o, &f), &f))
		return;
	if (shown)
		walk = (struct walk){0};
	for (uint64_t i = 1; i <= 4; i++) {
		s = (struct snapshot){0};
		source_recording_seek(source, i == 3 ? 1000 : (uint64_t)1 << 15 * i);
		need(!source->read(source, &s, &f));
		if (shown) {
			struct model m;

			need(!model_make(&m, &last, &s));
			show(&m, &trend, &walk, screens_at(current / CHOICES % LIVE_SCREENS));
			model_free(&m);
			if (s.nr_sides && s.side[0].nr_caches)
				source->watch(source, s.side[0].id, s.side[0].cache[0].id);
		}
		snapshot_free(&last);
		last = s;
	}
	snapshot_free(&last);
	trend_free(&trend);
	source->close(source);
}

/* ---- all ------------------------------------------------------------------------------------- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t play_all(unsigned choice)
{
	const struct replay_settings settings = settings_of(choice);
	struct failure f = {""};
	struct trace_reader *r;
	uint64_t events;

	if (failed(trace_reader_open(&r, FILES_DIR, &f), &f)) {
		played.refused++;
		return 0;
	}
	events = replay_it(r, &settings);
	played.nothing += !events;
	play_it(choice);
	if (choice == THREADS)
		replay_on_threads(r, &settings);
	if (choice == COMPARE)
		compare_it(r, &settings);
	if (choice == SWEEP)
		sweep_it(r, &settings);
	trace_reader_close(r);
	return events;
}

void play_init(void)
{
	/*
	 * Large blocks come zeroed from the kernel, and return to it: calloc() has nothing to
	 * write.
	 */
	mallopt(M_MMAP_THRESHOLD, 2 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	choice_init(&all);
}

/* A mutation after which something was still in use. */
static bool caches_left(void)
{
	struct kmem_cache *c = caches_lock_all();

	while (c && c->backend != CACHE_VIRTUAL)
		c = c->next;
	caches_unlock_all();
	return c != NULL;
}

uint64_t play(const struct files *files, uint64_t number)
{
	double began = now(), took;
	struct rusage usage;
	uint64_t events;

	current = number;
	files_show(files);
	events = play_all((unsigned)(number % CHOICES));
	need(files_open() == 0);
	need(!caches_left());
	took = now() - began;
	getrusage(RUSAGE_SELF, &usage);
	need(usage.ru_maxrss <= (long)PLAY_MEMORY_KIB);
	played.memory_kib = usage.ru_maxrss;
	if (took > played.longest_s) {
		played.longest_s = took;
		played.longest = number;
	}
	played.all++;
	return events;
}
