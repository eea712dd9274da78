// SPDX-License-Identifier: MIT
/*
 * registration.c: vfork() and clone() for programs that contain or link libslab. Both are weak, so
 * that a program may have its own. A program that makes the system calls itself, or that loads
 * libslab by dlopen(), goes past them.
 */
#include "registration.h"

#ifdef SLAB_INLINE_HIT
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#define AREA_BYTES_MIN 32 /* glibc registers no fewer */

/*
 * The thread that ended its own registration and may renew it; 0: none. A child that shares this
 * variable is another thread. SHARED: a child may use the same area at the same time.
 */
static __thread pid_t ended __attribute__((tls_model("initial-exec")));
#define SHARED (-1)

/* Makes the system call for the area of this thread. Returns 0 or -1. */
static int rseq(int flags)
{
	unsigned bytes = __rseq_size < AREA_BYTES_MIN ? AREA_BYTES_MIN : __rseq_size;

	return (int)syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, bytes,
			    flags, RSEQ_SIG);
}

/* Ends the registration of this thread, if it has one. Returns whether it had. Keeps errno. */
static bool end(void)
{
	int saved = errno;
	bool did = registration_usable() && registration_cpu() >= 0 && !rseq(RSEQ_FLAG_UNREGISTER);

	if (did)
		ended = (pid_t)syscall(SYS_gettid);
	errno = saved;
	return did;
}

bool registration_renew(void)
{
	int saved = errno;
	bool renewed = ended > 0 && ended == (pid_t)syscall(SYS_gettid) && !rseq(0);

	if (renewed)
		ended = 0;
	errno = saved;
	return renewed;
}

void registration_after_fork(void)
{
	if (ended)
		ended = (pid_t)syscall(SYS_gettid);
}

pid_t __vfork(void);
pid_t __interceptor_vfork(void) __attribute__((weak)); /* of a sanitizer */
extern char registration_vfork[] __attribute__((visibility("hidden")));
void *registration_before_vfork(void) __attribute__((visibility("hidden"), used, returns_nonnull));

/*
 * Returns where vfork() goes on. A sanitizer has a vfork() of its own. The linker has chosen ours
 * where the program contains it, and else the sanitizer's, which then calls ours.
 */
void *registration_before_vfork(void)
{
	end();
	return __interceptor_vfork && (char *)vfork == registration_vfork
		       ? (void *)__interceptor_vfork
		       : (void *)__vfork;
}

/* The child returns first, and overwrites the stack below its caller: so this leaves no frame. */
__asm__(".pushsection .text\n\t"
	".weak vfork\n\t"
	".type vfork, @function\n\t"
	".hidden registration_vfork\n\t"
	".globl registration_vfork\n"
	"registration_vfork:\n"
	"vfork:\n\t"
	".cfi_startproc\n\t"
	"endbr64\n\t"
	"subq $8, %rsp\n\t"
	".cfi_adjust_cfa_offset 8\n\t"
	"call registration_before_vfork\n\t"
	"addq $8, %rsp\n\t"
	".cfi_adjust_cfa_offset -8\n\t"
	"jmp *%rax\n\t"
	".cfi_endproc\n\t"
	".size vfork, . - vfork\n\t"
	".popsection");

int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);

/* A child with a thread area of its own does not use the parent's. */
__attribute__((weak, visibility("default"))) int clone(int (*fn)(void *), void *stack, int flags,
						       void *arg, ...)
{
	pid_t *parent_tid, *child_tid;
	bool did;
	void *tls;
	va_list more;
	int child;

	va_start(more, arg);
	parent_tid = va_arg(more, pid_t *);
	tls = va_arg(more, void *);
	child_tid = va_arg(more, pid_t *);
	va_end(more);
	did = flags & CLONE_VM && !(flags & CLONE_SETTLS) && end();
	child = __clone(fn, stack, flags, arg, parent_tid, tls, child_tid);
	if (did && child > 0 && !(flags & CLONE_VFORK))
		ended = SHARED;
	return child;
}
#endif
