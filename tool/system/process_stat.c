// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* process_stat.c: reads the files of a process in /proc. The process may end between two lines. */
#include "system/process_stat.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* Fields of /proc/PID/stat, by their numbers in proc(5). */
enum {
	FIELD_STATE = 3,
	FIELD_THREADS = 20,
	FIELD_START = 22,
	FIELD_VSIZE = 23,
	FIELD_START_CODE = 26,
	FIELD_END_CODE = 27,
	FIELD_START_STACK = 28,
};

ssize_t process_read_file(int pid, const char *file, size_t limit, char **to)
{
	size_t room = limit < 4096 ? limit : 4096, length = 0;
	char path[96], *text, *bigger;
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	text = malloc(room + 1);
	while (text) {
		n = read(fd, text + length, room - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		length += n;
		if (length < room)
			continue;
		if (room >= limit)
			break;
		room = room * 2 < limit ? room * 2 : limit;
		bigger = realloc(text, room + 1);
		if (!bigger)
			free(text);
		text = bigger;
	}
	if (n < 0)
		n = -errno;
	close(fd);
	if (!text)
		return -ENOMEM;
	if (n < 0) {
		free(text);
		return n;
	}
	text[length] = 0;
	*to = text;
	return length;
}

/* Mixes a value into the identity of an image. */
static uint64_t mix(uint64_t image, uint64_t value)
{
	image = (image ^ value) * 0x9e3779b97f4a7c15ull;
	return image ^ image >> 29;
}

int process_stat_parse(char *text, struct process_stat *to, unsigned *threads)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')'), *at, state;
	uint64_t code = 0, end = 0, stack = 0, value;
	size_t length;
	int field = FIELD_STATE;

	memset(to, 0, sizeof(*to));
	*threads = 0;
	if (!open || !close || close < open || close[1] != ' ')
		return -EINVAL;
	length = close - open - 1;
	if (length >= sizeof(to->comm))
		length = sizeof(to->comm) - 1;
	memcpy(to->comm, open + 1, length); /* the rest is 0 */
	text_clean(to->comm);

	state = close[2];
	to->ended = state == 'Z' || state == 'X' || state == 'x';
	for (at = close + 2; *at; field++) {
		value = strtoull(at, NULL, 10);
		if (field == FIELD_THREADS)
			*threads = value;
		else if (field == FIELD_START)
			to->start = value;
		else if (field == FIELD_VSIZE)
			to->vsize = value;
		else if (field == FIELD_START_CODE)
			code = value;
		else if (field == FIELD_END_CODE)
			end = value;
		else if (field == FIELD_START_STACK)
			stack = value;
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	if (field <= FIELD_START_STACK)
		return -EINVAL;
	/* Without permission the kernel shows 1, 1 and 0. */
	if (stack)
		to->image = mix(mix(mix(0, code), end), stack) | 1;
	return 0;
}

/* Reads one stat file below /proc/PID. */
static int read_stat(int pid, const char *file, struct process_stat *to, unsigned *threads)
{
	char *text;
	ssize_t length = process_read_file(pid, file, 4096, &text);
	int err;

	if (length < 0)
		return length;
	err = process_stat_parse(text, to, threads);
	free(text);
	return err;
}

/* The first thread of the process has ended. Describes the process by another one that lives. */
static void stat_other_thread(int pid, struct process_stat *to)
{
	struct process_stat other;
	char path[64];
	struct dirent *entry;
	unsigned threads;
	DIR *dir;
	int tid;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while (to->ended && (entry = readdir(dir))) {
		tid = atoi(entry->d_name);
		if (tid <= 0 || tid == pid)
			continue;
		snprintf(path, sizeof(path), "task/%d/stat", tid);
		if (read_stat(pid, path, &other, &threads) || other.ended)
			continue;
		to->ended = false;
		to->tid = tid;
		to->image = other.image;
		to->vsize = other.vsize;
	}
	closedir(dir);
}

int process_stat(int pid, struct process_stat *to)
{
	unsigned threads;
	int err = read_stat(pid, "stat", to, &threads);

	if (err)
		return err;
	to->tid = pid;
	if (to->ended && threads > 1)
		stat_other_thread(pid, to);
	return 0;
}

int process_status_number(int pid, const char *line)
{
	size_t length = strlen(line);
	char *text, *at, *end;
	ssize_t n = process_read_file(pid, "status", 16384, &text);
	long value = -EINVAL;

	if (n < 0)
		return n;
	for (at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, line, length) || at[length] != ':')
			continue;
		for (at += length + 1; *at == '\t' || *at == ' ' || isdigit((unsigned char)*at);
		     at = end) {
			long number = strtol(at, &end, 10);

			if (end == at)
				break;
			value = number;
		}
		break;
	}
	free(text);
	return value > INT_MAX ? -EINVAL : (int)value;
}

int process_each(void (*each)(int pid, void *arg), void *arg)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	int pid, err;

	if (!dir)
		return -errno;
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			break;
		pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
		if (pid > 0)
			each(pid, arg);
	}
	err = -errno;
	closedir(dir);
	return err;
}

#define INITIAL_PID_NS 0xeffffffcu /* its inode: PROC_PID_INIT_INO */

bool process_pid_namespace(struct stat *to)
{
	return !stat("/proc/self/ns/pid", to) && to->st_ino != INITIAL_PID_NS;
}
