// SPDX-License-Identifier: MIT
/*
 * ring.c: opens the rings of a process, and makes room in them.
 *
 * All memory of a ring that is in use has been written to before: by the kernel, which reports a
 * full file system as an error. A store of the process itself would end it by SIGBUS.
 */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "pages.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#define FILE_MAX   ((size_t)1 << 30) /* bytes of all rings of a process */
#define SMALL_PART 16		     /* of the address space, which rings may take at most */
#define TRIES	   1000

static struct ring off;
struct ring *ring_here = &off; /* in a page that fork() wipes */
static char directory[PATH_MAX];
static void *mapped;
static size_t mapped_bytes;
static unsigned nr_cpus;

/* ---- memory ---------------------------------------------------------------------------------- */

/*
 * Gives pages of the file memory, where madvise() cannot: the kernel stores into each, at
 * seq of a slot. Where another writer was there before, its event is lost.
 */
static bool populate_by_page(char *at, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += SLAB_PAGE_SIZE)
		if (syscall(SYS_getcpu, NULL, at + i, NULL))
			return false;
	return true;
}

/* Gives a part of the mapping memory. Returns false where there is none. */
static bool populate(void *at, size_t bytes)
{
	if (mprotect(at, bytes, PROT_READ | PROT_WRITE))
		return false;
	return !madvise(at, bytes, MADV_POPULATE_WRITE) ||
	       (errno == EINVAL && populate_by_page(at, bytes));
}

/*
 * Goes on with the next ring, of twice the size, or starts the first one. Its memory takes time; so
 * a writer that comes meanwhile does the same, and the first one that is ready moves on.
 */
static void grow(struct slab_ring_cpu *c, unsigned cpu)
{
	uint32_t old = __atomic_load_n(&c->shift, __ATOMIC_ACQUIRE);
	uint32_t shift = old ? old + 1 : SLAB_RING_MIN_SHIFT, most;
	uint64_t head;

	most = __atomic_load_n(&c->most, __ATOMIC_RELAXED);
	if (shift > (most ? most : ring_here->max_shift))
		return;
	if (!populate(ring_here->slot + slab_ring_first(cpu, ring_here->max_shift, shift),
		      sizeof(struct slab_ring_slot) << shift)) {
		__atomic_store_n(&c->most, old ? old : 1, __ATOMIC_RELAXED);
		return;
	}
	head = __atomic_load_n(&c->head, __ATOMIC_RELAXED);
	do {
		if (head & SLAB_RING_LOCKED) /* another writer is at it */
			return;
	} while (!__atomic_compare_exchange_n(&c->head, &head, head | SLAB_RING_LOCKED, false,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	if (__atomic_load_n(&c->shift, __ATOMIC_RELAXED) == old) {
		__atomic_store_n(&c->start[shift - SLAB_RING_MIN_SHIFT], head, __ATOMIC_RELAXED);
		__atomic_store_n(&c->shift, shift, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&c->head, head, __ATOMIC_RELEASE);
}

/* Returns how far the recorder is. It may be in the middle of writing that. */
static uint64_t read_tail(const struct slab_ring_cpu *c, uint64_t head)
{
	uint64_t tail = __atomic_load_n(&c->tail, __ATOMIC_ACQUIRE);
	uint64_t other = __atomic_load_n(&c->not_tail, __ATOMIC_ACQUIRE);
	uint64_t seen = __atomic_load_n(&c->seen, __ATOMIC_RELAXED);

	return tail == ~other && tail - seen <= head - seen ? tail : seen;
}

bool ring_make_room(struct slab_ring_cpu *c, unsigned cpu, uint64_t head, unsigned nr)
{
	uint64_t tail, start;
	uint32_t shift;
	int saved = errno;

	if (head & SLAB_RING_LOCKED)
		return false;
	tail = read_tail(c, head);
	__atomic_store_n(&c->seen, tail, __ATOMIC_RELAXED);
	if (ring_nearly_full(c, head, tail)) {
		grow(c, cpu);
		errno = saved;
	}
	shift = __atomic_load_n(&c->shift, __ATOMIC_ACQUIRE);
	if (!shift)
		return false;
	/* Where the ring began behind this head, the head has moved, and the caller tries again. */
	start = ring_start(c, shift);
	return start > head || head + nr - (tail > start ? tail : start) <= (uint64_t)1 << shift;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* Makes a file in the directory of the recorder. Returns its descriptor, or -errno. */
static int make_file(int dir, char *name, size_t size)
{
	int fd = -1;

	for (int i = 0; i < TRIES && fd < 0; i++) {
		snprintf(name, size, "%d-%d", (int)getpid(), i);
		fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	return fd < 0 ? -errno : fd;
}

/* Returns how many bytes of address space and of a file rings may take. */
static size_t most_bytes(void)
{
	struct rlimit limit;
	size_t most = FILE_MAX;

	if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY &&
	    limit.rlim_cur / SMALL_PART < most)
		most = limit.rlim_cur / SMALL_PART;
	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < most)
		most = limit.rlim_cur; /* a longer file would end the process by SIGXFSZ */
	return most;
}

/* Maps a new file with rings. Returns 0 or -errno. */
static int map_file(int fd, unsigned cpus, struct ring *r)
{
	size_t page = SLAB_PAGE_SIZE;
	size_t head = (page + cpus * sizeof(struct slab_ring_cpu) + page - 1) & ~(page - 1);
	unsigned shift = SLAB_RING_MAX_SHIFT;
	size_t bytes, most = most_bytes();
	char *at;

	do
		bytes = head + sizeof(struct slab_ring_slot) *
				       slab_ring_first(cpus, shift, SLAB_RING_MIN_SHIFT);
	while (bytes > most && --shift >= SLAB_RING_MIN_SHIFT);
	if (bytes > most)
		return -EFBIG;
	if (ftruncate(fd, (off_t)bytes))
		return -errno;
	at = mmap(NULL, bytes, PROT_NONE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	if (!populate(at, head)) {
		munmap(at, bytes);
		return -ENOSPC;
	}
	mapped = at;
	mapped_bytes = bytes;
	*r = (struct ring){.nr_cpus = cpus,
			   .max_shift = shift,
			   .head = (struct slab_ring_head *)at,
			   .cpu = (struct slab_ring_cpu *)(at + page),
			   .slot = (struct slab_ring_slot *)(at + head)};
	return 0;
}

static void describe(const struct ring *r)
{
	struct slab_ring_head *head = r->head;
	struct stat ns;

	head->version = SLAB_RING_VERSION;
	head->pid = (uint32_t)getpid();
	head->pid_ns = stat("/proc/self/ns/pid", &ns) ? 0 : ns.st_ino;
	head->nr_cpus = r->nr_cpus;
	head->max_shift = r->max_shift;
	head->cpus_offset = (uint32_t)((char *)r->cpu - (char *)head);
	head->data_offset = (uint32_t)((char *)r->slot - (char *)head);
	prctl(PR_GET_NAME, head->comm);
	__atomic_store_n(&head->magic, SLAB_RING_MAGIC, __ATOMIC_RELEASE);
}

/* Opens rings in the directory. Returns 0, also where the recorder has ended, or -errno. */
static int open_in(int dir, unsigned cpus)
{
	struct ring *r;
	char name[32];
	int err, fd;

	/* The recorder holds the lock. */
	if (!flock(dir, LOCK_SH | LOCK_NB))
		return 0;
	r = pages_map(SLAB_PAGE_SIZE);
	if (!r)
		return -ENOMEM;
	madvise(r, SLAB_PAGE_SIZE, MADV_WIPEONFORK);
	fd = make_file(dir, name, sizeof(name));
	err = fd < 0 ? fd : map_file(fd, cpus, r);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && err)
		unlinkat(dir, name, 0);
	if (err) {
		pages_unmap(r, SLAB_PAGE_SIZE);
		return err;
	}
	describe(r);
	ring_clock_open();
	__atomic_store_n(&ring_here, r, __ATOMIC_RELEASE);
	__atomic_store_n(&r->on, 1, __ATOMIC_RELEASE);
	return 0;
}

/*
 * Says on standard error why there are no rings: with little stack, which stdio would need, and
 * without the signal of a closed pipe.
 */
static void say_why(int error)
{
	static char text[PATH_MAX + 256];
	const struct timespec now = {0};
	sigset_t pipe, before, pending;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	sigpending(&pending);
	snprintf(text, sizeof(text),
		 "libslab: process %d is not recorded: cannot make rings in %s: %s\n",
		 (int)getpid(), directory, strerror(error));
	if (write(STDERR_FILENO, text, strlen(text)) < 0 && errno == EPIPE &&
	    !sigismember(&pending, SIGPIPE))
		sigtimedwait(&pipe, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void open_rings(void)
{
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = dir < 0 ? -errno : 0;

	if (!err) {
		err = open_in(dir, nr_cpus);
		close(dir);
	}
	if (err && err != -ENOENT) /* its recorder has ended */
		say_why(-err);
}

void ring_open(unsigned cpus)
{
	const char *path = secure_getenv(SLAB_RING_VARIABLE);
	int saved = errno;

	if (path && *path == '/' && strlen(path) < sizeof(directory)) {
		strcpy(directory, path);
		nr_cpus = cpus < SLAB_RING_CPUS ? cpus : SLAB_RING_CPUS;
		open_rings();
	}
	errno = saved;
}

void ring_after_fork(void)
{
	struct ring *parents = ring_here;
	int saved = errno;

	if (parents == &off)
		return;
	ring_here = &off;
	munmap(mapped, mapped_bytes);
	pages_unmap(parents, SLAB_PAGE_SIZE);
	open_rings();
	errno = saved;
}

/* The mapping stays: another thread may be about to write to it. */
void ring_stop(void)
{
	__atomic_store_n(&ring_here->on, 0, __ATOMIC_RELAXED);
}
