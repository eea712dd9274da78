// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * output.c: writes to stdout without waiting forever. A reader that has gone is no failure.
 */
#include "system/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Waits until stdout takes PIPE_BUF bytes. Returns 0 or a negative errno as output_write() does. */
static int wait_writable(int signals_fd, bool ending)
{
	struct pollfd fds[2] = {{STDOUT_FILENO, POLLOUT, 0}, {signals_fd, POLLIN, 0}};
	int timeout = ending ? OUTPUT_GRACE_MS : -1, nr;

	for (;;) {
		nr = poll(fds, timeout < 0 ? 2 : 1, timeout);
		if (nr < 0 && errno != EINTR)
			return -errno;
		if (nr < 0)
			continue;
		if (fds[0].revents & POLLERR)
			return -EPIPE;
		if (fds[0].revents)
			return 0;
		if (!nr)
			return -EINTR;
		timeout = OUTPUT_GRACE_MS; /* stdout is not ready: a signal has arrived */
	}
}

int output_write(const char *text, size_t length, int signals_fd, bool ending)
{
	while (length) {
		size_t most = length < PIPE_BUF ? length : PIPE_BUF;
		ssize_t written;
		int err = wait_writable(signals_fd, ending);

		if (err)
			return err;
		written = write(STDOUT_FILENO, text, most);
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (written > 0) {
			text += written;
			length -= (size_t)written;
		}
	}
	return 0;
}

int output_columns(void)
{
	const char *variable = getenv("COLUMNS");
	long columns = variable ? strtol(variable, NULL, 10) : 0;
	struct winsize size;

	if (columns > 0 && columns < INT_MAX)
		return (int)columns;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

static bool reader_has_gone(void)
{
	struct pollfd out = {STDOUT_FILENO, POLLOUT, 0};

	return poll(&out, 1, 0) == 1 && out.revents & (POLLERR | POLLHUP);
}

int output_finish(const char *what, struct failure *f)
{
	int err;

	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	/* An earlier write has failed, with a reason that is lost: the next one tells it. */
	if (!errno && write(STDOUT_FILENO, "\n", 1) == 1)
		errno = EIO;
	err = errno;
	if (err == EPIPE || reader_has_gone())
		return 0;
	return fail(f, err, "cannot write %s: %s", what, strerror(err));
}

int output_json(json_t *object, const char *what, struct failure *f)
{
	int err = object ? json_dumpf(object, stdout, JSON_COMPACT) : -1;

	if (object)
		putchar('\n');
	json_decref(object);
	if (!object || (err && !ferror(stdout)))
		return fail(f, ENOMEM, "not enough memory for %s", what);
	return output_finish(what, f);
}
