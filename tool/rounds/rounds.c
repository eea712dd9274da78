// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* rounds.c: takes snapshots of all sources and makes the models between them. */
#include "rounds/rounds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/source_kernel.h"
#include "model/missing.h"
#include "reference/source_reference.h"
#include "system/cpu_nodes.h"
#include "system/privileges.h"
#include "trace/source_recording.h"

static const char *const names[ROUNDS_SOURCES] = {"kernel", "reference"};

static uint64_t timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

/* Reads what slabscope itself costs. */
static void read_self(struct snapshot *s)
{
	struct rusage usage;
	unsigned long size, resident;
	FILE *statm;

	if (!getrusage(RUSAGE_SELF, &usage))
		s->self_cpu_ns = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
	statm = fopen("/proc/self/statm", "re");
	if (!statm)
		return;
	if (fscanf(statm, "%lu %lu", &size, &resident) == 2)
		s->rss_bytes = (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
	fclose(statm);
}

static void name_kernel(struct snapshot *s)
{
	struct utsname uts;

	if (!s->release[0] && !uname(&uts))
		snprintf(s->release, sizeof(s->release), "%s", uts.release);
}

/* Adds the part of source i. Closes a source that fails, and keeps its failure. */
static int read_source(struct rounds *r, int i, struct snapshot *s)
{
	struct source *source = r->source[i];
	int err = source->read(source, s, &r->trouble[i]);

	if (err) {
		fail(&r->trouble[i], -err, "%s: cannot be read: %s", names[i], strerror(-err));
		source->close(source);
		r->source[i] = NULL;
	}
	return err;
}

static bool is_seen(const struct snapshot *s, const char *glob)
{
	const char *const globs[] = {glob, NULL};
	const struct choice one = {.glob = (char **)globs, .nr_globs = 1};

	for (size_t i = 0; i < s->nr_sides; i++)
		for (size_t j = 0; j < s->side[i].nr_caches; j++)
			if (choice_has_cache(&one, s->side[i].cache[j].name) ||
			    choice_has_alias(&one, s->side[i].cache[j].aliases))
				return true;
	return false;
}

/* Moves the entries of what is missing from first on before the others. */
static void tell_first(struct snapshot *s, size_t first)
{
	for (size_t i = first; i < s->nr_missing; i++) {
		struct snap_missing entry = s->missing[i];

		memmove(&s->missing[i - first + 1], &s->missing[i - first], first * sizeof(entry));
		s->missing[i - first] = entry;
	}
}

/* Reports the chosen caches that do not exist, first, as the user asked for them. */
static int say_unseen(const struct choice *choice, struct snapshot *s)
{
	size_t others = s->nr_missing;
	int err = 0;

	for (size_t i = 0; i < choice->nr_globs && !err; i++)
		if (!is_seen(s, choice->glob[i]))
			err = missing_add(s, MISSING_CACHES, choice->glob[i], NULL);
	tell_first(s, others);
	return err;
}

/* Takes a snapshot of all sources. Returns the failure of the first source where none is left. */
static int take(struct rounds *r, struct snapshot *s, struct failure *f)
{
	int left = 0, err = 0;

	memset(s, 0, sizeof(*s));
	s->time_ns = clock_monotonic_ns();
	s->wall = clock_wall();
	read_self(s);
	for (int i = 0; i < ROUNDS_SOURCES; i++)
		if (r->source[i] && !read_source(r, i, s))
			left++;
	if (!r->play.on) {
		name_kernel(s);
		cpu_nodes_read(&s->cpu_node, &s->nr_cpu_nodes, SYS_NODES);
	}
	for (int i = 0; i < ROUNDS_SOURCES && !err; i++)
		if (!r->source[i] && !r->play.on)
			err = missing_add(s, MISSING_SOURCE, names[i], r->trouble[i].text);
	if (!err)
		err = say_unseen(r->choice, s);
	if (!err && !left)
		err = fail(f, ENODEV, "%s", r->trouble[0].text);
	if (err) {
		snapshot_free(s);
		fail(f, -err, "no memory for a snapshot");
	}
	return err;
}

static int open_source(struct rounds *r, int i, const struct source_options *o)
{
	int err = i ? source_reference_open(&r->source[i], o, &r->trouble[i])
		    : source_kernel_open(&r->source[i], o, &r->trouble[i]);

	if (err) {
		r->source[i] = NULL;
		fail(&r->trouble[i], -err, "%s: cannot be observed: %s", names[i], strerror(-err));
	}
	return err;
}

static int open_recording(struct rounds *r, const struct source_options *o, struct failure *f)
{
	int err = source_recording_open(&r->source[0], o, f);

	r->play.on = true;
	r->play.step_ns = 1000000000;
	return err;
}

static int open_live(struct rounds *r, const struct source_options *o, struct failure *f)
{
	for (int i = 0; i < ROUNDS_SOURCES; i++) {
		int err = open_source(r, i, o);

		if (err && i && o->reference_pid) /* the only source that the user asked for */
			return fail(f, -err, "%s", r->trouble[i].text);
	}
	return 0;
}

int rounds_open(struct rounds *r, const struct source_options *o, struct failure *f)
{
	int err;

	memset(r, 0, sizeof(*r));
	r->choice = o->choice;
	err = o->from ? open_recording(r, o, f) : open_live(r, o, f);
	if (!err)
		err = privileges_drop(f); /* only while BPF programs run */
	if (!err)
		err = take(r, &r->last, f);
	if (err)
		rounds_close(r);
	return err;
}

/* Moves the recording to the end of the next interval; before a jump, to the beginning of that. */
static int play_on(struct rounds *r, struct failure *f)
{
	uint64_t end = r->last.played.at_ns + r->play.step_ns;
	struct snapshot begin;
	int err;

	if (r->play.jump) {
		end = r->play.to_ns > r->play.step_ns ? r->play.to_ns : r->play.step_ns;
		source_recording_seek(r->source[0], end - r->play.step_ns);
		err = take(r, &begin, f);
		if (err)
			return err;
		snapshot_free(&r->last);
		r->last = begin;
	}
	source_recording_seek(r->source[0], end);
	return 0;
}

int rounds_next(struct rounds *r, struct model *m, struct failure *f)
{
	struct snapshot now;
	int err = r->play.on ? play_on(r, f) : 0;

	if (!err)
		err = take(r, &now, f);
	if (err)
		return err;
	now.played.jumped = r->play.jump;
	r->play.jump = false;
	err = model_make(m, &r->last, &now);
	if (err) {
		snapshot_free(&now);
		return fail(f, -err, "no memory for a round");
	}
	snapshot_free(&r->last);
	r->last = now;
	return 0;
}

int rounds_now(struct rounds *r, struct model *m, struct failure *f)
{
	int err = model_make(m, &r->last, &r->last);

	return err ? fail(f, -err, "no memory for a round") : 0;
}

void rounds_watch(struct rounds *r, uint64_t side, uint64_t cache)
{
	for (int i = 0; i < ROUNDS_SOURCES; i++)
		if (r->source[i] && r->source[i]->watch)
			r->source[i]->watch(r->source[i], side, cache);
}

void rounds_leave_out(struct rounds *r, uint32_t counts)
{
	for (int i = 0; i < ROUNDS_SOURCES; i++)
		if (r->source[i] && r->source[i]->leave_out)
			r->source[i]->leave_out(r->source[i], counts);
}

void rounds_close(struct rounds *r)
{
	for (int i = 0; i < ROUNDS_SOURCES; i++)
		if (r->source[i])
			r->source[i]->close(r->source[i]);
	snapshot_free(&r->last);
	memset(r, 0, sizeof(*r));
}
