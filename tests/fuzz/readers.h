/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* readers.h: the readers of slabscope, but those of recordings (play.h): each gets any bytes. */
#ifndef FUZZ_READERS_H
#define FUZZ_READERS_H

#include <stdbool.h>

#include "bytes.h"

struct fuzz_reader {
	const char *name;
	const char *const *words; /* that its inputs have; NULL ends them */
	/* Makes a good input. There are several, and each number is one. */
	void (*make)(struct bytes *to, unsigned number);
	/* Reads, and aborts where something is wrong. Returns whether the input was accepted. */
	bool (*read)(const struct bytes *from);
	unsigned long count; /* inputs in the tests: about five seconds of them with ASan */
};

extern const struct fuzz_reader fuzz_btf, fuzz_elf, fuzz_registry, fuzz_slabinfo, fuzz_kallsyms,
	fuzz_config, fuzz_globs, fuzz_processes;
extern const struct fuzz_reader *const fuzz_readers[]; /* all of them; NULL ends them */

/* Sets to to the number-th mutation of a good input. */
void fuzz_mutation(const struct fuzz_reader *reader, struct bytes *to, uint64_t number);

void fuzz_need(bool is_good, const char *what, const char *file, int line);
#define need(x) fuzz_need(x, #x, __FILE__, __LINE__)

/* Makes an ELF file: a segment with code, one with notes, a section .BTF, with these bytes. */
void fuzz_make_elf(struct bytes *to, const void *notes, size_t notes_size, const void *btf,
		   size_t btf_size);

#endif
