// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* record_known.c: the table of known caches. */
#include "record/record_known.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 256

bool record_known_open(struct record_known_table *t)
{
	*t = (struct record_known_table){.room = ROOM_MIN};
	t->slot = calloc(t->room, sizeof(*t->slot));
	return t->slot != NULL;
}

void record_known_close(struct record_known_table *t)
{
	for (size_t i = 0; t->slot && i < t->room; i++)
		free(t->slot[i].cpu);
	free(t->slot);
	*t = (struct record_known_table){0};
}

struct record_known *record_known_find(const struct record_known_table *t, uint32_t tgid,
				       uint32_t binary, uint64_t cache)
{
	size_t at = ((cache * 31 + tgid) * 31 + binary) * 0x9e3779b97f4a7c15u >> 32;

	for (;; at++) {
		struct record_known *k = &t->slot[at & (t->room - 1)];

		if (!k->used || (k->cache == cache && k->tgid == tgid && k->binary == binary))
			return k;
	}
}

static bool grow(struct record_known_table *t)
{
	struct record_known_table now = {.room = 2 * t->room, .nr = t->nr};

	now.slot = calloc(now.room, sizeof(*now.slot));
	if (!now.slot)
		return false;
	for (size_t i = 0; i < t->room; i++) {
		const struct record_known *k = &t->slot[i];

		if (k->used)
			*record_known_find(&now, k->tgid, k->binary, k->cache) = *k;
	}
	free(t->slot);
	*t = now;
	return true;
}

struct record_known *record_known_add(struct record_known_table *t, uint32_t tgid, uint32_t binary,
				      uint64_t cache, uint64_t since)
{
	struct record_known *k;

	if (2 * t->nr >= t->room && !grow(t))
		return NULL;
	k = record_known_find(t, tgid, binary, cache);
	t->nr += !k->used;
	free(k->cpu);
	*k = (struct record_known){.cache = cache,
				   .tgid = tgid,
				   .binary = binary,
				   .number = RECORD_KNOWN_NOT_WANTED,
				   .used = true,
				   .since = since};
	return k;
}

struct record_known_cpu *record_known_cpu(struct record_known *k, uint32_t cpu)
{
	if (cpu >= k->nr_cpus) {
		struct record_known_cpu *more =
			reallocarray(k->cpu, (size_t)cpu + 1, sizeof(*more));

		if (!more)
			return NULL;
		memset(more + k->nr_cpus, 0, (cpu + 1 - k->nr_cpus) * sizeof(*more));
		k->cpu = more;
		k->nr_cpus = (size_t)cpu + 1;
	}
	return &k->cpu[cpu];
}
