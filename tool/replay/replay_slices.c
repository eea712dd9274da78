// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * replay_slices.c: the counts of a number of equal parts of the time, which intervals are made
 * from. Counts are cumulative: a slice is their value at its end minus that at its beginning.
 */
#include "replay/replay_slices.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t end_of(const struct replay_settings *s, unsigned slice)
{
	unsigned __int128 length = s->slices_to - s->slices_from;

	return slice + 1 < s->slices ? s->slices_from + (uint64_t)(length * (slice + 1) / s->slices)
				     : UINT64_MAX;
}

void replay_slices_begin(struct session *s)
{
	s->slice_end = s->settings->slices ? end_of(s->settings, 0) : UINT64_MAX;
}

int replay_slices_make(const struct session *s, struct player *p)
{
	unsigned slices = s->settings->slices, cpus = p->result.cpus;
	struct replay_slice_cpu *cpu;

	if (!slices)
		return 0;
	p->result.slice = calloc(slices, sizeof(*p->result.slice));
	cpu = p->result.slice ? calloc((size_t)slices * cpus * 2, sizeof(*cpu)) : NULL;
	p->sum = calloc(1, sizeof(*p->sum) + (size_t)cpus * 2 * sizeof(*cpu));
	if (!cpu || !p->sum) {
		free(p->result.slice);
		free(cpu);
		p->result.slice = NULL;
		return -ENOMEM;
	}
	for (unsigned i = 0; i < slices; i++) {
		p->result.slice[i].cpu_recorded = cpu + (size_t)i * cpus * 2;
		p->result.slice[i].cpu_replayed = p->result.slice[i].cpu_recorded + cpus;
	}
	p->sum->cpu_recorded = (struct replay_slice_cpu *)(p->sum + 1);
	p->sum->cpu_replayed = p->sum->cpu_recorded + cpus;
	return 0;
}

void replay_slices_free(struct replay_cache *c)
{
	if (c->slice)
		free(c->slice[0].cpu_recorded);
	free(c->slice);
}

/* Adds the counts since sum to the slice, and to sum. */
static void take_counts(struct replay_counts *slice, struct replay_counts *sum,
			const struct replay_counts *now)
{
	replay_counts_add(slice, now, 1);
	replay_counts_add(slice, sum, -1);
	*sum = *now;
}

static void take_cpu(struct replay_slice_cpu *slice, struct replay_slice_cpu *sum,
		     const struct replay_counts *now)
{
	slice->allocs = now->allocs - sum->allocs;
	slice->hits = now->hits - sum->hits;
	*sum = (struct replay_slice_cpu){now->allocs, now->hits};
}

static void close_slice(struct player *p, unsigned nr)
{
	struct replay_slice *slice = &p->result.slice[nr];
	struct replay_counts recorded = {0}, replayed = {0};

	for (unsigned cpu = 0; cpu < p->result.cpus; cpu++) {
		struct replay_counts now = p->result.cpu_recorded[cpu];

		if (p->result.kernel)
			replay_counts_derive_hits(&now);
		replay_counts_add(&recorded, &now, 1);
		take_cpu(&slice->cpu_recorded[cpu], &p->sum->cpu_recorded[cpu], &now);
		if (!p->kmem)
			continue;
		now = replay_counts_of(p->kmem, cpu);
		replay_counts_add(&now, &p->setup[cpu], -1);
		replay_counts_add(&replayed, &now, 1);
		take_cpu(&slice->cpu_replayed[cpu], &p->sum->cpu_replayed[cpu], &now);
	}
	take_counts(&slice->recorded, &p->sum->recorded, &recorded);
	take_counts(&slice->replayed, &p->sum->replayed, &replayed);
}

void replay_slices_until(struct session *s, uint64_t ns)
{
	while (s->slice < s->settings->slices && ns >= s->slice_end) {
		for (size_t i = 0; i < s->nr; i++)
			if (s->all[i]->result.slice)
				close_slice(s->all[i], s->slice);
		progress_show(s->settings->progress, "replaying it",
			      (s->slice + 1.0) / s->settings->slices);
		if (++s->slice == s->settings->slices)
			s->slice_end = UINT64_MAX;
		else
			s->slice_end = end_of(s->settings, s->slice);
	}
}
