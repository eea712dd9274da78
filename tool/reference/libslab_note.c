// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* libslab_note.c: reads the note of libslab from an ELF file, which is not trusted. */
#include "reference/libslab_note.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <string.h>

#include "slab_registry.h"

#define NOTES_MAX    65536 /* bytes of a note segment, which is tiny */
#define SEGMENTS_MAX 256

/* Whether libelf has failed for a reason that says nothing about the file. */
static bool is_unread(void)
{
	return errno == EIO || errno == ENOMEM;
}

/* Searches a note segment. */
static bool find_in_segment(Elf *elf, const GElf_Phdr *segment, struct libslab_note *to)
{
	size_t offset = 0, name, desc;
	struct slab_note note;
	Elf_Data *data;
	GElf_Nhdr head;

	if (segment->p_filesz > NOTES_MAX)
		return false;
	data = elf_getdata_rawchunk(elf, segment->p_offset, segment->p_filesz,
				    segment->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
	if (!data)
		return false;
	while ((offset = gelf_getnote(data, offset, &head, &name, &desc)) > 0) {
		if (head.n_type != SLAB_NOTE_TYPE || head.n_descsz < sizeof(note) ||
		    head.n_namesz != sizeof(SLAB_NOTE_OWNER) ||
		    memcmp((char *)data->d_buf + name, SLAB_NOTE_OWNER, sizeof(SLAB_NOTE_OWNER)))
			continue;
		memcpy(&note, (char *)data->d_buf + desc, sizeof(note));
		to->version = note.version;
		to->registry = segment->p_vaddr + desc + note.offset;
		return true;
	}
	return false;
}

int libslab_note_find(int fd, struct libslab_note *to)
{
	bool found = false;
	int err = 0;
	size_t segments;
	GElf_Phdr segment;
	Elf *elf;

	memset(to, 0, sizeof(*to));
	errno = 0;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return -ENOSYS;
	/*
	 * Not ELF_C_READ_MMAP: if another process truncates the file, reading would kill slabscope.
	 */
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf)
		return is_unread() ? -errno : 0;
	if (elf_kind(elf) == ELF_K_ELF && gelf_getclass(elf) == ELFCLASS64 &&
	    !elf_getphdrnum(elf, &segments)) {
		for (size_t i = 0; i < segments && i < SEGMENTS_MAX; i++) {
			if (!gelf_getphdr(elf, i, &segment))
				break;
			if (segment.p_type == PT_NOTE && !found)
				found = find_in_segment(elf, &segment, to);
			/* Only code: neighbours may share a page of the file. */
			if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) ||
			    to->nr_loads == LIBSLAB_NOTE_LOADS)
				continue;
			to->load[to->nr_loads].offset = segment.p_offset;
			to->load[to->nr_loads].size = segment.p_filesz;
			to->load[to->nr_loads].address = segment.p_vaddr;
			to->nr_loads++;
		}
	}
	if (!found && is_unread())
		err = -errno;
	elf_end(elf);
	return found ? 1 : err;
}

uint64_t libslab_note_address(const struct libslab_note *place, uint64_t start, uint64_t offset)
{
	for (size_t i = 0; i < place->nr_loads; i++) {
		uint64_t first = place->load[i].offset & ~4095ull;
		uint64_t end = place->load[i].offset + place->load[i].size;

		/*
		 * A mapping begins at a page of the segment, so the distance is the same for all.
		 */
		if (offset >= first && offset < end)
			return place->registry + start - offset + place->load[i].offset -
			       place->load[i].address;
	}
	return 0;
}
