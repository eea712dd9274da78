/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * unwatched.h: keeps tracers of this machine out of a test of libslab, which is to see only what
 * it traces itself. A tracer raises semaphores where their file is mapped. So a copy of their
 * pages, without a file, takes the place of these pages.
 */
#ifndef UNWATCHED_H
#define UNWATCHED_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probes.h"

/* Not memcpy(): AddressSanitizer would find the space between other variables of these pages. */
__attribute__((no_sanitize("address", "thread"))) static void copy_words(volatile uint64_t *to,
									 const uint64_t *from,
									 size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*to); i++)
		to[i] = from[i];
}

__attribute__((constructor)) static void unwatched(void)
{
#define ADDRESS(name) (uintptr_t) & slab_##name##_semaphore,
	const uintptr_t semaphore[] = {SLAB_PROBES(ADDRESS)};
#undef ADDRESS
	const size_t nr = sizeof(semaphore) / sizeof(*semaphore);
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = UINTPTR_MAX, end = 0;
	void *copy;

	for (size_t i = 0; i < nr; i++) {
		first = semaphore[i] < first ? semaphore[i] : first;
		end = semaphore[i] >= end ? semaphore[i] + sizeof(short) : end;
	}
	first &= ~(page - 1);
	end = (end + page - 1) & ~(page - 1);
	copy = mmap(NULL, end - first, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		abort();
	copy_words(copy, (const uint64_t *)first, end - first);
	if (mremap(copy, end - first, end - first, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)first) ==
	    MAP_FAILED)
		abort();
	/* One that watched the file before has raised them already. */
	for (size_t i = 0; i < nr; i++)
		*(volatile unsigned short *)semaphore[i] = 0;
}

#endif
