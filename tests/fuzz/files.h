/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * files.h: a recording in memory, which slabscope's own code reads as if it lay in the directory FILES_DIR:
 * what opens, lists and reads files is wrapped by the linker (files.c), so a mutation costs no system calls.
 */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include <stdint.h>
#include <stdlib.h>

#define FILES_DIR "/recording-in-memory"
#define FILE_MAX  (160u << 10)

/* The last stream is not there at first: mutations make it. */
enum { FILE_STATE, FILE_CPU_0, FILE_CPU_1, FILE_CPU_2, FILE_METADATA, FILES };
#define STREAMS FILE_METADATA /* what stands before it */

struct files {
	struct file {
		size_t size; /* 0: there is no such file */
		uint8_t data[FILE_MAX];
	} file[FILES];
};

/* From now on these are in the directory; NULL: nothing is. */
void files_show(const struct files *files);

/* How many are open, the directory included. */
unsigned files_open(void);

/* Reads what is in a real directory. */
void files_read(struct files *to, const char *dir);

#endif
