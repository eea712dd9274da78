// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* workload_kinds.c: files, sockets, pipes, System V messages, inodes, threads. */
#include "command/workload_kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <unistd.h>

static int fds[WORKLOAD_MOST];

static void close_all(unsigned nr)
{
	while (nr--)
		close(fds[nr]);
}

/* Opens nr descriptors, at_once in each call of open_some(), and closes them. */
static int turn_of_descriptors(unsigned nr, unsigned at_once, int (*open_some)(int *to))
{
	unsigned made = 0;
	int err = 0;

	while (!err && made + at_once <= nr) {
		if (open_some(fds + made))
			err = -errno;
		else
			made += at_once;
	}
	close_all(made);
	return err;
}

static int open_file(int *to)
{
	*to = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return *to < 0;
}

static int files(unsigned size)
{
	return turn_of_descriptors(WORKLOAD_MOST * size / 100, 1, open_file);
}

static int close_pair(const int *pair)
{
	int err = errno;

	close(pair[0]);
	close(pair[1]);
	errno = err;
	return -1;
}

static int open_sockets(int *to)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to))
		return -1;
	return send(to[0], "word", 4, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN
		       ? close_pair(to)
		       : 0;
}

static int sockets(unsigned size)
{
	return turn_of_descriptors(WORKLOAD_MOST / 2 * size / 100, 2, open_sockets);
}

static int open_pipe(int *to)
{
	if (pipe2(to, O_CLOEXEC | O_NONBLOCK))
		return -1;
	return write(to[1], "word", 4) < 0 && errno != EAGAIN ? close_pair(to) : 0;
}

static int pipes(unsigned size)
{
	return turn_of_descriptors(WORKLOAD_MOST / 4 * size / 100, 2, open_pipe);
}

/* Opens a file without a name, which disappears when it is closed. */
static int open_inode(int *to)
{
	static const char *const directories[] = {"/dev/shm", "/tmp", "/var/tmp", "."};
	static unsigned directory;
	const unsigned nr = sizeof(directories) / sizeof(*directories);

	for (; directory < nr; directory++) {
		*to = open(directories[directory], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (*to >= 0)
			return 0;
		if (errno == EMFILE || errno == ENFILE || errno == ENOSPC || errno == EINTR)
			return -1;
	}
	directory = 0;
	return -1;
}

static int inodes(unsigned size)
{
	return turn_of_descriptors(WORKLOAD_MOST * size / 100, 1, open_inode);
}

/* With the kernel's header of 48 bytes, messages take 64 and 256 bytes. */
struct message {
	long type;
	char text[208];
};
#define MESSAGES 60 /* in a queue, whose limit is 16 K bytes */
#define QUEUES	 8

static int fill_queue(int queue, unsigned nr)
{
	struct message m = {.type = 1};

	for (unsigned i = 0; i < nr; i++)
		if (msgsnd(queue, &m, i % 2 ? sizeof(m.text) : 16, IPC_NOWAIT))
			return errno == EAGAIN ? 0 : -errno;
	return 0;
}

static int messages(unsigned size)
{
	int queue[QUEUES], err = 0;
	unsigned nr = 0;

	for (; nr < QUEUES && !err; nr++) {
		queue[nr] = msgget(IPC_PRIVATE, 0600);
		if (queue[nr] < 0) {
			err = -errno;
			break;
		}
		err = fill_queue(queue[nr], MESSAGES * size / 100 + 1);
	}
	while (nr--)
		msgctl(queue[nr], IPC_RMID, NULL);
	return err;
}

static void *live_shortly(void *arg)
{
	return arg;
}

static int threads(unsigned size)
{
	pthread_t thread[24];
	const unsigned want = 24 * size / 100 + 1 < 24 ? 24 * size / 100 + 1 : 24;
	pthread_attr_t attr;
	unsigned nr = 0;
	int err = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	while (nr < want && !err) {
		err = -pthread_create(&thread[nr], &attr, live_shortly, NULL);
		nr += !err;
	}
	while (nr--)
		pthread_join(thread[nr], NULL);
	pthread_attr_destroy(&attr);
	return err;
}

const struct workload_kind workload_kinds[] = {
	{"files", files},	{"sockets", sockets}, {"pipes", pipes},
	{"messages", messages}, {"inodes", inodes},   {"threads", threads},
};
const unsigned workload_nr_kinds = sizeof(workload_kinds) / sizeof(*workload_kinds);
