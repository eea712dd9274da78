// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* files.c: serves its own descriptors and paths; all others go to the C library. */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DIRECTORY  0x40000000 /* its descriptor; those of the files follow it */
#define OPEN_FIRST (DIRECTORY + 1)

int __real_open(const char *path, int flags, ...);
int __real_openat(int dir, const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __real_pread(int fd, void *to, size_t size, off_t at);
int __real_scandirat(int dir, const char *path, struct dirent ***list,
		     int (*filter)(const struct dirent *),
		     int (*compare)(const struct dirent **, const struct dirent **));

int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at);
int __wrap_scandirat(int dir, const char *path, struct dirent ***list,
		     int (*filter)(const struct dirent *),
		     int (*compare)(const struct dirent **, const struct dirent **));

static const char *const names[FILES] = {"state", "cpu_0", "cpu_1", "cpu_2", "metadata"};
static const struct files *shown;
static unsigned nr_open;

void files_show(const struct files *files)
{
	shown = files;
}

unsigned files_open(void)
{
	return nr_open;
}

void files_read(struct files *to, const char *dir)
{
	for (int i = 0; i < FILES; i++) {
		char path[128];
		FILE *from;

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		to->file[i].size = 0;
		from = fopen(path, "re");
		if (!from)
			continue;
		to->file[i].size = fread(to->file[i].data, 1, FILE_MAX, from);
		fclose(from);
	}
}

/* ---- what is wrapped ------------------------------------------------------------------------- */

static mode_t mode_of(int flags, va_list rest)
{
	return flags & O_CREAT ? va_arg(rest, mode_t) : 0;
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	if (!strcmp(path, FILES_DIR)) {
		nr_open++;
		return DIRECTORY;
	}
	va_start(rest, flags);
	mode = mode_of(flags, rest);
	va_end(rest);
	return __real_open(path, flags, mode);
}

int __wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	if (dir == DIRECTORY) {
		for (int i = 0; i < FILES; i++) {
			if (!strcmp(path, names[i]) && shown->file[i].size) {
				nr_open++;
				return OPEN_FIRST + i;
			}
		}
		errno = ENOENT;
		return -1;
	}
	va_start(rest, flags);
	mode = mode_of(flags, rest);
	va_end(rest);
	return __real_openat(dir, path, flags, mode);
}

int __wrap_close(int fd)
{
	if (fd < DIRECTORY)
		return __real_close(fd);
	nr_open--;
	return 0;
}

ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at)
{
	const struct file *f;

	if (fd < OPEN_FIRST)
		return __real_pread(fd, to, size, at);
	f = &shown->file[fd - OPEN_FIRST];
	if (at < 0) {
		errno = EINVAL;
		return -1;
	}
	if ((size_t)at >= f->size)
		return 0;
	if (size > f->size - (size_t)at)
		size = f->size - (size_t)at;
	memcpy(to, f->data + at, size);
	return (ssize_t)size;
}

/* Only the metadata are read so: once, from the beginning. */
ssize_t __wrap_read(int fd, void *to, size_t size)
{
	return fd < OPEN_FIRST ? __real_read(fd, to, size) : __wrap_pread(fd, to, size, 0);
}

/* In the order of versionsort(). */
int __wrap_scandirat(int dir, const char *path, struct dirent ***list,
		     int (*filter)(const struct dirent *),
		     int (*compare)(const struct dirent **, const struct dirent **))
{
	static const int order[FILES] = {FILE_CPU_0, FILE_CPU_1, FILE_CPU_2, FILE_METADATA,
					 FILE_STATE};
	int nr = 0;

	if (dir != DIRECTORY)
		return __real_scandirat(dir, path, list, filter, compare);
	*list = calloc(FILES, sizeof(**list));
	for (int i = 0; i < FILES && *list; i++) {
		if (!shown->file[order[i]].size)
			continue;
		(*list)[nr] = calloc(1, sizeof(struct dirent));
		strcpy((*list)[nr++]->d_name, names[order[i]]);
	}
	return nr;
}
