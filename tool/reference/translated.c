// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* translated.c: the program of such a process is the translator; its own is only mapped. */
#include "reference/translated.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "system/process_stat.h"

#define MAPS_MAX (16u << 20)

bool translated_is(pid_t pid)
{
	char link[32], program[PATH_MAX];
	const char *name;
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	length = readlink(link, program, sizeof(program) - 1);
	if (length <= 0)
		return false;
	program[length] = 0;
	name = strrchr(program, '/');
	name = name ? name + 1 : program;
	if (!strncmp(name, "qemu-", 5))
		return strncmp(name, "qemu-system-", 12) != 0;
	/* .../valgrind/memcheck-amd64-linux */
	return strstr(program, "/valgrind/") && strchr(name, '-');
}

/* Returns whether a line of maps is of this file. */
static bool is_of_file(const char *line, dev_t dev, ino_t ino)
{
	unsigned major, minor;
	uintmax_t number;

	return sscanf(line, "%*s %*s %*s %x:%x %ju", &major, &minor, &number) == 3 &&
	       number == ino && makedev(major, minor) == dev;
}

static bool has_mapped(pid_t pid, dev_t dev, ino_t ino)
{
	bool has = false;
	char *text, *line, *next;

	if (process_read_file(pid, "maps", MAPS_MAX, &text) < 0)
		return false;
	for (line = text; line && !has; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		has = is_of_file(line, dev, ino);
	}
	free(text);
	return has;
}

struct search {
	dev_t dev;
	ino_t ino;
	pid_t found;
};

static void look_at(int pid, void *arg)
{
	struct search *s = arg;

	if (!s->found && translated_is(pid) && has_mapped(pid, s->dev, s->ino))
		s->found = pid;
}

pid_t translated_with(dev_t dev, ino_t ino)
{
	struct search s = {dev, ino, 0};

	process_each(look_at, &s);
	return s.found;
}
