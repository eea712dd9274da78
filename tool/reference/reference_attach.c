// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * reference_attach.c: the thread that attaches and detaches. While it lives, no other thread uses
 * the records of libbpf about USDT probes.
 */
#include "reference/reference_attach.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "reference/libslab_files.h"
#include "reference/translated.h"
#include "system/privileges.h"

enum job { JOB_ATTACH, JOB_NONE, JOB_YIELD, JOB_DETACH };

struct attachment {
	struct attachment *next;
	enum job job; /* the pending request */
	int fd;
	dev_t dev;
	ino_t ino;
	uint32_t number;
	pid_t yields_to; /* a process that a probe would kill; 0: none */
	int state;	 /* as reference_attach_state() returns it */
	struct failure why;
	struct bpf_link *link[ATTACH_PROBES];
};

struct reference_attach {
	struct bpf_object *object;
	const struct attach_probe *probes; /* ends with one without a name */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	bool stop, busy;
	struct attachment *first; /* all, in order of request */
};

static void drop_links(struct attachment *one)
{
	for (size_t i = ATTACH_PROBES; i-- > 0;) {
		bpf_link__destroy(one->link[i]);
		one->link[i] = NULL;
	}
}

/* Attaches without holding the lock. Returns 1, or a negative errno and why. */
static int attach_all(struct reference_attach *a, struct attachment *one, struct failure *f)
{
	LIBBPF_OPTS(bpf_usdt_opts, opts, .usdt_cookie = one->number);
	struct bpf_program *program;
	char path[32];
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", one->fd);
	for (size_t i = 0; i < ATTACH_PROBES && a->probes[i].program; i++) {
		program = bpf_object__find_program_by_name(a->object, a->probes[i].program);
		one->link[i] = bpf_program__attach_usdt(program, -1, path, "slab",
							a->probes[i].probe, &opts);
		if (one->link[i])
			continue;
		err = errno;
		if (err == ENOENT && i) /* a libslab without this probe */
			continue;
		drop_links(one);
		if (privileges_uprobes())
			return fail(f, err, "this kernel permits uprobes only with CAP_SYS_ADMIN");
		return fail(f, err, "cannot attach the probe slab:%s: %s", a->probes[i].probe,
			    strerror(err));
	}
	return 1;
}

static void free_attachment(struct attachment *one)
{
	drop_links(one);
	close(one->fd);
	free(one);
}

/* Returns the next attachment with a request. A detached one leaves the list. */
static struct attachment *next_job(struct reference_attach *a)
{
	for (struct attachment **at = &a->first; *at; at = &(*at)->next) {
		struct attachment *one = *at;

		if (one->job == JOB_DETACH)
			*at = one->next;
		if (one->job != JOB_NONE)
			return one;
	}
	return NULL;
}

static void *work(void *arg)
{
	struct reference_attach *a = arg;
	struct attachment *one;
	struct failure why;
	int state;

	privileges_drop_attacher(); /* else it attaches with what it has */
	pthread_mutex_lock(&a->lock);
	while (!a->stop) {
		one = next_job(a);
		a->busy = one != NULL;
		if (!one) {
			pthread_cond_broadcast(&a->idle);
			pthread_cond_wait(&a->work, &a->lock);
			continue;
		}
		if (one->job == JOB_DETACH) {
			pthread_mutex_unlock(&a->lock);
			free_attachment(one);
			pthread_mutex_lock(&a->lock);
			continue;
		}
		if (one->job == JOB_YIELD) {
			one->job = JOB_NONE;
			pthread_mutex_unlock(&a->lock);
			drop_links(one);
			pthread_mutex_lock(&a->lock);
			one->state = -EBUSY;
			continue;
		}
		one->job = JOB_NONE;
		pthread_mutex_unlock(&a->lock);
		why.text[0] = 0;
		state = attach_all(a, one, &why);
		pthread_mutex_lock(&a->lock);
		if (one->job != JOB_NONE) /* it has been asked to detach meanwhile */
			continue;
		one->state = state;
		one->why = why;
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

struct reference_attach *reference_attach_new(struct bpf_object *object,
					      const struct attach_probe *probes)
{
	struct reference_attach *a = calloc(1, sizeof(*a));
	sigset_t all, before;
	int err;

	if (!a)
		return NULL;
	a->object = object;
	a->probes = probes;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->work, NULL);
	clock_condition(&a->idle);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* the caller handles signals */
	err = pthread_create(&a->thread, NULL, work, a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		free(a);
		return NULL;
	}
	return a;
}

/*
 * The kernel takes 0.1 s to detach each probe, and the process that closes it last waits. Makes a
 * process with all our descriptors, which lives until the returned one is closed, and so closes
 * last. Returns -1 on failure.
 */
static int let_another_wait(void)
{
	int end[2];
	pid_t child;
	char unused;

	if (pipe2(end, O_CLOEXEC))
		return -1;
	child = fork();
	if (!child) {
		if (fork())
			_exit(0); /* so the process is not our child, and needs no wait() */
		for (int fd = 0; fd <= 2; fd++)
			close(fd);
		close(end[1]);
		while (read(end[0], &unused, 1) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	close(end[0]);
	if (child > 0)
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	return end[1];
}

void reference_attach_free(struct reference_attach *a)
{
	struct attachment *one;
	int waiting;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_signal(&a->work);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	waiting = a->first ? let_another_wait() : -1;
	while ((one = a->first)) {
		a->first = one->next;
		free_attachment(one);
	}
	if (waiting >= 0)
		close(waiting);
	pthread_cond_destroy(&a->work);
	pthread_cond_destroy(&a->idle);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

/* Requests the job. The caller holds the lock. */
static void request(struct reference_attach *a, struct attachment *one, enum job job)
{
	one->job = job;
	a->busy = true;
	pthread_cond_signal(&a->work);
}

/* Notes that a process is in the way. The caller holds the lock. */
static void yield(struct attachment *one, pid_t pid)
{
	one->yields_to = pid;
	one->why.text[0] = 0;
	fail(&one->why, EBUSY,
	     "process %d has the program's file mapped and runs by translation (valgrind, "
	     "qemu-user), where a probe would kill it; end it, or run a copy of the program",
	     pid);
}

struct attachment *reference_attach_file(struct reference_attach *a,
					 const struct libslab_file *target)
{
	struct attachment *one = calloc(1, sizeof(*one)), **at;
	pid_t pid = translated_with(target->dev, target->ino);

	if (!one)
		return NULL;
	one->job = JOB_NONE;
	one->number = target->number;
	one->dev = target->dev;
	one->ino = target->ino;
	one->fd = fcntl(target->fd, F_DUPFD_CLOEXEC, 3);
	if (one->fd < 0) {
		free(one);
		return NULL;
	}
	pthread_mutex_lock(&a->lock);
	for (at = &a->first; *at; at = &(*at)->next)
		;
	*at = one;
	one->state = pid ? -EBUSY : 0;
	if (pid)
		yield(one, pid);
	else
		request(a, one, JOB_ATTACH);
	pthread_mutex_unlock(&a->lock);
	return one;
}

void reference_attach_detach(struct reference_attach *a, struct attachment *one)
{
	pthread_mutex_lock(&a->lock);
	request(a, one, JOB_DETACH);
	pthread_mutex_unlock(&a->lock);
}

void reference_attach_yield(struct reference_attach *a, struct attachment *one, pid_t pid)
{
	pthread_mutex_lock(&a->lock);
	if (!one->yields_to) {
		yield(one, pid);
		request(a, one, JOB_YIELD);
	}
	pthread_mutex_unlock(&a->lock);
}

/* Attaches after all, when no process is in the way any more. The thread has nothing to do. */
static void try_again(struct reference_attach *a, struct attachment *one)
{
	pid_t pid;

	if (translated_is(one->yields_to))
		return;
	pid = translated_with(one->dev, one->ino);
	pthread_mutex_lock(&a->lock);
	if (pid) {
		yield(one, pid);
	} else {
		one->yields_to = 0;
		one->state = 0;
		request(a, one, JOB_ATTACH);
	}
	pthread_mutex_unlock(&a->lock);
}

int reference_attach_state(struct reference_attach *a, struct attachment *one, struct failure *f)
{
	int state;

	if (one->yields_to && one->state == -EBUSY)
		try_again(a, one);
	pthread_mutex_lock(&a->lock);
	state = one->state;
	if (state < 0)
		fail(f, -state, "%s", one->why.text);
	pthread_mutex_unlock(&a->lock);
	return state;
}

void reference_attach_settle(struct reference_attach *a, unsigned ms)
{
	struct timespec end = clock_after(ms);

	pthread_mutex_lock(&a->lock);
	while (a->busy && pthread_cond_timedwait(&a->idle, &a->lock, &end) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&a->lock);
}
