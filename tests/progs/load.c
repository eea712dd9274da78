// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * load.c: a load on libslab that counts its own calls, for tests that compare the counts of
 * observers.
 *
 * Each thread allocates BURST objects and frees them again, newest first, OPS times in all. It
 * counts its requests and the answers of the inlined hit, by CPU; threads that are not pinned
 * count for CPU -1. One line of JSON a message on stdout:
 *
 *     {"ready": PID}                     caches exist; waits for a line on stdin (not with -g)
 *     {"cache": .., "cpu": .., "allocs": .., "frees": .., "hits": .., "misses": .., "full": ..}
 *     {"done": PID}                      waits until stdin ends (not with -g), then ends itself
 */
#include <err.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "slab.h"

#define THREADS_MAX 64
#define CACHES_MAX  16
#define BURST_MAX   100000

struct counts {
	unsigned long allocs, frees, hits, misses, full;
};

struct worker {
	pthread_t thread;
	int cpu;
	unsigned seed;
	struct counts count[CACHES_MAX];
};

static struct {
	int threads, cpus[THREADS_MAX], nr_cpus, caches;
	unsigned long ops, burst, size, pause_us;
	unsigned flags;
	const char *name, *then;
	bool migrate, go, destroy, keep, forever, leave;
} opt = {.threads = 1, .caches = 1, .ops = 100000, .burst = 200, .size = 64, .name = "load"};

static struct kmem_cache *cache[CACHES_MAX];

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "cannot run on CPU %d", cpu);
}

/* A hit also fails where its sequence was aborted. So often in a row, the array is the reason. */
#define TRIES 5

/* Calls kmem_cache_alloc() and counts the result. */
static void *alloc_counted(struct kmem_cache *c, struct counts *n)
{
	void *object = NULL;

#ifdef SLAB_INLINE_HIT
	for (int i = 0; i < TRIES && !object; i++)
		object = slab_hit_alloc(c);
#endif
	if (object) {
		n->hits++;
	} else {
		n->misses++;
		object = slab_alloc(c, 0);
	}
	if (!object)
		errx(1, "out of memory");
	n->allocs++;
	return object;
}

static void free_counted(struct kmem_cache *c, void *object, struct counts *n)
{
	int room = 0;

#ifdef SLAB_INLINE_HIT
	for (int i = 0; i < TRIES && !room; i++)
		room = slab_hit_free(c, object);
#endif
	if (!room) {
		n->full++;
		slab_free(c, object);
	}
	n->frees++;
}

static void move_somewhere(struct worker *w)
{
	pin(opt.cpus[rand_r(&w->seed) % (unsigned)opt.nr_cpus]);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	void **object = calloc(opt.burst, sizeof(*object));
	struct timespec pause = {.tv_nsec = (long)opt.pause_us * 1000};

	if (!object)
		err(1, "no memory");
	if (w->cpu >= 0)
		pin(w->cpu);
	for (unsigned long done = 0; opt.forever || done < opt.ops; done += opt.burst) {
		for (int c = 0; c < opt.caches; c++) {
			for (unsigned long i = 0; i < opt.burst; i++)
				object[i] = alloc_counted(cache[c], &w->count[c]);
			if (opt.migrate)
				move_somewhere(w);
			for (unsigned long i = opt.burst; !opt.keep && i-- > 0;)
				free_counted(cache[c], object[i], &w->count[c]);
		}
		if (opt.pause_us)
			nanosleep(&pause, NULL);
	}
	free(object);
	return NULL;
}

static void say(const struct worker *w, int c)
{
	const struct counts *n = &w->count[c];

	printf("{\"cache\": \"%s%d\", \"cpu\": %d, \"allocs\": %lu, \"frees\": %lu, \"hits\": %lu, "
	       "\"misses\": %lu, \"full\": %lu}\n",
	       opt.name, c, w->cpu, n->allocs, n->frees, n->hits, n->misses, n->full);
}

static void wait_for_line(void)
{
	int c;

	fflush(stdout);
	while (!opt.go && (c = getchar()) != EOF && c != '\n')
		;
}

static void parse_cpus(char *list)
{
	for (char *at = strtok(list, ","); at && opt.nr_cpus < THREADS_MAX; at = strtok(NULL, ","))
		opt.cpus[opt.nr_cpus++] = atoi(at);
}

static const char usage[] =
	"usage: load [-t THREADS] [-c CPU,CPU...] [-n OPS] [-b BURST] [-s SIZE] [-C CACHES]\n"
	"            [-N NAME] [-P PAUSE_US] [-E NAME] [-m] [-g] [-d] [-k] [-S] [-f] [-x]\n"
	"  -c  pins the threads to these CPUs in turn; -m  or has them move among them\n"
	"  -g  goes at once and ends at once  -d  destroys the caches at the end\n"
	"  -k  keeps what was allocated  -S  without shared array  -f  forever\n"
	"  -E  at the end runs itself in place, with caches of this name, going at once\n"
	"  -x  ends its first thread while the others work\n";

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "t:c:n:b:s:C:N:P:E:mgdkSfx")) != -1) {
		switch (c) {
		case 't':
			opt.threads = atoi(optarg);
			break;
		case 'c':
			parse_cpus(optarg);
			break;
		case 'n':
			opt.ops = strtoul(optarg, NULL, 0);
			break;
		case 'b':
			opt.burst = strtoul(optarg, NULL, 0);
			break;
		case 's':
			opt.size = strtoul(optarg, NULL, 0);
			break;
		case 'C':
			opt.caches = atoi(optarg);
			break;
		case 'N':
			opt.name = optarg;
			break;
		case 'P':
			opt.pause_us = strtoul(optarg, NULL, 0);
			break;
		case 'E':
			opt.then = optarg;
			break;
		case 'x':
			opt.leave = true;
			break;
		case 'm':
			opt.migrate = true;
			break;
		case 'g':
			opt.go = true;
			break;
		case 'd':
			opt.destroy = true;
			break;
		case 'k':
			opt.keep = true;
			break;
		case 'S':
			opt.flags |= SLAB_NO_SHARED;
			break;
		case 'f':
			opt.forever = true;
			break;
		default:
			errx(2, "unknown option\n%s", usage);
		}
	}
	if (opt.threads < 1 || opt.threads > THREADS_MAX || opt.caches < 1 ||
	    opt.caches > CACHES_MAX || !opt.burst || opt.burst > BURST_MAX ||
	    opt.pause_us > 999999 || (opt.migrate && !opt.nr_cpus))
		errx(2, "an option is out of range\n%s", usage);
}

/* Executes the same program again, with the same options except -E; it starts at once. */
static void run_again(char **argv)
{
	char *again[64];
	int n = 0;

	for (int i = 0; argv[i] && n < 60; i++) {
		if (!strcmp(argv[i], "-E"))
			i++;
		else
			again[n++] = argv[i];
	}
	again[n++] = (char *)"-N";
	again[n++] = (char *)opt.then;
	again[n++] = (char *)"-g";
	again[n] = NULL;
	fflush(stdout);
	execv("/proc/self/exe", again);
	err(1, "cannot run again");
}

int main(int argc, char **argv)
{
	static struct worker worker[THREADS_MAX];
	char name[32];

	parse(argc, argv);
	for (int c = 0; c < opt.caches; c++) {
		snprintf(name, sizeof(name), "%.24s%d", opt.name, c);
		cache[c] = kmem_cache_create(name, opt.size, 0, opt.flags, NULL);
		if (!cache[c])
			err(1, "no cache");
	}
	printf("{\"ready\": %d}\n", getpid());
	wait_for_line();
	for (int i = 0; i < opt.threads; i++) {
		worker[i].cpu = opt.nr_cpus && !opt.migrate ? opt.cpus[i % opt.nr_cpus] : -1;
		worker[i].seed = (unsigned)i + 1;
		if (pthread_create(&worker[i].thread, NULL, work, &worker[i]))
			errx(1, "no thread");
	}
	if (opt.leave) {
		fflush(stdout);
		pthread_exit(NULL);
	}
	for (int i = 0; i < opt.threads; i++)
		pthread_join(worker[i].thread, NULL);
	for (int i = 0; i < opt.threads; i++)
		for (int c = 0; c < opt.caches; c++)
			say(&worker[i], c);
	printf("{\"done\": %d}\n", getpid());
	wait_for_line();
	for (int c = 0; opt.destroy && c < opt.caches; c++)
		kmem_cache_destroy(cache[c]);
	if (opt.then)
		run_again(argv);
	return 0;
}
