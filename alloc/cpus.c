// SPDX-License-Identifier: MIT
/*
 * cpus.c: the CPUs of this system, and the fence that stops the sequences on one of them.
 */
#include "cpus.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pages.h"

/*
 * Reads which CPUs the thread may run on. The kernel copies a mask with room for every CPU that can
 * ever exist. So the number of bits that this returns bounds every CPU number, whatever /sys shows.
 */
#define MASK_BYTES 1024 /* 8192 CPUs, the most that a kernel can have */
static unsigned read_affinity(unsigned char *mask)
{
	long bytes = syscall(SYS_sched_getaffinity, 0, MASK_BYTES, mask);

	return 8 * (bytes > 0 ? (unsigned)bytes : MASK_BYTES);
}

/* init.c calls these once. */
static unsigned char allowed[MASK_BYTES];

unsigned cpus_bound(void)
{
	return read_affinity(allowed);
}

unsigned cpus_possible(void)
{
	unsigned bound = read_affinity(allowed), last = 0, n;
	long conf = sysconf(_SC_NPROCESSORS_CONF);
	FILE *f = fopen("/sys/devices/system/cpu/possible", "re");
	char sep;

	if (!f)
		return bound;
	while (fscanf(f, "%u%c", &n, &sep) >= 1)
		last = n > last ? n : last;
	fclose(f);
	if (conf > 0 && last < (unsigned)conf - 1)
		last = (unsigned)conf - 1;
	/* A container may show fewer CPUs there than it runs on. */
	for (unsigned cpu = last < bound ? last : bound; cpu < bound; cpu++)
		if (allowed[cpu / 8] & 1u << cpu % 8)
			last = cpu;
	return last < bound ? last + 1 : bound;
}

/* Aborts all sequences that run on the CPU, by membarrier. Returns 0 or -errno. */
static int by_membarrier(int cpu)
{
	static bool registered; /* racing first calls only register twice */

	if (!__atomic_load_n(&registered, __ATOMIC_ACQUIRE)) {
		if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0))
			return -errno;
		__atomic_store_n(&registered, true, __ATOMIC_RELEASE);
	}
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU,
		    cpu))
		return -errno;
	return 0;
}

/*
 * Aborts all sequences that run on the CPU, by running there: the kernel has then preempted the
 * thread that did. Returns 0 or -errno.
 */
static int by_visit(int cpu)
{
	unsigned char *mask = pages_map(2 * MASK_BYTES), *there = mask + MASK_BYTES;
	int err = mask ? 0 : -ENOMEM;

	if (err)
		return err;
	read_affinity(mask);
	there[cpu / 8] = (unsigned char)(1u << cpu % 8);
	if (syscall(SYS_sched_setaffinity, 0, MASK_BYTES, there))
		err = -errno;
	else
		syscall(SYS_sched_setaffinity, 0, MASK_BYTES, mask);
	pages_unmap(mask, 2 * MASK_BYTES);
	return err;
}

int cpus_fence(int cpu)
{
	int saved = errno, err = by_membarrier(cpu);

	if (unlikely(err)) /* an old kernel, or a filter of system calls */
		err = by_visit(cpu);
	errno = saved;
	return err;
}
