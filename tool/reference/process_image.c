// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* process_image.c: keeps what is known of each process image, and shows it. */
#include "reference/process_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/choice.h"

/* After so many readings without a cache it has ended, also without cache_destroy. */
#define ABSENT_MAX 2

/* Inserts a new, zeroed object into an array of pointers. Returns it; NULL: no memory. */
static void *insert_new(void *array, size_t *nr, size_t at, size_t bytes)
{
	void *object = calloc(1, bytes);
	void **slot = object ? array_insert(array, nr, at, sizeof(*slot)) : NULL;

	if (slot) {
		*slot = object;
		return object;
	}
	free(object);
	return NULL;
}

struct process_image *process_images_add(struct process_images *all, int pid, uint64_t start,
					 const char *comm)
{
	struct process_image *image = insert_new(&all->image, &all->nr, all->nr, sizeof(*image));

	if (!image)
		return NULL;
	image->id = ++all->last_id;
	image->pid = pid;
	image->start = start;
	registry_clean_name(image->comm, sizeof(image->comm), comm, sizeof(image->comm));
	return image;
}

/* Sort key of the caches of an image. */
struct cache_place {
	uint32_t binary;
	uint64_t generation;
};

static int cache_comes_before(const void *element, const void *key)
{
	const struct image_cache *c = *(struct image_cache *const *)element;
	const struct cache_place *place = key;

	return c->binary < place->binary ||
	       (c->binary == place->binary && c->generation < place->generation);
}

struct image_cache *process_image_find_cache(struct process_images *all,
					     struct process_image *image, uint32_t binary,
					     uint64_t generation)
{
	const struct cache_place place = {binary, generation};
	size_t at = array_lower_bound(image->cache, image->nr_caches, sizeof(*image->cache), &place,
				      cache_comes_before);
	struct image_cache *cache = at < image->nr_caches ? image->cache[at] : NULL;

	if (cache && cache->binary == binary && cache->generation == generation)
		return cache;
	cache = insert_new(&image->cache, &image->nr_caches, at, sizeof(*cache));
	if (!cache)
		return NULL;
	cache->id = ++all->last_id;
	cache->binary = binary;
	cache->generation = generation;
	return cache;
}

static int cpu_comes_before(const void *element, const void *cpu)
{
	return (*(struct count_sources *const *)element)->cpu < *(const uint32_t *)cpu;
}

struct count_sources *process_image_find_cpu(struct process_image *image, struct image_cache *cache,
					     uint32_t cpu)
{
	size_t at = array_lower_bound(cache->cpu, cache->nr_cpus, sizeof(*cache->cpu), &cpu,
				      cpu_comes_before);
	struct count_sources *counts;

	if (at < cache->nr_cpus && cache->cpu[at]->cpu == cpu)
		return cache->cpu[at];
	if (image->nr_rows >= IMAGE_MAX_ROWS)
		return NULL;
	counts = insert_new(&cache->cpu, &cache->nr_cpus, at, sizeof(*counts));
	if (!counts)
		return NULL;
	image->nr_rows++;
	counts->cpu = cpu;
	return counts;
}

struct process_image *process_images_live(const struct process_images *all, int pid, uint64_t start)
{
	for (size_t i = all->nr; i-- > 0;)
		if (all->image[i]->pid == pid && all->image[i]->start == start &&
		    !all->image[i]->ended)
			return all->image[i];
	return NULL;
}

struct process_image *process_images_match(const struct process_images *all,
					   const struct ref_image *key, uint64_t ticks)
{
	struct process_image *live = process_images_live(all, (int)key->tgid, ticks);

	for (size_t i = all->nr; i-- > 0;) {
		struct process_image *image = all->image[i];

		if (image->exec_known && image->key.exec == key->exec &&
		    image->pid == (int)key->tgid && image->start == ticks)
			return image;
	}
	return live && !live->exec_known ? live : NULL;
}

static bool is_used(const struct slab_registry_cpu *block)
{
	static const struct slab_registry_cpu unused;

	return block->state || memcmp(&block->counters, &unused.counters, sizeof(unused.counters));
}

/* Returns the sum of avail of all CPUs, each limited to what the field can hold. */
static uint64_t cached_in_arrays(const struct registry_cache *from)
{
	uint64_t cached = 0;

	for (uint32_t i = 0; i < from->entry.nr_cpus; i++)
		cached += from->cpu[i].state & 0xffff;
	return cached;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void read_gauges(struct image_cache *cache, const struct registry_cache *from,
			uint32_t page_size)
{
	const struct slab_registry_entry *e = &from->entry;
	const struct slab_registry_gauges *g = &from->gauges;
	uint64_t slabs = g->slabs_full + g->slabs_partial + g->slabs_free;
	uint64_t cached = g->shared_avail + cached_in_arrays(from);

	cache->gauges_known = true;
	cache->object_size = e->object_size;
	cache->gauge[GAUGE_OBJECT_SIZE] = e->object_size;
	cache->gauge[GAUGE_OBJECTS] = slabs * e->num;
	cache->gauge[GAUGE_SLABINFO_ACTIVE] = minus(slabs * e->num, g->free_objects);
	cache->gauge[GAUGE_CACHED_OBJECTS] = cached;
	cache->gauge[GAUGE_SLABS] = slabs;
	cache->gauge[GAUGE_BYTES] = slabs * e->slab_pages * page_size;
	cache->gauge[GAUGE_LIMIT] = e->limit;
	cache->gauge[GAUGE_BATCHCOUNT] = e->batchcount;
	cache->gauge[GAUGE_ACTIVE_SLABS] = g->slabs_full + g->slabs_partial;
	cache->gauge[GAUGE_SLAB_PAGES] = e->slab_pages;
}

/* Adds a cache of a reading. */
static int read_cache(struct process_image *image, struct image_cache *cache,
		      const struct registry_cache *from, uint32_t page_size)
{
	int err = 0;

	memcpy(cache->name, from->entry.name, sizeof(cache->name));
	read_gauges(cache, from, page_size);
	for (uint32_t i = 0; i < from->entry.nr_cpus; i++) {
		struct count_sources *l;

		if (!is_used(&from->cpu[i]))
			continue;
		l = process_image_find_cpu(image, cache, i);
		if (!l) {
			if (image->nr_rows < IMAGE_MAX_ROWS)
				return -ENOMEM;
			image->unread++;
			break;
		}
		count_sources_add_reading(l, &from->cpu[i]);
		if (cache->skip && count_sources_skip(l))
			return -ENOMEM;
		if (l->rewound)
			err = -ESTALE;
	}
	cache->skip = false;
	return err;
}

int process_image_add_reading(struct process_images *all, struct process_image *image,
			      uint32_t binary, const struct registry_reading *reading)
{
	struct image_cache *cache;
	int err = 0;

	for (size_t i = 0; i < image->nr_caches; i++)
		if (image->cache[i]->binary == binary) {
			/* A cache that a complete reading has never listed does not exist. */
			image->cache[i]->absent += image->cache[i]->listed ||
						   image->cache[i]->absent || !reading->unlisted;
			image->cache[i]->listed = false;
		}
	for (size_t i = 0; i < reading->nr_caches && !err; i++) {
		const struct registry_cache *from = &reading->cache[i];
		size_t before = image->nr_caches;

		cache = process_image_find_cache(all, image, binary, from->entry.generation);
		if (!cache)
			return -ENOMEM;
		if (image->nr_caches > before)
			cache->skip = image->late;
		cache->listed = true;
		cache->absent = 0;
		if (!from->busy)
			err = read_cache(image, cache, from, reading->page_size);
	}
	image->late = false;
	image->unlisted += reading->unlisted;
	image->unread += reading->unread;
	return err;
}

bool process_image_cache_ended(const struct process_image *image, const struct image_cache *cache)
{
	if (image->ended)
		return true;
	if (cache->listed)
		return false;
	return cache->seen & REF_SEEN_DESTROY ||
	       cache->absent >= (image->attached ? ABSENT_MAX : 1);
}

static int show_cpu(struct count_sources *l, struct snap_cache *to,
		    const struct ref_hist *(*hist)(uint32_t hist, void *arg), void *arg)
{
	const struct ref_hist *from = l->probed ? hist(l->hist, arg) : NULL;
	uint64_t count[COUNTS], any = from ? 1 : 0;
	struct snap_cpu *cpu;
	uint64_t bucket[HIST_BUCKETS];

	count_sources_counts(l, count);
	for (int i = 0; i < COUNTS; i++)
		any |= count[i];
	if (!any)
		return 0;
	cpu = snapshot_add_cpu(to, l->cpu);
	if (!cpu)
		return -ENOMEM;
	memcpy(cpu->count, count, sizeof(count));
	if (!from)
		return 0;
	/* The process goes on counting: the sum of the buckets is the count. */
	for (int i = 0; i < HIST_BUCKETS; i++)
		bucket[i] = from->bucket[i];
	cpu->refill_ns = hist_cpu_new(to->rooms, bucket, 0, HIST_BUCKETS);
	if (!cpu->refill_ns)
		return -ENOMEM;
	cpu->refill_ns->sum = from->sum;
	cpu->refill_ns->max = from->max;
	return 0;
}

static int show_cache(const struct process_image *image, const struct image_cache *cache,
		      struct snap_side *side,
		      const struct ref_hist *(*hist)(uint32_t hist, void *arg), void *arg)
{
	struct snap_cache *to =
		snapshot_add_cache(side, cache->id, cache->name[0] ? cache->name : "?");
	int err = 0;

	if (!to)
		return -ENOMEM;
	to->counts_known = COUNT_BIT(COUNTS) - 1;
	to->aliases_known = true; /* libslab merges no caches */
	to->cpus_known = true;
	to->latency_known = image->attached;
	if (cache->gauges_known) {
		to->gauges_known = GAUGE_BIT(GAUGES) - 1;
		memcpy(to->gauge, cache->gauge, sizeof(to->gauge));
		snapshot_set_active(to);
	} else if (cache->object_size) {
		to->gauges_known = GAUGE_BIT(GAUGE_OBJECT_SIZE);
		to->gauge[GAUGE_OBJECT_SIZE] = cache->object_size;
	}
	for (size_t i = 0; i < cache->nr_cpus && !err; i++)
		err = show_cpu(cache->cpu[i], to, hist, arg);
	return err ? err : snapshot_finish_cache(to);
}

/* A cache that kept changing while it was read is unknown. */
static bool is_known(const struct image_cache *cache)
{
	return cache->gauges_known || cache->named || cache->nr_cpus;
}

int process_image_show(const struct process_image *image, struct snapshot *to,
		       const struct choice *choice,
		       const struct ref_hist *(*hist)(uint32_t hist, void *arg), void *arg)
{
	struct snap_side *side;
	int err = 0;

	if (!image->nr_caches)
		return 0;
	side = snapshot_add_side(to, SIDE_REFERENCE, image->id);
	if (!side)
		return -ENOMEM;
	side->pid = image->pid;
	side->gone = image->ended;
	memcpy(side->comm, image->comm, sizeof(side->comm));
	for (size_t i = 0; i < image->nr_caches && !err; i++)
		if (is_known(image->cache[i]) && choice_has_cache(choice, image->cache[i]->name))
			err = show_cache(image, image->cache[i], side, hist, arg);
	return err;
}

void process_image_drop_cache(struct process_image *image, size_t i)
{
	struct image_cache *cache = image->cache[i];

	for (size_t c = 0; c < cache->nr_cpus; c++) {
		count_sources_free(cache->cpu[c]);
		free(cache->cpu[c]);
	}
	image->nr_rows -= cache->nr_cpus;
	free(cache->cpu);
	free(cache);
	array_remove(&image->cache, &image->nr_caches, i, sizeof(*image->cache));
}

void process_images_drop(struct process_images *all, size_t i)
{
	struct process_image *image = all->image[i];

	while (image->nr_caches)
		process_image_drop_cache(image, image->nr_caches - 1);
	free(image->cache);
	free(image);
	array_remove(&all->image, &all->nr, i, sizeof(*all->image));
}

void process_images_free(struct process_images *all)
{
	while (all->nr)
		process_images_drop(all, all->nr - 1);
	free(all->image);
	memset(all, 0, sizeof(*all));
}
