// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * object_map.c: linear probing in the order of the hashes. Because of the order a table grows in
 * place: all slots move to its end and from there, first to last, to their new homes.
 */
#include "replay/object_map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "virtual.h"

#define PLACE_BITS 38 /* of the distance from base in units of 8 bytes, and a sign */
#define PLACE_BIAS ((uint64_t)1 << (PLACE_BITS - 1))
#define HASH_BITS  (64 - PLACE_BITS)
_Static_assert(SLAB_RANGE_MAX / 8 <= PLACE_BIAS, "every object has a place");

#define HOMES_MIN 512
#define SLACK	  64 /* after the last home */

static uint64_t hash_of(uint64_t address)
{
	return (address * 0x9e3779b97f4a7c15u) >> PLACE_BITS;
}

static size_t home_of(const struct object_map *m, uint64_t hash)
{
	return (size_t)((unsigned __int128)hash * m->homes >> HASH_BITS);
}

static void *object_of(const struct object_map *m, uint64_t slot)
{
	uint64_t place = slot & (((uint64_t)1 << PLACE_BITS) - 1);

	return m->base + ((int64_t)(place - PLACE_BIAS) * 8);
}

static size_t bytes_of(size_t room)
{
	return (room * sizeof(uint64_t) + 4095) & ~(size_t)4095;
}

/* Sets the size of the table, and moves every slot to its new place. Returns 0 or -ENOMEM. */
static int resize(struct object_map *m, size_t homes)
{
	size_t room = homes + homes / 64 + SLACK, was = m->room, from = room, to = 0;
	uint64_t *slot = m->slot ? mremap(m->slot, bytes_of(was), bytes_of(room), MREMAP_MAYMOVE)
				 : mmap(NULL, bytes_of(room), PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (slot == MAP_FAILED)
		return -ENOMEM;
	m->slot = slot;
	m->homes = homes;
	m->room = room;
	for (size_t i = was; i-- > 0;) {
		uint64_t value = slot[i];

		slot[i] = 0;
		if (value)
			slot[--from] = value;
	}
	for (; from < room; from++, to++) {
		uint64_t value = slot[from];
		size_t home = home_of(m, value >> PLACE_BITS);

		/* Later slots find room after it, unless nearly all have the last home. */
		if (to < home)
			to = home;
		if (to > from)
			to = from;
		slot[from] = 0;
		slot[to] = value;
	}
	return 0;
}

int object_map_put(struct object_map *m, uint64_t address, void *object)
{
	uint64_t hash = hash_of(address), value;
	size_t at, end;
	int err;

	if (!m->base)
		m->base = object;
	value = hash << PLACE_BITS | ((uint64_t)(((char *)object - m->base) / 8) + PLACE_BIAS);
	if (m->nr >= m->homes / 10 * 8) {
		err = resize(m, m->homes ? m->homes + m->homes / 4 : HOMES_MIN);
		if (err)
			return err;
	}
	for (;;) {
		at = home_of(m, hash);
		while (at < m->room && m->slot[at] && m->slot[at] < value)
			at++;
		for (end = at; end < m->room && m->slot[end];)
			end++;
		if (end < m->room)
			break;
		/* Many have a home near the end. */
		err = resize(m, m->homes + m->homes / 4);
		if (err)
			return err;
	}
	memmove(m->slot + at + 1, m->slot + at, (end - at) * sizeof(*m->slot));
	m->slot[at] = value;
	m->nr++;
	*(uint64_t *)object = address;
	return 0;
}

static void remove_at(struct object_map *m, size_t at)
{
	size_t end = at + 1;

	while (end < m->room && m->slot[end] && home_of(m, m->slot[end] >> PLACE_BITS) < end)
		end++;
	memmove(m->slot + at, m->slot + at + 1, (end - at - 1) * sizeof(*m->slot));
	m->slot[end - 1] = 0;
	m->nr--;
}

void *object_map_take(struct object_map *m, uint64_t address)
{
	uint64_t hash = hash_of(address);
	void *object;

	if (!m->nr)
		return NULL;
	for (size_t at = home_of(m, hash); at < m->room && m->slot[at]; at++) {
		uint64_t other = m->slot[at] >> PLACE_BITS;

		if (other > hash)
			break;
		if (other < hash)
			continue;
		object = object_of(m, m->slot[at]);
		if (*(uint64_t *)object == address) {
			remove_at(m, at);
			return object;
		}
	}
	return NULL;
}

void *object_map_take_any(struct object_map *m, size_t *from)
{
	for (; *from < m->room; ++*from) {
		if (m->slot[*from]) {
			void *object = object_of(m, m->slot[*from]);

			m->slot[*from] = 0;
			m->nr--;
			return object;
		}
	}
	return NULL;
}

void object_map_prefetch(const struct object_map *m, uint64_t address)
{
	if (m->homes)
		__builtin_prefetch(&m->slot[home_of(m, hash_of(address))]);
}

size_t object_map_bytes(const struct object_map *m)
{
	return m->slot ? bytes_of(m->room) : 0;
}

void object_map_free(struct object_map *m)
{
	if (m->slot)
		munmap(m->slot, bytes_of(m->room));
	*m = (struct object_map){0};
}
