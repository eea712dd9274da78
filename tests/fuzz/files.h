/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * files.h: a recording in memory, which the code of slabscope reads as if it were in the directory
 * FILES_DIR. The linker wraps the functions that open, list and read files (files.c), so a mutation
 * costs no system calls.
 */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include <stdint.h>
#include <stdlib.h>

#define FILES_DIR "/recording-in-memory"
#define FILE_MAX  (160u << 10)

/* The last stream is empty at first: mutations create it. */
enum { FILE_STATE, FILE_CPU_0, FILE_CPU_1, FILE_CPU_2, FILE_METADATA, FILES };
#define STREAMS FILE_METADATA /* what is before it */

struct files {
	struct file {
		size_t size; /* 0: no such file */
		uint8_t data[FILE_MAX];
	} file[FILES];
};

/* Sets the files of the directory; NULL: none. */
void files_show(const struct files *files);

/* Returns how many are open, with the directory. */
unsigned files_open(void);

/* Reads the files of a real directory. */
void files_read(struct files *to, const char *dir);

#endif
