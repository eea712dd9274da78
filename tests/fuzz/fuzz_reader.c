// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* fuzz_reader.c: libFuzzer chooses the inputs of the reader FUZZ_READER, and keeps useful ones. */
#include <stdio.h>
#include <string.h>

#include "readers.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

static const struct fuzz_reader *reader;
static struct bytes one;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ_READER");

	(void)argc, (void)argv;
	for (int i = 0; name && fuzz_readers[i]; i++)
		if (!strcmp(name, fuzz_readers[i]->name))
			reader = fuzz_readers[i];
	if (!reader) {
		fprintf(stderr, "FUZZ_READER names the reader: btf, elf, ... (readers.c)\n");
		exit(2);
	}
	reader->make(&one, 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	one.size = 0;
	bytes_add(&one, data, size);
	reader->read(&one);
	return 0;
}

/* Changes of libFuzzer's own, and ours; a good input is the first. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	struct random random = {(seed + 1ull) * 0x9e3779b97f4a7c15u};

	if (size < 2) {
		reader->make(&one, seed);
	} else if (next_random(&random) % 2) {
		return LLVMFuzzerMutate(data, size, room);
	} else {
		one.size = 0;
		bytes_add(&one, data, size);
		bytes_mutate(&one, reader->words, &random);
	}
	if (one.size > room)
		one.size = room;
	memcpy(data, one.data, one.size);
	return one.size;
}
