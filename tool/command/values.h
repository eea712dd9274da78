/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * values.h: what may stand for a word in capitals in the help, such as DIR or SCREEN. Completions
 * and error messages list the values from here.
 */
#ifndef SLABSCOPE_VALUES_H
#define SLABSCOPE_VALUES_H

#include <stddef.h>

enum value_kind {
	VALUE_ANY,	 /* no completion */
	VALUE_FILE,	 /* FILE */
	VALUE_DIRECTORY, /* DIR, PATH */
	VALUE_PROCESS,	 /* PID */
	VALUE_CACHES,	 /* CACHES */
	VALUE_COMMAND,	 /* COMMAND... of the shell */
	VALUE_WORDS	 /* a list: SCREEN, COLUMN, WORKLOAD, SHELL, COMMAND, "array|bufctl" */
};

enum value_kind values_kind(const char *placeholder);

/* Writes the words of a placeholder of VALUE_WORDS, with separator between them. */
void values_words(const char *placeholder, const char *separator, char *to, size_t size);

/* Writes "SCREEN must be one of caches, cpus, ...". */
void values_wanted(const char *placeholder, char *to, size_t size);

#endif
