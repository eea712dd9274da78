// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* read_files.c: files of --btf, raw and in ELF, and ELF files with the note of libslab. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <string.h>

#include "../unit/small_kernel.h"
#include "kernel/facts_types.h"
#include "readers.h"
#include "reference/libslab_note.h"
#include "slab_registry.h"
#include "system/types.h"

/* ---- --btf ----------------------------------------------------------------------------------- */

/* Raw, or in an ELF file. */
static void make_btf(struct bytes *to, unsigned number)
{
	static struct bytes good[2];

	if (!good[0].size) {
		struct btf *btf = small_kernel();
		uint32_t size;
		const void *raw = btf__raw_data(btf, &size);

		bytes_add(&good[0], raw, size);
		fuzz_make_elf(&good[1], "", 0, raw, size);
		btf__free(btf);
		libbpf_set_print(NULL);
	}
	*to = good[number % 2];
}

/* What the check lets pass is safe to follow. */
static void follow(const struct types *types)
{
	struct btf *btf = btf__parse(types->path, NULL);
	struct facts facts = {0};

	need(btf != NULL);
	need(!types_check(btf, NULL));
	facts_types_read(&facts, btf);
	btf__free(btf);
}

static bool read_btf(const struct bytes *from)
{
	struct failure f = {""};
	struct types types;
	const char *path;
	int err;

	bytes_file(from, &path);
	err = types_open(&types, path, &f);
	need(err <= 0 && !err == !f.text[0]);
	if (!err)
		follow(&types);
	types_close(&types);
	return !err;
}

const struct fuzz_reader fuzz_btf = {"btf", NULL, make_btf, read_btf, 100000};

/* ---- ELF ------------------------------------------------------------------------------------- */

static void make_elf(struct bytes *to, unsigned number)
{
	struct {
		Elf64_Nhdr head;
		char owner[12];
		struct slab_note note;
	} one = {{sizeof(SLAB_NOTE_OWNER), sizeof(one.note), SLAB_NOTE_TYPE},
		 SLAB_NOTE_OWNER,
		 {SLAB_REGISTRY_VERSION, 0, 0x4000}},
	  all[3];

	for (int i = 0; i < 3; i++)
		all[i] = one;
	/* Others are before it. */
	all[0].head.n_type = 77;
	all[1].owner[0]++;
	fuzz_make_elf(to, number % 2 ? (void *)all : &one, number % 2 ? sizeof(all) : sizeof(one),
		      "", 0);
}

static bool read_elf(const struct bytes *from)
{
	static const uint64_t place[] = {0, 4096, 1ull << 32, 1ull << 63, UINT64_MAX};
	struct libslab_note note;
	int found = libslab_note_find(bytes_file(from, NULL), &note);

	need(found == 0 || found == 1);
	need(note.nr_loads <= LIBSLAB_NOTE_LOADS);
	for (size_t i = 0; i < sizeof(place) / sizeof(*place); i++)
		libslab_note_address(&note, place[i],
				     place[sizeof(place) / sizeof(*place) - 1 - i]);
	return found;
}

const struct fuzz_reader fuzz_elf = {"elf", NULL, make_elf, read_elf, 300000};
