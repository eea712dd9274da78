// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * registry_reader.c: reads the registry of another process with process_vm_readv().
 *
 * Offsets from the process are only added to addresses, which the kernel checks; sizes are limited
 * before any allocation. An entry is copied with all that it points to and then once more, in one
 * call. If its sequence count moved, the copy is discarded and made again.
 *
 * The block of a CPU has no sequence count, to keep the hit fast. A copy may be torn, or fall
 * between a change of an array and its count, and then show too many frees or too few. So each
 * block is copied twice.
 */
#include "reference/registry_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/text.h"

#define TRIES 4

/* Everything before the entries. */
#define HEADER offsetof(struct slab_registry, entries)

struct reader {
	pid_t tid;
	uint64_t address;
	size_t budget; /* bytes that may still be read */
};

void registry_clean_name(char *to, size_t size, const char *from, size_t length)
{
	size_t used = strnlen(from, length < size ? length : size - 1);

	memmove(to, from, used);
	to[used] = 0;
	text_clean(to);
}

/* Copies all pieces. Returns 0 or a negative errno: -EFAULT when some do not exist. */
static int copy(struct reader *r, const struct iovec *local, const struct iovec *remote, int pieces)
{
	size_t want = 0;
	ssize_t got;

	for (int i = 0; i < pieces; i++)
		want += local[i].iov_len;
	if (want > r->budget)
		return -E2BIG;
	r->budget -= want;
	got = process_vm_readv(r->tid, local, pieces, remote, pieces, 0);
	if (got < 0)
		return -errno;
	return (size_t)got == want ? 0 : -EFAULT;
}

static int copy_one(struct reader *r, void *to, uint64_t offset, size_t size)
{
	struct iovec local = {to, size};
	struct iovec remote = {(void *)(uintptr_t)(r->address + offset), size};

	return copy(r, &local, &remote, 1);
}

/* Returns the frees of a block, up to a constant; see slab_registry.h. */
static int64_t claimed_frees(const struct slab_registry_cpu *b)
{
	return (int64_t)(b->counters.slow_frees + (b->state & 0xffff) + (b->state >> 16) +
			 b->counters.taken - b->counters.pushed);
}

uint32_t registry_reconcile(struct slab_registry_cpu *first, const struct slab_registry_cpu *second,
			    uint32_t nr)
{
	uint32_t torn = 0;

	for (uint32_t i = 0; i < nr; i++) {
		bool still =
			!memcmp(&first[i].counters, &second[i].counters, sizeof(first[i].counters));

		torn += !still;
		if (still || claimed_frees(&second[i]) <= claimed_frees(&first[i]))
			first[i] = second[i];
	}
	return torn;
}

/* Reads what the entry describes, the CPUs twice, then the entry again. */
static int copy_cache(struct reader *r, struct registry_cache *cache, uint64_t offset,
		      struct slab_registry_entry *again)
{
	const struct slab_registry_entry *entry = &cache->entry;
	size_t size = entry->nr_cpus * sizeof(*cache->cpu);
	struct iovec local[] = {
		{&cache->gauges, sizeof(cache->gauges)},
		{cache->cpu, size},
		{cache->cpu + entry->nr_cpus, size},
		{again, sizeof(*again)},
	};
	struct iovec remote[] = {
		{(void *)(uintptr_t)(r->address + entry->gauges_offset), sizeof(cache->gauges)},
		{(void *)(uintptr_t)(r->address + entry->cpus_offset), size},
		{(void *)(uintptr_t)(r->address + entry->cpus_offset), size},
		{(void *)(uintptr_t)(r->address + offset), sizeof(*again)},
	};

	return copy(r, local, remote, 4);
}

/*
 * Reads the cache of a live entry at offset, consistent or busy. Returns 0, 1 when the entry is
 * free, or a negative errno.
 */
static int read_cache(struct reader *r, uint64_t offset, struct registry_cache *cache)
{
	struct slab_registry_entry again;
	struct slab_registry_cpu *cpu;
	int err;

	for (int i = 0; i < TRIES; i++) {
		if (cache->entry.state == SLAB_ENTRY_FREE && !(cache->entry.seq & 1))
			return 1;
		if (cache->entry.seq & 1) {
			err = copy_one(r, &cache->entry, offset, sizeof(cache->entry));
			if (err)
				return err;
			continue;
		}
		if (cache->entry.state != SLAB_ENTRY_LIVE || !cache->entry.nr_cpus ||
		    cache->entry.nr_cpus > REGISTRY_MAX_CPUS)
			return -EINVAL;
		cpu = realloc(cache->cpu, 2 * cache->entry.nr_cpus * sizeof(*cpu));
		if (!cpu)
			return -ENOMEM;
		cache->cpu = cpu;
		err = copy_cache(r, cache, offset, &again);
		if (err && err != -EFAULT)
			return err;
		if (!err && !memcmp(&again, &cache->entry, sizeof(again))) {
			/* Tries again: this reader may have been preempted in the middle. */
			if (registry_reconcile(cpu, cpu + again.nr_cpus, again.nr_cpus) &&
			    i + 1 < TRIES)
				continue;
			registry_clean_name(cache->entry.name, sizeof(cache->entry.name),
					    again.name, sizeof(again.name));
			return 0;
		}
		/* It changed, ended, or points nowhere: tries again. */
		err = copy_one(r, &cache->entry, offset, sizeof(cache->entry));
		if (err)
			return err;
	}
	cache->busy = true;
	return 0;
}

/* Reads all entries ever used, each with its cache. */
static int read_caches(struct reader *r, struct slab_registry *registry,
		       struct registry_reading *to)
{
	const struct slab_registry_entry *entry = registry->entries;
	uint32_t used = registry->used;
	struct registry_cache *cache;
	int err;

	to->cache = calloc(used, sizeof(*to->cache));
	if (!to->cache)
		return -ENOMEM;
	err = copy_one(r, registry->entries, HEADER, used * sizeof(*entry));
	for (uint32_t i = 0; !err && i < used; i++) {
		cache = &to->cache[to->nr_caches];
		cache->entry = entry[i];
		err = read_cache(r, HEADER + i * sizeof(*entry), cache);
		if (!err) {
			to->nr_caches++;
			continue;
		}
		free(cache->cpu);
		memset(cache, 0, sizeof(*cache));
		to->unread += err < 0;
		if (err != -ESRCH && err != -EPERM && err != -ENOMEM)
			err = 0;
	}
	return err;
}

/* Returns 0 if this slabscope can read the registry. */
static int check_header(const struct slab_registry *header)
{
	if (header->magic != SLAB_REGISTRY_MAGIC)
		return -EPROTO;
	if (header->version != SLAB_REGISTRY_VERSION ||
	    header->entry_size != sizeof(struct slab_registry_entry) ||
	    header->cpu_size != sizeof(struct slab_registry_cpu))
		return -EPROTONOSUPPORT;
	if (header->nr_entries > SLAB_REGISTRY_ENTRIES || header->used > header->nr_entries ||
	    header->page_size > 1u << 30 || header->page_size & (header->page_size - 1))
		return -EPROTO;
	return 0;
}

int registry_read(pid_t tid, uint64_t address, struct registry_reading *to)
{
	struct reader r = {tid, address, REGISTRY_MAX_BYTES};
	struct slab_registry *registry = malloc(sizeof(*registry));
	int err = -ENOMEM;

	memset(to, 0, sizeof(*to));
	if (!registry)
		return err;
	err = copy_one(&r, registry, 0, HEADER);
	if (!err)
		err = check_header(registry);
	else if (err == -EFAULT)
		err = -EPROTO;
	if (!err) {
		to->pid = registry->pid;
		to->page_size = registry->page_size;
		to->unlisted = registry->unlisted;
		if (registry->used)
			err = read_caches(&r, registry, to);
	}
	free(registry);
	if (err)
		registry_reading_free(to);
	return err;
}

void registry_reading_free(struct registry_reading *reading)
{
	for (size_t i = 0; i < reading->nr_caches; i++)
		free(reading->cache[i].cpu);
	free(reading->cache);
	memset(reading, 0, sizeof(*reading));
}
