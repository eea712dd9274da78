// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* hang.c: looks once a second whether the number has changed. */
#include "hang.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define HANG_S	10  /* of the processor */
#define STUCK_S 120 /* of the clock */

static const volatile unsigned long *current;

/* Called once a second of the processor, and of the clock. */
static void is_it_the_same(int signal)
{
	static unsigned long seen[2];
	static unsigned seconds[2];
	bool waits = signal == SIGALRM;

	seconds[waits] = seen[waits] == *current ? seconds[waits] + 1 : 0;
	seen[waits] = *current;
	if (seconds[waits] < (waits ? STUCK_S : HANG_S))
		return;
	fprintf(stderr, "# mutation %lu hangs: %s\n", *current, strsignal(signal));
	abort();
}

#ifdef __SANITIZE_ADDRESS__
void __sanitizer_set_death_callback(void (*callback)(void));

/* After the report of the sanitizer. */
static void died(void)
{
	fprintf(stderr, "# mutation %lu fails\n", *current);
}
#else
static void fails(int signal)
{
	fprintf(stderr, "# mutation %lu fails: %s\n", *current, strsignal(signal));
	abort();
}
#endif

void hang_watch(const volatile unsigned long *number)
{
	static const struct itimerval each_second = {{1, 0}, {1, 0}};

	current = number;
	signal(SIGALRM, is_it_the_same);
	signal(SIGPROF, is_it_the_same);
	setitimer(ITIMER_PROF, &each_second, NULL);
	setitimer(ITIMER_REAL, &each_second, NULL);
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_set_death_callback(died);
#else
	signal(SIGFPE, fails);
	signal(SIGSEGV, fails);
#endif
}
