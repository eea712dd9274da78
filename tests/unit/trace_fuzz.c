/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Mutated recordings: whatever is in the files, reading and replaying them ends, soon, and takes no more
 * memory than a bound. Runs for FUZZ_SECONDS (30 with ASan, else 3), or FUZZ_COUNT mutations, from number
 * FUZZ_SEED (1): the number of a mutation that fails is printed, and repeats it. Most are of a small
 * recording, as that is faster.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "replay.h"
#include "replay_threads.h"
#include "source_recording.h"
#include "trace_writer.h"

#include <cmocka.h>

#define MEMORY_MAX (1024u << 10) /* KiB, ASan's own included */
#define HANG_S	   10  /* of a processor */
#define STUCK_S	   120 /* of waiting */
#define THREADS_EACH 64 /* so many mutations, one is also replayed on threads */

#ifdef __SANITIZE_ADDRESS__
#define SECONDS 30
#define WITH_ASAN true
#else
#define SECONDS 3
#define WITH_ASAN false
#endif

static const char *const files[] = {"state", "cpu_0", "cpu_1", "metadata"};
#define FILES (sizeof(files) / sizeof(*files))

static char dir[64];
struct file {
	unsigned char data[96 << 10];
	size_t size;
};
enum { SMALL, LARGE, SIZES };
static const struct {
	unsigned caches, events;
} sizes[SIZES] = {{2, 300}, {4, 3000}};
static struct file good[SIZES][FILES], bad[FILES];
static uint64_t random_state;
static unsigned long mutation;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void put(struct trace_writer *w, struct trace_event e, uint64_t *ns)
{
	struct failure f = {""};

	e.ns = *ns += 50;
	assert_int_equal(trace_write(w, &e, &f), 0);
}

/* A recording with every kind of event in it. */
static void make_good(unsigned caches, unsigned events)
{
	struct failure f = {""};
	struct trace_writer *w;
	uint64_t ns = 1000, live[64] = {0};

	assert_int_equal(trace_writer_open(&w, dir, &f), 0);
	for (unsigned c = 0; c < caches; c++) {
		struct trace_event e = {.cpu = TRACE_NO_CPU, .id = TRACE_CACHE,
					.value = {c, 1 + c / 2, c & 1, 40 << c, 40 << c, 0, 0, 30, 15, 8, 2}};

		snprintf(e.text[0], TRACE_TEXT, "cache-%u", c);
		put(w, e, &ns);
		e = (struct trace_event){.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE,
					 .value = {c, 0, 3, 2, 1, 70, 10}};
		put(w, e, &ns);
	}
	for (unsigned n = 0; n < events; n++) {
		unsigned c = n % caches, at = (unsigned)next_random() % 16 * caches + c;
		struct trace_event e = {.cpu = n / 7 % 2, .value = {c}};

		if (n % 20 == 19) {
			e.id = (uint8_t)(TRACE_ARRAY_STATE + n / 20 % (TRACE_IDS - TRACE_ARRAY_STATE));
			e.value[1] = e.value[2] = e.value[3] = 3;
		} else if (live[at]) {
			e.id = TRACE_FREE;
			e.value[FREE_OBJECT] = live[at];
			live[at] = 0;
		} else {
			e.id = n % 50 ? TRACE_ALLOC_HIT : TRACE_ALLOC_BYPASS;
			e.value[ALLOC_OBJECT] = live[at] = 0x1000 + 1024ull * at;
		}
		put(w, e, &ns);
	}
	assert_int_equal(trace_writer_close(w, &f), 0);
}

static void read_good(struct file *to)
{
	for (size_t i = 0; i < FILES; i++) {
		char path[128];
		FILE *from;

		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		to[i].size = 0;
		from = fopen(path, "re");
		assert_non_null(from);
		to[i].size = fread(to[i].data, 1, sizeof(to[i].data), from);
		assert_true(to[i].size > 0 && to[i].size < sizeof(to[i].data));
		fclose(from);
	}
}

static void copy(const struct file *from)
{
	for (size_t i = 0; i < FILES; i++) {
		bad[i].size = from[i].size;
		memcpy(bad[i].data, from[i].data, from[i].size);
	}
}

/* One change to one file. */
static void mutate(void)
{
	/* Mostly what the CPUs did. */
	static const uint8_t which[] = {0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3};
	size_t i = which[next_random() % 16], at, length;
	static const uint64_t odd[] = {0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0xffffffff, UINT64_MAX,
				       (uint64_t)1 << 63};
	uint64_t value = odd[next_random() % 10];

	if (!bad[i].size)
		return;
	at = next_random() % bad[i].size;
	length = bad[i].size - at < 8 ? bad[i].size - at : 8;
	switch (next_random() % 6) {
	case 0:
		bad[i].data[at] ^= (unsigned char)(1 << next_random() % 8);
		break;
	case 1:
		bad[i].data[at] = (unsigned char)next_random();
		break;
	case 2: /* a field */
		memcpy(bad[i].data + at, &value, next_random() % (length + 1));
		break;
	case 3: /* in the head */
		memcpy(bad[i].data + at % 88 % bad[i].size, &value, 1);
		break;
	case 4: /* what stood elsewhere */
		length = next_random() % 64;
		if (at + length <= bad[i].size)
			memmove(bad[i].data + next_random() % (bad[i].size - length + 1),
				bad[i].data + at, length);
		break;
	case 5:
		if (next_random() % 8 == 0)
			bad[i].size = at;
		break;
	}
}

static void write_bad(void)
{
	for (size_t i = 0; i < FILES; i++) {
		char path[128];
		int fd;

		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, bad[i].data, bad[i].size), (ssize_t)bad[i].size);
		close(fd);
	}
}

static void replay_bad_on_threads(struct trace_reader *r, const struct replay_settings *settings)
{
	struct replay_threads_settings s = {.replay = *settings, .repeat = 1};
	struct failure f = {""};
	struct replay_threads t;

	if (replay_threads_run(r, &s, &t, &f)) {
		assert_true(f.text[0]);
		return;
	}
	for (size_t i = 0; i < t.nr_caches; i++)
		assert_true(t.cache[i].replayed || t.cache[i].why_not);
	replay_threads_free(&t);
}

/* Forth, and back once. */
static void play_bad(void)
{
	static struct choice all = {.cgroup = -1};
	const struct source_options o = {.choice = &all, .from = dir};
	struct failure f = {""};
	struct source *source;

	if (source_recording_open(&source, &o, &f)) {
		assert_true(f.text[0]);
		return;
	}
	for (uint64_t i = 1; i <= 4; i++) {
		struct snapshot s = {0};

		source_recording_seek(source, i == 3 ? 1000 : (uint64_t)1 << 15 * i);
		assert_int_equal(source->read(source, &s, &f), 0);
		snapshot_free(&s);
	}
	source->close(source);
}

/* Returns whether a good part of it was replayed. */
static bool replay_bad(unsigned events)
{
	static const struct replay_settings settings = {
		.limit = -1, .batchcount = -1, .sharedfactor = -1, .bufctl = -1};
	struct failure f = {""};
	struct trace_reader *r;
	struct replay result;
	bool replayed, far = false;

	if (trace_reader_open(&r, dir, &f)) {
		assert_true(f.text[0]);
		return false;
	}
	replayed = !replay_run(r, &settings, &result, &f);
	assert_true(replayed || f.text[0]);
	if (replayed) {
		for (size_t i = 0; i < result.nr_caches; i++)
			assert_true(result.cache[i].replayed || result.cache[i].why_not);
		far = result.events > events / 3;
		replay_free(&result);
	}
	play_bad();
	if (mutation % THREADS_EACH == 0)
		replay_bad_on_threads(r, &settings);
	trace_reader_close(r);
	return far;
}

static void hangs(int signal)
{
	fprintf(stderr, "# mutation %lu hangs: %s\n", mutation, strsignal(signal));
	abort();
}

static void set_limits(unsigned processor_s, unsigned wait_s)
{
	struct itimerval t = {.it_value.tv_sec = processor_s};

	setitimer(ITIMER_PROF, &t, NULL);
	alarm(wait_s);
}

/* Tells which one it was before cmocka tells what. */
static void fails(int signal)
{
	fprintf(stderr, "# mutation %lu fails: %s\n", mutation, strsignal(signal));
	abort();
}

static void remove_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

static void mutated_recordings(void **state)
{
	const char *wanted = getenv("FUZZ_SECONDS"), *count = getenv("FUZZ_COUNT"), *seed = getenv("FUZZ_SEED");
	time_t end = time(NULL) + (wanted ? atol(wanted) : SECONDS);
	unsigned long far = 0, first = seed ? strtoul(seed, NULL, 0) : 1, left = count ? strtoul(count, NULL, 0) : 0;
	struct rusage usage;
	(void)state;
	random_state = 88172645463325252u;
	for (int size = 0; size < SIZES; size++) {
		strcpy(dir, "/dev/shm/slabscope-fuzz-XXXXXX");
		assert_non_null(mkdtemp(dir));
		make_good(sizes[size].caches, sizes[size].events);
		read_good(good[size]);
		remove_dir();
	}
	assert_int_equal(mkdir(dir, 0700), 0);
	signal(SIGALRM, hangs);
	signal(SIGPROF, hangs);
	if (!WITH_ASAN) { /* which tells more */
		signal(SIGFPE, fails);
		signal(SIGSEGV, fails);
	}
	for (mutation = first; count ? left-- : time(NULL) < end; mutation++) {
		int size = mutation % 16 ? SMALL : LARGE;
		unsigned changes;

		random_state = mutation * 0x9e3779b97f4a7c15u;
		copy(good[size]);
		changes = 1 + next_random() % 12;
		while (changes--)
			mutate();
		write_bad();
		set_limits(HANG_S, STUCK_S);
		far += replay_bad(sizes[size].events);
		set_limits(0, 0);
		getrusage(RUSAGE_SELF, &usage);
		if (usage.ru_maxrss > (long)MEMORY_MAX)
			fprintf(stderr, "# mutation %lu took the memory to %ld KiB\n", mutation, usage.ru_maxrss);
		assert_true(usage.ru_maxrss <= (long)MEMORY_MAX);
	}
	fprintf(stderr, "# %lu mutations, a good part of %lu of them replayed, %ld KiB\n", mutation - first,
		far, usage.ru_maxrss);
	assert_true(far * 10 > mutation - first); /* most are not refused at the door */
	remove_dir();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(mutated_recordings)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
