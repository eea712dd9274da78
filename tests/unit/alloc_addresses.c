// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Under RLIMIT_AS libslab takes at most a quarter of the addresses at its start, and more when it
 * needs them.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_help.h"
#include "pages.h"

#define MIB   ((size_t)1 << 20)
#define LIMIT (1024 * MIB)

static size_t addresses(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f || fscanf(f, "%lu", &pages) != 1)
		_exit(2);
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Allocates until the process has no more addresses. Returns how many bytes it got. */
static size_t alloc_all(void)
{
	size_t got = 0;
	uint64_t *objp;

	while ((objp = kmalloc(MIB, 0))) {
		*objp = got;
		if (virt_to_slab(objp)->cache)
			_exit(3);
		got += MIB;
	}
	return got;
}

static void run(void)
{
	struct rlimit limit = {.rlim_cur = LIMIT, .rlim_max = LIMIT};
	size_t before = addresses();
	void *mine;

	if (setrlimit(RLIMIT_AS, &limit))
		_exit(4);
	if (!kmalloc(100, 0))
		_exit(5);
	if (addresses() - before > LIMIT / 4 + 32 * MIB)
		_exit(6);
	mine = mmap(NULL, LIMIT / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mine == MAP_FAILED)
		_exit(7);
	munmap(mine, LIMIT / 2);
	if (alloc_all() < LIMIT / 2)
		_exit(8);
	_exit(0);
}

static void at_most_a_quarter(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (!pid)
		run();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_most_a_quarter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
