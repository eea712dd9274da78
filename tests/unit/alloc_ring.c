// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rings: what writers leave in them, from threads, signal handlers and children; without a
 * recorder; and their clock.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_help.h"
#include "ring.h"
#include "slab_ring.h"

#define THREADS 4
#define ROUNDS	20000

static char directory[] = "/tmp/slabscope-test-ring-XXXXXX";
static int recorder; /* the descriptor with the lock */

/* Runs a function in a new process whose libslab sends its events. Returns its exit status. */
static int in_process(int (*run)(void))
{
	pid_t pid;
	int status;

	setenv(SLAB_RING_VARIABLE, directory, 1);
	pid = fork();
	if (!pid) {
		close(recorder);
		_exit(run());
	}
	unsetenv(SLAB_RING_VARIABLE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Maps a file of the directory, and removes it. Returns NULL where there is none. */
static char *next_file(size_t *bytes)
{
	DIR *d = opendir(directory);
	char *at = NULL;
	struct dirent *e;

	while (d && !at && (e = readdir(d))) {
		int fd;

		if (e->d_name[0] == '.')
			continue;
		fd = openat(dirfd(d), e->d_name, O_RDONLY);
		*bytes = (size_t)lseek(fd, 0, SEEK_END);
		at = mmap(NULL, *bytes, PROT_READ, MAP_SHARED, fd, 0);
		assert_ptr_not_equal(at, MAP_FAILED);
		close(fd);
		unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
	return at;
}

static struct counts {
	unsigned long kind[SLAB_RING_KINDS], lost, incomplete;
} counts;

/* Counts what is in the rings of a file. Nothing may be overwritten: nobody reads. */
static void count(const char *file)
{
	const struct slab_ring_head *head = (const void *)file;
	const struct slab_ring_cpu *cpus = (const void *)(file + head->cpus_offset);
	const struct slab_ring_slot *slots = (const void *)(file + head->data_offset);

	assert_true(head->magic == SLAB_RING_MAGIC);
	for (uint32_t cpu = 0; cpu < head->nr_cpus; cpu++) {
		const struct slab_ring_cpu *c = &cpus[cpu];
		uint32_t shift = SLAB_RING_MIN_SHIFT;
		uint64_t ns = 0;

		counts.lost += c->lost;
		for (uint64_t p = 0; p < c->head; p++) {
			const struct slab_ring_slot *s;

			while (shift < c->shift && c->start[shift + 1 - SLAB_RING_MIN_SHIFT] == p)
				shift++;
			s = &slots[slab_ring_first(cpu, head->max_shift, shift) +
				   (p & ((1ull << shift) - 1))];
			if (s->seq != slab_ring_seq(p)) {
				counts.incomplete++;
				continue;
			}
			assert_in_range(s->kind, 1, SLAB_RING_KINDS - 1);
			counts.kind[s->kind]++;
			if (s->kind != SLAB_RING_DATA)
				ns = s->ns > ns ? s->ns : ns;
		}
		assert_true(ns < trace_clock());
	}
}

/* Counts all files. Returns how many. */
static int count_all(void)
{
	size_t bytes;
	char *file;
	int files = 0;

	counts = (struct counts){0};
	while ((file = next_file(&bytes))) {
		count(file);
		munmap(file, bytes);
		files++;
	}
	return files;
}

/* ---- threads --------------------------------------------------------------------------------- */

static struct kmem_cache *cachep;

static void *pairs(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		void *objp = kmem_cache_alloc(cachep, 0);

		if (objp)
			kmem_cache_free(cachep, objp);
	}
	return unused;
}

static int threads(void)
{
	pthread_t thread[THREADS];

	cachep = kmem_cache_create("threads", 64, 0, 0, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, pairs, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

static void each_event_of_all_threads_is_there(void **state)
{
	(void)state;
	assert_int_equal(in_process(threads), 0);
	assert_int_equal(count_all(), 1);
	assert_int_equal(counts.incomplete, 0);
	/* A thread that is interrupted while it takes a larger ring has others lose theirs. */
	assert_in_range(counts.kind[SLAB_RING_ALLOC] + counts.kind[SLAB_RING_FREE],
			2 * THREADS * ROUNDS - counts.lost, 2 * THREADS * ROUNDS);
	assert_true(counts.lost < THREADS * ROUNDS / 10);
}

/* ---- signals --------------------------------------------------------------------------------- */

static struct kmem_cache *of_handler;
static volatile unsigned long handled;

/* Sends events itself: the slow path may not run in a handler. */
static void handler(int signal)
{
	(void)signal;
	probe_shrink(of_handler->id);
	handled++;
}

static int signals(void)
{
	struct itimerval often = {{0, 50}, {0, 50}};

	cachep = kmem_cache_create("signals", 64, 0, 0, NULL);
	of_handler = cachep;
	signal(SIGPROF, handler);
	setitimer(ITIMER_PROF, &often, NULL);
	while (handled < 20)
		pairs(NULL);
	setitimer(ITIMER_PROF, &(struct itimerval){0}, NULL);
	for (unsigned long i = handled; i < 1000000; i++)
		probe_tune(cachep->id, 1, 1, 1); /* the test learns how many there were */
	return 0;
}

static void a_signal_in_the_middle_of_an_event_may_send_another(void **state)
{
	(void)state;
	assert_int_equal(in_process(signals), 0);
	assert_int_equal(count_all(), 1);
	assert_int_equal(counts.incomplete, 0);
	if (!counts.lost)
		assert_int_equal(counts.kind[SLAB_RING_SHRINK] + counts.kind[SLAB_RING_TUNE],
				 1000000);
	assert_true(counts.kind[SLAB_RING_SHRINK] >= 20);
}

/* ---- children -------------------------------------------------------------------------------- */

static int children(void)
{
	int status = 0;

	cachep = kmem_cache_create("children", 64, 0, 0, NULL);
	pairs(NULL);
	for (int i = 0; i < 2; i++) {
		pid_t pid = i ? _Fork() : fork();

		if (!pid) {
			pairs(NULL);
			_exit(0);
		}
		waitpid(pid, &status, 0);
	}
	return status;
}

/* The child of _Fork() has no ring, because no handler ran; it writes to none. */
static void a_child_writes_to_its_own_rings(void **state)
{
	size_t bytes;
	char *file;
	int files = 0;

	(void)state;
	assert_int_equal(in_process(children), 0);
	while ((file = next_file(&bytes))) {
		counts = (struct counts){0};
		count(file);
		munmap(file, bytes);
		assert_int_equal(counts.kind[SLAB_RING_ALLOC], ROUNDS);
		files++;
	}
	assert_int_equal(files, 2);
}

/* ---- without a recorder ---------------------------------------------------------------------- */

static void without_a_recorder_there_are_no_rings(void **state)
{
	(void)state;
	assert_int_equal(flock(recorder, LOCK_UN), 0);
	assert_int_equal(in_process(threads), 0);
	assert_int_equal(flock(recorder, LOCK_EX), 0);
	assert_int_equal(count_all(), 0);
}

/* Nothing reads what libslab says. */
static int limited(void)
{
	struct rlimit little = {65536, 65536};
	int ends[2];

	setrlimit(RLIMIT_FSIZE, &little);
	if (pipe(ends) || dup2(ends[1], STDERR_FILENO) < 0)
		return 1;
	close(ends[0]);
	close(ends[1]);
	return threads();
}

static void a_limit_of_file_sizes_ends_nothing(void **state)
{
	(void)state;
	assert_int_equal(in_process(limited), 0);
	count_all();
	assert_int_equal(counts.kind[SLAB_RING_ALLOC], 0);
}

/* ---- the clock ------------------------------------------------------------------------------- */

static void its_clock_is_the_monotonic_one(void **state)
{
	uint64_t end = trace_clock() + 100000000;

	(void)state;
	ring_clock_open();
	for (;;) {
		uint64_t before = trace_clock(), ns = ring_clock(), after = trace_clock();

		assert_in_range(ns, before - RING_CLOCK_ERROR, after + RING_CLOCK_ERROR);
		if (before > end)
			break;
	}
	/* After a pause the line leads on. */
	usleep(20000);
	for (int i = 0; i < 1000; i++) {
		uint64_t before = trace_clock(), ns = ring_clock(), after = trace_clock();

		assert_in_range(ns, before - RING_CLOCK_ERROR, after + RING_CLOCK_ERROR);
	}
}

static int setup(void **state)
{
	(void)state;
	recorder = mkdtemp(directory) ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return recorder < 0 || flock(recorder, LOCK_EX);
}

static int teardown(void **state)
{
	(void)state;
	count_all();
	close(recorder);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_of_all_threads_is_there),
		cmocka_unit_test(a_signal_in_the_middle_of_an_event_may_send_another),
		cmocka_unit_test(a_child_writes_to_its_own_rings),
		cmocka_unit_test(without_a_recorder_there_are_no_rings),
		cmocka_unit_test(a_limit_of_file_sizes_ends_nothing),
		cmocka_unit_test(its_clock_is_the_monotonic_one),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
