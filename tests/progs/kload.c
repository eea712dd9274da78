// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kload.c: loads on the kernel's slab allocator. They come in batches, because the cache of one
 * CPU serves single open/close pairs for ever, without refills:
 *
 *     kload files|sockets|messages|areas|names BATCH ROUNDS [CPU [HOLD]]
 *
 * Each round makes BATCH files, UNIX socket pairs, System V messages of 24 bytes, memory areas
 * (of which a child gets copies, all at once) or names of files that are not there (which stay
 * until memory is short), and gives all of them back, oldest first. CPU pins it (-1: not). HOLD
 * is a command that runs while the objects of the last round exist. Prints how many it made. With
 * KLOAD_NODE=N in the environment its memory comes from NUMA node N while it makes them; with
 * KLOAD_KEEP=N every Nth of the last round's is given back only after HOLD, all others before;
 * with KLOAD_INTERRUPTS=US an interrupt comes every so many microseconds, and allocates a signal.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGES_A_QUEUE 256 /* a queue holds 16 KiB by default */
#define BATCH_MAX	 200000
#define AREA		 4096l

struct load {
	const char *name;
	void (*make)(long i);
	void (*drop)(long i);
	int per_object; /* descriptors */
};

static int *held;

static void make_file(long i)
{
	held[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (held[i] < 0)
		err(1, "/dev/null");
}

static void drop_file(long i)
{
	close(held[i]);
}

static void make_sockets(long i)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, &held[2 * i]))
		err(1, "socketpair");
}

static void drop_sockets(long i)
{
	close(held[2 * i]);
	close(held[2 * i + 1]);
}

struct message {
	long type;
	char text[24];
};

static void make_message(long i)
{
	struct message m = {.type = 1};

	if (i % MESSAGES_A_QUEUE == 0)
		held[i / MESSAGES_A_QUEUE] = msgget(IPC_PRIVATE, 0600);
	if (held[i / MESSAGES_A_QUEUE] < 0 ||
	    msgsnd(held[i / MESSAGES_A_QUEUE], &m, sizeof(m.text), IPC_NOWAIT))
		err(1, "message %ld", i);
}

static void drop_message(long i)
{
	int queue = held[i / MESSAGES_A_QUEUE];
	struct message m;

	if (msgrcv(queue, &m, sizeof(m.text), 0, IPC_NOWAIT) < 0)
		err(1, "msgrcv");
	if (i % MESSAGES_A_QUEUE == MESSAGES_A_QUEUE - 1)
		msgctl(queue, IPC_RMID, NULL);
}

/* Neighbours of different protection, so that each page is an area of its own. */
static char *area(long i)
{
	static char *base;

	if (!base) {
		base = mmap(NULL, 2 * BATCH_MAX * AREA, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (base == MAP_FAILED)
			err(1, "mmap");
	}
	return base + 2 * i * AREA;
}

static void make_area(long i)
{
	if (mprotect(area(i), AREA, PROT_READ))
		err(1, "mprotect");
}

static void drop_area(long i)
{
	if (i == 0) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) != child)
			err(1, "fork");
	}
	if (mprotect(area(i), AREA, PROT_NONE))
		err(1, "mprotect");
}

static void make_name(long i)
{
	static long names;
	char name[64];

	snprintf(name, sizeof(name), "/sys/%d.%ld", getpid(), names++);
	if (!access(name, F_OK))
		errx(1, "%s is there: round of name %ld", name, i);
}

static void drop_name(long i)
{
	(void)i;
}

static const struct load loads[] = {
	{"files", make_file, drop_file, 1},	     {"sockets", make_sockets, drop_sockets, 2},
	{"messages", make_message, drop_message, 0}, {"areas", make_area, drop_area, 0},
	{"names", make_name, drop_name, 0},
};

static const struct load *find_load(const char *name)
{
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		if (!strcmp(loads[i].name, name))
			return &loads[i];
	errx(2, "no load is named %s", name);
}

static void allow_descriptors(long count)
{
	struct rlimit limit = {.rlim_cur = count + 64, .rlim_max = count + 64};
	struct rlimit now;

	getrlimit(RLIMIT_NOFILE, &now);
	if (now.rlim_cur < limit.rlim_cur && setrlimit(RLIMIT_NOFILE, &limit))
		err(1, "a limit of %ld descriptors", count);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "CPU %d", cpu);
}

/* Signals that a sampling clock queues; they are blocked, and pile up until they are taken. */
static void begin_interrupts(const char *text)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_CPU_CLOCK,
				       .sample_period = 1000 * atol(text),
				       .wakeup_events = 1};
	struct rlimit limit = {.rlim_cur = 100000, .rlim_max = 100000};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setrlimit(RLIMIT_SIGPENDING, &limit);
	if (fd < 0 || fcntl(fd, F_SETOWN, getpid()) || fcntl(fd, F_SETSIG, SIGRTMIN) ||
	    fcntl(fd, F_SETFL, O_ASYNC))
		err(1, "a clock that interrupts");
}

static void take_signals(void)
{
	struct timespec now = {0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	while (sigtimedwait(&set, NULL, &now) > 0)
		;
}

static void bind_to_node(const char *text)
{
	unsigned long mask = 1ul << (text ? atoi(text) : 0);

	if (text && syscall(SYS_set_mempolicy, MPOL_BIND, &mask, 8 * sizeof(mask)))
		err(1, "NUMA node %s", text);
}

/* Pins the thread to the CPU on which it runs. */
static void unbind(void)
{
	if (syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0))
		err(1, "no NUMA policy");
}

/* Gives back those that are kept over HOLD (every nth of them), or all others. */
static void drop(const struct load *load, long batch, long nth, bool kept)
{
	for (long i = 0; i < batch; i++)
		if ((nth && i % nth == 0) == kept)
			load->drop(i);
}

int main(int argc, char **argv)
{
	const struct load *load;
	long batch, rounds;

	if (argc < 4 || argc > 6)
		errx(2,
		     "usage: kload files|sockets|messages|areas|names BATCH ROUNDS [CPU [HOLD]]");
	load = find_load(argv[1]);
	batch = atol(argv[2]);
	rounds = atol(argv[3]);
	if (batch < 1 || batch > BATCH_MAX || rounds < 1)
		errx(2, "BATCH is 1 to %d, ROUNDS at least 1", BATCH_MAX);
	if (argc > 4 && atoi(argv[4]) >= 0)
		pin(atoi(argv[4]));
	allow_descriptors(batch * load->per_object);
	held = calloc(2 * batch, sizeof(*held));
	if (!held)
		err(1, "calloc");
	memset(held, 0, 2 * batch * sizeof(*held)); /* no page faults later */
	if (getenv("KLOAD_INTERRUPTS"))
		begin_interrupts(getenv("KLOAD_INTERRUPTS"));
	for (long round = 1; round <= rounds; round++) {
		long nth = round == rounds && getenv("KLOAD_KEEP") ? atol(getenv("KLOAD_KEEP")) : 0;

		bind_to_node(getenv("KLOAD_NODE"));
		for (long i = 0; i < batch; i++)
			load->make(i);
		if (getenv("KLOAD_NODE"))
			unbind();
		if (nth)
			drop(load, batch, nth, false);
		if (round == rounds && argc > 5 && system(argv[5]))
			errx(1, "%s failed", argv[5]);
		drop(load, batch, nth, nth > 0);
		take_signals();
	}
	if (load->make == make_message && batch % MESSAGES_A_QUEUE)
		msgctl(held[batch / MESSAGES_A_QUEUE], IPC_RMID, NULL);
	printf("%ld\n", batch * rounds);
	return 0;
}
