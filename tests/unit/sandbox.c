// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Behind the filter, what slabscope no longer needs fails with EPERM, and what it needs goes on. */
#include "system/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/sandbox.XXXXXX"; /* with a file "old" */
static pid_t parent;
static int wrong; /* of this process */

/* Counts a call that does not give this error, or gives one where 0 is expected. */
static void expect(const char *what, long result, int error)
{
	int got = result < 0 ? errno : 0;

	if (got == error)
		return;
	print_error("%s: %s, not %s\n", what, strerror(got), strerror(error));
	wrong++;
}

static void expect_open(const char *name, int flags, int error)
{
	int fd = open(name, flags, 0600);

	expect(name, fd, error);
	if (fd >= 0)
		close(fd);
}

static long bpf(int command)
{
	return syscall(SYS_bpf, command, NULL, 0);
}

static void try_others(void)
{
	char *const arguments[] = {"/bin/true", NULL};
	struct iovec byte = {&wrong, 1};
	struct rlimit limit;
	int fds[2];

	expect("execve", execv("/bin/true", arguments), EPERM);
	expect("ptrace", ptrace(PTRACE_SEIZE, parent, NULL, NULL), EPERM);
	expect("process_vm_writev", process_vm_writev(parent, &byte, 1, &byte, 1, 0), EPERM);
	expect("kill", kill(parent, 0), EPERM);
	expect("prlimit", prlimit(parent, RLIMIT_CORE, NULL, &limit), EPERM);
	expect("socket", socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
	expect("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, fds), EPERM);
	expect("unshare", unshare(CLONE_NEWUSER), EPERM);
	expect("clone", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0), EPERM);
	expect("io_uring_setup", syscall(SYS_io_uring_setup, 1, NULL), EPERM);
	expect("pinning", bpf(BPF_OBJ_PIN), EPERM);
	expect("mprotect", mprotect(directory, 1, PROT_READ | PROT_EXEC), EPERM);
	expect("chmod", chmod("old", 0777), EPERM);
	expect("link", link("old", "second"), EPERM);
}

static void *do_nothing(void *arg)
{
	return arg;
}

/* What top does in its intervals. */
static void try_own(void)
{
	struct rlimit limit;
	pthread_t thread;
	pid_t child;

	expect("kill", kill(getpid(), 0), 0);
	expect("raise", raise(SIGCHLD), 0);
	expect("getrlimit", getrlimit(RLIMIT_NOFILE, &limit), 0);
	expect("setrlimit", setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect("thread", -pthread_create(&thread, NULL, do_nothing, NULL), 0);
	expect("join", -pthread_join(thread, NULL), 0);
	child = fork();
	if (!child)
		_exit(0);
	expect("fork", child, 0);
	expect("waitpid", waitpid(child, NULL, 0), 0);
	expect_open("old", O_RDONLY, 0);
	expect_open("/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
	bpf(BPF_MAP_LOOKUP_ELEM);
	expect("bpf", errno == EINVAL || errno == EFAULT || getuid() ? 0 : -1, 0);
}

static void try_files(enum sandbox_files files)
{
	bool saves = files != SANDBOX_READS, logs = files == SANDBOX_LOGS;

	expect_open("old", O_WRONLY, EPERM);
	expect_open("old", O_RDWR, EPERM);
	expect_open("old", O_ACCMODE, EPERM);
	expect_open("old", O_WRONLY | O_EXCL, EPERM);
	expect_open("old", O_WRONLY | O_CREAT, EPERM);
	expect_open("old", O_WRONLY | O_APPEND, EPERM);
	expect_open("old", O_WRONLY | O_CREAT | O_TRUNC, EPERM);
	expect_open("old", O_RDONLY | O_TRUNC, EPERM);
	expect_open("old", O_WRONLY | O_CREAT | O_EXCL, saves ? EEXIST : EPERM);
	expect_open("old", O_WRONLY | O_CREAT | O_APPEND, logs ? 0 : EPERM);
	expect_open("new", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, saves ? 0 : EPERM);
	expect_open("/proc/self/mem", O_RDWR, EPERM);
	expect("rename", rename("new", "newer"), saves ? 0 : EPERM);
	expect("unlink", unlink("newer"), saves ? 0 : EPERM);
	expect("mkdir", mkdir("made", 0700), saves ? 0 : EPERM);
	expect("rmdir", rmdir("made"), saves ? 0 : EPERM);
}

/* Runs a test in a child, as a filter stays. */
static void in_child(void (*test)(enum sandbox_files), enum sandbox_files files)
{
	pid_t child = fork();
	int status;

	if (!child) {
		test(files);
		/* ASan's _exit() makes calls that the filter of the helper refuses. */
		syscall(SYS_exit_group, wrong ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		fail_msg("killed by signal %d", WTERMSIG(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void enter_and_try(enum sandbox_files files)
{
	parent = getppid();
	expect("the filter", sandbox_enter(files), 0);
	expect("the directory", chdir(directory), 0);
	try_others();
	try_own();
	try_files(files);
}

static void what_is_not_needed_is_refused(void **state)
{
	(void)state;
	if (!sandbox_possible())
		skip();
	in_child(enter_and_try, SANDBOX_READS);
	in_child(enter_and_try, SANDBOX_SAVES);
	in_child(enter_and_try, SANDBOX_LOGS);
}

static pthread_barrier_t both;

static void *try_in_thread(void *arg)
{
	pthread_barrier_wait(&both); /* it runs */
	pthread_barrier_wait(&both); /* the filter is there */
	expect("a socket of a thread", socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
	return arg;
}

static void enter_with_thread(enum sandbox_files files)
{
	pthread_t thread;

	pthread_barrier_init(&both, NULL, 2);
	expect("thread", -pthread_create(&thread, NULL, try_in_thread, NULL), 0);
	pthread_barrier_wait(&both);
	expect("the filter", sandbox_enter(files), 0);
	pthread_barrier_wait(&both);
	pthread_join(thread, NULL);
}

static void threads_that_run_have_the_filter(void **state)
{
	(void)state;
	if (!sandbox_possible())
		skip();
	in_child(enter_with_thread, SANDBOX_READS);
}

static void enter_as_helper(enum sandbox_files files)
{
	int ends[2];
	char byte;

	(void)files;
	expect("pipe", pipe(ends), 0);
	expect("the filter", sandbox_enter_helper(), 0);
	expect("close", close(ends[1]), 0);
	expect("read", read(ends[0], &byte, 1), 0);
	expect("open", open("/dev/null", O_RDONLY), EPERM);
	expect("write", write(ends[0], "", 1), EPERM);
	expect("a map", bpf(BPF_MAP_CREATE), EPERM);
	expect("fork", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM);
}

static void the_helper_can_do_nothing_else(void **state)
{
	(void)state;
	if (!sandbox_possible())
		skip();
	in_child(enter_as_helper, SANDBOX_READS);
}

static int make_directory(void **state)
{
	(void)state;
	return !mkdtemp(directory) || chdir(directory) || close(creat("old", 0600));
}

static int remove_directory(void **state)
{
	(void)state;
	return unlink("old") || rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_needed_is_refused),
		cmocka_unit_test(threads_that_run_have_the_filter),
		cmocka_unit_test(the_helper_can_do_nothing_else),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
