// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* demo.c: a child process under load, and top on it. */
#include "command/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/demo_load.h"
#include "system/privileges.h"
#include "command/top.h"

#define START_MS 5000

/* The child: ends with its parent, holds none of its descriptors, no privilege, and leaves Ctrl-C to it. */
static void be_the_load(pid_t parent, int ready)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it ended before that was set */
		_exit(1);
	prctl(PR_SET_NAME, "slabscope-load");
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	privileges_drop_all();
	_exit(load_run(ready) ? 1 : 0);
}

/* Waits until the load says that it runs. 0 or a negative errno. */
static int wait_ready(int fd, struct failure *f)
{
	struct pollfd p = {fd, POLLIN, 0};
	char byte;
	int nr;

	do {
		nr = poll(&p, 1, START_MS);
	} while (nr < 0 && errno == EINTR);
	if (nr <= 0)
		return fail(f, ETIMEDOUT,
			    "the load did not start within %d s: is the machine "
			    "overloaded? try again",
			    START_MS / 1000);
	if (read(fd, &byte, 1) != 1)
		return fail(f, ENOMEM,
			    "the load could not start: no memory, or no threads; free "
			    "some, or raise the limits (ulimit -u, -v)");
	return 0;
}

/* Returns the child, or a negative errno. */
static pid_t start(struct failure *f)
{
	pid_t parent = getpid(), child;
	int pipes[2], err;

	if (pipe2(pipes, O_CLOEXEC))
		return fail(f, errno, "cannot start the load: %s", strerror(errno));
	child = fork();
	if (!child) {
		close(pipes[0]);
		be_the_load(parent, pipes[1]);
	}
	err = child < 0 ? fail(f, errno, "cannot start the load: %s", strerror(errno)) : 0;
	close(pipes[1]);
	if (!err)
		err = wait_ready(pipes[0], f);
	close(pipes[0]);
	if (err && child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return err ? err : child;
}

int demo_run(const struct options *options, struct failure *f)
{
	struct options o = *options;
	pid_t load = start(f);
	int status;

	if (load < 0)
		return 1;
	if (!o.reference_pid)
		o.reference_pid = (int)load;
	status = top_run(&o, load, f);
	/* Where top_run() has waited for it already, it is no child any more, and nothing is sent.
	 */
	if (!waitpid(load, NULL, WNOHANG)) {
		kill(load, SIGKILL);
		waitpid(load, NULL, 0);
	}
	return status;
}
