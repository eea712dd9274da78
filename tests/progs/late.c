// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * late.c: a program that loads and uses libslab.so after it has run for a while, as plugins do.
 *
 *     late LIBSLAB OPS     waits for a line on stdin, loads, works, says "done", waits for stdin's
 *                          end
 */
#include <dlfcn.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef SLAB_NO_INLINE
#define SLAB_NO_INLINE /* only its numbers: nothing of libslab is in this program */
#endif
#include "slab.h"

typedef void *create_fn(unsigned abi, const char *name, size_t size, size_t align, unsigned flags,
			void (*ctor)(void *));
typedef void *alloc_fn(void *cache, unsigned flags);
typedef void free_fn(void *cache, void *object);

static void wait_for_line(void)
{
	int c;

	fflush(stdout);
	while ((c = getchar()) != EOF && c != '\n')
		;
}

int main(int argc, char **argv)
{
	unsigned long ops = argc == 3 ? strtoul(argv[2], NULL, 0) : 0;
	create_fn *create;
	alloc_fn *alloc;
	free_fn *give_back;
	void *library, *cache;

	if (!ops)
		errx(2, "usage: late LIBSLAB OPS");
	puts("ready");
	wait_for_line();
	library = dlopen(argv[1], RTLD_NOW);
	if (!library)
		errx(1, "%s", dlerror());
	create = (create_fn *)(uintptr_t)dlsym(library, "slab_cache_create_abi");
	alloc = (alloc_fn *)(uintptr_t)dlsym(library, "kmem_cache_alloc");
	give_back = (free_fn *)(uintptr_t)dlsym(library, "kmem_cache_free");
	if (!create || !alloc || !give_back)
		errx(1, "%s lacks something: %s", argv[1], dlerror());
	cache = create(SLAB_ABI, "late", 64, 0, 0, NULL);
	if (!cache)
		err(1, "no cache");
	for (unsigned long i = 0; i < ops; i++)
		give_back(cache, alloc(cache, 0));
	puts("done");
	wait_for_line();
	return 0;
}
