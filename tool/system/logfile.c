// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* logfile.c: appends lines, and starts a new file at the maximum size. */
#include "system/logfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens the file of this name, and closes the one before. Returns 0, or -errno and why. */
static int open_file(struct logfile *l, struct failure *f)
{
	int fd = safe_path_append(&l->at, 0644, l->path, f);
	struct stat st;

	if (fd < 0)
		return fd;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = fd;
	l->size = !fstat(fd, &st) && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	return 0;
}

int logfile_open(struct logfile *l, const char *path, uint64_t max_size, struct failure *f)
{
	int err;

	*l = (struct logfile){.path = path, .max_size = max_size, .fd = -1};
	err = safe_path_find(&l->at, path, false, f);
	if (err)
		return err;
	err = open_file(l, f);
	if (err)
		safe_path_leave(&l->at);
	return err;
}

static int change_files(struct logfile *l, struct failure *f)
{
	char before[sizeof(l->at.name) + 2];

	snprintf(before, sizeof(before), "%s.1", l->at.name);
	if (renameat(l->at.dir, l->at.name, l->at.dir, before) &&
	    errno != ENOENT) /* another process may have moved it */
		return fail(f, errno, "cannot rename the log %s to %s: %s", l->path, before,
			    strerror(errno));
	return open_file(l, f);
}

int logfile_write(struct logfile *l, const char *line, size_t length, struct failure *f)
{
	int err;

	if (l->size && l->size + length > l->max_size) {
		err = change_files(l, f);
		if (err)
			return err;
	}
	l->size += length;
	while (length) {
		ssize_t n = write(l->fd, line, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(f, errno, "cannot write the log %s: %s", l->path,
				    strerror(errno));
		line += n;
		length -= (size_t)n;
	}
	return 0;
}

void logfile_close(struct logfile *l)
{
	if (l->fd < 0)
		return;
	close(l->fd);
	safe_path_leave(&l->at);
	l->fd = -1;
}
