// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * libslab_files.c: finds the files that contain libslab.
 *
 * Such a file is kept open, so that its device and inode number stay its own. A file without
 * libslab is remembered by device, inode, change time and size, as its inode may be reused. Files
 * are opened through /proc/PID/map_files, which leads to the mapped file itself, even if deleted or
 * in another mount namespace; without that privilege through /proc/PID/root.
 */
#include "reference/libslab_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "system/process_stat.h"

#define MAPS_MAX    (16u << 20)
#define NEGATIVES   4096 /* remembered files without libslab; a power of two */
#define KEEP_ROUNDS 8
#define MANY	    (LIBSLAB_FILES_MAX / 2)

/* A file without libslab. */
struct negative {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
	off_t size;
};

struct libslab_files {
	void (*release)(struct libslab_file *, void *arg);
	void *arg;
	uint64_t round;
	uint32_t last_number;
	struct libslab_file *target[LIBSLAB_FILES_MAX];
	size_t nr;
	int trouble; /* why a file of the process could not be examined: a negative errno, or 0 */
	struct negative negative[NEGATIVES]; /* by hash; a collision forgets the older */
};

struct libslab_files *libslab_files_new(void (*release)(struct libslab_file *, void *arg),
					void *arg)
{
	struct libslab_files *t = calloc(1, sizeof(*t));

	if (t) {
		t->release = release;
		t->arg = arg;
	}
	return t;
}

/* Forgets target i. */
static void drop(struct libslab_files *t, size_t i)
{
	struct libslab_file *target = t->target[i];

	if (t->release)
		t->release(target, t->arg);
	close(target->fd);
	free(target);
	t->target[i] = t->target[--t->nr];
}

void libslab_files_free(struct libslab_files *t)
{
	if (!t)
		return;
	while (t->nr)
		drop(t, t->nr - 1);
	free(t);
}

void libslab_files_round(struct libslab_files *t)
{
	struct stat st;

	t->round++;
	/* The kernel is slow in detaching, and attaching waits for it: only when necessary. */
	for (size_t i = t->nr; i-- > MANY;) {
		if (t->target[i]->used + KEEP_ROUNDS > t->round)
			continue;
		/* A deleted file cannot be started again. */
		if (fstat(t->target[i]->fd, &st) || !st.st_nlink)
			drop(t, i);
	}
}

const struct libslab_file *libslab_files_find(const struct libslab_files *t, uint32_t number)
{
	for (size_t i = 0; i < t->nr; i++)
		if (t->target[i]->number == number)
			return t->target[i];
	return NULL;
}

bool libslab_files_parse_mapping(char *line, struct libslab_mapping *to)
{
	unsigned major, minor;
	int path = 0;
	const char *space = strchr(line, ' ');
	char perms[5];

	memset(to, 0, sizeof(*to));
	/* Skips most lines, which are not code, unparsed. */
	if (!space || strlen(space) < 5 || space[3] != 'x')
		return false;
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %ju %n", &to->start,
		   &to->end, perms, &to->offset, &major, &minor, (uintmax_t *)&to->ino, &path) != 7)
		return false;
	to->dev = makedev(major, minor);
	to->path = line + path;
	return to->ino && to->path[0] == '/';
}

/* Ways to the mapped file: the exact one, which needs privileges; its name; the executable. */
enum way { BY_MAPPING, BY_NAME, BY_EXE, WAYS };

static void mapping_path(char *path, size_t size, pid_t tid, const struct libslab_mapping *m,
			 enum way way)
{
	if (way == BY_MAPPING)
		snprintf(path, size, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, tid, m->start,
			 m->end);
	else if (way == BY_NAME)
		snprintf(path, size, "/proc/%d/root%s", tid, m->path);
	else
		snprintf(path, size, "/proc/%d/exe", tid);
}

/* Whether an error says nothing about the file: another attempt may succeed. */
static bool is_trouble(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -EIO;
}

/*
 * Opens the mapped file if it is a regular one, without waiting. Returns a descriptor or a negative
 * errno.
 */
static int open_mapping(pid_t tid, const struct libslab_mapping *m, struct stat *st)
{
	char path[4200], again[32];
	int fd, handle = -1;

	for (enum way way = BY_MAPPING; way < WAYS; way++) {
		mapping_path(path, sizeof(path), tid, m, way);
		handle = open(path, O_PATH | O_CLOEXEC);
		if (handle < 0 && is_trouble(-errno))
			return -errno;
		if (handle < 0)
			continue;
		if (!fstat(handle, st) && S_ISREG(st->st_mode) &&
		    (way != BY_EXE || st->st_ino == m->ino))
			break;
		close(handle);
		handle = -1;
	}
	if (handle < 0)
		return -ENOENT;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", handle);
	fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		fd = -errno;
	close(handle);
	return fd;
}

static struct negative *negative_slot(struct libslab_files *t, dev_t dev, ino_t ino)
{
	uint64_t hash = (dev * 31 + ino) * 0x9e3779b97f4a7c15ull;

	return &t->negative[hash >> 52 & (NEGATIVES - 1)];
}

/* Returns whether the file is known to have no libslab. */
static bool is_negative(struct libslab_files *t, pid_t tid, const struct libslab_mapping *m)
{
	const struct negative *n = negative_slot(t, m->dev, m->ino);
	char path[4200];
	struct stat st;

	if (n->dev != m->dev || n->ino != m->ino)
		return false;
	mapping_path(path, sizeof(path), tid, m, BY_MAPPING);
	if (stat(path, &st)) {
		mapping_path(path, sizeof(path), tid, m, BY_NAME);
		if (stat(path, &st))
			return true;
	}
	return n->size == st.st_size && n->changed.tv_sec == st.st_ctim.tv_sec &&
	       n->changed.tv_nsec == st.st_ctim.tv_nsec;
}

/* Makes room for a target. Returns false when all are in use. */
static bool make_room(struct libslab_files *t)
{
	size_t oldest = 0;

	if (t->nr < LIBSLAB_FILES_MAX)
		return true;
	for (size_t i = 1; i < t->nr; i++)
		if (t->target[i]->used < t->target[oldest]->used)
			oldest = i;
	if (t->target[oldest]->used + 1 >= t->round)
		return false;
	drop(t, oldest);
	return true;
}

/* Looks into a mapped file. Returns its target; NULL if it has no libslab or cannot be read. */
static struct libslab_file *look_into(struct libslab_files *t, pid_t tid,
				      const struct libslab_mapping *m)
{
	struct negative *n = negative_slot(t, m->dev, m->ino);
	struct libslab_note place;
	struct libslab_file *target;
	struct stat st;
	int fd = open_mapping(tid, m, &st);
	int found;

	if (fd < 0) {
		t->trouble = is_trouble(fd) ? fd : t->trouble;
		return NULL;
	}
	found = libslab_note_find(fd, &place);
	if (found <= 0) {
		t->trouble = is_trouble(found) ? found : t->trouble;
		if (!found)
			*n = (struct negative){m->dev, m->ino, st.st_ctim, st.st_size};
		close(fd);
		return NULL;
	}
	target = make_room(t) ? calloc(1, sizeof(*target)) : NULL;
	if (!target) {
		t->trouble = t->nr == LIBSLAB_FILES_MAX ? -ENOSPC : -ENOMEM;
		close(fd);
		return NULL;
	}
	target->dev = m->dev;
	target->ino = m->ino;
	target->fd = fd;
	target->number = ++t->last_number;
	target->place = place;
	t->target[t->nr++] = target;
	return target;
}

static struct libslab_file *find_target(struct libslab_files *t, pid_t tid,
					const struct libslab_mapping *m)
{
	for (size_t i = 0; i < t->nr; i++)
		if (t->target[i]->dev == m->dev && t->target[i]->ino == m->ino)
			return t->target[i];
	return is_negative(t, tid, m) ? NULL : look_into(t, tid, m);
}

/* From 7.3 on CAP_PERFMON may list mappings without the right to read the memory. */
static int check_access(pid_t tid)
{
	char path[32], link[2];

	snprintf(path, sizeof(path), "/proc/%d/exe", tid);
	if (readlink(path, link, sizeof(link)) < 0 && (errno == EACCES || errno == EPERM))
		return -errno;
	return 0;
}

int libslab_files_scan(struct libslab_files *t, pid_t tid, struct libslab_use *to,
		       void (*found)(struct libslab_file *, void *arg), void *arg)
{
	struct libslab_mapping m, last = {0};
	char *text, *line, *next;
	struct libslab_file *target;
	ssize_t length = check_access(tid);
	uint64_t registry;
	int nr = 0;

	t->trouble = 0;
	if (!length)
		length = process_read_file(tid, "maps", MAPS_MAX, &text);
	if (length < 0) {
		t->trouble = is_trouble((int)length) ? (int)length : 0;
		return length;
	}
	for (line = text; line && nr < LIBSLAB_FILES_PROCESS; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (!libslab_files_parse_mapping(line, &m) ||
		    (m.dev == last.dev && m.ino == last.ino))
			continue;
		last = m;
		target = find_target(t, tid, &m);
		if (!target)
			continue;
		target->used = t->round;
		registry = libslab_note_address(&target->place, m.start, m.offset);
		if (!registry)
			continue;
		to[nr].number = target->number;
		to[nr++].registry = registry;
		if (found)
			found(target, arg);
	}
	free(text);
	return nr;
}

int libslab_files_trouble(const struct libslab_files *t)
{
	return t->trouble;
}
