// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * whole_cost.c: what a user feels of a program that watches the kernel: a load, and a peer of
 * slabscope that shows as much as slabratetop.
 *
 * whole_cost load ROUNDS: opens files, epoll instances and sockets, in batches. Prints how many
 * nanoseconds that took, and how many of these were processor time of its own.
 *
 * whole_cost watch OBJECT PROGRAM: attaches a program of peers.bpf.c, which counts by name. Prints
 * and clears the counts every second, until it is killed.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 500
#define ROWS  20
#define NAMES 10240

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void batch(int held[4][BATCH])
{
	struct epoll_event event = {.events = EPOLLIN};

	for (int i = 0; i < BATCH; i++) {
		int pair[2];

		held[0][i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		held[1][i] = epoll_create1(EPOLL_CLOEXEC);
		if (held[0][i] < 0 || held[1][i] < 0 ||
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ||
		    epoll_ctl(held[1][i], EPOLL_CTL_ADD, pair[0], &event))
			err(1, "batch");
		held[2][i] = pair[0];
		held[3][i] = pair[1];
	}
	for (int i = 0; i < BATCH; i++)
		for (int kind = 0; kind < 4; kind++)
			close(held[kind][i]);
}

static int load(long rounds)
{
	const struct rlimit limit = {.rlim_cur = 4 * BATCH + 64, .rlim_max = 4 * BATCH + 64};
	static int held[4][BATCH];
	uint64_t wall, own;

	setrlimit(RLIMIT_NOFILE, &limit);
	batch(held);
	wall = now(CLOCK_MONOTONIC);
	own = now(CLOCK_PROCESS_CPUTIME_ID);
	for (long i = 0; i < rounds; i++)
		batch(held);
	printf("[%" PRIu64 ", %" PRIu64 "]\n", now(CLOCK_MONOTONIC) - wall,
	       now(CLOCK_PROCESS_CPUTIME_ID) - own);
	return 0;
}

struct row {
	char name[32];
	uint64_t count, size;
};

static int by_count(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

static void show(int map)
{
	static struct row rows[NAMES];
	size_t nr = 0;

	while (nr < NAMES &&
	       !bpf_map_get_next_key(map, nr ? rows[nr - 1].name : NULL, rows[nr].name)) {
		if (bpf_map_lookup_elem(map, rows[nr].name, &rows[nr].count))
			rows[nr].count = 0;
		nr++;
	}
	for (size_t i = 0; i < nr; i++)
		bpf_map_delete_elem(map, rows[i].name);
	qsort(rows, nr, sizeof(rows[0]), by_count);
	for (size_t i = 0; i < nr && i < ROWS; i++)
		printf("%-32s %6" PRIu64 " %10" PRIu64 "\n", rows[i].name, rows[i].count,
		       rows[i].size);
	putchar('\n');
	fflush(stdout);
}

static int watch(const char *file, const char *name)
{
	struct bpf_object *object = bpf_object__open_file(file, NULL);
	struct bpf_program *program, *wanted;
	int map;

	if (!object)
		errx(1, "cannot open %s", file);
	bpf_object__for_each_program(program, object) bpf_program__set_autoload(program, false);
	wanted = bpf_object__find_program_by_name(object, name);
	if (!wanted)
		errx(1, "no program is named %s", name);
	bpf_program__set_autoload(wanted, true);
	if (bpf_object__load(object) || !bpf_program__attach(wanted))
		err(1, "cannot attach %s", name);
	map = bpf_object__find_map_fd_by_name(object, "by_name");
	for (;; sleep(1))
		show(map);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "load"))
		return load(atol(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "watch"))
		return watch(argv[2], argv[3]);
	errx(2, "usage: whole_cost load ROUNDS | watch OBJECT PROGRAM");
}
