// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * reference_scan.c: finds processes with libslab.
 *
 * A process is examined when it is new, and again when its size or program changes, as it may load
 * a library at any time. A program that has just started is examined several times in its first
 * moments, to find short-lived ones. See struct process_image for how the programs of a process are
 * kept apart.
 */
#include "reference/reference_scan.h"

#include "system/privileges.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
/* When to examine a program after its start, in milliseconds. */
static const unsigned schedule_ms[] = {1, 5, 20, 60, 150, 400};
#define STEPS (sizeof(schedule_ms) / sizeof(*schedule_ms))

static uint64_t now_ms(void)
{
	return clock_monotonic_ns() / 1000000;
}

/* The offset of our time namespace from the time since boot. */
static int64_t boot_offset_ns(void)
{
	long long seconds = 0, nanoseconds = 0;
	char line[128];
	FILE *f = fopen("/proc/self/timens_offsets", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "boottime %lld %lld", &seconds, &nanoseconds) == 2)
			break;
	if (f)
		fclose(f);
	return seconds * 1000000000 + nanoseconds;
}

static uint64_t to_ticks(uint64_t ns)
{
	return ns / (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

static uint64_t now_ticks(void)
{
	return to_ticks(clock_boot_ns());
}

static void detach(struct libslab_file *target, void *arg)
{
	struct reference_scan *s = arg;

	if (s->probes)
		reference_probes_detach(s->probes, target);
}

/* Checks that the only pid exists, for a clear message. */
static int check_pid(int pid, struct failure *f)
{
	int tgid = process_status_number(pid, "Tgid");

	if (tgid == -ESRCH)
		return fail(f, ESRCH, "no process has the pid %d: see ps -e", pid);
	if (tgid >= 0 && tgid != pid)
		return fail(f, ESRCH, "%d is a thread of process %d: give that pid", pid, tgid);
	return 0;
}

int reference_scan_open(struct reference_scan *s, int only_pid, const struct choice *choice,
			const char *types, struct failure *f)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->only_pid = only_pid;
	s->choice = choice;
	s->opened = now_ticks();
	s->boot_offset_ns = boot_offset_ns();
	if (only_pid) {
		err = check_pid(only_pid, f);
		if (err)
			return err;
	}
	s->targets = libslab_files_new(detach, s);
	if (!s->targets)
		return fail(f, ENOMEM, "no memory to look for libslab");
	err = reference_probes_open(&s->probes, only_pid, only_pid ? -1 : choice->cgroup, types,
				    &s->probes_trouble);
	if (err == -ENOMEM)
		return fail(f, ENOMEM, "%s", s->probes_trouble.text);
	if (err == -EPERM || err == -EACCES)
		snprintf(s->probes_trouble.text, sizeof(s->probes_trouble.text),
			 "attaching uprobes needs root or CAP_BPF + CAP_PERFMON");
	return 0;
}

void reference_scan_close(struct reference_scan *s)
{
	reference_probes_close(s->probes); /* reference_probes_close() detaches all */
	s->probes = NULL;
	libslab_files_free(s->targets);
	process_images_free(&s->images);
	free(s->watched);
	memset(s, 0, sizeof(*s));
}

/* Attaches probes to a file that a process has, once. */
static void attach(struct libslab_file *target, void *arg)
{
	struct reference_scan *s = arg;

	if (!s->probes)
		return;
	if (target->tried) {
		reference_probes_yield(s->probes, target, s->scanned_pid);
		return;
	}
	target->tried = true;
	reference_probes_attach(s->probes, target);
}

static int comes_before(const void *element, const void *pid)
{
	return ((const struct watched *)element)->pid < *(const int *)pid;
}

/* Returns the record of a process; a new one also where another process had the pid. */
static struct watched *watch(struct reference_scan *s, int pid, uint64_t start)
{
	size_t at = array_lower_bound(s->watched, s->nr_watched, sizeof(*s->watched), &pid,
				      comes_before);
	struct watched *w = at < s->nr_watched ? &s->watched[at] : NULL;

	if (!w || w->pid != pid)
		w = array_insert(&s->watched, &s->nr_watched, at, sizeof(*w));
	if (!w)
		return NULL;
	if (w->pid != pid || w->start != start)
		*w = (struct watched){.pid = pid, .start = start};
	w->round = s->round;
	return w;
}

/* Returns the image in the process, unless exec() has replaced it. */
static struct process_image *current_image(struct reference_scan *s, int pid,
					   const struct process_stat *st)
{
	struct process_image *image = process_images_live(&s->images, pid, st->start);

	if (!image)
		return NULL;
	if (image->fingerprint && st->image && image->fingerprint != st->image) {
		image->ended = true;
		return NULL;
	}
	if (!image->fingerprint)
		image->fingerprint = st->image;
	return image;
}

static struct process_image *new_image(struct reference_scan *s, const struct watched *w,
				       const struct process_stat *st)
{
	struct process_image *image = process_images_add(&s->images, w->pid, st->start, st->comm);

	if (!image)
		return NULL;
	image->fingerprint = st->image;
	image->exec_known = w->exec_known;
	image->key.exec = w->exec;
	/*
	 * Counts so far are older than slabscope, unless the process started later or was seen
	 * without libslab since.
	 */
	image->late = s->baseline_taken && st->start < s->opened && !w->scanned;
	return image;
}

/* The program in the process is the one after so many exec()s. */
static void note_exec(struct watched *w, struct process_image *image, uint32_t exec)
{
	w->exec = exec;
	w->exec_known = true;
	if (image) {
		image->key.exec = exec;
		image->exec_known = true;
	}
}

/* Records the registries of a process in its image, or in a new one. */
static void found(struct reference_scan *s, struct watched *w, struct process_image *image,
		  const struct process_stat *st, const struct libslab_use *use, int nr)
{
	if (nr > 0 && !image)
		image = new_image(s, w, st);
	if (nr > 0 && image) {
		memcpy(image->use, use, sizeof(image->use));
		image->nr_uses = nr;
	}
	w->vsize = st->vsize;
	w->image = st->image;
	w->scanned = nr >= 0;
}

/*
 * Examines a process if it is new or changed. from: its starting program, or NULL. Returns 0, or
 * -ESRCH when it has ended.
 */
static int scan_process(struct reference_scan *s, int pid, const struct starting *from)
{
	struct libslab_use use[LIBSLAB_FILES_PROCESS];
	struct process_stat st;
	struct process_image *image;
	struct watched *w;
	int n;

	/* slabscope itself contains libslab, for other programs. */
	if (pid == getpid() || privileges_is_helper(pid) ||
	    (!s->only_pid && !choice_has_process(s->choice, pid)))
		return 0;
	if (process_stat(pid, &st))
		return -ESRCH;
	w = watch(s, pid, st.start);
	image = current_image(s, pid, &st);
	if (w && from && from->start == st.start && !from->step)
		note_exec(w, image, from->exec);
	if (!w || st.ended || !st.vsize) /* a kernel thread */
		return 0;
	if (w->scanned && w->vsize == st.vsize && w->image == st.image &&
	    !(image && !image->nr_uses))
		return 0;
	s->scanned_pid = pid;
	n = libslab_files_scan(s->targets, (pid_t)st.tid, use, attach, s);
	if (n == -EACCES || n == -EPERM)
		s->denied = true;
	found(s, w, image, &st, use, n);
	if (libslab_files_trouble(s->targets)) {
		s->trouble = libslab_files_trouble(s->targets);
		w->scanned = false; /* to be tried again */
	}
	return 0;
}

void reference_scan_again(struct reference_scan *s, int pid)
{
	for (size_t i = 0; i < s->nr_watched; i++)
		if (s->watched[i].pid == pid)
			s->watched[i].scanned = false;
}

static void scan_each(int pid, void *arg)
{
	scan_process(arg, pid, NULL);
}

void reference_scan_all(struct reference_scan *s)
{
	size_t kept = 0;
	int err;

	s->round++;
	s->denied = false;
	s->trouble = 0;
	libslab_files_round(s->targets);
	if (s->only_pid)
		scan_process(s, s->only_pid, NULL);
	else if ((err = process_each(scan_each, s)))
		s->trouble = err;
	for (size_t i = 0; i < s->nr_watched; i++)
		if (s->watched[i].round == s->round)
			s->watched[kept++] = s->watched[i];
	s->nr_watched = kept;
}

/* Returns when the image of the probes began, in the ticks of /proc. */
static uint64_t start_ticks(const struct reference_scan *s, const struct ref_image *key)
{
	return to_ticks(key->start + (uint64_t)s->boot_offset_ns);
}

/*
 * Handles the start of a program. Most have no libslab and end within a millisecond, so this does
 * little: it marks only an image that this program replaces.
 */
static void started(const struct ref_image *key, void *arg)
{
	struct reference_scan *s = arg;
	uint64_t start = start_ticks(s, key);
	int pid = (int)key->tgid;
	struct process_stat st;
	struct process_image *image;
	struct watched *w;

	if (process_images_live(&s->images, pid, start)) {
		if (process_stat(pid, &st) || st.start != start)
			return;
		image = current_image(s, pid, &st);
		w = watch(s, pid, start);
		if (w)
			note_exec(w, image, key->exec);
		if (image)
			return;
	}
	if (s->nr_starting < STARTING_MAX) /* otherwise the next round finds it */
		s->starting[s->nr_starting++] = (struct starting){
			.pid = pid,
			.exec = key->exec,
			.start = start,
			.began_ms = now_ms(),
		};
}

void reference_scan_starting(struct reference_scan *s,
			     void (*early)(struct process_image *image, void *arg), void *arg)
{
	struct process_image *image;
	uint64_t now;
	size_t kept = 0;

	if (!s->probes)
		return;
	reference_probes_execs(s->probes, started, s);
	now = now_ms();
	for (size_t i = 0; i < s->nr_starting; i++) {
		struct starting p = s->starting[i];

		if (now >= p.began_ms + schedule_ms[p.step]) {
			if (scan_process(s, p.pid, &p))
				continue;
			image = process_images_live(&s->images, p.pid, p.start);
			if (image)
				early(image, arg);
			while (p.step < STEPS && now >= p.began_ms + schedule_ms[p.step])
				p.step++;
		}
		if (p.step < STEPS)
			s->starting[kept++] = p;
	}
	s->nr_starting = kept;
}

int reference_scan_next_ms(const struct reference_scan *s)
{
	uint64_t now = now_ms(), next = UINT64_MAX;

	for (size_t i = 0; i < s->nr_starting; i++) {
		uint64_t at = s->starting[i].began_ms + schedule_ms[s->starting[i].step];

		next = at < next ? at : next;
	}
	if (next == UINT64_MAX)
		return -1;
	return next > now ? (int)(next - now) : 0;
}

bool reference_scan_is_attached(struct reference_scan *s, uint32_t number)
{
	const struct libslab_file *target = libslab_files_find(s->targets, number);

	int state = s->probes && target
			    ? reference_probes_state(s->probes, target, &s->attach_trouble)
			    : -ENOENT;

	s->attaching |= !state;
	return state > 0;
}

struct process_image *reference_scan_image(struct reference_scan *s, const struct ref_image *key,
					   const char *comm)
{
	uint64_t ticks = start_ticks(s, key);
	struct process_image *image = process_images_match(&s->images, key, ticks);
	struct process_stat st;
	bool replaced;

	if (!image) {
		replaced = process_images_live(&s->images, (int)key->tgid, ticks);
		image = process_images_add(&s->images, (int)key->tgid, ticks, comm);
		if (!image)
			return NULL;
		/* Counted but never found: it has ended, was replaced, or is new. */
		image->ended =
			replaced || process_stat(image->pid, &st) || st.start != ticks || st.ended;
		image->fingerprint = image->ended ? 0 : st.image;
		image->attached = true;
	}
	image->key = *key;
	image->exec_known = true;
	return image;
}

bool reference_scan_is_alive(struct reference_scan *s, struct process_image *image, int *tid)
{
	struct process_stat st = {0};

	if (image->ended)
		return false;
	if (process_stat(image->pid, &st) || st.start != image->start || st.ended ||
	    current_image(s, image->pid, &st) != image)
		image->ended = true;
	*tid = (int)st.tid;
	return !image->ended;
}
