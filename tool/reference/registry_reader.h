/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * registry_reader.h: copies what a live process' libslab says of its caches, and bounds it. The
 * process may be hostile or in the middle of a change: nothing it says is believed unchecked.
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
	bool busy; /* was being changed all the time: only entry.generation is good */
};

struct registry_reading {
	uint32_t pid; /* as the process sees itself */
	uint32_t page_size;
	uint64_t unlisted; /* caches that the process could not list */
	uint64_t unread;   /* caches that were out of bounds, or too much to read */
	struct registry_cache *cache;
	size_t nr_caches;
};

/*
 * Reads the registry at address in the memory that thread tid has. Returns 0 and a reading that the
 * caller frees; -ESRCH when the process has ended, -EPERM when we may not read it, -EPROTO when no
 * registry stands there, -EPROTONOSUPPORT when it is one of another version, -ENOMEM.
 */
int registry_read(pid_t tid, uint64_t address, struct registry_reading *to);
void registry_reading_free(struct registry_reading *reading);

/*
 * Of two copies of each of nr blocks, one after the other, keeps one in first: the second where the
 * counters stood still between the two, which makes it exact; else the one that claims fewer frees, for
 * the other may count something twice. Returns how many did not stand still.
 */
uint32_t registry_reconcile(struct slab_registry_cpu *first, const struct slab_registry_cpu *second,
			    uint32_t nr);

/* Copies a name that comes from another process: bounded, printable, with a NUL. size is of to. */
void registry_clean_name(char *to, size_t size, const char *from, size_t length);

#endif
