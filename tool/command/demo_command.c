// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* demo_command.c: slabscope demo: a child process under load, and the loop of top on it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/commands.h"
#include "command/demo_load.h"
#include "command/options_btf.h"
#include "command/top_loop.h"
#include "command/top_options.h"
#include "system/privileges.h"

#define START_MS 5000

/*
 * Turns the child into the load. It ends with its parent, ignores Ctrl-C, and keeps neither the
 * parent's standard input and output nor any privilege.
 */
static void be_the_load(pid_t parent, int ready)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* the parent ended before prctl() */
		_exit(1);
	prctl(PR_SET_NAME, "slabscope-load");
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	privileges_drop_all();
	_exit(demo_load_run(ready) ? 1 : 0);
}

/* Waits until the load runs. Returns 0 or a negative errno. */
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
			    "the load did not start within %d s: the machine may be "
			    "overloaded; try again",
			    START_MS / 1000);
	if (read(fd, &byte, 1) != 1)
		return fail(f, ENOMEM,
			    "the load could not start: not enough memory or threads; free "
			    "some, or raise the limits (ulimit -u, -v)");
	return 0;
}

/* Starts the load. Returns its process, with a descriptor of it; or a negative errno. */
static pid_t start(int *process, struct failure *f)
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
	*process = child < 0 ? -1 : (int)syscall(SYS_pidfd_open, child, 0);
	err = *process < 0 ? fail(f, errno, "cannot start the load: %s", strerror(errno)) : 0;
	close(pipes[1]);
	if (!err)
		err = wait_ready(pipes[0], f);
	close(pipes[0]);
	if (err && *process >= 0)
		close(*process);
	if (err && child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return err ? err : child;
}

static int show(const struct top_options *options, struct failure *f)
{
	struct top_options o = *options;
	int process = -1, status;
	pid_t load = start(&process, f);

	if (load < 0)
		return EXIT_FAILURE;
	if (!o.reference_pid)
		o.reference_pid = (int)load;
	status = top_loop_run(&o, load, f);
	/* top may have waited for it already. Behind its filter kill() reaches no other process. */
	if (!syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0))
		waitpid(load, NULL, 0);
	close(process);
	return status;
}

static const struct option_group groups[] = {
	{&top_options_shared, 0},
	{&options_btf, offsetof(struct top_options, btf)},
	{0},
};

static const struct example examples[] = {
	{"Watch libslab under load, without any privilege", "slabscope demo"},
	{"Step through a refill of the reference", "slabscope demo --screen walk"},
	{"Print one sample of JSON", "slabscope demo -j -n 1"},
	{0},
};

static int run(int argc, char **argv, struct failure *f)
{
	return top_options_run(&demo_command, show, argc, argv, f);
}

const struct command demo_command = {
	.name = "demo",
	.summary = "show the reference under a built-in load, as top does",
	.about = "Starts a child process that puts steady, bursty and producer/consumer load on "
		 "libslab, the reference, and shows it as 'slabscope top' does. The load ends with "
		 "slabscope.",
	.notes = "demo needs no privilege; without one, refill latencies are not available (n/a).",
	.options = groups,
	.examples = examples,
	.run = run,
};
