// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* sandbox.c: the filters of system calls, by libseccomp. */
#include "system/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define REFUSE SCMP_ACT_ERRNO(EPERM)
#ifdef __s390__
#define CLONE_FLAGS 1 /* the argument of clone() */
#else
#define CLONE_FLAGS 0
#endif
#define NAMESPACES                                                                     \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET)

/* Refused whatever the arguments. */
static const int refused[] = {
	/* other programs */
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(uselib),
	/* other processes */
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(process_madvise),
	SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(tkill),
	SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo),
	SCMP_SYS(move_pages),
	SCMP_SYS(migrate_pages),
	/* files past the filter, or that exist */
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(openat2),
	SCMP_SYS(creat),
	SCMP_SYS(truncate),
	SCMP_SYS(mknod),
	SCMP_SYS(mknodat),
	SCMP_SYS(link),
	SCMP_SYS(linkat),
	SCMP_SYS(symlink),
	SCMP_SYS(symlinkat),
	SCMP_SYS(chmod),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat),
	SCMP_SYS(chown),
	SCMP_SYS(fchown),
	SCMP_SYS(lchown),
	SCMP_SYS(fchownat),
	SCMP_SYS(setxattr),
	SCMP_SYS(lsetxattr),
	SCMP_SYS(fsetxattr),
	/* the network */
	SCMP_SYS(socket),
	SCMP_SYS(socketpair),
	/* file systems and namespaces */
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(open_tree),
	SCMP_SYS(move_mount),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(fspick),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(setns),
	SCMP_SYS(unshare),
	SCMP_SYS(quotactl),
	SCMP_SYS(acct),
	SCMP_SYS(fanotify_init),
	/* the system */
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(reboot),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(clock_adjtime),
	SCMP_SYS(adjtimex),
	SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname),
	SCMP_SYS(syslog),
	SCMP_SYS(vhangup),
	SCMP_SYS(personality),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(keyctl),
	SCMP_SYS(userfaultfd),
	/* other users */
	SCMP_SYS(setuid),
	SCMP_SYS(setgid),
	SCMP_SYS(setreuid),
	SCMP_SYS(setregid),
	SCMP_SYS(setresuid),
	SCMP_SYS(setresgid),
	SCMP_SYS(setgroups),
	SCMP_SYS(setfsuid),
	SCMP_SYS(setfsgid),
};

/* Changes of names, which need SANDBOX_SAVES. */
static const int renaming[] = {
	SCMP_SYS(rename),   SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(rmdir),	SCMP_SYS(mkdir),     SCMP_SYS(mkdirat),
};

/* Refuses the calls of a list. */
static int refuse_all(scmp_filter_ctx filter, const int *call, size_t nr)
{
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++)
		err = seccomp_rule_add(filter, REFUSE, call[i], 0);
	return err;
}

/* Refuses a call where these bits of one of its arguments have a value. */
static int refuse_bits(scmp_filter_ctx filter, int call, unsigned argument, uint64_t bits,
		       uint64_t value)
{
	return seccomp_rule_add(filter, REFUSE, call, 1,
				SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, bits, value));
}

/* Refuses open() and openat() where these bits of the flags have a value. */
static int refuse_open(scmp_filter_ctx filter, unsigned bits, unsigned value)
{
	int err = refuse_bits(filter, SCMP_SYS(open), 1, bits, value);

	return err ? err : refuse_bits(filter, SCMP_SYS(openat), 2, bits, value);
}

/* Without O_CREAT, O_EXCL means nothing; O_TRUNC empties a file that is only read. */
static int refuse_writing(scmp_filter_ctx filter, enum sandbox_files files)
{
	static const unsigned modes[] = {O_WRONLY, O_RDWR, O_ACCMODE};
	unsigned created = O_EXCL | (files == SANDBOX_LOGS ? O_APPEND : 0);
	int err = 0;

	if (files == SANDBOX_READS) {
		err = refuse_all(filter, renaming, sizeof(renaming) / sizeof(*renaming));
		if (!err)
			err = refuse_open(filter, O_CREAT, O_CREAT);
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes) && !err; i++) {
		err = refuse_open(filter, O_ACCMODE | O_CREAT, modes[i]);
		if (!err)
			err = refuse_open(filter, O_ACCMODE | created, modes[i]);
	}
	return err ? err : refuse_open(filter, O_TRUNC | O_EXCL, O_TRUNC);
}

/* Programs and maps that would outlive this process. */
static int refuse_bpf(scmp_filter_ctx filter)
{
	static const int commands[] = {BPF_OBJ_PIN, BPF_PROG_ATTACH, BPF_PROG_DETACH};
	int err = 0;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands) && !err; i++)
		err = refuse_bits(filter, SCMP_SYS(bpf), 0, UINT32_MAX, (uint64_t)commands[i]);
	return err;
}

/* Signals and limits of other processes. */
static int refuse_others(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp other = SCMP_A0(SCMP_CMP_NE, (uint64_t)getpid());
	int err = seccomp_rule_add(filter, REFUSE, SCMP_SYS(kill), 1, other);

	if (!err)
		err = seccomp_rule_add(filter, REFUSE, SCMP_SYS(tgkill), 1, other);
	return err ? err
		   : seccomp_rule_add(filter, REFUSE, SCMP_SYS(prlimit64), 1,
				      SCMP_A0(SCMP_CMP_NE, 0));
}

/* Memory becomes code only where a library is mapped. */
static int refuse_code(scmp_filter_ctx filter)
{
	int err = refuse_bits(filter, SCMP_SYS(mmap), 2, PROT_WRITE | PROT_EXEC,
			      PROT_WRITE | PROT_EXEC);

	if (!err)
		err = refuse_bits(filter, SCMP_SYS(mprotect), 2, PROT_EXEC, PROT_EXEC);
	return err ? err : refuse_bits(filter, SCMP_SYS(pkey_mprotect), 2, PROT_EXEC, PROT_EXEC);
}

/* The filter cannot read the flags of clone3(), and without it the C library takes clone(). */
static int refuse_namespaces(scmp_filter_ctx filter)
{
	int err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	for (uint64_t flag = 1; flag <= NAMESPACES && !err; flag <<= 1)
		if (NAMESPACES & flag)
			err = refuse_bits(filter, SCMP_SYS(clone), CLONE_FLAGS, flag, flag);
	return err;
}

static int refuse(scmp_filter_ctx filter, enum sandbox_files files)
{
	int err = refuse_all(filter, refused, sizeof(refused) / sizeof(*refused));

	if (!err)
		err = refuse_writing(filter, files);
	if (!err)
		err = refuse_bpf(filter);
	if (!err)
		err = refuse_others(filter);
	if (!err)
		err = refuse_code(filter);
	return err ? err : refuse_namespaces(filter);
}

/* What the loop of the helper calls, and libbpf in it. */
static int permit_help(scmp_filter_ctx filter)
{
	static const int calls[] = {SCMP_SYS(read),	      SCMP_SYS(sendmsg),
				    SCMP_SYS(close),	      SCMP_SYS(fcntl),
				    SCMP_SYS(exit_group),     SCMP_SYS(rt_sigreturn),
				    SCMP_SYS(restart_syscall)};
	int err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
				   SCMP_A0(SCMP_CMP_EQ, BPF_ENABLE_STATS));

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls) && !err; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return err;
}

/*
 * Calls of another ABI of this machine, which have other numbers, are refused, too. Without SSB the
 * kernel would slow slabscope down, as it does programs that run foreign code.
 */
static int load(scmp_filter_ctx filter, bool all_threads)
{
	int err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, REFUSE);

	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, all_threads);
	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return err ? err : seccomp_load(filter);
}

int sandbox_enter(enum sandbox_files files)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int err = filter ? refuse(filter, files) : -ENOMEM;

	if (!err)
		err = load(filter, true);
	seccomp_release(filter);
	return err;
}

int sandbox_enter_helper(void)
{
	scmp_filter_ctx filter = seccomp_init(REFUSE);
	int err = filter ? permit_help(filter) : -ENOMEM;

	if (!err)
		err = load(filter, false);
	seccomp_release(filter);
	return err;
}

bool sandbox_possible(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) && errno == EFAULT;
}
