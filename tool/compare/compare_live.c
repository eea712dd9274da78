// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * compare_live.c: slabscope record --kernel with slabscope workload as its command. The recording
 * runs in this process, the workload in a child.
 */
#include "compare/compare_live.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/record.h"

/* Removes a recording, which has no subdirectories. */
static void remove_recording(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

static int make_room(const struct compare_live_options *o, struct compare_live_recording *to,
		     struct failure *f)
{
	const char *tmp = getenv("TMPDIR");

	to->remove = !o->dir;
	if (o->dir) {
		if (strlen(o->dir) >= sizeof(to->dir))
			return fail(f, ENAMETOOLONG, "%s: the name of the directory is too long",
				    o->dir);
		strcpy(to->dir, o->dir);
		return 0;
	}
	snprintf(to->dir, sizeof(to->dir), "%.200s/slabscope-compare-XXXXXX",
		 tmp && tmp[0] ? tmp : "/tmp");
	if (!mkdtemp(to->dir))
		return fail(f, errno, "cannot make the directory %s: %s; set TMPDIR", to->dir,
			    strerror(errno));
	return 0;
}

/* A signal before the recorder waits for signals must not end the process either. */
static void block_signals(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, before);
}

int compare_live_record(const struct compare_live_options *o, struct compare_live_recording *to,
			struct failure *f)
{
	char seconds[32], name[32];
	char *command[] = {"/proc/self/exe", "workload", name, "-d", seconds, NULL};
	struct record_options record = {
		.dir = to->dir, .caches = o->caches, .command = command, .kernel = true};
	int err;

	block_signals(&to->before);
	err = make_room(o, to, f);
	if (err) {
		sigprocmask(SIG_SETMASK, &to->before, NULL);
		return err;
	}
	snprintf(seconds, sizeof(seconds), "%.3f", o->seconds);
	snprintf(name, sizeof(name), "%s", o->workload ?: "all");
	if (record_run(&record, f) == EXIT_SUCCESS)
		return 0;
	compare_live_end(to);
	return fail(f, EIO, "cannot record the kernel: see the message above");
}

void compare_live_end(struct compare_live_recording *r)
{
	if (r->remove)
		remove_recording(r->dir);
	sigprocmask(SIG_SETMASK, &r->before, NULL);
}
