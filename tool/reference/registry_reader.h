/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * registry_reader.h: copies the registry of a live process, within limits. The process may be
 * hostile or in the middle of a change, so every value is checked.
 */
#ifndef SLABSCOPE_REGISTRY_READER_H
#define SLABSCOPE_REGISTRY_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "slab_registry.h"

#define REGISTRY_MAX_CPUS  8192
#define REGISTRY_MAX_BYTES (32u << 20) /* read of one registry in one reading */

struct registry_cache {
	struct slab_registry_entry entry; /* name has a NUL and only printable characters */
	struct slab_registry_gauges gauges;
	struct slab_registry_cpu *cpu; /* entry.nr_cpus of them; the reading owns it */
	bool busy;		       /* kept changing: only entry.generation is valid */
};

struct registry_reading {
	uint32_t pid; /* as the process numbers it */
	uint32_t page_size;
	uint64_t unlisted; /* caches that the process could not list */
	uint64_t unread;   /* caches that were out of bounds, or too much to read */
	struct registry_cache *cache;
	size_t nr_caches;
};

/*
 * Reads the registry at address in the memory of thread tid. Returns 0 and a reading that the
 * caller frees; -ESRCH when the process has ended; -EPERM without permission; -EPROTO when there is
 * no registry; -EPROTONOSUPPORT for another version; -ENOMEM.
 */
int registry_read(pid_t tid, uint64_t address, struct registry_reading *to);
void registry_reading_free(struct registry_reading *reading);

/*
 * Keeps one of two copies of each of nr blocks in first. If the counters stood still between the
 * copies, the second is exact; otherwise keeps the one with fewer frees, as the other may count
 * twice. Returns how many did not stand still.
 */
uint32_t registry_reconcile(struct slab_registry_cpu *first, const struct slab_registry_cpu *second,
			    uint32_t nr);

/* Copies a name from another process: limited, printable, with a NUL. size is that of to. */
void registry_clean_name(char *to, size_t size, const char *from, size_t length);

#endif
