// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * types.c: wrong files with types of a kernel. Whatever passes the check must be safe to follow; an
 * ASan build runs this, too.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kernel/facts.h"
#include "small_kernel.h"
#include "system/types.h"

#include <cmocka.h> /* last: it has a macro fail() */

static int check(const struct btf *btf, const char *why)
{
	struct failure f = {""};
	int err = types_check(btf, &f);

	if (err && (!why || !strstr(f.text, why)))
		fail_msg("%s", f.text);
	return err;
}

static void good_types(void **state)
{
	struct btf *btf = small_kernel(), *own;

	(void)state;
	assert_int_equal(check(btf, NULL), 0);
	btf__free(btf);
	own = btf__parse(TYPES_OF_KERNEL, NULL);
	if (own)
		assert_int_equal(check(own, NULL), 0);
	btf__free(own);
}

static void circles(void **state)
{
	struct btf *btf = btf__new_empty();

	(void)state;
	btf__add_typedef(btf, "a", 2);
	btf__add_typedef(btf, "b", 1);
	assert_int_equal(check(btf, "contains itself"), -EINVAL);
	btf__free(btf);
	btf = btf__new_empty();
	btf__add_struct(btf, "a", 8);
	btf__add_field(btf, "", 2, 0, 0);
	btf__add_array(btf, 3, 3, 1);
	btf__add_const(btf, 1);
	assert_int_equal(check(btf, "contains itself"), -EINVAL);
	btf__free(btf);
	/* Through a pointer a struct may contain itself. */
	btf = btf__new_empty();
	btf__add_struct(btf, "a", 8);
	btf__add_field(btf, "next", 2, 0, 0);
	btf__add_ptr(btf, 1);
	assert_int_equal(check(btf, NULL), 0);
	btf__free(btf);
}

static void nowhere(void **state)
{
	struct btf *btf = btf__new_empty();

	(void)state;
	btf__add_ptr(btf, 77);
	assert_int_equal(check(btf, "not there"), -EINVAL);
	btf__free(btf);
}

static uint64_t draw(void)
{
	static uint64_t seed = 11;

	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed >> 33;
}

/* Writes size bytes to a new file and returns its path. */
static const char *file_of(const void *bytes, size_t size)
{
	static char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/tmp/slabscope-types.%d", (int)getpid());
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
	return path;
}

/* Each length of a file, and files with changed bytes: an error, or readable types. */
static void broken_files(void **state)
{
	struct btf *btf = small_kernel(), *read;
	uint32_t size;
	const unsigned char *raw = btf__raw_data(btf, &size);
	unsigned char bytes[4096];
	int refused = 0, found = 0, good = 0;

	(void)state;
	assert_in_range(size, 300, sizeof(bytes));
	libbpf_set_print(NULL);
	for (uint32_t length = 0; length < size; length++)
		assert_null(btf__parse_raw(file_of(raw, length)));
	for (int i = 0; i < 20000; i++) {
		struct facts *facts;

		memcpy(bytes, raw, size);
		for (int n = 1 + draw() % 3; n > 0; n--)
			bytes[draw() % size] = draw() % 4 ? draw() : draw() % 64;
		read = btf__new(bytes, size);
		if (!read) {
			refused++;
			continue;
		}
		if (types_check(read, NULL)) {
			found++;
		} else if (good++ < 20) { /* facts take a while */
			facts = calloc(1, sizeof(*facts));
			assert_int_equal(facts_collect(facts, file_of(bytes, size), NULL), 0);
			free(facts);
		}
		btf__free(read);
	}
	assert_true(refused > 100 && found > 100 && good > 100);
	unlink(file_of(bytes, 0));
	btf__free(btf);
}

static void refused(const char *path, const char *why)
{
	struct failure f = {""};
	struct types types;

	assert_int_not_equal(types_open(&types, path, &f), 0);
	if (!strstr(f.text, path) || !strstr(f.text, why))
		fail_msg("%s: \"%s\" does not say \"%s\"", path, f.text, why);
	assert_int_equal(types.fd, -1);
}

static void wrong_files(void **state)
{
	struct btf *btf = btf__new_empty();
	uint32_t size;
	const void *raw;

	(void)state;
	refused("/proc/nonexistent", "cannot be read");
	refused("/proc/self/exe", "without a section .BTF");
	refused("/tmp", "no regular file");
	refused("/dev/zero", "no regular file");
	refused("/proc/self/comm", "empty");
	btf__add_int(btf, "int", 4, 0);
	raw = btf__raw_data(btf, &size);
	refused(file_of(raw, size), "describes no kernel");
	btf__free(btf);
	btf = small_kernel();
	for (int i = 0; i < 100; i++) {
		char name[32];

		snprintf(name, sizeof(name), "no_such_function_%d", i);
		btf__add_func(btf, name, BTF_FUNC_STATIC, 19);
	}
	raw = btf__raw_data(btf, &size);
	refused(file_of(raw, size), "functions are not in this one");
	unlink(file_of(raw, 0));
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_types),	cmocka_unit_test(circles),
		cmocka_unit_test(nowhere),	cmocka_unit_test(wrong_files),
		cmocka_unit_test(broken_files),
	};

	return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
