// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * workload.c: a worker on each of up to four CPUs takes turns of random size until its time is over
 * or a signal arrives. A worker finishes its turn first, and gives back what it made.
 */
#include "command/workload.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command/workload_kinds.h"

#define WORKERS_MAX 4

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static const struct workload_kind *kind_of(const char *name)
{
	for (unsigned i = 0; i < workload_nr_kinds; i++)
		if (!strcmp(workload_kinds[i].name, name))
			return &workload_kinds[i];
	return NULL;
}

bool workload_exists(const char *name)
{
	return !strcmp(name, "all") || kind_of(name);
}

/* ---- a worker ------------------------------------------------------------------------------- */

/* Takes turns until a time. Returns 0, or the last error if every turn failed. */
static int take_turns(const struct workload_kind *kind, double until, unsigned seed)
{
	bool any = false;
	int err = 0;

	do {
		seed = seed * 1664525 + 1013904223;
		err = kind->turn(1 + (seed >> 8) % 100);
		any |= !err;
		if (err) /* other processes use all of the resource: slow down */
			usleep(1000);
	} while (!stopped && now() < until);
	return any || stopped ? 0 : err;
}

static int work(const char *name, double seconds, unsigned number)
{
	const struct workload_kind *only = kind_of(name);
	double began = now();
	int err;

	if (only)
		return take_turns(only, began + seconds, number + 1);
	for (unsigned i = 0; i < workload_nr_kinds && !stopped; i++) {
		err = take_turns(&workload_kinds[i], began + seconds * (i + 1) / workload_nr_kinds,
				 number + 1);
		if (err)
			return err;
	}
	return 0;
}

/* Raises the limit of descriptors to what a turn needs, if that is permitted. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= WORKLOAD_MOST + 64)
		return;
	limit.rlim_cur = limit.rlim_max < WORKLOAD_MOST + 64 ? limit.rlim_max : WORKLOAD_MOST + 64;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Fills to with CPUs that this process may use. Returns how many, at most most. */
static unsigned choose_cpus(unsigned *to, unsigned most)
{
	unsigned nr = 0;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && nr < most; cpu++)
		if (CPU_ISSET(cpu, &set))
			to[nr++] = cpu;
	return nr;
}

static pid_t start_worker(const char *name, double seconds, unsigned number, unsigned cpu)
{
	pid_t parent = getpid(), pid = fork();
	cpu_set_t set;
	int err;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(0);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	err = work(name, seconds, number);
	_exit(err ? -err & 0x7f : 0);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static int wait_for_workers(const pid_t *pid, unsigned nr)
{
	int err = 0, status;

	for (unsigned i = 0; i < nr; i++) {
		while (waitpid(pid[i], &status, 0) < 0 && errno == EINTR)
			for (unsigned j = i; stopped && j < nr; j++)
				kill(pid[j], SIGTERM);
		if (WIFEXITED(status) && WEXITSTATUS(status))
			err = -WEXITSTATUS(status);
	}
	return err;
}

int workload_run(const char *name, double seconds, struct failure *f)
{
	struct sigaction action = {.sa_handler = stop};
	unsigned cpu[WORKERS_MAX], cpus = choose_cpus(cpu, WORKERS_MAX), nr = 0;
	pid_t pid[WORKERS_MAX];
	int err;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	allow_descriptors();
	for (; nr < (cpus ?: 1); nr++) {
		pid[nr] = start_worker(name, seconds, nr, cpus ? cpu[nr] : 0);
		if (pid[nr] < 0)
			break;
	}
	if (!nr) {
		fail(f, errno, "cannot start a worker: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	err = wait_for_workers(pid, nr);
	if (err)
		fail(f, -err, "workload %s failed: %s", name, strerror(-err));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
