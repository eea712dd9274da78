// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * read_registry.c: the memory of a process that changes between two system calls of its reader. An
 * input is a number, which decides what changes, and the memory from the registry on.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "model/choice.h"
#include "readers.h"
#include "reference/process_image.h"
#include "reference/registry_reader.h"

#define ADDRESS	 0x10000u
#define CACHES	 3
#define CPUS	 2
#define READINGS 3

/* As a process has it, but for the unused entries. */
struct memory {
	uint64_t changes;
	uint8_t head[offsetof(struct slab_registry, entries)];
	struct slab_registry_entry entry[CACHES];
	struct slab_registry_gauges gauges[CACHES];
	struct slab_registry_cpu cpu[CACHES][CPUS];
};
#define FIRST offsetof(struct memory, head)

static struct bytes shown;
static struct random changes;

ssize_t __wrap_process_vm_readv(pid_t pid, const struct iovec *local, unsigned long locals,
				const struct iovec *remote, unsigned long remotes,
				unsigned long flags);

/* As the system call: what is before a piece that does not exist is copied. */
ssize_t __wrap_process_vm_readv(pid_t pid, const struct iovec *local, unsigned long locals,
				const struct iovec *remote, unsigned long remotes,
				unsigned long flags)
{
	ssize_t sum = 0;

	(void)pid, (void)flags;
	need(locals == remotes && locals <= IOV_MAX);
	for (unsigned long i = 0; i < locals; i++) {
		uint64_t at = (uint64_t)(uintptr_t)remote[i].iov_base - ADDRESS + FIRST;

		need(local[i].iov_len == remote[i].iov_len);
		if (at >= shown.size || local[i].iov_len > shown.size - at) {
			errno = EFAULT;
			return sum ? sum : -1;
		}
		memcpy(local[i].iov_base, shown.data + at, local[i].iov_len);
		sum += (ssize_t)local[i].iov_len;
		if (changes.state && next_random(&changes) % 4 == 0)
			bytes_mutate(&shown, NULL, &changes);
	}
	return sum;
}

static void make(struct bytes *to, unsigned number)
{
	struct memory m = {.changes = number % 3 ? number : 0};
	const struct slab_registry head = {.magic = SLAB_REGISTRY_MAGIC,
					   .version = SLAB_REGISTRY_VERSION,
					   .entry_size = sizeof(struct slab_registry_entry),
					   .nr_entries = SLAB_REGISTRY_ENTRIES,
					   .used = CACHES,
					   .cpu_size = sizeof(struct slab_registry_cpu),
					   .page_size = 4096,
					   .pid = 7};

	memcpy(m.head, &head, sizeof(m.head));
	for (unsigned i = 0; i < CACHES; i++) {
		m.entry[i] = (struct slab_registry_entry){
			.state = SLAB_ENTRY_LIVE,
			.generation = 10 + i,
			.cpus_offset = (int64_t)(offsetof(struct memory, cpu[i]) - FIRST),
			.gauges_offset = (int64_t)(offsetof(struct memory, gauges[i]) - FIRST),
			.nr_cpus = CPUS,
			.object_size = 60,
			.buffer_size = 64,
			.num = 63,
			.slab_pages = 1,
			.limit = 120,
			.batchcount = 60};
		snprintf(m.entry[i].name, sizeof(m.entry[i].name), "cache-%u", i);
		m.gauges[i] = (struct slab_registry_gauges){4, 3, 2, 100, 20, {0}};
		for (unsigned c = 0; c < CPUS; c++) {
			m.cpu[i][c].state = 1000u << 16 | 5;
			m.cpu[i][c].counters = (struct slab_cpu_counters){
				.refills = 10, .pushed = 600, .taken = 30, .slow_frees = 500};
		}
	}
	to->size = 0;
	bytes_add(to, &m, sizeof(m));
}

static void check(const struct registry_reading *r)
{
	size_t bytes = 0;

	need(r->nr_caches + r->unread <= SLAB_REGISTRY_ENTRIES);
	for (size_t i = 0; i < r->nr_caches; i++) {
		const struct registry_cache *c = &r->cache[i];

		if (c->busy)
			continue;
		need(c->entry.nr_cpus && c->entry.nr_cpus <= REGISTRY_MAX_CPUS);
		need(memchr(c->entry.name, 0, sizeof(c->entry.name)) != NULL);
		bytes += c->entry.nr_cpus * sizeof(*c->cpu);
	}
	need(bytes <= REGISTRY_MAX_BYTES);
}

static const struct ref_hist *no_hist(uint32_t hist, void *arg)
{
	(void)hist, (void)arg;
	return NULL;
}

/* Shows the process as top does. */
static void show(const struct process_image *image)
{
	static const struct choice everything;
	struct snapshot s = {0};

	need(!process_image_show(image, &s, &everything, no_hist, NULL));
	for (size_t i = 0; s.nr_sides && i < s.side[0].nr_caches; i++)
		need(s.side[0].cache[i].nr_cpus <= IMAGE_MAX_ROWS);
	snapshot_free(&s);
}

static bool read_memory(const struct bytes *from)
{
	struct process_images all = {0};
	struct process_image *image = process_images_add(&all, 7, 100, "fuzz");
	struct registry_reading r;
	bool good = false;

	need(image != NULL);
	shown = *from;
	changes.state = 0;
	if (from->size >= sizeof(changes.state))
		memcpy(&changes.state, from->data, sizeof(changes.state));
	for (int i = 0; i < READINGS; i++) {
		int err = registry_read(7, ADDRESS, &r);

		need(err <= 0);
		if (err)
			continue;
		check(&r);
		good = true;
		err = process_image_add_reading(&all, image, 1, &r);
		need(!err || err == -ESTALE);
		show(image);
		registry_reading_free(&r);
	}
	process_images_free(&all);
	return good;
}

const struct fuzz_reader fuzz_registry = {"registry", NULL, make, read_memory, 30000};
