/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libslab_note.h: whether an ELF file contains libslab, and where its registry will stand.
 */
#ifndef SLABSCOPE_LIBSLAB_NOTE_H
#define SLABSCOPE_LIBSLAB_NOTE_H

#include <stddef.h>
#include <stdint.h>

#define LIBSLAB_NOTE_LOADS 4 /* segments with code that are looked at */

/* Of a file with libslab; addresses as linked. */
struct libslab_note {
	uint64_t registry;
	uint32_t version; /* SLAB_REGISTRY_VERSION of that libslab */
	struct {
		uint64_t offset, size, address;
	} load[LIBSLAB_NOTE_LOADS];
	size_t nr_loads;
};

/*
 * Looks for libslab's note in the file. Returns 1 and the place, 0 when there is none (also when it
 * is no ELF file, or a broken one), or a negative errno. fd's position is not kept.
 */
int libslab_note_find(int fd, struct libslab_note *to);

/*
 * Returns the registry's address in a process that has the file's part from offset on mapped at
 * start as code, or 0 when no segment with code lies there.
 */
uint64_t libslab_note_address(const struct libslab_note *place, uint64_t start, uint64_t offset);

#endif
