// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * libslab_files.c and libslab_note.c: libslab in whole and broken files, and in processes;
 * process_stat.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/process_stat.h"
#include "reference/registry_reader.h"
#include "slab.h"
#include "reference/libslab_note.h"
#include "reference/libslab_files.h"

/* Returns a file in memory with these bytes. */
static int file_of(const void *bytes, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	return fd;
}

/* This program, which contains libslab. */
static char *read_self(size_t *size)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	*size = (size_t)st.st_size;
	return bytes;
}

static int find_in(const void *bytes, size_t size, struct libslab_note *place)
{
	int fd = file_of(bytes, size), found = libslab_note_find(fd, place);

	close(fd);
	return found;
}

static void the_note_is_found(void **state)
{
	struct libslab_note place;
	size_t size;
	char *self = read_self(&size);

	(void)state;
	assert_int_equal(find_in(self, size, &place), 1);
	assert_int_equal(place.version, SLAB_REGISTRY_VERSION);
	assert_true(place.nr_loads > 0);
	assert_true(place.registry != 0);
	free(self);
}

static void other_files_have_none(void **state)
{
	static const char text[] = "#!/bin/sh\nslabscope slabsreg\n";
	struct libslab_note place;
	int fd = open("/bin/true", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(find_in(text, sizeof(text), &place), 0);
	assert_int_equal(find_in("", 0, &place), 0);
	assert_int_equal(find_in("\177ELF", 4, &place), 0);
	assert_true(fd >= 0);
	assert_int_equal(libslab_note_find(fd, &place), 0);
	close(fd);
}

/* Files that are cut off or damaged give any result, without a crash. */
static void broken_files_do_no_harm(void **state)
{
	struct libslab_note place;
	size_t size, cut;
	char *self = read_self(&size), *copy = malloc(size);
	unsigned seed = 1;

	(void)state;
	assert_non_null(copy);
	for (cut = 0; cut < 8192 && cut < size; cut += 61)
		assert_true(find_in(self, cut, &place) >= 0);
	for (int i = 0; i < 2000; i++) {
		size_t part = size < 16384 ? size : 16384;

		memcpy(copy, self, part);
		for (int n = 0; n < 8; n++) /* most damage is in the headers */
			copy[(unsigned)rand_r(&seed) % (i % 2 ? 1024 : part)] = (char)rand_r(&seed);
		assert_true(find_in(copy, part, &place) >= 0);
		libslab_note_address(&place, 0x10000, 0);
	}
	free(copy);
	free(self);
}

static int found_calls;

static void count_found(struct libslab_file *target, void *arg)
{
	assert_ptr_equal(arg, &found_calls);
	assert_true(target->number > 0);
	found_calls++;
}

/* The registry found in this process has its cache. */
static void expect_cache(pid_t pid, pid_t tid, const char *name)
{
	struct libslab_files *t = libslab_files_new(NULL, NULL);
	struct libslab_use use[LIBSLAB_FILES_PROCESS];
	struct registry_reading r;
	bool there = false;

	assert_non_null(t);
	libslab_files_round(t);
	found_calls = 0;
	assert_int_equal(libslab_files_scan(t, tid, use, count_found, &found_calls), 1);
	assert_int_equal(found_calls, 1);
	assert_int_equal(registry_read(tid, use[0].registry, &r), 0);
	assert_int_equal(r.pid, pid);
	for (size_t i = 0; i < r.nr_caches; i++)
		there |= !strcmp(r.cache[i].entry.name, name);
	assert_true(there);
	registry_reading_free(&r);
	libslab_files_free(t);
}

static void the_registry_is_found_in_a_process(void **state)
{
	struct kmem_cache *cache = kmem_cache_create("found", 100, 0, 0, NULL);
	int ready[2];
	pid_t child;
	char byte;

	(void)state;
	assert_non_null(cache);
	expect_cache(getpid(), getpid(), "found");
	/* In another process the addresses are the same, but the memory is not. */
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (!child) {
		/* After fork() the registry is the child's own. */
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	expect_cache(child, child, "found");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	kmem_cache_destroy(cache);
}

static void a_file_is_looked_into_once(void **state)
{
	struct libslab_files *t = libslab_files_new(NULL, NULL);
	struct libslab_use first[LIBSLAB_FILES_PROCESS], second[LIBSLAB_FILES_PROCESS];

	(void)state;
	assert_int_equal(libslab_files_scan(t, getpid(), first, NULL, NULL), 1);
	assert_int_equal(libslab_files_scan(t, getpid(), second, NULL, NULL), 1);
	assert_int_equal(first[0].number, second[0].number);
	assert_int_equal(first[0].registry, second[0].registry);
	assert_int_equal(libslab_files_scan(t, 1 << 22 | 1, first, NULL, NULL), -ESRCH);
	libslab_files_free(t);
}

static bool parse(const char *text, struct libslab_mapping *to)
{
	static char line[512];

	snprintf(line, sizeof(line), "%s", text);
	return libslab_files_parse_mapping(line, to);
}

static void mappings_are_parsed(void **state)
{
	struct libslab_mapping m;

	(void)state;
	assert_true(
		parse("7f01-7f03 r-xp 00001000 fe:01 4711                   /a b (deleted)", &m));
	assert_int_equal(m.start, 0x7f01);
	assert_int_equal(m.end, 0x7f03);
	assert_int_equal(m.offset, 0x1000);
	assert_int_equal(m.ino, 4711);
	assert_string_equal(m.path, "/a b (deleted)");
	assert_false(parse("7f01-7f03 r--p 00001000 fe:01 4711 /lib/x", &m));
	assert_false(parse("7f01-7f03 r-xp 00001000 00:00 0 ", &m));
	assert_false(parse("7f01-7f03 r-xp 00000000 00:00 0 [vdso]", &m));
	assert_false(parse("", &m));
	assert_false(parse(" ", &m));
	assert_false(parse("x r-xp", &m));
	assert_false(parse("7f01-7f03 r-xp", &m));
	assert_false(parse("7f01-7f03 r-xp 0 fe:01 99999999999999999999999 x", &m));
}

static int parse_stat(const char *text, struct process_stat *to, unsigned *threads)
{
	static char line[1024];

	snprintf(line, sizeof(line), "%s", text);
	return process_stat_parse(line, to, threads);
}

static void a_stat_file_is_parsed(void **state)
{
	struct process_stat st, other;
	unsigned threads;

	(void)state;
	assert_int_equal(
		parse_stat("42 (a) R 1) (x\n) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 "
			   "12345 8192 100 18446744073709551615 4096 8192 7777 0 0",
			   &st, &threads),
		0);
	assert_string_equal(st.comm, "a) R 1) (x?");
	assert_false(st.ended);
	assert_int_equal(threads, 3);
	assert_int_equal(st.start, 12345);
	assert_int_equal(st.vsize, 8192);
	assert_true(st.image != 0);
	/* Another stack means another program. */
	assert_int_equal(parse_stat("42 (a) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 "
				    "12345 8192 100 18446744073709551615 4096 8192 7778 0 0",
				    &other, &threads),
			 0);
	assert_true(other.image != st.image);
	/* No permission. */
	assert_int_equal(parse_stat("42 (a) Z 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 "
				    "12345 0 0 18446744073709551615 1 1 0 0 0",
				    &st, &threads),
			 0);
	assert_true(st.ended);
	assert_int_equal(st.image, 0);
	assert_int_equal(parse_stat("", &st, &threads), -EINVAL);
	assert_int_equal(parse_stat("42 (a", &st, &threads), -EINVAL);
	assert_int_equal(parse_stat("42 )a(", &st, &threads), -EINVAL);
	assert_int_equal(parse_stat("42 (a) ", &st, &threads), -EINVAL);
	assert_int_equal(parse_stat("42 (a) S 1 2 3", &st, &threads), -EINVAL);
}

static void a_process_is_described(void **state)
{
	struct process_stat mine, again;

	(void)state;
	assert_int_equal(process_stat(getpid(), &mine), 0);
	assert_int_equal(process_stat(getpid(), &again), 0);
	assert_string_equal(mine.comm, "libslab_files");
	assert_int_equal(mine.tid, getpid());
	assert_true(mine.vsize > 0);
	assert_int_equal(mine.start, again.start);
	assert_int_equal(mine.image, again.image);
	assert_int_equal(process_stat(1 << 22 | 1, &again), -ESRCH);
	assert_int_equal(process_status_number(getpid(), "Tgid"), getpid());
	assert_int_equal(process_status_number(getpid(), "Tgi"), -EINVAL);
	assert_int_equal(process_status_number(getpid(), "No such line"), -EINVAL);
	assert_int_equal(process_status_number(1 << 22 | 1, "Tgid"), -ESRCH);
}

static void *sleeper(void *arg)
{
	sleep(60);
	return arg;
}

/* The first thread of a program may end before the others; the process then lives on. */
static void a_process_outlives_its_first_thread(void **state)
{
	struct kmem_cache *cache = kmem_cache_create("outlives", 100, 0, 0, NULL);
	struct process_stat st = {0};
	pthread_t thread;
	pid_t child = fork();

	(void)state;
	if (!child) {
		pthread_create(&thread, NULL, sleeper, NULL);
		pthread_exit(NULL);
	}
	for (int i = 0; i < 500 && (process_stat(child, &st) || st.tid == (uint32_t)child); i++)
		usleep(10000);
	assert_false(st.ended);
	assert_int_not_equal(st.tid, child);
	assert_true(st.image != 0);
	expect_cache(child, (pid_t)st.tid, "outlives");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	kmem_cache_destroy(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_note_is_found),
		cmocka_unit_test(other_files_have_none),
		cmocka_unit_test(broken_files_do_no_harm),
		cmocka_unit_test(the_registry_is_found_in_a_process),
		cmocka_unit_test(a_file_is_looked_into_once),
		cmocka_unit_test(mappings_are_parsed),
		cmocka_unit_test(a_stat_file_is_parsed),
		cmocka_unit_test(a_process_is_described),
		cmocka_unit_test(a_process_outlives_its_first_thread),
	};

	return cmocka_run_group_tests_name("libslab_files", tests, NULL, NULL);
}
