// SPDX-License-Identifier: MIT
/*
 * registry.c: the table of caches for observers, and the ELF note that leads to it.
 */
#include "registry.h"

#include <string.h>
#include <unistd.h>

#include "pages.h"
#include "percpu.h"

struct slab_registry slab_registry;

/* struct slab_note. The linker fills in the distance from the descriptor to the registry. */
__asm__(".pushsection .note.slabscope, \"a\", @note\n"
	"	.balign 8\n"
	"	.long 10\n" /* sizeof("slabscope") */
	"	.long 16\n" /* sizeof(struct slab_note) */
	"	.long 1\n"  /* SLAB_NOTE_TYPE */
	"	.asciz \"slabscope\"\n"
	"	.balign 8\n"
	"1:	.long 1, 0\n" /* SLAB_REGISTRY_VERSION */
	"	.quad slab_registry - 1b\n"
	"	.popsection\n");
_Static_assert(SLAB_NOTE_TYPE == 1 && SLAB_REGISTRY_VERSION == 1 &&
		       sizeof(struct slab_note) == 16 && sizeof(SLAB_NOTE_OWNER) == 10,
	       "the note above says the same");

static uint64_t next_id; /* under the lock of the list of caches */

void registry_init(enum slab_backend backend)
{
	struct slab_registry *r = &slab_registry;

	r->entry_size = sizeof(struct slab_registry_entry);
	r->nr_entries = SLAB_REGISTRY_ENTRIES;
	r->cpu_size = sizeof(struct slab_registry_cpu);
	r->page_size = SLAB_PAGE_SIZE;
	r->backend = backend;
	r->pid = (uint32_t)getpid();
	r->version = SLAB_REGISTRY_VERSION;
	__atomic_store_n(&r->magic, SLAB_REGISTRY_MAGIC, __ATOMIC_RELEASE);
}

static void change_begin(struct slab_registry_entry *e)
{
	__atomic_fetch_add(&e->seq, 1, __ATOMIC_SEQ_CST);
}

static void change_end(struct slab_registry_entry *e)
{
	__atomic_fetch_add(&e->seq, 1, __ATOMIC_SEQ_CST);
}

static int64_t offset(const void *at)
{
	return (int64_t)((intptr_t)at - (intptr_t)&slab_registry);
}

void registry_update(struct kmem_cache *cachep)
{
	struct slab_registry_entry *e = cachep->entry;

	if (!e)
		return;
	change_begin(e);
	e->limit = cachep->limit;
	e->batchcount = cachep->batchcount;
	e->shared = cachep->shared;
	change_end(e);
}

void registry_add(struct kmem_cache *cachep)
{
	struct slab_registry *r = &slab_registry;
	struct slab_registry_entry *e = NULL;

	/* Each id is used once; id modulo the size of the table is the entry. */
	for (unsigned i = 0; i < SLAB_REGISTRY_ENTRIES && !e; i++) {
		cachep->id = next_id++;
		if (r->entries[cachep->id % SLAB_REGISTRY_ENTRIES].state == SLAB_ENTRY_FREE)
			e = &r->entries[cachep->id % SLAB_REGISTRY_ENTRIES];
	}
	cachep->entry = e;
	if (!e) {
		__atomic_fetch_add(&r->unlisted, 1, __ATOMIC_RELAXED);
		return;
	}
	change_begin(e);
	e->generation = cachep->id;
	e->cpus_offset = offset(cachep->cpu);
	e->gauges_offset = offset(cachep->gauges);
	e->nr_cpus = cachep->nr_cpus;
	e->object_size = cachep->object_size;
	e->buffer_size = cachep->size;
	e->num = cachep->num;
	e->slab_pages = 1u << cachep->order;
	e->limit = cachep->limit;
	e->batchcount = cachep->batchcount;
	e->shared = cachep->shared;
	memcpy(e->name, cachep->name, sizeof(e->name));
	e->state = SLAB_ENTRY_LIVE;
	change_end(e);
	if (r->used <= cachep->id % SLAB_REGISTRY_ENTRIES)
		__atomic_store_n(&r->used, cachep->id % SLAB_REGISTRY_ENTRIES + 1,
				 __ATOMIC_RELEASE);
}

void registry_remove(struct kmem_cache *cachep)
{
	struct slab_registry_entry *e = cachep->entry;

	if (!e) {
		__atomic_fetch_sub(&slab_registry.unlisted, 1, __ATOMIC_RELAXED);
		return;
	}
	change_begin(e);
	e->state = SLAB_ENTRY_FREE;
	e->cpus_offset = e->gauges_offset = 0;
	e->nr_cpus = 0;
	change_end(e);
}

void registry_fire_totals(struct kmem_cache *cachep)
{
	for (unsigned cpu = 0; cpu < cachep->nr_cpus && PROBE_ENABLED(totals); cpu++)
		if (percpu_used(cachep, (int)cpu))
			probe_totals(cachep->id, cpu, &cachep->cpu[cpu]);
}
