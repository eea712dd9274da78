// SPDX-License-Identifier: MIT
/*
 * lock.c: the contended side of lock.h, on futexes. A thread that has slept takes the lock as 2,
 * because others may still sleep. At worst this causes one wake too many.
 */
#include "lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPINS 100 /* about as long as a step holds the lock */

static void pause_cpu(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#endif
}

static bool try_spinning(struct slab_lock *lock)
{
	for (unsigned i = 0; i < SPINS; i++) {
		uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);

		if (state == 0 && __atomic_compare_exchange_n(&lock->state, &state, 1, false,
							      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
		pause_cpu();
	}
	return false;
}

void slab_lock_slow(struct slab_lock *lock)
{
	int saved = errno;

	if (!try_spinning(lock))
		while (__atomic_exchange_n(&lock->state, 2, __ATOMIC_ACQUIRE) != 0)
			syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
	errno = saved;
}

void slab_unlock_slow(struct slab_lock *lock)
{
	int saved = errno;

	syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	errno = saved;
}
