/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libslab_note.h: whether an ELF file contains libslab, and where its registry is. */
#ifndef SLABSCOPE_LIBSLAB_NOTE_H
#define SLABSCOPE_LIBSLAB_NOTE_H

#include <stddef.h>
#include <stdint.h>

#define LIBSLAB_NOTE_LOADS 4 /* segments with code that are examined */

/* For a file with libslab; addresses as linked. */
struct libslab_note {
	uint64_t registry;
	uint32_t version; /* SLAB_REGISTRY_VERSION of that libslab */
	struct {
		uint64_t offset, size, address;
	} load[LIBSLAB_NOTE_LOADS];
	size_t nr_loads;
};

/*
 * Searches the file for the note of libslab. Returns 1 and fills to; 0 when there is none, or the
 * file is not ELF or broken; or a negative errno. The position of fd changes.
 */
int libslab_note_find(int fd, struct libslab_note *to);

/*
 * Returns the address of the registry in a process that maps the file from offset on at start as
 * code; 0 when no segment with code is there.
 */
uint64_t libslab_note_address(const struct libslab_note *place, uint64_t start, uint64_t offset);

#endif
