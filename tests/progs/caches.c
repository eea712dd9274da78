// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * caches.c: has the kernel create a slab cache, use it and destroy it, again and again:
 *
 *     caches TIMES [HELD]
 *
 * Each mount of a 9P file system has its own cache for messages. A thread answers the first
 * message, so that the kernel makes the cache. It refuses the second one, which is in the cache,
 * so that the kernel destroys it. With HELD so many mounts at a time wait for that answer. Needs
 * root, and a kernel with 9P over descriptors.
 */
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 4096
#define HELD_MAX    4096

enum { R_LERROR = 7, T_VERSION = 100, R_VERSION = 101 };

struct header {
	uint32_t size;
	uint8_t type;
	uint16_t tag;
} __attribute__((packed));

static pthread_barrier_t all_wait;
static long held = 1;

static void answer(int fd, uint8_t type, uint16_t tag, const void *data, size_t size)
{
	char message[MESSAGE_MAX];
	struct header h = {htole32(sizeof(h) + size), type, tag};

	memcpy(message, &h, sizeof(h));
	memcpy(message + sizeof(h), data, size);
	if (write(fd, message, sizeof(h) + size) != (ssize_t)(sizeof(h) + size))
		err(1, "answer");
}

static void serve(int fd)
{
	/* As large as a message may be, and the protocol: "9P2000.L". */
	static const char version[] = "\0\x10\0\0\x08\0"
				      "9P2000.L";
	static const uint32_t refused = EPERM;
	char message[MESSAGE_MAX];
	struct header h;

	while (read(fd, message, sizeof(message)) >= (ssize_t)sizeof(h)) {
		memcpy(&h, message, sizeof(h));
		if (h.type == T_VERSION) {
			answer(fd, R_VERSION, h.tag, version, sizeof(version) - 1);
			continue;
		}
		if (held > 1)
			pthread_barrier_wait(&all_wait);
		answer(fd, R_LERROR, h.tag, &refused, sizeof(refused));
	}
	close(fd);
}

static void *server(void *arg)
{
	serve((int)(intptr_t)arg);
	return NULL;
}

static void *mount_once(void *arg)
{
	char options[128];
	pthread_t thread;
	int pair[2];

	(void)arg;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) ||
	    pthread_create(&thread, NULL, server, (void *)(intptr_t)pair[1]))
		err(1, "server");
	snprintf(options, sizeof(options), "trans=fd,rfdno=%d,wfdno=%d,msize=4096", pair[0],
		 pair[0]);
	if (!mount("none", "/mnt", "9p", 0, options) || errno != EPERM)
		err(1, "the mount was not refused as it should be");
	close(pair[0]);
	pthread_join(thread, NULL);
	return NULL;
}

int main(int argc, char **argv)
{
	struct rlimit limit = {.rlim_cur = 2 * HELD_MAX + 64, .rlim_max = 2 * HELD_MAX + 64};
	static pthread_t thread[HELD_MAX];
	long times = argc > 1 ? atol(argv[1]) : 0;

	if (argc > 2)
		held = atol(argv[2]);
	if (times < 1 || held < 1 || held > HELD_MAX || times % held)
		errx(2, "usage: caches TIMES [HELD], HELD a divisor of TIMES and %d at most",
		     HELD_MAX);
	if (setrlimit(RLIMIT_NOFILE, &limit))
		err(1, "a limit of %lu descriptors", (unsigned long)limit.rlim_cur);
	pthread_barrier_init(&all_wait, NULL, (unsigned)held);
	for (long i = 0; i < times; i += held) {
		for (long j = 0; held > 1 && j < held; j++)
			if (pthread_create(&thread[j], NULL, mount_once, NULL))
				err(1, "thread");
		for (long j = 0; held > 1 && j < held; j++)
			pthread_join(thread[j], NULL);
		if (held == 1)
			mount_once(NULL);
	}
	printf("%ld\n", times);
	return 0;
}
