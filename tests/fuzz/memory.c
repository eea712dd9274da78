// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * memory.c: keeps small freed mappings, cleared, for later ones. Otherwise the kernel would provide
 * each mapping and its pages anew, which took most of the time of a mutation. ASan must see the
 * frees, so it does without this.
 */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u
#define MAX  (16 * PAGE)
#define KEPT 64 /* of one size */

void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t size);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *at, size_t size);

#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
#define REUSE 0
#else
#define REUSE 1
#endif

static struct {
	void *at[KEPT];
	unsigned nr;
} kept[MAX / PAGE + 1];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t pages_of(size_t size)
{
	return (size + PAGE - 1) / PAGE;
}

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	size_t pages = pages_of(size);
	void *again = NULL;

	if (REUSE && !at && size <= MAX && prot == (PROT_READ | PROT_WRITE) &&
	    flags == (MAP_PRIVATE | MAP_ANONYMOUS)) {
		pthread_mutex_lock(&lock);
		if (kept[pages].nr)
			again = kept[pages].at[--kept[pages].nr];
		pthread_mutex_unlock(&lock);
	}
	return again ? memset(again, 0, pages * PAGE)
		     : __real_mmap(at, size, prot, flags, fd, offset);
}

int __wrap_munmap(void *at, size_t size)
{
	size_t pages = pages_of(size);
	int is_kept = 0;

	if (REUSE && size <= MAX) {
		pthread_mutex_lock(&lock);
		is_kept = kept[pages].nr < KEPT;
		if (is_kept)
			kept[pages].at[kept[pages].nr++] = at;
		pthread_mutex_unlock(&lock);
	}
	return is_kept ? 0 : __real_munmap(at, size);
}
