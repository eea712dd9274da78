// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * privileges.c: capabilities, by libcap. A root process without capabilities still owns the files
 * of root. no_new_privs and the bounding set prevent it from running a program with more.
 */
#include "system/privileges.h"
#include "system/sandbox.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPER_SECONDS 1 /* the answer takes microseconds */

const struct privilege privileges_kept[PRIVILEGES_KEPT] = {
	{CAP_BPF, "CAP_BPF", "reads the programs' counters and runs the one that looks at a cache",
	 "no BPF program runs: nothing is counted in the kernel"},
	{CAP_PERFMON, "CAP_PERFMON",
	 "puts probes on programs with libslab that start later, and on what a screen needs later",
	 "no BPF program runs: nothing is counted in the kernel"},
	{CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "reads the registry of other users' processes",
	 "other users' processes with libslab are not shown"},
	{CAP_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE",
	 "opens the very file that a process has mapped", "such files are found by their names"},
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH",
	 "opens other users' files with libslab, and /proc/slabinfo",
	 "only root reads /proc/slabinfo: objects and sizes"},
};

const struct privilege privileges_helper = {CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
					    "switches BPF run-time statistics on for a moment",
					    "what an event costs is not known"};

const struct privilege privileges_attacher = {
	CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "puts probes on programs with libslab that start later",
	"latencies of processes with libslab are not known"};

static pid_t helper;
static int helper_fd = -1;

/* ---- capabilities ---------------------------------------------------------------------------- */

static bool may(cap_value_t capability)
{
	cap_t now = cap_get_proc();
	cap_flag_value_t set = CAP_CLEAR;

	if (now)
		cap_get_flag(now, capability, CAP_EFFECTIVE, &set);
	cap_free(now);
	return set == CAP_SET;
}

/* Limits what exec() can give back: nothing, and never more than keep[]. */
static int bound(const cap_value_t *keep, int count)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || cap_reset_ambient())
		return -errno;
	for (cap_value_t c = 0; may(CAP_SETPCAP) && c < cap_max_bits(); c++) {
		bool kept = false;

		for (int i = 0; i < count; i++)
			kept |= keep[i] == c;
		if (!kept && cap_drop_bound(c))
			return -errno;
	}
	return 0;
}

/* Keeps those capabilities of keep[] that this thread is permitted, and no others. */
static int keep_only(const cap_value_t *keep, int count)
{
	cap_t had = cap_get_proc(), left = cap_init();
	cap_flag_value_t set;
	int err = had && left ? bound(keep, count) : -ENOMEM;

	for (int i = 0; !err && i < count; i++) {
		if (cap_get_flag(had, keep[i], CAP_PERMITTED, &set) || set != CAP_SET)
			continue;
		if (cap_set_flag(left, CAP_PERMITTED, 1, &keep[i], CAP_SET) ||
		    cap_set_flag(left, CAP_EFFECTIVE, 1, &keep[i], CAP_SET))
			err = -errno;
	}
	if (!err && cap_set_proc(left))
		err = -errno;
	cap_free(had);
	cap_free(left);
	return err;
}

int privileges_drop(struct failure *f)
{
	cap_value_t keep[PRIVILEGES_KEPT];
	int err;

	for (int i = 0; i < PRIVILEGES_KEPT; i++)
		keep[i] = privileges_kept[i].capability;
	err = keep_only(keep, PRIVILEGES_KEPT);
	return err ? fail(f, -err, "cannot drop privileges: %s; run slabscope without them",
			  strerror(-err))
		   : 0;
}

int privileges_drop_attacher(void)
{
	cap_value_t keep[PRIVILEGES_KEPT + 1];
	bool admin = privileges_uprobes_admin();

	for (int i = 0; i < PRIVILEGES_KEPT; i++)
		keep[i] = privileges_kept[i].capability;
	keep[PRIVILEGES_KEPT] = privileges_attacher.capability;
	return keep_only(keep, PRIVILEGES_KEPT + admin);
}

int privileges_drop_all(void)
{
	return keep_only(NULL, 0);
}

/* ---- uprobes --------------------------------------------------------------------------------- */

/* The kernel checks the permission before the path, which does not exist. */
int privileges_uprobes(void)
{
	struct perf_event_attr attr = {.size = sizeof(attr), .disabled = 1};
	FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	int fd, found = file ? fscanf(file, "%u", &attr.type) : 0;

	if (file)
		fclose(file);
	if (found != 1)
		return ENODEV;
	attr.uprobe_path = (uintptr_t) "";
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd < 0 && (errno == EACCES || errno == EPERM) ? errno : 0;
}

bool privileges_uprobes_admin(void)
{
	cap_value_t admin = CAP_SYS_ADMIN;
	cap_t had = cap_get_proc(), without = had ? cap_dup(had) : NULL;
	bool only = false;

	if (without && may(admin) && !privileges_uprobes() &&
	    !cap_set_flag(without, CAP_EFFECTIVE, 1, &admin, CAP_CLEAR) && !cap_set_proc(without)) {
		only = privileges_uprobes() != 0;
		cap_set_proc(had);
	}
	cap_free(had);
	cap_free(without);
	return only;
}

/* ---- the helper ------------------------------------------------------------------------------ */

/* Sends a byte, and a descriptor where there is one. */
static void answer(int fd, int statistics)
{
	char byte = statistics < 0 ? -statistics : 0, control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec text = {&byte, 1};
	struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1};
	struct cmsghdr *with;

	if (statistics >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		with = CMSG_FIRSTHDR(&message);
		with->cmsg_level = SOL_SOCKET;
		with->cmsg_type = SCM_RIGHTS;
		with->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(with), &statistics, sizeof(int));
	}
	sendmsg(fd, &message, MSG_NOSIGNAL);
}

static int statistics_on(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -errno : fd;
}

/* Answers each byte with a descriptor, until the other end is closed. */
static void help(int fd)
{
	cap_value_t keep = privileges_helper.capability;
	int statistics;
	ssize_t got;
	char byte;

	if (keep_only(&keep, 1))
		_exit(1);
	sandbox_enter_helper(); /* without it, the helper has still nothing but its privilege */
	for (;;) {
		got = read(fd, &byte, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			_exit(0);
		statistics = statistics_on();
		answer(fd, statistics);
		if (statistics >= 0)
			close(statistics);
	}
}

void privileges_prepare(void)
{
	struct timeval patience = {.tv_sec = HELPER_SECONDS};
	int ends[2];

	if (!may(privileges_helper.capability) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return;
	helper = fork();
	if (!helper) {
		/* The parent handles Ctrl-C and the like; the helper ends with it. */
		for (int signal_number = 1; signal_number < NSIG; signal_number++)
			signal(signal_number, SIG_IGN);
		prctl(PR_SET_NAME, "slabscope-stats");
		dup2(ends[1], 0);
		close_range(1, ~0u, 0);
		help(0);
	}
	close(ends[1]);
	if (helper < 0) {
		close(ends[0]);
		return;
	}
	helper_fd = ends[0];
	setsockopt(helper_fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

void privileges_end(void)
{
	if (helper_fd < 0)
		return;
	shutdown(helper_fd, SHUT_RDWR); /* other processes may hold a copy of it */
	close(helper_fd);
	helper_fd = -1;
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	helper = 0;
}

bool privileges_is_helper(pid_t pid)
{
	return helper > 0 && pid == helper;
}

int privileges_bpf_stats(void)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))];
	struct iovec text = {&byte, 1};
	struct msghdr message = {.msg_iov = &text,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *with;
	int fd;

	if (helper_fd < 0)
		return statistics_on();
	if (send(helper_fd, &byte, 1, MSG_NOSIGNAL) != 1 ||
	    recvmsg(helper_fd, &message, MSG_CMSG_CLOEXEC) != 1)
		return -EPIPE;
	with = CMSG_FIRSTHDR(&message);
	if (!with || with->cmsg_type != SCM_RIGHTS)
		return byte ? -byte : -EPERM;
	memcpy(&fd, CMSG_DATA(with), sizeof(fd));
	return fd;
}

void privileges_remedy(const char *remedy, bool root, char *to, size_t size)
{
	size_t length = strlen(PRIVILEGES_AS_ROOT);

	if (root && !strncmp(remedy, PRIVILEGES_AS_ROOT, length))
		snprintf(to, size,
			 "root lacks privileges here, as in a container or a user namespace: give "
			 "it %s, or run slabscope outside",
			 remedy + length);
	else
		snprintf(to, size, "%s", remedy);
}
