/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * types.h: the types of the running kernel (BTF): its own, or those of a file for kernels built
 * without. A file is not trusted: libbpf follows wrong numbers in it to any address.
 */
#ifndef SLABSCOPE_TYPES_H
#define SLABSCOPE_TYPES_H

#include "base/failure.h"

struct btf;

#define TYPES_OF_KERNEL "/sys/kernel/btf/vmlinux"

struct types {
	char path[40]; /* for libbpf to read; valid until types_close() */
	int fd;	       /* a copy of a file's types in memory, or -1 */
};

/*
 * Checks and copies the types of a file: raw, or the .BTF of an ELF file. file NULL: the kernel's
 * own. Returns 0, or a negative errno and why: unreadable, broken, without a slab allocator, or of
 * another kernel.
 */
int types_open(struct types *to, const char *file, struct failure *f);
void types_close(struct types *types);

/*
 * Checks that all references are valid and that no type contains itself. Returns 0, or -EINVAL and
 * why.
 */
int types_check(const struct btf *btf, struct failure *f);

#endif
