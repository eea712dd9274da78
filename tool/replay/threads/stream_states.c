// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * stream_states.c: the states before a run on threads, one after the other: a word for the event,
 * then one for each field.
 */
#include "replay/threads/stream_states.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"

#define WORDS_MAX (8u << 20) /* 64 MiB */

static unsigned fields_of(unsigned id)
{
	unsigned nr = 0;

	while (trace_definition[id].field[nr].name)
		nr++;
	return nr;
}

int stream_states_add(struct stream *s, unsigned cache, const struct trace_event *e)
{
	unsigned nr = fields_of(e->id);
	uint64_t *to;

	if (s->state_words + 1 + nr > WORDS_MAX)
		return -E2BIG;
	if (array_reserve(&s->state, s->state_words + 1 + nr, &s->state_room, sizeof(*to)))
		return -ENOMEM;
	to = s->state + s->state_words;
	to[0] = (uint64_t)e->id << 40 | (uint64_t)e->node << 32 | e->cpu;
	memcpy(to + 1, e->value, nr * sizeof(*to));
	to[1 + TRACE_F_CACHE] = cache;
	s->state_words += 1 + nr;
	return 0;
}

size_t stream_states_next(const struct stream *s, size_t at, struct trace_event *to)
{
	const uint64_t *from = s->state + at;
	unsigned nr;

	*to = (struct trace_event){
		.cpu = (uint32_t)from[0],
		.node = from[0] >> 32 & 0xff,
		.id = from[0] >> 40 & 0xff,
	};
	nr = fields_of(to->id);
	memcpy(to->value, from + 1, nr * sizeof(*from));
	return at + 1 + nr;
}
