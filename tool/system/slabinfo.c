// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * slabinfo.c: the parser of /proc/slabinfo. A row is
 *
 *     name active objects objsize objperslab pagesperslab
 *          : tunables limit batchcount sharedfactor : slabdata active_slabs slabs sharedavail
 *
 * A name may contain blanks, so a row is read from its colons, not from its beginning.
 */
#include "system/slabinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

#define FILE_MAX (16u << 20) /* ten times the size for 4,096 caches */

static const char tunables[] = " : tunables ";
static const char slabdata[] = " : slabdata ";

/* Reads count numbers between from and end. Returns false if there is anything else. */
static bool numbers(const char *from, const char *end, uint64_t **to, int count)
{
	for (int i = 0; i < count; i++) {
		uint64_t value = 0;
		int digits = 0;

		while (from < end && *from == ' ')
			from++;
		for (; from < end && *from >= '0' && *from <= '9'; from++, digits++) {
			if (__builtin_mul_overflow(value, 10, &value) ||
			    __builtin_add_overflow(value, (uint64_t)(*from - '0'), &value))
				return false;
		}
		if (!digits || (from < end && *from != ' '))
			return false;
		*to[i] = value;
	}
	while (from < end && *from == ' ')
		from++;
	return from == end;
}

/* Returns the beginning of the last count blank-separated words between from and end, or NULL. */
static const char *last_words(const char *from, const char *end, int count)
{
	for (; count > 0; count--) {
		while (end > from && end[-1] == ' ')
			end--;
		while (end > from && end[-1] != ' ')
			end--;
		if (end == from)
			return NULL;
	}
	return end;
}

static bool parse_row(const char *line, const char *end, struct slabinfo_row *row)
{
	uint64_t *objects[] = {&row->active_objects, &row->objects, &row->object_size,
			       &row->slab_objects, &row->slab_pages};
	uint64_t *tune[] = {&row->limit, &row->batchcount, &row->shared_factor};
	uint64_t *slabs[] = {&row->active_slabs, &row->slabs, &row->shared_avail};
	const char *colon, *data, *words, *rest;
	size_t length;

	colon = memmem(line, end - line, tunables, strlen(tunables));
	if (!colon)
		return false;
	data = memmem(colon, end - colon, slabdata, strlen(slabdata));
	if (!data)
		return false;
	/* CONFIG_DEBUG_SLAB adds " : globalstat ..." and " : cpustat ...". */
	rest = memmem(data + strlen(slabdata), end - data - strlen(slabdata), " : ", 3);
	if (!rest)
		rest = end;
	words = last_words(line, colon, 5);
	if (!words || !numbers(words, colon, objects, 5) ||
	    !numbers(colon + strlen(tunables), data, tune, 3) ||
	    !numbers(data + strlen(slabdata), rest, slabs, 3))
		return false;
	while (words > line && words[-1] == ' ')
		words--;
	length = words - line;
	if (!length)
		return false;
	if (length >= sizeof(row->name))
		length = sizeof(row->name) - 1;
	memcpy(row->name, line, length);
	row->name[length] = '\0';
	return true;
}

static int add_row(struct slabinfo *to, const struct slabinfo_row *row)
{
	struct slabinfo_row *last = array_append(&to->row, &to->nr_rows, sizeof(*last));

	if (!last)
		return -ENOMEM;
	*last = *row;
	return 0;
}

static int parse(const char *text, size_t length, struct slabinfo *to, struct failure *f)
{
	static const char head[] = "slabinfo - version: 2.";
	const char *end = text + length;
	unsigned number = 1;

	if (length < strlen(head) || memcmp(text, head, strlen(head)))
		return fail(f, EPROTO,
			    "slabinfo: its first line has no version 2.x; is it "
			    "/proc/slabinfo of a Linux kernel?");
	for (const char *line = text, *next; line < end; line = next, number++) {
		const char *stop = memchr(line, '\n', end - line);
		struct slabinfo_row row = {0};

		next = stop ? stop + 1 : end;
		if (!stop)
			stop = end;
		if (number == 1 || *line == '#' || stop == line)
			continue;
		if (memchr(line, '\0', stop - line) || !parse_row(line, stop, &row))
			return fail(
				f, EPROTO,
				"slabinfo: line %u is not a row of slabinfo 2.x; please report it",
				number);
		if (add_row(to, &row))
			return fail(f, ENOMEM, "slabinfo: out of memory");
	}
	return 0;
}

int slabinfo_parse(const char *text, size_t length, struct slabinfo *to, struct failure *f)
{
	int err;

	*to = (struct slabinfo){0};
	err = parse(text, length, to, f);
	if (err)
		slabinfo_free(to);
	return err;
}

/* Reads all of fd. A file in /proc does not tell its size. */
static char *read_all(int fd, size_t *length)
{
	size_t room = 1 << 16, used = 0;
	char *text = malloc(room);

	while (text) {
		ssize_t got = read(fd, text + used, room - used);
		char *grown;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || used + (size_t)got > FILE_MAX) {
			int err = got < 0 ? errno : EFBIG;

			free(text);
			errno = err;
			return NULL;
		}
		if (!got)
			break;
		used += got;
		if (used < room)
			continue;
		room *= 2;
		grown = realloc(text, room);
		if (!grown)
			free(text);
		text = grown;
	}
	*length = used;
	return text;
}

int slabinfo_read(const char *path, struct slabinfo *to, struct failure *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	size_t length = 0;
	char *text;

	*to = (struct slabinfo){0};
	if (fd < 0)
		return fail(f, errno, "cannot open %s: %s", path, strerror(errno));
	text = read_all(fd, &length);
	err = errno;
	close(fd);
	if (!text)
		return fail(f, err ? err : EIO, "cannot read %s: %s", path, strerror(err));
	err = slabinfo_parse(text, length, to, f);
	free(text);
	return err;
}

void slabinfo_free(struct slabinfo *s)
{
	free(s->row);
	*s = (struct slabinfo){0};
}
