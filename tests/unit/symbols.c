// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* symbols.c and kernel_callers.c: names of addresses, and the relevant frames of a stack. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kernel/kernel_callers.h" /* before cmocka, which has a macro fail() */

#include <cmocka.h>

static const char text[] = "ffffffff81000000 T _stext\n"
			   "ffffffff81200300 t ___slab_alloc\n"
			   "ffffffff81200100 T kmem_cache_alloc\n"
			   "ffffffff81240000 t refill_objects\n"
			   "ffffffff81250000 t allocate_slab\n"
			   "ffffffff81300000 t path_openat\n"
			   "ffffffff81300000 t path_openat_alias\n"
			   "ffffffff81400000 d data\n"
			   "ffffffffc0001000 t late\t[module]\n"
			   "ffffffffc0002000 t bpf_prog_1_other\t[bpf]\n"
			   "not a line\n"
			   "\n";

static struct symbols *read_text(const char *from)
{
	FILE *file = fmemopen((void *)from, strlen(from), "r");
	struct symbols *s;

	assert_non_null(file);
	s = symbols_read(file);
	fclose(file);
	return s;
}

static void addresses_have_names(void **state)
{
	struct symbols *s = read_text(text);
	struct symbol_place place;
	char to[64];

	(void)state;
	assert_non_null(s);
	assert_true(symbols_find(s, 0xffffffff81200100, &place));
	assert_string_equal(place.name, "kmem_cache_alloc");
	assert_int_equal(place.offset, 0);
	assert_true(place.core);
	assert_string_equal(symbols_text(s, 0xffffffff812002ff, to, sizeof(to)),
			    "kmem_cache_alloc+0x1ff");
	assert_string_equal(symbols_text(s, 0xffffffff81200300, to, sizeof(to)),
			    "___slab_alloc+0x0");
	assert_true(symbols_find(s, 0xffffffffc0001004, &place));
	assert_false(place.core);
	/* Data and BPF programs are not functions of the kernel; no function is a megabyte long. */
	assert_string_equal(symbols_text(s, 0xffffffff81400001, to, sizeof(to)),
			    "0xffffffff81400001");
	assert_false(symbols_find(s, 0xffffffff80ffffff, &place));
	assert_false(symbols_find(NULL, 0xffffffff81200100, &place));
	assert_ptr_equal(symbols_hold(s), s);
	symbols_drop(s);
	assert_true(symbols_find(s, 0xffffffff81200100, &place)); /* one user is left */
	symbols_drop(s);
}

static void hidden_addresses_are_none(void **state)
{
	(void)state;
	assert_null(read_text("0000000000000000 T _stext\n0000000000000000 t kmem_cache_alloc\n"));
	assert_int_equal(errno, EPERM);
}

static void the_slow_path_is_left_out(void **state)
{
	/* The program, its trampoline, the watched function; its caller; a module; nothing. */
	static const uint64_t fexit[CALLER_FRAMES] = {0xffffffffc0100010, 0xffffffffc0200010,
						      0xffffffff81200310, 0xffffffff81200110,
						      0xffffffffc0001010, 0xffffffff81300010};
	static const uint64_t kretprobe[CALLER_FRAMES] = {0xffffffff81200110, 0xffffffffc0001010,
							  0xffffffff81300010};
	/* A slab made within a refill; both are watched. */
	static const uint64_t within[CALLER_FRAMES] = {
		0xffffffffc0100010, 0xffffffff81250010, 0xffffffff81240010,
		0xffffffffc0200010, 0xffffffff81200310, 0xffffffffc0300010,
		0xffffffff81200110, 0xffffffffc0001010, 0xffffffff81300010};
	static const uint64_t unknown[CALLER_FRAMES] = {0xffffffffc0100010, 0xffffffffc0200010};
	uint64_t one[SNAP_FRAMES], other[SNAP_FRAMES];
	struct symbols *s = read_text(text);

	(void)state;
	assert_int_equal(kernel_callers_frames(fexit, s, one), 3);
	assert_int_equal(kernel_callers_frames(kretprobe, s, other), 3);
	assert_memory_equal(one, other, sizeof(one));
	assert_int_equal(one[0], 0xffffffff81200110);
	assert_int_equal(one[3], 0);
	assert_int_equal(kernel_callers_frames(within, s, other), 3);
	assert_memory_equal(one, other, sizeof(one));
	assert_int_equal(kernel_callers_frames(unknown, s, one), 0);
	symbols_drop(s);
}

/* A part of the list would give names to the wrong addresses. */
static void a_list_that_cannot_be_read_is_none(void **state)
{
	FILE *file = fopen("/", "re"); /* its reads fail */

	(void)state;
	assert_non_null(file);
	assert_null(symbols_read(file));
	assert_int_equal(errno, EIO);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_names),
		cmocka_unit_test(hidden_addresses_are_none),
		cmocka_unit_test(the_slow_path_is_left_out),
		cmocka_unit_test(a_list_that_cannot_be_read_is_none),
	};

	return cmocka_run_group_tests_name("symbols", tests, NULL, NULL);
}
