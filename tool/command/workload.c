// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * workload.c: a worker on each of up to four CPUs takes turns of random size until its time is over, or a
 * signal says so. What a worker is in the middle of is given back first.
 */
#include "command/workload.h"

#include <argp.h>
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

#include "command/options_parse.h"
#include "command/workload_kinds.h"

#define WORKERS_MAX 4
#define SECONDS_MAX 3600

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

/* ---- a worker --------------------------------------------------------------------------------- */

/* Turns until then. Returns 0 or, if there was not one that worked, the last one's error. */
static int take_turns(const struct workload_kind *kind, double until, unsigned seed)
{
	bool any = false;
	int err = 0;

	do {
		seed = seed * 1664525 + 1013904223;
		err = kind->turn(1 + (seed >> 8) % 100);
		any |= !err;
		if (err) /* somebody else has too much of it: not too fast */
			usleep(1000);
	} while (!stopped && now() < until);
	return any || stopped ? 0 : err;
}

static int work(const struct workload_options *o, unsigned number)
{
	const struct workload_kind *only = kind_of(o->name);
	double began = now();
	int err;

	if (only)
		return take_turns(only, began + o->seconds, number + 1);
	for (unsigned i = 0; i < workload_nr_kinds && !stopped; i++) {
		err = take_turns(&workload_kinds[i],
				 began + o->seconds * (i + 1) / workload_nr_kinds, number + 1);
		if (err)
			return err;
	}
	return 0;
}

/* As many descriptors as a turn needs, if we may. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= WORKLOAD_MOST + 64)
		return;
	limit.rlim_cur = limit.rlim_max < WORKLOAD_MOST + 64 ? limit.rlim_max : WORKLOAD_MOST + 64;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* The CPUs that we may use, up to so many. */
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

static pid_t start_worker(const struct workload_options *o, unsigned number, unsigned cpu)
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
	err = work(o, number);
	_exit(err ? -err & 0x7f : 0);
}

/* ---- all of them ------------------------------------------------------------------------------ */

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

int workload_run(const struct workload_options *o, struct failure *f)
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
		pid[nr] = start_worker(o, nr, cpus ? cpu[nr] : 0);
		if (pid[nr] < 0)
			break;
	}
	if (!nr) {
		fail(f, errno, "cannot start a worker: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	err = wait_for_workers(pid, nr);
	if (err)
		fail(f, -err, "the workload %s could do nothing: %s", o->name, strerror(-err));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- the command line ------------------------------------------------------------------------- */

static const struct argp_option workload_options[] = {
	{"delay", 'd', "SECONDS", 0, "End after SECONDS, 0.1 to 3600 [2]", 0},
	OPTIONS_HELP,
};

static const char workload_doc[] =
	"Makes the kernel allocate and free, for slabscope or anybody else to watch: files, sockets, pipes, "
	"messages (System V), inodes, threads, or all of them in turn; on up to four CPUs, in batches of random "
	"size. Needs no privilege, and leaves nothing behind.";

static error_t parse_workload(int key, char *value, struct argp_state *state)
{
	struct parse *p = state->input;
	struct workload_options *o = p->to;

	switch (key) {
	case 'd':
		if (!options_number(value, 0.1, SECONDS_MAX, &o->seconds))
			return -options_usage(p, "-d", value, "SECONDS must be from 0.1 to 3600");
		return 0;
	case ARGP_KEY_ARG:
		if (o->name)
			return ARGP_ERR_UNKNOWN;
		if (!workload_exists(value))
			return -options_usage(p, "argument", value,
					      "NAME must be one of " WORKLOAD_NAMES);
		o->name = value;
		return 0;
	case ARGP_KEY_END:
		if (!o->name)
			return -options_usage(p, "argument", "NAME",
					      "it is missing: one of " WORKLOAD_NAMES);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int options_parse_workload(struct workload_options *o, int argc, char **argv, struct failure *f)
{
	const struct argp argp = {.options = workload_options,
				  .parser = options_parser,
				  .args_doc = "NAME",
				  .doc = workload_doc};
	struct parse p = {
		.command = "slabscope workload", .own = parse_workload, .to = o, .failure = f};

	*o = (struct workload_options){.seconds = 2};
	return options_run(&p, &argp, argc, argv);
}
