// SPDX-License-Identifier: MIT
/*
 * pages.c: the page allocator under the slabs: a buddy system over one reserved range.
 *
 * libslab reserves the range and its descriptors without access, and opens them from the bottom
 * in chunks of the longest run. So unused parts cost neither memory nor commit charge. A free run
 * keeps its pages for a while ("dirty"), because slabs come and go in bursts and a page fault
 * costs more than a slab. Above a bound all dirty runs go back to the system at once.
 */
#include "pages.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "inflight.h"
#include "sanitizer.h"

struct pages slab_pages;

#define CHUNK	   (1u << SLAB_MAX_ORDER) /* pages */
#define STEP	   (16 * CHUNK)		  /* by which the range grows */
#define DIRTY_MIN  1024			  /* keeps at least so many dirty free pages, */
#define DIRTY_PART 4			  /* or this part of the pages in use */

static struct slab_lock pages_lock;

/* Only inside a step: a fork() then finds no thread that has the lock. */
static void lock(void)
{
	in_flight_enter(0);
	slab_lock(&pages_lock);
}

static void unlock(void)
{
	slab_unlock(&pages_lock);
	in_flight_leave(0);
}

static uint32_t free_run[SLAB_MAX_ORDER + 1]; /* first free run of each order; 0: none */
static uint32_t reserved;		      /* pages in the range */
static unsigned long used, dirty, limit, emergency;

#define RANGE_MAX ((size_t)1 << 40) /* bytes */

static void *reserve(void *at, size_t bytes, int flags)
{
	void *got = mmap(at, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags,
			 -1, 0);

	return got == MAP_FAILED ? NULL : got;
}

/* Reserves addresses; with room, where so many addresses behind them are probably free. */
static char *reserve_range(size_t bytes, size_t align, size_t room)
{
	char *raw = reserve(NULL, bytes + align, 0), *at;

	if (raw && room && (uintptr_t)raw > 2 * room) {
		munmap(raw, bytes + align);
		raw = reserve(raw - room, bytes + align, 0);
	}
	if (!raw || !align)
		return raw;
	at = (char *)(((uintptr_t)raw + align - 1) & ~(align - 1));
	if (at > raw)
		munmap(raw, (size_t)(at - raw));
	munmap(at + bytes, align - (size_t)(at - raw));
	return at;
}

/*
 * Four times the memory of the machine is more than slabs can fill. Where addresses are limited,
 * the range has a quarter of them and grows later.
 */
int pages_init(void)
{
	size_t bytes = (size_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) * 4, room = 0;
	size_t align = (size_t)CHUNK << SLAB_PAGE_SHIFT;
	struct rlimit as;

	if (bytes > RANGE_MAX)
		bytes = RANGE_MAX;
	if (!getrlimit(RLIMIT_AS, &as) && as.rlim_cur / 4 < bytes) {
		bytes = as.rlim_cur / 4;
		room = RANGE_MAX;
	}
	for (bytes &= ~(align - 1); bytes >= 4 * align; bytes = bytes / 2 & ~(align - 1)) {
		size_t nr = bytes >> SLAB_PAGE_SHIFT, per_page = sizeof(struct slab);
		char *base = reserve_range(bytes, align, room);
		void *slab = !base ? NULL
				   : reserve_range(nr * per_page, 0,
						   (room >> SLAB_PAGE_SHIFT) * per_page);

		if (slab) {
			slab_pages.base = base;
			slab_pages.slab = slab;
			reserved = (uint32_t)nr;
			return 0;
		}
		if (base)
			munmap(base, bytes);
		room = RANGE_MAX;
	}
	return -ENOMEM;
}

/* Adds nr pages to the end of the range. Returns whether their addresses are free. */
static bool extend(uint32_t nr)
{
	size_t bytes = (size_t)nr << SLAB_PAGE_SHIFT, descriptors = nr * sizeof(struct slab);
	char *at = slab_pages.base + ((size_t)reserved << SLAB_PAGE_SHIFT), *got;
	char *slab = (char *)(slab_pages.slab + reserved), *got_slab;

	if (!reserved || reserved + nr > RANGE_MAX >> SLAB_PAGE_SHIFT)
		return false;
	/* Kernels before 4.17 do not know the flag, and may return another address. */
	got = reserve(at, bytes, MAP_FIXED_NOREPLACE);
	got_slab = got == at ? reserve(slab, descriptors, MAP_FIXED_NOREPLACE) : NULL;
	if (got_slab == slab) {
		reserved += nr;
		return true;
	}
	if (got_slab)
		munmap(got_slab, descriptors);
	if (got)
		munmap(got, bytes);
	return false;
}

static void run_add(uint32_t page, unsigned order, uint8_t state)
{
	struct slab *run = &slab_pages.slab[page];

	run->list = state;
	run->active = (uint16_t)order;
	run->prev = 0;
	run->next = free_run[order];
	if (run->next)
		slab_pages.slab[run->next].prev = page;
	free_run[order] = page;
	if (state == SLAB_PAGE_DIRTY)
		dirty += 1ul << order;
}

static void run_del(uint32_t page)
{
	struct slab *run = &slab_pages.slab[page];

	if (run->prev)
		slab_pages.slab[run->prev].next = run->next;
	else
		free_run[run->active] = run->next;
	if (run->next)
		slab_pages.slab[run->next].prev = run->prev;
	if (run->list == SLAB_PAGE_DIRTY)
		dirty -= 1ul << run->active;
	run->list = SLAB_LIST_NONE;
}

/*
 * Opens the next chunk and adds it to the free lists, except page 0: 0 means none. Returns
 * whether there was one.
 */
static bool open_chunk(void)
{
	size_t per_chunk = CHUNK * sizeof(struct slab);
	uint32_t opened = slab_pages.nr;

	if (opened + CHUNK > reserved && !extend(STEP) && !extend(CHUNK))
		return false;
	if (mprotect((char *)slab_pages.slab + opened / CHUNK * per_chunk, per_chunk,
		     PROT_READ | PROT_WRITE) ||
	    mprotect(slab_pages.base + ((size_t)opened << SLAB_PAGE_SHIFT),
		     (size_t)CHUNK << SLAB_PAGE_SHIFT, PROT_READ | PROT_WRITE))
		return false;
	sanitizer_pages(slab_pages.base + ((size_t)opened << SLAB_PAGE_SHIFT),
			(size_t)CHUNK << SLAB_PAGE_SHIFT);
	__atomic_store_n(&slab_pages.nr, opened + CHUNK, __ATOMIC_RELEASE);
	if (opened == 0)
		for (unsigned order = 0; order < SLAB_MAX_ORDER; order++)
			run_add(1u << order, order, SLAB_PAGE_FREE);
	else
		run_add(opened, SLAB_MAX_ORDER, SLAB_PAGE_FREE);
	return true;
}

static uint32_t take_run(unsigned order)
{
	unsigned have = order;
	uint32_t page;
	uint8_t state;

	while (have <= SLAB_MAX_ORDER && !free_run[have])
		have++;
	if (have > SLAB_MAX_ORDER)
		return 0;
	page = free_run[have];
	state = slab_pages.slab[page].list;
	run_del(page);
	while (have > order) {
		have--;
		run_add(page + (1u << have), have, state);
	}
	return page;
}

static struct slab *alloc_run(unsigned order, unsigned long beyond)
{
	uint32_t page = 0;

	lock();
	if (!limit || used + (1ul << order) <= limit + beyond) {
		page = take_run(order);
		/* The first chunk lacks page 0, so the longest run may need a second one. */
		while (!page && open_chunk())
			page = take_run(order);
	}
	if (page) {
		used += 1ul << order;
		for (uint32_t i = 1; i < 1u << order; i++) {
			slab_pages.slab[page + i].list = SLAB_PAGE_TAIL;
			slab_pages.slab[page + i].head = page;
		}
	}
	unlock();
	return page ? &slab_pages.slab[page] : NULL;
}

struct slab *pages_alloc(unsigned order)
{
	return alloc_run(order, 0);
}

struct slab *pages_alloc_reserve(unsigned order)
{
	return alloc_run(order, __atomic_load_n(&emergency, __ATOMIC_RELAXED));
}

static unsigned long trim_locked(void)
{
	unsigned long given = 0;

	for (unsigned order = 0; order <= SLAB_MAX_ORDER; order++) {
		for (uint32_t page = free_run[order]; page; page = slab_pages.slab[page].next) {
			struct slab *run = &slab_pages.slab[page];

			if (run->list != SLAB_PAGE_DIRTY)
				continue;
			madvise(slab_address(run), (size_t)SLAB_PAGE_SIZE << order, MADV_DONTNEED);
			run->list = SLAB_PAGE_FREE;
			given += 1ul << order;
		}
	}
	dirty = 0;
	return given;
}

void pages_free(struct slab *slabp, unsigned order)
{
	uint32_t page = slab_page(slabp);

	lock();
	used -= 1ul << order;
	for (uint32_t i = 0; i < 1u << order; i++)
		slab_pages.slab[page + i].list = SLAB_LIST_NONE;
	for (; order < SLAB_MAX_ORDER; order++) {
		struct slab *buddy = &slab_pages.slab[page ^ (1u << order)];

		if (!(__atomic_load_n(&buddy->list, __ATOMIC_RELAXED) & SLAB_PAGE_FREE) ||
		    buddy->active != order)
			break;
		run_del(slab_page(buddy));
		page &= ~(1u << order);
	}
	/* A clean buddy becomes dirty with it: to give back untouched pages costs nothing. */
	run_add(page, order, SLAB_PAGE_DIRTY);
	if (dirty > DIRTY_MIN && dirty > used / DIRTY_PART)
		trim_locked();
	unlock();
}

unsigned long pages_trim(void)
{
	unsigned long given;

	lock();
	given = trim_locked();
	unlock();
	return given;
}

void pages_set_limit(unsigned long pages)
{
	lock();
	limit = pages;
	unlock();
}

void pages_set_reserve(unsigned long pages)
{
	__atomic_store_n(&emergency, pages, __ATOMIC_RELAXED);
}

void slab_set_limit(size_t bytes, size_t reserve_bytes)
{
	pages_set_limit(bytes >> SLAB_PAGE_SHIFT);
	pages_set_reserve(reserve_bytes >> SLAB_PAGE_SHIFT);
}

unsigned long pages_used(void)
{
	unsigned long now;

	lock();
	now = used;
	unlock();
	return now;
}

void *pages_map(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

void pages_unmap(void *at, size_t bytes)
{
	if (at)
		munmap(at, bytes);
}
