// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* options_btf.c: for kernels that were built without their types. */
#include "command/options_btf.h"

enum { KEY_BTF = 256 };

static const struct argp_option rows[] = {
	{"btf", KEY_BTF, "FILE", 0,
	 "Read the kernel's types from FILE (raw BTF, or an ELF file with a section .BTF)", 3},
	{0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	if (key != KEY_BTF)
		return ARGP_ERR_UNKNOWN;
	*(const char **)state->input = value;
	return 0;
}

const struct argp options_btf = {.options = rows, .parser = parse};
