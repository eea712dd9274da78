// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* logfile.c: appends lines, and starts a new file at the maximum size. */
#include "system/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int logfile_open(struct logfile *l, const char *path, uint64_t max_size, struct failure *f)
{
	struct stat st;

	*l = (struct logfile){.path = path, .max_size = max_size};
	l->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (l->fd < 0 || fstat(l->fd, &st))
		return fail(f, errno, "cannot open the log %s: %s", path, strerror(errno));
	l->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	return 0;
}

static int change_files(struct logfile *l, struct failure *f)
{
	char *before;
	int err = asprintf(&before, "%s.1", l->path) < 0 ? -ENOMEM : 0;

	if (err)
		return fail(f, ENOMEM, "no memory to change the log's files");
	if (rename(l->path, before) && errno != ENOENT) /* another process may have moved it */
		err = fail(f, errno, "cannot rename the log %s to %s: %s", l->path, before,
			   strerror(errno));
	free(before);
	if (err)
		return err;
	close(l->fd);
	return logfile_open(l, l->path, l->max_size, f);
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
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
