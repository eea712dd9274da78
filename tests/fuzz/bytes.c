// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* bytes.c: changes single bytes, fields, pieces and words. */
#include "bytes.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const uint64_t odd[] = {
	0,	    1,	       2,	3,	    0x7f,	0x80,	    0xff,
	0x7fff,	    0xffff,    0x10000, 0x7fffffff, 0xffffffff, 1ull << 32, (uint64_t)INT64_MAX,
	1ull << 63, UINT64_MAX};

void bytes_add(struct bytes *to, const void *data, size_t size)
{
	if (size > BYTES_MAX - to->size)
		size = BYTES_MAX - to->size;
	memcpy(to->data + to->size, data, size);
	to->size += size;
}

void bytes_set(struct bytes *to, const char *text)
{
	to->size = 0;
	bytes_add(to, text, strlen(text));
}

static size_t below(struct random *r, size_t end)
{
	return end ? next_random(r) % end : 0;
}

/* Nothing, where there is no room. */
static void insert(struct bytes *b, size_t at, const void *data, size_t size)
{
	if (size > BYTES_MAX - b->size)
		return;
	memmove(b->data + at + size, b->data + at, b->size - at);
	memcpy(b->data + at, data, size);
	b->size += size;
}

static void cut(struct bytes *b, size_t at, size_t size)
{
	if (size > b->size - at)
		size = b->size - at;
	memmove(b->data + at, b->data + at + size, b->size - at - size);
	b->size -= size;
}

static void put_word(struct bytes *b, const char *const *words, struct random *r)
{
	size_t nr = 0;

	while (words && words[nr])
		nr++;
	if (nr) {
		const char *word = words[below(r, nr)];

		insert(b, below(r, b->size + 1), word, strlen(word));
	}
}

/* A field of 1, 2, 4 or 8 bytes, where such a field may be. */
static void put_field(struct bytes *b, struct random *r)
{
	size_t size = (size_t)1 << below(r, 4), at = below(r, b->size) & ~(size - 1);
	uint64_t value = odd[below(r, sizeof(odd) / sizeof(*odd))];

	if (below(r, 3) == 0)
		value = below(r, 4096);
	if (at + size <= b->size)
		memcpy(b->data + at, &value, size);
}

void bytes_mutate(struct bytes *b, const char *const *words, struct random *r)
{
	uint8_t piece[64], byte = (uint8_t)next_random(r);
	size_t at = below(r, b->size), size = 1 + below(r, sizeof(piece));

	switch (below(r, 9)) {
	case 0:
		if (b->size)
			b->data[at] ^= (uint8_t)(1 << below(r, 8));
		break;
	case 1:
		if (b->size)
			b->data[at] = byte;
		break;
	case 2:
	case 3:
		put_field(b, r);
		break;
	case 4: /* a piece a second time */
		if (size > b->size - at)
			size = b->size - at;
		memcpy(piece, b->data + at, size);
		insert(b, below(r, b->size + 1), piece, size);
		break;
	case 5:
		cut(b, at, below(r, 2) ? 1 : size);
		break;
	case 6:
		insert(b, at, &byte, 1);
		break;
	case 7:
		if (!below(r, 8))
			b->size = at;
		break;
	case 8:
		put_word(b, words, r);
		break;
	}
}

int bytes_file(const struct bytes *from, const char **path)
{
	static char name[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, (off_t)from->size) ||
	    pwrite(fd, from->data, from->size, 0) != (ssize_t)from->size) {
		perror("# no file in memory");
		abort();
	}
	if (path)
		*path = name;
	return fd;
}
