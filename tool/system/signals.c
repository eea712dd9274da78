// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* signals.c: a signalfd. */
#include "system/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t before;

/* They end a process that does not handle them, without a core. */
static const int ending[] = {SIGINT,	SIGTERM, SIGHUP, SIGUSR1,   SIGUSR2, SIGALRM,
			     SIGVTALRM, SIGPROF, SIGIO,	 SIGSTKFLT, SIGPWR,  SIGXCPU};

static void add_unless_ignored(sigset_t *set, int signal)
{
	struct sigaction now;

	if (!sigaction(signal, NULL, &now) && now.sa_handler != SIG_IGN)
		sigaddset(set, signal);
}

int signals_open(bool screen)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		add_unless_ignored(&set, ending[i]);
	for (int signal = SIGRTMIN; signal <= SIGRTMAX; signal++)
		add_unless_ignored(&set, signal);
	sigaddset(&set, SIGCHLD);
	if (screen) {
		add_unless_ignored(&set, SIGQUIT);
		add_unless_ignored(&set, SIGTSTP);
		sigaddset(&set, SIGCONT);
		sigaddset(&set, SIGWINCH);
	}
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &set, &before);
	return fd;
}

int signals_next(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

void signals_close(int fd)
{
	while (signals_next(fd))
		;
	close(fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
