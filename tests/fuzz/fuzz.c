// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * fuzz.c: libFuzzer chooses the mutations, and keeps those that reach new code. An input is a
 * number, which selects what is done (play.h), and the files. The first input is a good recording.
 */
#include "mutate.h"
#include "play.h"

#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
				 uint8_t *to, size_t room, unsigned seed);

static struct files good, one, other;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	make_good(&good, 2, 80);
	play_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	files_unpack(&one, &good, data + 1, size - 1);
	play(&one, *data);
	return 0;
}

/* Returns 0 where it is too long. */
static size_t pack(uint8_t number, uint8_t *to, size_t room)
{
	size_t size = files_pack(&one, &good, to + 1, room - 1);

	to[0] = number;
	return size ? size + 1 : 0;
}

static struct random random_of(unsigned seed)
{
	return (struct random){(seed + 1ull) * 0x9e3779b97f4a7c15u};
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	struct random random = random_of(seed);
	uint8_t number = size && next_random(&random) % 8 ? data[0] : (uint8_t)next_random(&random);
	size_t changes = 1 + next_random(&random) % 4, packed;

	if (size < 2)
		one = good;
	else
		files_unpack(&one, &good, data + 1, size - 1);
	while (changes--)
		mutate(&one, &random);
	packed = pack(number, data, room);
	return packed ? packed : size;
}

/* Each file comes from either input. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
				 uint8_t *to, size_t room, unsigned seed)
{
	struct random random = random_of(seed);

	if (a_size < 2 || b_size < 2)
		return 0;
	files_unpack(&one, &good, a + 1, a_size - 1);
	files_unpack(&other, &good, b + 1, b_size - 1);
	for (int i = 0; i < FILES; i++) {
		if (next_random(&random) % 2)
			continue;
		one.file[i].size = other.file[i].size;
		memcpy(one.file[i].data, other.file[i].data, other.file[i].size);
	}
	return pack(a[0], to, room);
}
