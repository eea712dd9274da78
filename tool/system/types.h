/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * types.h: the running kernel's types (BTF): its own, or those of a file for kernels that were built
 * without. A file is not trusted: libbpf would follow a wrong number in it wherever it leads.
 */
#ifndef SLABSCOPE_TYPES_H
#define SLABSCOPE_TYPES_H

#include "base/failure.h"

struct btf;

#define TYPES_OF_KERNEL "/sys/kernel/btf/vmlinux"

struct types {
	char path[40]; /* what libbpf is to read; good until types_close() */
	int fd;	       /* a copy of a file's types in memory, or -1 */
};

/*
 * Has a file's types (raw, or in an ELF file's .BTF) checked and copied; file NULL: the kernel's own.
 * Returns 0, or a negative errno and why: it cannot be read, is broken, describes no kernel's slab
 * allocator, or another kernel than this one.
 */
int types_open(struct types *to, const char *file, struct failure *f);
void types_close(struct types *types);

/* Whether all that the types refer to is there, and none contains itself. 0 or -EINVAL and why. */
int types_check(const struct btf *btf, struct failure *f);

#endif
