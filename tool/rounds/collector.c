// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* collector.c: the thread that reads the sources and hands over one interval at a time. */
#include "rounds/collector.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "rounds/rounds.h"

#define CLOSE_MS     1000	/* how long closing waits for the thread */
#define KEPT_AT_MOST (32 << 20) /* bytes; the maximum of mallopt() */

struct collector {
	pthread_t thread;
	bool started;
	int asked, ready; /* eventfds: to the thread, and back */
	pthread_mutex_t lock;
	pthread_cond_t over_cond;
	/* Under the lock: */
	bool ending, over; /* the thread shall end; it has ended */
	bool making;	   /* an interval was requested and has not been taken */
	bool full;
	uint64_t side, cache;	 /* to be watched */
	uint32_t left_out;	 /* counts that nothing shows */
	struct rounds_play play; /* the wishes for a recording */
	int err;
	struct model model;
	struct failure failure;
	/* Of the thread alone: */
	struct rounds rounds;
	uint64_t woken_ms[ROUNDS_SOURCES];
	bool deaf[ROUNDS_SOURCES]; /* its descriptor is broken: polling it would never wait */
};

/* ---- waking the sources ---------------------------------------------------------------- */

static uint64_t now_ms(void)
{
	return clock_monotonic_ns() / 1000000;
}

/* Returns the milliseconds until a source wants its wake(), or -1. */
static int wait_ms(const struct collector *c)
{
	uint64_t now = now_ms();
	int least = -1;

	for (int i = 0; i < ROUNDS_SOURCES; i++) {
		const struct source *s = c->rounds.source[i];
		uint64_t due;
		int ms;

		if (!s || !s->wake || s->wake_in_ms < 0)
			continue;
		due = c->woken_ms[i] + (uint64_t)s->wake_in_ms;
		ms = due > now ? (int)(due - now) : 0;
		if (least < 0 || ms < least)
			least = ms;
	}
	return least;
}

static void wake_sources(struct collector *c, const struct pollfd *fds)
{
	uint64_t now = now_ms();

	for (int i = 0; i < ROUNDS_SOURCES; i++) {
		struct source *s = c->rounds.source[i];
		short events = fds[i].revents;

		if (!s || !s->wake)
			continue;
		if (!(events & POLLIN) && (events & (POLLERR | POLLHUP | POLLNVAL)))
			c->deaf[i] = true;
		if ((events & POLLIN) ||
		    (s->wake_in_ms >= 0 && now >= c->woken_ms[i] + (uint64_t)s->wake_in_ms)) {
			c->woken_ms[i] = now;
			s->wake(s);
		}
	}
}

/* ---- the thread ------------------------------------------------------------------------ */

static void signal_fd(int fd)
{
	const uint64_t one = 1;

	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		; /* EAGAIN: the descriptor is readable already */
}

static void drain(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return; /* there was nothing to read */
}

static void make_round(struct collector *c)
{
	struct failure why = {""};
	struct model m;
	uint64_t side, cache;
	uint32_t left_out;
	int err;

	pthread_mutex_lock(&c->lock);
	left_out = c->left_out;
	side = c->side;
	cache = c->cache;
	if (c->play.step_ns)
		c->rounds.play.step_ns = c->play.step_ns;
	c->rounds.play.jump = c->play.jump;
	c->rounds.play.to_ns = c->play.to_ns;
	c->play.jump = false;
	pthread_mutex_unlock(&c->lock);
	rounds_watch(&c->rounds, side, cache);
	rounds_leave_out(&c->rounds, left_out);
	err = rounds_next(&c->rounds, &m, &why);
	pthread_mutex_lock(&c->lock);
	c->err = err;
	c->failure = why;
	if (!err)
		c->model = m;
	c->full = true;
	pthread_mutex_unlock(&c->lock);
	signal_fd(c->ready);
}

/* Waits for a request and wakes the sources meanwhile. Returns false when the thread shall end. */
static bool wait_for_question(struct collector *c)
{
	struct pollfd fds[ROUNDS_SOURCES + 1];
	bool ending;

	do {
		for (int i = 0; i < ROUNDS_SOURCES; i++)
			fds[i] = (struct pollfd){.fd = c->rounds.source[i] && !c->deaf[i]
							       ? c->rounds.source[i]->fd
							       : -1,
						 .events = POLLIN};
		fds[ROUNDS_SOURCES] = (struct pollfd){.fd = c->asked, .events = POLLIN};
		if (poll(fds, ROUNDS_SOURCES + 1, wait_ms(c)) >= 0)
			wake_sources(c, fds);
		pthread_mutex_lock(&c->lock);
		ending = c->ending;
		pthread_mutex_unlock(&c->lock);
	} while (!ending && !(fds[ROUNDS_SOURCES].revents & POLLIN));
	drain(c->asked);
	return !ending;
}

static void *run(void *arg)
{
	struct collector *c = arg;

	while (wait_for_question(c))
		make_round(c);
	pthread_mutex_lock(&c->lock);
	c->over = true;
	pthread_cond_signal(&c->over_cond);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* ---- from outside ---------------------------------------------------------------------- */

/*
 * Returns the memory of the start to the kernel. Memory of an interval, many MiB, stays for the
 * next one: page faults would take longer than the work in it.
 */
static void keep_memory(void)
{
	malloc_trim(0);
	mallopt(M_MMAP_THRESHOLD, KEPT_AT_MOST);
	mallopt(M_TRIM_THRESHOLD, KEPT_AT_MOST);
}

static int start(struct collector *c, struct failure *f)
{
	int err;

	keep_memory();
	c->asked = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->asked < 0 || c->ready < 0)
		return fail(f, errno, "cannot start the collecting: %s", strerror(errno));
	pthread_mutex_init(&c->lock, NULL);
	clock_condition(&c->over_cond);
	err = pthread_create(&c->thread, NULL, run, c);
	if (err)
		return fail(f, err, "cannot start the collecting: %s", strerror(err));
	c->started = true;
	return 0;
}

int collector_open(struct collector **to, const struct source_options *o, struct model *now,
		   struct failure *f)
{
	struct collector *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return fail(f, ENOMEM, "no memory to collect");
	c->asked = c->ready = -1;
	c->left_out = o->left_out;
	err = rounds_open(&c->rounds, o, f);
	if (err) {
		free(c);
		return err;
	}
	if (now)
		err = rounds_now(&c->rounds, now, f);
	if (!err)
		err = start(c, f);
	if (err) {
		if (now)
			model_free(now);
		collector_close(c);
		return err;
	}
	*to = c;
	return 0;
}

bool collector_ask(struct collector *c)
{
	bool asked;

	pthread_mutex_lock(&c->lock);
	asked = !c->making;
	if (asked) {
		c->making = true;
		signal_fd(c->asked);
	}
	pthread_mutex_unlock(&c->lock);
	return asked;
}

void collector_step(struct collector *c, uint64_t ns)
{
	pthread_mutex_lock(&c->lock);
	c->play.step_ns = ns;
	pthread_mutex_unlock(&c->lock);
}

void collector_jump(struct collector *c, uint64_t to_ns)
{
	pthread_mutex_lock(&c->lock);
	c->play.jump = true;
	c->play.to_ns = to_ns;
	pthread_mutex_unlock(&c->lock);
}

void collector_watch(struct collector *c, uint64_t side, uint64_t cache)
{
	pthread_mutex_lock(&c->lock);
	c->side = side;
	c->cache = cache;
	pthread_mutex_unlock(&c->lock);
}

void collector_leave_out(struct collector *c, uint32_t counts)
{
	pthread_mutex_lock(&c->lock);
	c->left_out = counts;
	pthread_mutex_unlock(&c->lock);
}

int collector_fd(const struct collector *c)
{
	return c->ready;
}

int collector_take(struct collector *c, struct model *m, struct failure *f)
{
	int err = 0;

	pthread_mutex_lock(&c->lock);
	if (c->full) {
		drain(c->ready);
		err = c->err ? fail(f, -c->err, "%s", c->failure.text) : 1;
		if (!c->err) {
			*m = c->model;
			memset(&c->model, 0, sizeof(c->model));
		}
		c->full = c->making = false;
	}
	pthread_mutex_unlock(&c->lock);
	return err;
}

int collector_round(struct collector *c, struct model *m, struct failure *f)
{
	struct pollfd ready = {.fd = c->ready, .events = POLLIN};
	int got;

	collector_ask(c);
	do {
		poll(&ready, 1, -1);
		got = collector_take(c, m, f);
	} while (!got);
	return got < 0 ? got : 0;
}

/* Returns whether the thread has ended. */
static bool stop(struct collector *c)
{
	struct timespec until = clock_after(CLOSE_MS);
	bool over;

	pthread_mutex_lock(&c->lock);
	c->ending = true;
	signal_fd(c->asked);
	while (!c->over && !pthread_cond_timedwait(&c->over_cond, &c->lock, &until))
		;
	over = c->over;
	pthread_mutex_unlock(&c->lock);
	if (over)
		pthread_join(c->thread, NULL);
	return over;
}

void collector_close(struct collector *c)
{
	if (!c || (c->started && !stop(c)))
		return;
	rounds_close(&c->rounds);
	model_free(&c->model);
	if (c->asked >= 0)
		close(c->asked);
	if (c->ready >= 0)
		close(c->ready);
	free(c);
}
