// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* aliases.c: reads the links of /sys/kernel/slab and sorts them by their targets. */
#include "system/aliases.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

static int by_cache(const void *left, const void *right)
{
	const struct alias *a = left, *b = right;
	int order = strcmp(a->cache, b->cache);

	return order ? order : strcmp(a->name, b->name);
}

static int add(struct aliases *a, int directory, const char *name)
{
	struct alias alias, *to;
	ssize_t length;

	if (strlen(name) >= sizeof(alias.name))
		return 0; /* slabinfo cuts longer names, so no search finds them */
	length = readlinkat(directory, name, alias.cache, sizeof(alias.cache));
	if (length <= 0 || (size_t)length >= sizeof(alias.cache))
		return 0; /* a directory: no other cache is merged with this one */
	alias.cache[length] = 0;
	strcpy(alias.name, name);
	to = array_append(&a->alias, &a->nr, sizeof(*to));
	if (!to)
		return -ENOMEM;
	*to = alias;
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
	errno = 0;
	while (stream && !err && (entry = readdir(stream))) {
		if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN)
			err = add(to, dirfd(stream), entry->d_name);
		errno = 0;
	}
	if (errno) /* the rest of them is unknown */
		to->known = false;
	if (stream)
		closedir(stream);
	if (err || (stream && !to->known))
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
