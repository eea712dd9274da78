/* SPDX-License-Identifier: MIT */
/*
 * sanitizer.h: tells the sanitizers of a program about libslab, which may be built without them.
 * The functions are there where the program contains the sanitizer.
 */
#ifndef SLAB_SANITIZER_H
#define SLAB_SANITIZER_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(default)
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));
extern void __lsan_register_root_region(const void *start, size_t bytes) __attribute__((weak));
#pragma GCC visibility pop

/* Returns whether ThreadSanitizer must see each call: it does not understand sequences. */
static inline bool sanitizer_sees_calls(void)
{
	return __tsan_acquire != NULL;
}

/*
 * What threads did before they released an address comes before what they do after they acquire it:
 * a lock, or an object that one thread frees and another one gets.
 */
static inline void sanitizer_release(void *address)
{
	if (__builtin_expect(__tsan_release != NULL, 0) && address)
		__tsan_release(address);
}

static inline void sanitizer_acquire(void *address)
{
	if (__builtin_expect(__tsan_acquire != NULL, 0) && address)
		__tsan_acquire(address);
}

/* Objects in these pages may hold the only pointer to other memory, which is not lost then. */
static inline void sanitizer_pages(const void *start, size_t bytes)
{
	if (__lsan_register_root_region)
		__lsan_register_root_region(start, bytes);
}

#endif
