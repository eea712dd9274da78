// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * record_child.c: the kernel stops a traced process in its exec(), when only the program and its
 * loader are mapped. A breakpoint at the entry of the program stops it again, after the loader.
 */
#include "record/record_child.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "system/process_stat.h"
#include "system/signals.h"

#define BREAKPOINT 0xcc /* int3 */

#define WAIT_MS	   100
#define SAY_S	   1
#define PATIENCE_S 10

/* Runs the command. traced: it stops in its exec(). */
static void child(char *const argv[], const char *variable, const char *value, bool traced,
		  int status)
{
	sigset_t none;
	int err;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	setenv(variable, value, 1);
	if (!traced || !ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		execvp(argv[0], argv);
	err = errno;
	if (write(status, &err, sizeof(err)) != sizeof(err))
		_exit(126);
	_exit(127);
}

/*
 * Waits for a stop by this signal, and passes others on. Returns 0 or -errno; -ECHILD: the process
 * has ended.
 */
static int wait_stop(pid_t pid, int signal)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, 0) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (!WIFSTOPPED(status))
			return -ECHILD;
		if (WSTOPSIG(status) == signal)
			return 0;
		if (ptrace(PTRACE_CONT, pid, NULL, (void *)(long)WSTOPSIG(status)))
			return -errno;
	}
}

static uint64_t find_entry(pid_t pid)
{
	char *text;
	ssize_t length = process_read_file(pid, "auxv", 64 << 10, &text);
	Elf64_auxv_t aux;
	uint64_t entry = 0;

	if (length < 0)
		return 0;
	for (size_t at = 0; at + sizeof(aux) <= (size_t)length; at += sizeof(aux)) {
		memcpy(&aux, text + at, sizeof(aux));
		if (aux.a_type == AT_ENTRY)
			entry = aux.a_un.a_val;
	}
	free(text);
	return entry;
}

static int run_to_entry(pid_t pid)
{
#ifdef __x86_64__
	uint64_t entry = find_entry(pid);
	struct user_regs_struct regs;
	long text;
	int err;

	if (!entry)
		return -ENOEXEC;
	errno = 0;
	text = ptrace(PTRACE_PEEKTEXT, pid, (void *)entry, NULL);
	if (errno ||
	    ptrace(PTRACE_POKETEXT, pid, (void *)entry, (void *)((text & ~0xffl) | BREAKPOINT)) ||
	    ptrace(PTRACE_CONT, pid, NULL, NULL))
		return -errno;
	err = wait_stop(pid, SIGTRAP);
	if (err)
		return err;
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		return -errno;
	regs.rip = entry;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) ||
	    ptrace(PTRACE_POKETEXT, pid, (void *)entry, (void *)text))
		return -errno;
	return 0;
#else
	(void)pid, (void)find_entry;
	return 0; /* libslab in libraries is found when they run */
#endif
}

pid_t record_child_start(char *const argv[], struct failure *f)
{
	int status[2], err, why = 0;
	pid_t pid;

	if (pipe2(status, O_CLOEXEC))
		return fail(f, errno, "cannot start %s: %s", argv[0], strerror(errno));
	pid = fork();
	if (!pid)
		child(argv, "SLAB_EVENTS", "1", true, status[1]);
	err = pid < 0 ? -errno : 0;
	close(status[1]);
	if (!err)
		err = wait_stop(pid, SIGTRAP);
	if (!err && ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_EXITKILL))
		err = -errno;
	if (!err)
		err = run_to_entry(pid);
	if (err && read(status[0], &why, sizeof(why)) == sizeof(why))
		err = -why;
	close(status[0]);
	if (!err)
		return pid;
	if (pid > 0 && err != -ECHILD) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return fail(f, -err, "cannot start %s: %s", argv[0],
		    err == -ECHILD ? "it ended at once" : strerror(-err));
}

pid_t record_child_spawn(char *const argv[], const char *variable, const char *value,
			 struct failure *f)
{
	int status[2], err = 0;
	pid_t pid;

	if (pipe2(status, O_CLOEXEC))
		return fail(f, errno, "cannot start %s: %s", argv[0], strerror(errno));
	pid = fork();
	if (!pid)
		child(argv, variable, value, false, status[1]);
	if (pid < 0)
		err = errno;
	close(status[1]);
	if (pid > 0 && read(status[0], &err, sizeof(err)) == sizeof(err))
		waitpid(pid, NULL, 0);
	close(status[0]);
	return err ? fail(f, err, "cannot start %s: %s", argv[0], strerror(err)) : pid;
}

int record_child_go(pid_t pid)
{
	return ptrace(PTRACE_DETACH, pid, NULL, NULL) ? -errno : 0;
}

/* ---- ending it ------------------------------------------------------------------------------- */

static double seconds_since(uint64_t began)
{
	return (double)(clock_monotonic_ns() - began) / CLOCK_SECOND;
}

/* Waits a moment. Returns whether a signal has arrived that asks to end. */
static bool wait_signal(int signals)
{
	struct pollfd fd = {signals, POLLIN, 0};
	bool asked = false;
	int signal;

	poll(&fd, 1, WAIT_MS);
	while ((signal = signals_next(signals)))
		asked |= signal != SIGCHLD;
	return asked;
}

static bool has_ended(pid_t pid)
{
	pid_t ended = waitpid(pid, NULL, WNOHANG);

	return ended == pid || (ended < 0 && errno != EINTR);
}

void record_child_end(pid_t pid, int signals)
{
	uint64_t began = clock_monotonic_ns();
	bool said = false, asked = false;

	while (signals_next(signals)) /* those that have ended the recording */
		;
	kill(pid, SIGTERM);
	record_child_go(pid); /* where it has not run yet */
	kill(pid, SIGCONT);
	while (!has_ended(pid) && !asked && seconds_since(began) < PATIENCE_S) {
		if (!said && seconds_since(began) > SAY_S) {
			fprintf(stderr,
				"the command does not end on SIGTERM; "
				"another signal, or %d seconds, will kill it\n",
				PATIENCE_S);
			said = true;
		}
		asked = wait_signal(signals);
	}
	kill(pid, SIGKILL);
	began = clock_monotonic_ns();
	while (!has_ended(pid) &&
	       seconds_since(began) < SAY_S) /* not for ever: it may hang in I/O */
		wait_signal(signals);
}
