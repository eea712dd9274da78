// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * family.c: a process and its children, one after the other, allocate and free at random. Each
 * prints {"pid": PID, "allocs": N, "frees": N}, what it did itself. With -u it first prints
 * {"ready": PID}, and works in bursts until a line comes.
 */
#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slab.h"

#define CACHES 1100 /* more than the registry of libslab has room for */
#define SLOTS  600

static struct kmem_cache *cache[CACHES];
static void *slot[SLOTS];
static unsigned short from[SLOTS];
static unsigned long allocs, frees;
static int caches = 3;

static void work(unsigned long ops, unsigned random)
{
	while (ops--) {
		unsigned at;

		random = random * 1664525 + 1013904223;
		at = (random >> 8) % SLOTS;
		if (slot[at]) {
			kmem_cache_free(cache[from[at]], slot[at]);
			slot[at] = NULL;
			frees++;
			continue;
		}
		from[at] = (unsigned short)((random >> 20) % (unsigned)caches);
		slot[at] = kmem_cache_alloc(cache[from[at]], 0);
		if (!slot[at])
			errx(1, "out of memory");
		allocs++;
	}
}

/* Allocates into all slots, and frees them: arrays run empty and full. */
static void burst(int c)
{
	for (int i = 0; i < SLOTS; i++)
		slot[i] = kmem_cache_alloc(cache[c], 0);
	for (int i = 0; i < SLOTS; i++)
		kmem_cache_free(cache[c], slot[i]);
	allocs += SLOTS;
	frees += SLOTS;
}

static void report(void)
{
	dprintf(1, "{\"pid\": %d, \"allocs\": %lu, \"frees\": %lu}\n", getpid(), allocs, frees);
}

static void until_line(void)
{
	struct pollfd fd = {0, POLLIN, 0};

	dprintf(1, "{\"ready\": %d}\n", getpid());
	for (int i = 0; !poll(&fd, 1, 0); i++)
		burst(i % caches);
}

int main(int argc, char **argv)
{
	unsigned long ops = 20000;
	int children = 0, o;
	bool until = false;
	char name[32];

	while ((o = getopt(argc, argv, "n:f:c:u")) != -1) {
		if (o == 'n')
			ops = strtoul(optarg, NULL, 0);
		else if (o == 'f')
			children = atoi(optarg);
		else if (o == 'c')
			caches = atoi(optarg);
		else if (o == 'u')
			until = true;
	}
	if (caches < 1 || caches > CACHES)
		errx(2, "1 to %d caches", CACHES);
	for (int c = 0; c < caches; c++) {
		snprintf(name, sizeof(name), "family-%d", c);
		cache[c] = kmem_cache_create(name, 40 + (size_t)(c % 40) * 24, 0, 0, NULL);
		if (!cache[c])
			err(1, "no cache");
	}
	if (until)
		until_line();
	else
		work(ops, 1);
	for (int i = 0; i < children; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "no child");
		if (!pid) {
			allocs = frees = 0;
			work(ops, (unsigned)i + 2);
			report();
			_exit(0);
		}
		if (waitpid(pid, NULL, 0) != pid)
			err(1, "lost the child");
	}
	report();
	return 0;
}
