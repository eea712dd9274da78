/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* options_btf.h: the option --btf of commands that observe the running kernel. */
#ifndef SLABSCOPE_OPTIONS_BTF_H
#define SLABSCOPE_OPTIONS_BTF_H

#include <argp.h>

/* Fills a const char *: the path of a file with the kernel's types. It stays NULL without --btf. */
extern const struct argp options_btf;

#endif
