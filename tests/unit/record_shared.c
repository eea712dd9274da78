// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The recorder's side of rings: it takes what a process has sent; and whatever a process does to
 * its file, the recorder ends soon, and stays what it is. FUZZ_COUNT files are mutated (200).
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/record_shared.h"
#include "record/record_slots.h"
#include "slab.h"

#include <cmocka.h>

#define ROUNDS	 3000
#define MUTATION 24

static char trace[] = "/tmp/slabscope-test-shared-XXXXXX";
static struct trace_writer *writer;
static struct record_shared *shared;
static struct recorder *recorder;

static const char *comm(uint32_t tgid, uint32_t binary, void *arg)
{
	(void)arg;
	return record_shared_comm(shared, tgid, binary);
}

static bool read_none(uint32_t tgid, uint32_t binary, struct registry_reading *to, void *arg)
{
	(void)tgid, (void)binary, (void)to, (void)arg;
	return false;
}

static int start(void **state)
{
	const struct recorder_settings settings = {.read = read_none, .comm = comm, .whole = true};
	struct failure f = {""};

	(void)state;
	strcpy(trace + strlen(trace) - 6, "XXXXXX");
	if (!mkdtemp(trace) || trace_writer_open(&writer, trace, false, &f) ||
	    record_shared_open(&shared, &f))
		return -1;
	recorder = recorder_new(writer, 0, &settings);
	return recorder ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	recorder_free(recorder);
	record_shared_close(shared);
	trace_writer_discard(writer);
	rmdir(trace);
	return 0;
}

/* Runs a process that sends events, and ends. */
static void send(void)
{
	pid_t pid;
	int status;

	setenv("SLAB_RING", record_shared_path(shared), 1);
	pid = fork();
	if (!pid) {
		struct kmem_cache *cachep = kmem_cache_create("sent", 100, 0, 0, NULL);
		void *objp[64];

		for (int i = 0; i < ROUNDS; i++)
			objp[i % 64] = kmem_cache_alloc(cachep, 0);
		kmem_cache_free(cachep, objp[0]);
		_exit(0);
	}
	unsetenv("SLAB_RING");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void take(bool last)
{
	struct failure f = {""};

	assert_int_equal(record_shared_take(shared, recorder, last, &f), 0);
	assert_int_equal(recorder_write(recorder, UINT64_MAX - 1, &f), 0);
	assert_int_equal(trace_writer_flush(writer, &f), 0);
}

static void what_a_process_sends_is_taken(void **state)
{
	uint64_t before;

	(void)state;
	send();
	take(false);
	assert_int_equal(record_shared_count(shared), 1);
	assert_true(trace_writer_events(writer) > ROUNDS);
	assert_int_equal(recorder_lost(recorder), 0);
	before = trace_writer_events(writer);
	send();
	send();
	take(true);
	assert_int_equal(record_shared_count(shared), 3);
	assert_in_range(trace_writer_events(writer) - before, 2 * ROUNDS, 4 * ROUNDS);
}

/* Maps the file that a process left. */
static char *left(size_t *bytes, int *fd)
{
	DIR *d = opendir(record_shared_path(shared));
	struct dirent *e;
	char *at;

	assert_non_null(d);
	do
		e = readdir(d);
	while (e && e->d_name[0] == '.');
	assert_non_null(e);
	*fd = openat(dirfd(d), e->d_name, O_RDWR);
	*bytes = (size_t)lseek(*fd, 0, SEEK_END);
	at = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	assert_ptr_not_equal(at, MAP_FAILED);
	closedir(d);
	return at;
}

static uint64_t seed = 1;

static uint64_t random_below(uint64_t bound)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % bound;
}

/* Changes words of the head, of the control blocks, or of slots. */
static void mutate(char *at, size_t cpus, size_t data)
{
	uint64_t values[] = {0, 1, UINT64_MAX, UINT32_MAX, random_below(UINT32_MAX), 14, 1 << 13};
	size_t places[] = {random_below(128), cpus + random_below(512), cpus + random_below(512),
			   data + random_below(ROUNDS * 32)};
	size_t place = places[random_below(4)] & ~(size_t)7;

	if (place < 8 && random_below(4)) /* mostly a valid magic */
		return;
	if (random_below(3))
		memcpy(at + place, &values[random_below(7)], 8);
	else
		at[place + random_below(8)] = (char)random_below(256);
}

static void whatever_is_in_a_file_the_recorder_goes_on(void **state)
{
	const char *wanted = getenv("FUZZ_COUNT");
	long count = wanted ? atol(wanted) : 200;

	(void)state;
	assert_non_null(freopen("/dev/null", "w", stderr)); /* it says what is damaged */
	for (long i = 0; i < count; i++) {
		const struct slab_ring_head *head;
		size_t bytes, cpus, data;
		char *at;
		int fd;

		send();
		at = left(&bytes, &fd);
		head = (const void *)at;
		cpus = head->cpus_offset;
		data = head->data_offset;
		for (uint64_t n = 1 + random_below(MUTATION); n; n--)
			mutate(at, cpus, data);
		munmap(at, bytes);
		if (!random_below(8))
			assert_int_equal(ftruncate(fd, (off_t)random_below(300000)), 0);
		close(fd);
		take(i % 2);
		take(true);
	}
	/* The next one is recorded as ever. */
	{
		uint64_t before = trace_writer_events(writer);

		send();
		take(true);
		assert_true(trace_writer_events(writer) - before > ROUNDS);
	}
}

static void what_is_no_file_with_rings_is_left_alone(void **state)
{
	char path[4200];

	(void)state;
	snprintf(path, sizeof(path), "%s/1-0", record_shared_path(shared));
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/2-0", record_shared_path(shared));
	assert_int_equal(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof(path), "%s/3-0", record_shared_path(shared));
	assert_int_equal(mkdir(path, 0700), 0);
	take(false);
	take(true);
	assert_int_equal(record_shared_count(shared), 0);
	rmdir(path);
}

static void the_slots_of_an_event_belong_together(void **state)
{
	struct slab_ring_slot slot[5] = {{.kind = SLAB_RING_CREATE, .more = 4}};
	struct record_event e;

	(void)state;
	assert_int_equal(record_slots_read(slot, 5, 0, &e), -1);
	for (unsigned i = 0; i < 4; i++) {
		slot[1 + i].kind = SLAB_RING_DATA;
		slot[1 + i].more = (uint8_t)i;
	}
	assert_int_equal(record_slots_read(slot, 5, 0, &e), 5);
	assert_int_equal(e.kind, RECORD_CREATE);
	assert_int_equal(record_slots_read(slot, 4, 0, &e), 0);
	assert_int_equal(record_slots_read(slot + 1, 4, 0, &e), -1);
	slot[0].more = 200;
	assert_int_equal(record_slots_read(slot, 5, 0, &e), -1);
	slot[0].kind = 200;
	assert_int_equal(record_slots_read(slot, 5, 0, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_a_process_sends_is_taken, start, stop),
		cmocka_unit_test_setup_teardown(whatever_is_in_a_file_the_recorder_goes_on, start,
						stop),
		cmocka_unit_test_setup_teardown(what_is_no_file_with_rings_is_left_alone, start,
						stop),
		cmocka_unit_test(the_slots_of_an_event_belong_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
