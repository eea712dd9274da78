// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* aliases.c: the links of /sys/kernel/slab, by where they lead. */
#include "system/aliases.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int by_cache(const void *left, const void *right)
{
	const struct alias *a = left, *b = right;
	int order = strcmp(a->cache, b->cache);

	return order ? order : strcmp(a->name, b->name);
}

static int add(struct aliases *a, int directory, const char *name)
{
	struct alias *more;
	ssize_t length;

	if (strlen(name) >= sizeof(more->name))
		return 0; /* slabinfo's names are cut there, and would not be found */
	if (!(a->nr & (a->nr - 1))) {
		more = reallocarray(a->alias, a->nr ? 2 * a->nr : 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		a->alias = more;
	}
	more = &a->alias[a->nr];
	length = readlinkat(directory, name, more->cache, sizeof(more->cache));
	if (length <= 0 || (size_t)length >= sizeof(more->cache))
		return 0; /* a directory: a cache that is like no other */
	more->cache[length] = 0;
	strcpy(more->name, name);
	a->nr++;
	return 0;
}

int aliases_read(struct aliases *to, const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	*to = (struct aliases){.known = stream != NULL};
	if (!stream && fd >= 0)
		close(fd);
	while (stream && !err && (entry = readdir(stream)))
		if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN)
			err = add(to, dirfd(stream), entry->d_name);
	if (stream)
		closedir(stream);
	if (err)
		aliases_free(to);
	else if (to->nr)
		qsort(to->alias, to->nr, sizeof(*to->alias), by_cache);
	return err;
}

void aliases_free(struct aliases *a)
{
	free(a->alias);
	*a = (struct aliases){0};
}

char *aliases_of(const struct aliases *a, const char *name)
{
	size_t length = 0;
	char *text = NULL;
	FILE *to;
	size_t i;

	for (i = 0; i < a->nr && strcmp(a->alias[i].name, name); i++)
		;
	if (i == a->nr)
		return strdup("");
	to = open_memstream(&text, &length);
	if (!to)
		return NULL;
	for (size_t j = 0; j < a->nr; j++)
		if (j != i && !strcmp(a->alias[j].cache, a->alias[i].cache))
			fprintf(to, "%s%s", ftell(to) ? "\n" : "", a->alias[j].name);
	if (fclose(to)) {
		free(text);
		return NULL;
	}
	return text;
}
