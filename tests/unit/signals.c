// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Each signal that would end slabscope, except a crash, arrives as an event. */
#include "system/signals.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* Returns what becomes of a process that gets this signal: 0, or the number that has killed it. */
static int fate(int signal, bool opened, bool screen)
{
	int status, fd;
	pid_t pid = fork();

	if (!pid) {
		fd = opened ? signals_open(screen) : -1;
		raise(signal);
		if (opened && signals_next(fd) != signal)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		return 0;
	}
	if (!WIFSIGNALED(status) && WEXITSTATUS(status))
		fail_msg("signal %d (%s) is no event", signal, strsignal(signal));
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* A crash, after which tui.c restores the terminal; or one of those that main.c ignores. */
static bool is_elsewhere(int signal)
{
	static const int others[] = {SIGSEGV, SIGBUS,  SIGFPE,	SIGILL, SIGABRT,
				     SIGSYS,  SIGTRAP, SIGPIPE, SIGXFSZ};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (others[i] == signal)
			return true;
	return false;
}

static void all_that_end_are_events(void **state)
{
	unsigned checked = 0;

	(void)state;
	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		if (signal == SIGKILL || is_elsewhere(signal) ||
		    (signal > 31 && signal < SIGRTMIN) || !fate(signal, false, false))
			continue;
		if (fate(signal, true, true))
			fail_msg("signal %d (%s) ends it", signal, strsignal(signal));
		if (signal != SIGQUIT && fate(signal, true, false)) /* it leaves a core */
			fail_msg("signal %d (%s) ends it without a screen", signal,
				 strsignal(signal));
		checked++;
	}
	assert_true(checked > 12 + 20); /* those with names, and of real time */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_that_end_are_events)};

	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
