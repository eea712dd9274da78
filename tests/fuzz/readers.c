// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* readers.c: the list of readers, and what they share. */
#include "readers.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

const struct fuzz_reader *const fuzz_readers[] = {&fuzz_btf,	  &fuzz_elf,	   &fuzz_registry,
						  &fuzz_slabinfo, &fuzz_kallsyms,  &fuzz_config,
						  &fuzz_globs,	  &fuzz_processes, NULL};

void fuzz_need(bool is_good, const char *what, const char *file, int line)
{
	if (is_good)
		return;
	fprintf(stderr, "# %s:%d: %s\n", file, line, what);
	abort();
}

void fuzz_mutation(const struct fuzz_reader *reader, struct bytes *to, uint64_t number)
{
	struct random random = {number * 0x9e3779b97f4a7c15u + 1};

	reader->make(to, (unsigned)number);
	for (unsigned changes = (unsigned)(next_random(&random) % 6); changes--;)
		bytes_mutate(to, reader->words, &random);
}

void fuzz_make_elf(struct bytes *to, const void *notes, size_t notes_size, const void *btf,
		   size_t btf_size)
{
	static const char names[] = "\0.BTF\0.shstrtab";
	Elf64_Ehdr head = {.e_type = ET_DYN,
			   .e_machine = EM_X86_64,
			   .e_version = EV_CURRENT,
			   .e_ehsize = sizeof(head),
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = 2,
			   .e_shentsize = sizeof(Elf64_Shdr),
			   .e_shnum = 3,
			   .e_shstrndx = 2};
	Elf64_Phdr segment[2] = {{.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_align = 4096},
				 {.p_type = PT_NOTE, .p_flags = PF_R, .p_align = 4}};
	Elf64_Shdr section[3] = {{0},
				 {.sh_type = SHT_PROGBITS, .sh_name = 1},
				 {.sh_type = SHT_STRTAB, .sh_name = 6}};
	size_t at = sizeof(head) + sizeof(segment) + sizeof(section);

	memcpy(head.e_ident, ELFMAG, SELFMAG);
	head.e_ident[EI_CLASS] = ELFCLASS64;
	head.e_ident[EI_DATA] = ELFDATA2LSB;
	head.e_ident[EI_VERSION] = EV_CURRENT;
	head.e_phoff = sizeof(head);
	head.e_shoff = sizeof(head) + sizeof(segment);
	segment[1].p_offset = segment[1].p_vaddr = at;
	segment[1].p_filesz = segment[1].p_memsz = notes_size;
	section[1].sh_offset = at + notes_size;
	section[1].sh_size = btf_size;
	section[2].sh_offset = at + notes_size + btf_size;
	section[2].sh_size = sizeof(names);
	segment[0].p_filesz = segment[0].p_memsz = section[2].sh_offset + sizeof(names);
	to->size = 0;
	bytes_add(to, &head, sizeof(head));
	bytes_add(to, segment, sizeof(segment));
	bytes_add(to, section, sizeof(section));
	bytes_add(to, notes, notes_size);
	bytes_add(to, btf, btf_size);
	bytes_add(to, names, sizeof(names));
}
