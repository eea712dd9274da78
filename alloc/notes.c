// SPDX-License-Identifier: MIT
/*
 * notes.c: fires the probes of the notes.
 */
#include "notes.h"

static void fire(const struct note *note, uint64_t cache, uint64_t cpu)
{
	uint64_t node = note->node;

	switch (note->kind) {
	case NOTE_GROW:
		probe_grow(cache, node, note->slab, note->a, note->b, note->ns, note->seq, cpu);
		break;
	case NOTE_LIST_MOVE:
		probe_list_move(cache, node, note->slab, note->from, note->to, note->a, note->seq,
				cpu);
		break;
	case NOTE_TRANSFER:
		probe_transfer(cache, cpu, node, note->a, note->from, note->seq);
		break;
	case NOTE_SLAB_DESTROY:
		probe_slab_destroy(cache, node, note->slab, note->seq, cpu);
		break;
	}
}

void notes_fire(struct probe_notes *notes, uint64_t cache, int cpu)
{
	for (unsigned i = 0; i < notes->nr; i++)
		fire(&notes->note[i], cache, (uint64_t)cpu);
	if (notes->lost && PROBE_ENABLED(notes_lost))
		probe_notes_lost(cache, (uint64_t)cpu, notes->lost);
	notes->nr = notes->lost = 0;
}
