// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Recordings on disk: the reader returns what was written, in order, for any times; a cut off
 * stream ends after its last complete packet; babeltrace2 counts the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/trace_reader.h"
#include "trace/trace_writer.h"

#include <cmocka.h>

static char dir[64], command[256];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/slabscope-trace-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static uint64_t mask(unsigned size)
{
	return size < 8 ? ((uint64_t)1 << size * 8) - 1 : UINT64_MAX;
}

/* The n-th event of a made-up recording. */
static struct trace_event event(unsigned n)
{
	struct trace_event e = {
		.ns = 1000000 + n * 77ull +
		      n / 5000 * 6000000000ull, /* gaps of more than 32 bits */
		.cpu = n % 3,
		.node = n % 3 ? 1 : 0,
		.id = n % TRACE_IDS,
	};
	const struct trace_definition *d = &trace_definition[e.id];

	if (n % 3 == 2 || e.id == TRACE_CACHE)
		e.cpu = TRACE_NO_CPU;
	for (unsigned i = 0; d->field[i].name; i++)
		e.value[i] = (n + 1) * 0x9e3779b97f4a7c15u & mask(d->field[i].size);
	if (e.id == TRACE_CACHE) {
		snprintf(e.text[0], TRACE_TEXT, "cache-%u", n);
		snprintf(e.text[1], TRACE_TEXT, "comm");
	}
	return e;
}

#define EVENTS 40000u

static void write_all(unsigned lost)
{
	struct failure f = {""};
	struct trace_writer *w;

	assert_int_equal(trace_writer_open(&w, dir, false, &f), 0);
	for (unsigned n = 0; n < EVENTS; n++) {
		struct trace_event e = event(n);

		assert_int_equal(trace_writer_write(w, &e, &f), 0);
		if (lost && n == EVENTS / 2)
			assert_int_equal(trace_writer_write_lost(w, 1, e.ns, lost, &f), 0);
	}
	assert_int_equal(trace_writer_close(w, &f), 0);
	assert_string_equal(f.text, "");
}

static void check_event(const struct trace_event *got, const struct trace_event *want)
{
	const struct trace_definition *d = &trace_definition[want->id];

	assert_int_equal(got->id, want->id);
	assert_int_equal(got->ns, want->ns);
	assert_int_equal(got->cpu, want->cpu);
	for (unsigned i = 0; d->field[i].name; i++)
		assert_int_equal(got->value[i], want->value[i]);
	for (unsigned i = 0; i < 2 && d->text[i]; i++)
		assert_string_equal(got->text[i], want->text[i]);
}

static void what_is_written_is_read(void **state)
{
	struct failure f = {""};
	struct trace_reader *r;

	(void)state;
	write_all(0);
	assert_int_equal(trace_reader_open(&r, dir, &f), 0);
	for (int round = 0; round < 2; round++, trace_reader_rewind(r)) {
		for (unsigned n = 0; n < EVENTS; n++) {
			struct trace_event want = event(n);
			const struct trace_event *got = trace_reader_next(r);

			assert_non_null(got);
			check_event(got, &want);
		}
		assert_null(trace_reader_next(r));
		assert_null(trace_reader_next(r));
		assert_int_equal(trace_reader_losses(r)->torn, 0);
		assert_int_equal(trace_reader_losses(r)->discarded, 0);
	}
	trace_reader_close(r);
}

static long run(const char *format)
{
	char line[64] = "";
	FILE *p;

	snprintf(command, sizeof(command), format, dir);
	p = popen(command, "r");
	assert_non_null(p);
	if (!fgets(line, sizeof(line), p))
		line[0] = 0;
	assert_int_equal(pclose(p), 0);
	return atol(line);
}

/* babeltrace2 reads all of it, and reports how many events were lost, and where. */
static void others_read_it(void **state)
{
	(void)state;
	write_all(4711);
	assert_int_equal(run("babeltrace2 %s 2>/dev/null | wc -l"), EVENTS);
	assert_int_equal(run("babeltrace2 %s 2>&1 >/dev/null | grep -c 'discarded 4711 events'"),
			 1);
	assert_int_equal(run("babeltrace2 %s 2>/dev/null | grep -c '[)] alloc: {'"),
			 (EVENTS - TRACE_ALLOC + TRACE_IDS - 1) / TRACE_IDS);
}

static void losses_are_counted(void **state)
{
	struct failure f = {""};
	struct trace_reader *r;
	unsigned n = 0;

	(void)state;
	write_all(4711);
	assert_int_equal(trace_reader_open(&r, dir, &f), 0);
	while (trace_reader_next(r))
		n++;
	assert_int_equal(n, EVENTS);
	assert_int_equal(trace_reader_losses(r)->discarded, 4711);
	trace_reader_close(r);
}

/* A late event gets the time of its predecessor: the times of a stream never go back. */
static void time_never_goes_back(void **state)
{
	struct trace_event e = {.ns = 1000, .id = TRACE_FREE, .value = {1, 0x1000}};
	struct failure f = {""};
	struct trace_writer *w;
	struct trace_reader *r;

	(void)state;
	assert_int_equal(trace_writer_open(&w, dir, false, &f), 0);
	assert_int_equal(trace_writer_write(w, &e, &f), 0);
	e.ns = 900;
	assert_int_equal(trace_writer_write(w, &e, &f), 0);
	assert_int_equal(trace_writer_close(w, &f), 0);
	assert_int_equal(trace_reader_open(&r, dir, &f), 0);
	assert_int_equal(trace_reader_next(r)->ns, 1000);
	assert_int_equal(trace_reader_next(r)->ns, 1000);
	assert_null(trace_reader_next(r));
	trace_reader_close(r);
}

static void cut_off(void **state)
{
	char path[96];
	struct failure f = {""};
	struct trace_reader *r;
	struct stat st;
	unsigned n = 0, whole = 0;

	(void)state;
	write_all(0);
	snprintf(path, sizeof(path), "%s/cpu_1", dir);
	assert_int_equal(stat(path, &st), 0);
	for (unsigned i = 0; i < EVENTS; i++)
		whole += event(i).cpu != 1;
	assert_int_equal(truncate(path, st.st_size - 1), 0);
	assert_int_equal(trace_reader_open(&r, dir, &f), 0);
	while (trace_reader_next(r))
		n++;
	assert_int_equal(trace_reader_losses(r)->torn, 1);
	assert_non_null(strstr(trace_reader_losses(r)->what, "cpu_1"));
	/* The other streams are complete; this one has all packets except the last. */
	assert_true(n > whole && n < EVENTS);
	trace_reader_close(r);
}

/* A stream that cannot be read is not one that has ended; rewinding does not forget it. */
static void cannot_be_read(void **state)
{
	char path[96];
	struct failure f = {""};
	struct trace_reader *r;
	unsigned n, whole = 0;

	(void)state;
	write_all(0);
	for (unsigned i = 0; i < EVENTS; i++)
		whole += event(i).cpu != 1;
	snprintf(path, sizeof(path), "%s/cpu_1", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0); /* its reads fail */
	assert_int_equal(trace_reader_open(&r, dir, &f), 0);
	for (unsigned i = 0; i < 3; i++) {
		for (n = 0; trace_reader_next(r); n++)
			;
		assert_int_equal(n, whole);
		assert_int_equal(trace_reader_losses(r)->torn, 1);
		assert_non_null(strstr(trace_reader_losses(r)->what, "cpu_1"));
		assert_non_null(strstr(trace_reader_losses(r)->what, strerror(EISDIR)));
		trace_reader_rewind(r);
	}
	trace_reader_close(r);
}

static void metadata_cannot_be_read(void **state)
{
	char path[96];
	struct failure f = {""};
	struct trace_reader *r;

	(void)state;
	snprintf(path, sizeof(path), "%s/metadata", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(trace_reader_open(&r, dir, &f), -EISDIR);
	assert_non_null(strstr(f.text, strerror(EISDIR)));
}

static void edit_metadata(const char *script)
{
	char edit[160];

	snprintf(edit, sizeof(edit), "sed -i '%s' %s/metadata", script, dir);
	assert_int_equal(system(edit), 0);
}

static void set_schema(unsigned schema)
{
	char script[64];

	snprintf(script, sizeof(script), "s/slabscope_schema = [0-9]*/slabscope_schema = %u/",
		 schema);
	edit_metadata(script);
}

static void newer_ones_are_refused(void **state)
{
	struct failure f = {""};
	struct trace_reader *r;

	(void)state;
	write_all(0);
	for (unsigned older = TRACE_SCHEMA - 1; older; older--) {
		set_schema(older);
		assert_int_equal(trace_reader_open(&r, dir, &f), 0);
		assert_int_equal(trace_reader_head(r)->schema, older);
		trace_reader_close(r);
	}
	set_schema(TRACE_SCHEMA + 1);
	assert_int_equal(trace_reader_open(&r, dir, &f), -EPROTONOSUPPORT);
	assert_non_null(strstr(f.text, "newer slabscope"));
	f.text[0] = 0;
	edit_metadata("s/slabscope_schema/lttng/");
	assert_int_equal(trace_reader_open(&r, dir, &f), -EPROTO);
	assert_non_null(strstr(f.text, "not a recording"));
	f.text[0] = 0;
	assert_int_equal(trace_reader_open(&r, "/proc/nonexistent", &f), -ENOENT);
	assert_non_null(strstr(f.text, "/proc/nonexistent"));
}

static void only_into_a_new_directory(void **state)
{
	struct failure f = {""};
	struct trace_writer *w;

	(void)state;
	write_all(0);
	assert_int_equal(trace_writer_open(&w, dir, false, &f), -EEXIST);
	assert_non_null(strstr(f.text, "not empty"));
}

/* A hit or a free takes at most 16 bytes, with packet headers. */
static void hits_are_small(void **state)
{
	struct trace_event e = {.ns = 1000, .id = TRACE_ALLOC_HIT};
	struct failure f = {""};
	struct trace_writer *w;
	uint64_t bytes;

	(void)state;
	assert_int_equal(trace_writer_open(&w, dir, false, &f), 0);
	for (unsigned n = 0; n < 100000; n++) {
		e.id = n & 1 ? TRACE_FREE : TRACE_ALLOC_HIT;
		e.ns += 1000;
		assert_int_equal(trace_writer_write(w, &e, &f), 0);
	}
	assert_int_equal(trace_writer_flush(w, &f), 0);
	bytes = trace_writer_bytes(w);
	assert_true(bytes >= 100000 * 15 && bytes <= 100000 * 16);
	assert_int_equal(trace_writer_close(w, &f), 0);
}

/* A process may have any name; terminals and JSON must accept it. */
static void names_can_be_shown(void **state)
{
	static const struct {
		const char *name, *read;
	} names[] = {{"plain", "plain"},
		     {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7",
		      "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7"},
		     {"\x1b[31mred\n\x7f", "?[31mred??"},
		     {"\xc2\x9b"
		      "31m",
		      "??31m"},
		     {"a\x80\xff", "a??"},
		     {"\xc3", "?"},
		     {"\xe2\x82", "??"},
		     {"\xc0\xaf \xe0\x80\xaf \xed\xa0\x80 \xf4\x90\x80\x80", "?? ??? ??? ????"}};
	enum { NAMES = sizeof(names) / sizeof(*names) };
	const struct trace_event *got;
	struct trace_reader *r;
	struct trace_writer *w;
	struct failure f = {""};

	(void)state;
	assert_int_equal(trace_writer_open(&w, dir, false, &f), 0);
	for (unsigned i = 0; i < NAMES; i++) {
		struct trace_event e = {.ns = i + 1, .cpu = TRACE_NO_CPU, .id = TRACE_CACHE};

		strcpy(e.text[0], names[i].name);
		strcpy(e.text[1], names[i].name);
		assert_int_equal(trace_writer_write(w, &e, &f), 0);
	}
	assert_int_equal(trace_writer_close(w, &f), 0);
	assert_int_equal(trace_reader_open(&r, dir, &f), 0);
	for (unsigned i = 0; i < NAMES; i++) {
		got = trace_reader_next(r);
		assert_non_null(got);
		assert_string_equal(got->text[0], names[i].read);
		assert_string_equal(got->text[1], names[i].read);
	}
	trace_reader_close(r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(others_read_it),
		TEST(losses_are_counted),
		TEST(time_never_goes_back),
		TEST(cut_off),
		TEST(newer_ones_are_refused),
		TEST(only_into_a_new_directory),
		TEST(hits_are_small),
		TEST(names_can_be_shown),
		TEST(cannot_be_read),
		TEST(metadata_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
