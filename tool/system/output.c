// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* output.c: writes to stdout without waiting forever. */
#include "system/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
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
