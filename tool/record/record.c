// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * record.c: a recording from start to end: finds libslab or the functions of the kernel, attaches
 * probes, writes events until the end, and prints a summary.
 */
#include "record/record.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "model/snapshot.h"
#include "system/cpu_nodes.h"
#include "system/process_stat.h"
#include "record/record_child.h"
#include "record/recorder.h"
#include "record/record_kernel.h"
#include "record/record_kernel_caches.h"
#include "record/record_probes.h"
#include "record/record_say.h"
#include "record/record_shared.h"
#include "record/record_started.h"
#include "slab_ring.h"
#include "system/signals.h"

#define DRAIN_MS   10
#define SETTLE_NS  2000000 /* the time until a sent event is in its ring */
#define SCAN_S	   1.0	   /* between two searches for new programs */
#define FLUSH_S	   1.0	   /* a crash loses at most so much */
#define PROGRESS_S 0.5

#define SIGNAL_STATUS 128 /* plus the number of the signal: as shells report it */

struct record {
	const struct record_options *o;
	struct trace_writer *writer;
	struct record_probes *probes; /* one of the three */
	struct record_kernel *kernel;
	struct record_shared *shared;
	struct record_rings *rings; /* of the first two; NULL: none */
	struct recorder *recorder;
	struct libslab_files *targets;
	struct snapshot machine; /* for the nodes of its CPUs */
	int signals;
	pid_t child; /* 0: none, or it has ended */
	int status;  /* of the command, where it has ended by itself */
	uint64_t began;
	uint64_t *lost; /* by queue */
	size_t lost_room;
	uint64_t written; /* events until then are in the trace */
	uint64_t lost_all;
	double next_scan, next_flush, next_progress;
	struct record_started started;
	bool progress, found, running;
	bool troubled;	 /* some processes could not be examined */
	bool late;	 /* a file was found in a process that runs */
	pid_t looked_at; /* the process that is being examined */
	struct failure *f;
	int err;
};

static double seconds(const struct record *r)
{
	return (double)(clock_monotonic_ns() - r->began) / CLOCK_SECOND;
}

/* ---- finding libslab ------------------------------------------------------------------------- */

static bool read_registry(uint32_t tgid, uint32_t binary, struct registry_reading *to, void *arg)
{
	struct record *r = arg;
	struct libslab_use use[LIBSLAB_FILES_PROCESS];
	int nr = r->shared ? 0 : libslab_files_scan(r->targets, (pid_t)tgid, use, NULL, NULL);

	for (int i = 0; i < nr; i++)
		if (use[i].number == binary)
			return !registry_read((pid_t)tgid, use[i].registry, to);
	return false;
}

static const char *comm(uint32_t tgid, uint32_t binary, void *arg)
{
	return record_shared_comm(((struct record *)arg)->shared, tgid, binary);
}

static void take(unsigned ring, const struct record_event *e, size_t size, void *arg)
{
	struct record *r = arg;
	struct record_event state;

	if (e->kind == RECORD_EXEC) {
		record_started_add(&r->started, (int)e->tgid, e->ns);
		return;
	}
	if (r->kernel && (e->kind == RECORD_NODE || e->kind == RECORD_EVENTS)) {
		memcpy(&state, e, size < sizeof(state) ? size : sizeof(state));
		if (!record_kernel_caches_complete(r->kernel, &state))
			return;
		e = &state;
	}
	recorder_take(r->recorder, ring, e, size);
}

static void empty_rings(void *arg)
{
	struct record *r = arg;

	if (r->rings)
		record_rings_drain(r->rings, take, r);
}

/* Writes the events until then. */
static void write_until(struct record *r, uint64_t until)
{
	if (!r->err)
		r->err = recorder_write(r->recorder, until, r->f);
	if (until > r->written)
		r->written = until;
}

static void release(struct libslab_file *target, void *arg)
{
	record_probes_detach(((struct record *)arg)->probes, target);
}

static void found(struct libslab_file *target, void *arg)
{
	struct record *r = arg;
	struct failure why = {""};
	int err;

	r->found = true;
	if (target->tried) {
		record_probes_yield(r->probes, target, r->looked_at);
		return;
	}
	target->tried = true;
	r->late = r->running;
	record_probes_attach(r->probes, target);
	err = record_probes_settle(r->probes, target, empty_rings, r, &why);
	if (err && (r->o->pid || r->o->command)) /* else there are others */
		r->err = fail(r->f, -err, "%s", why.text);
	else if (err)
		fprintf(stderr, "not recorded: process %d: %s\n", r->looked_at, why.text);
}

/*
 * Files of a process are unknown, or the list of processes is. Ends the recording of one process;
 * that of all says so once.
 */
static void not_examined(struct record *r, int err)
{
	if (r->o->pid || r->o->command)
		r->err = fail(r->f, -err, "cannot look for libslab in process %d: %s", r->looked_at,
			      strerror(-err));
	else if (!r->troubled)
		fprintf(stderr, "not recorded: some processes: cannot look for libslab: %s\n",
			strerror(-err));
	r->troubled = true;
}

/*
 * Attaches to the programs of a process, and describes the caches that it already has. started: the
 * time of its exec(); 0: unknown.
 */
static enum record_started_result look_since(int pid, uint64_t started, void *arg)
{
	struct record *r = arg;
	struct libslab_use use[LIBSLAB_FILES_PROCESS];
	uint64_t ns = clock_monotonic_ns();
	int nr;

	if (pid == getpid() || r->err)
		return RECORD_STARTED_FOUND;
	/* Attaching takes time. A file's events are written when all its probes are attached. */
	empty_rings(r);
	if (!r->shared)
		write_until(r, clock_monotonic_ns() - SETTLE_NS);
	r->late = false;
	r->looked_at = pid;
	nr = libslab_files_scan(r->targets, pid, use, found, r);
	if (libslab_files_trouble(r->targets))
		not_examined(r, libslab_files_trouble(r->targets));
	if (r->late && (r->o->pid || r->o->command))
		record_started_late(stderr, pid, started);
	if (ns < r->written)
		ns = r->written;
	/* Later, a cache is described with its first event. */
	for (int i = 0; i < nr && !r->err && !r->running; i++)
		r->err = recorder_begin(r->recorder, (uint32_t)pid, use[i].number, ns, r->f);
	return nr < 0 ? RECORD_STARTED_GONE : nr ? RECORD_STARTED_FOUND : RECORD_STARTED_WITHOUT;
}

static void look_at(int pid, void *arg)
{
	look_since(pid, 0, arg);
}

/* Looks at a process that is to be recorded. */
static void look_at_wanted(int pid, void *arg)
{
	struct record *r = arg;

	if ((!r->o->pid && !r->o->command) || record_probes_wants(r->probes, (uint32_t)pid))
		look_at(pid, r);
}

static bool describe(uint64_t slot, struct slab_registry_entry *to, char name[TRACE_TEXT],
		     void *arg)
{
	return record_kernel_caches_describe(((struct record *)arg)->kernel, slot, to, name);
}

/* Adds an event of a cache of the kernel, which is not from a ring. */
static void add_event(struct record *r, unsigned kind, uint32_t slot, const uint64_t arg[3])
{
	struct record_event e = {.ns = clock_monotonic_ns(),
				 .kind = (uint8_t)kind,
				 .cache = slot,
				 .arg = {arg[0], arg[1], arg[2]}};

	recorder_take(r->recorder, 0, &e, sizeof(e));
}

/* A cache was destroyed. */
static void gone(uint32_t slot, void *arg)
{
	add_event(arg, RECORD_DESTROY, slot, (const uint64_t[3]){0});
}

/* So many inferred refills may be wrong. */
static void doubted(uint32_t slot, uint64_t doubtful, void *arg)
{
	add_event(arg, RECORD_INFERRED, slot, (const uint64_t[3]){doubtful});
}

static void tuned(uint32_t slot, const uint64_t tunables[3], void *arg)
{
	add_event(arg, RECORD_TUNE, slot, tunables);
}

/* Ends the recording where it would show no refills any more, and so only hits. */
static void prove(struct record *r)
{
	if (!r->err && !record_kernel_proved(r->kernel))
		r->err = fail(r->f, EIO,
			      "recording ended: this kernel has stopped running programs that are "
			      "attached to its functions; set kernel.ftrace_enabled and "
			      "/sys/kernel/debug/kprobes/enabled to 1, then record again");
}

static void scan(struct record *r)
{
	int err;

	r->next_scan = seconds(r) + SCAN_S;
	if (r->kernel) {
		prove(r);
		record_kernel_scan(r->kernel, gone, r);
		record_kernel_doubts(r->kernel, doubted, r);
		record_kernel_caches_tunables(r->kernel, tuned, r);
		return;
	}
	if (r->shared)
		return;
	libslab_files_round(r->targets);
	err = process_each(look_at_wanted, r);
	if (err)
		not_examined(r, err);
}

/* ---- events ---------------------------------------------------------------------------------- */

/*
 * Finds how many events of a queue were lost. Those of an unknown CPU are in the first one. Returns
 * 0 or -errno.
 */
static int lost_of(const struct record *r, unsigned queue, uint64_t *to)
{
	int err = 0;

	*to = 0;
	if (r->rings && queue < record_rings_count(r->rings))
		err = record_rings_lost(r->rings, queue, to);
	*to += recorder_dropped(r->recorder, queue);
	*to += r->kernel && !queue ? record_kernel_missed(r->kernel) : 0;
	return err;
}

/* Makes room for the losses of all queues. */
static int reserve_lost(struct record *r)
{
	size_t had = r->lost_room, nr = recorder_queues(r->recorder);

	if (array_reserve(&r->lost, nr, &r->lost_room, sizeof(*r->lost)))
		return fail(r->f, ENOMEM, "no memory to record");
	memset(r->lost + had, 0, (r->lost_room - had) * sizeof(*r->lost));
	return 0;
}

/* Records losses. */
static void note_lost(struct record *r)
{
	if (!r->err)
		r->err = reserve_lost(r);
	for (unsigned i = 0; !r->err && i < recorder_queues(r->recorder); i++) {
		uint64_t lost;
		int err = lost_of(r, i, &lost);

		if (err) {
			r->err = fail(r->f, -err, "cannot read how many events were lost: %s",
				      strerror(-err));
			return;
		}

		if (lost <= r->lost[i])
			continue;
		r->err = trace_writer_write_lost(r->writer, recorder_queue_cpu(r->recorder, i),
						 clock_monotonic_ns() - SETTLE_NS,
						 lost - r->lost[i], r->f);
		r->lost_all += lost - r->lost[i];
		r->lost[i] = lost;
	}
}

/* Writes events. all: no more will come. */
static void drain(struct record *r, bool all)
{
	uint64_t until = all ? UINT64_MAX - 1 : clock_monotonic_ns() - SETTLE_NS;

	empty_rings(r);
	if (r->shared && !r->err)
		r->err = record_shared_take(r->shared, r->recorder, all, r->f);
	record_started_look(&r->started, look_since, r);
	if (all && r->kernel)
		record_kernel_doubts(r->kernel, doubted, r);
	write_until(r, until);
	note_lost(r);
	if (!r->err && seconds(r) >= r->next_flush) {
		r->err = trace_writer_flush(r->writer, r->f);
		r->next_flush = seconds(r) + FLUSH_S;
	}
}

static void say(const struct record *r, bool exact, const char *begin, const char *end)
{
	const struct record_so_far so_far = {
		.events = trace_writer_events(r->writer),
		.bytes = trace_writer_bytes(r->writer),
		.lost = r->lost_all + recorder_lost(r->recorder),
		.seconds = seconds(r),
	};

	record_say(stderr, &so_far, exact, begin, end);
}

/* ---- the end --------------------------------------------------------------------------------- */

static bool process_ended(int pid)
{
	struct process_stat stat;

	return process_stat(pid, &stat) == -ESRCH || stat.ended;
}

/* Notes how the command has ended, as a shell's $? has it. */
static void command_ended(struct record *r, int status)
{
	r->child = 0;
	if (WIFEXITED(status)) {
		r->status = WEXITSTATUS(status);
		return;
	}
	r->status = SIGNAL_STATUS + WTERMSIG(status);
	fprintf(stderr, "%s was ended by signal %d (%s)\n", r->o->command[0], WTERMSIG(status),
		strsignal(WTERMSIG(status)));
}

static void look_at_command(struct record *r)
{
	pid_t pid = 0;
	int status;

	while (r->child && (pid = waitpid(r->child, &status, WNOHANG)) == r->child)
		if (WIFEXITED(status) || WIFSIGNALED(status))
			command_ended(r, status);
	if (pid < 0 && errno == ECHILD) { /* it cannot be waited for */
		fprintf(stderr, "%s has ended, it is unknown how\n", r->o->command[0]);
		r->child = 0;
	}
}

/* Returns whether a signal asks to end, or the command has ended. */
static bool is_over(struct record *r)
{
	int signal;

	while ((signal = signals_next(r->signals))) {
		if (signal != SIGCHLD)
			return true;
	}
	look_at_command(r); /* also without a signal, which may be lost */
	return r->o->command && !r->child;
}

static void loop(struct record *r)
{
	struct pollfd fd = {r->signals, POLLIN, 0};

	while (!r->err) {
		poll(&fd, 1, DRAIN_MS);
		if (is_over(r) || (r->o->seconds > 0 && seconds(r) >= r->o->seconds) ||
		    (r->o->pid && process_ended(r->o->pid)))
			break;
		drain(r, false);
		if (seconds(r) >= r->next_scan)
			scan(r);
		if (r->progress && seconds(r) >= r->next_progress) {
			say(r, false, "\r", "\033[K");
			r->next_progress = seconds(r) + PROGRESS_S;
		}
	}
}

static void end_command(struct record *r)
{
	if (!r->child)
		return;
	record_child_end(r->child, r->signals);
	r->child = 0;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/*
 * Writes the duration of an empty pair of probes. Without it the latencies include the probes, and
 * compare says so.
 */
static int write_pair(struct record *r)
{
	struct failure why = {""};
	struct trace_pair pair;

	if (record_kernel_pair(r->kernel, &pair, &why))
		fprintf(stderr, "%s\n", why.text);
	return pair.count ? trace_writer_write_pair(r->writer, &pair, r->f) : 0;
}

static int open_all(struct record *r)
{
	struct recorder_settings settings = {
		.caches = r->o->caches, .read = read_registry, .arg = r};
	int err;

	cpu_nodes_read(&r->machine.cpu_node, &r->machine.nr_cpu_nodes, SYS_NODES);
	settings.cpu_node = r->machine.cpu_node;
	settings.nr_cpu_nodes = r->machine.nr_cpu_nodes;
	if (r->o->kernel) {
		settings.describe = describe;
		err = record_kernel_open(&r->kernel, r->o->caches, r->o->btf, r->f);
		settings.inferred = !err && record_kernel_inferred(r->kernel);
	} else if (r->o->command && !r->o->probes) {
		settings.comm = comm;
		settings.whole = true;
		err = record_shared_open(&r->shared, r->f);
	} else {
		err = record_probes_open(&r->probes, r->o->pid || r->o->command, r->f);
	}
	if (!err)
		err = trace_writer_open(&r->writer, r->o->dir, r->o->kernel, r->f);
	if (err)
		return err;
	if (r->kernel)
		err = write_pair(r);
	if (err)
		return err;
	if (r->kernel)
		r->rings = record_kernel_rings(r->kernel);
	else if (r->probes)
		r->rings = record_probes_rings(r->probes);
	r->targets = libslab_files_new(release, r);
	r->recorder =
		recorder_new(r->writer, r->rings ? record_rings_count(r->rings) : 0, &settings);
	if (!r->targets || !r->recorder)
		return fail(r->f, ENOMEM, "no memory to record");
	err = reserve_lost(r);
	if (err)
		return err;
	r->signals = signals_open(false);
	return r->signals < 0 ? fail(r->f, -r->signals, "cannot receive signals: %s",
				     strerror(-r->signals))
			      : 0;
}

/*
 * Begins to record the kernel: all processes, because a replay of only some of them does not match.
 */
static int begin_kernel(struct record *r)
{
	int err = 0;

	if (r->o->command) {
		r->child = record_child_start(r->o->command, r->f);
		if (r->child < 0) {
			err = r->child;
			r->child = 0;
			return err;
		}
	}
	record_kernel_missing(r->kernel, stderr);
	err = lost_of(r, 0, &r->lost[0]); /* no events were requested yet */
	if (err)
		return fail(r->f, -err, "cannot read how many events were lost: %s",
			    strerror(-err));
	r->began = clock_monotonic_ns();
	record_kernel_begin(r->kernel, empty_rings, r);
	empty_rings(r);
	record_kernel_caches_unrecorded(r->kernel, stderr);
	r->next_scan = seconds(r) + SCAN_S;
	r->found = r->running = true;
	return r->child ? record_child_go(r->child) : 0;
}

/* Begins to record the command, and all that it starts, through rings. */
static int begin_shared(struct record *r)
{
	pid_t pid;

	r->began = clock_monotonic_ns();
	pid = record_child_spawn(r->o->command, SLAB_RING_VARIABLE, record_shared_path(r->shared),
				 r->f);
	if (pid < 0)
		return pid;
	r->child = pid;
	r->running = true;
	return 0;
}

static int begin(struct record *r)
{
	pid_t pid = r->o->pid;

	if (r->kernel)
		return begin_kernel(r);
	if (r->shared)
		return begin_shared(r);
	if (r->o->command) {
		pid = record_child_start(r->o->command, r->f);
		if (pid < 0)
			return pid;
		r->child = pid;
	} else if (pid && process_ended(pid)) {
		return fail(r->f, ESRCH, "there is no process %d", pid);
	}
	if (pid && record_probes_want(r->probes, (uint32_t)pid))
		return fail(r->f, errno, "cannot choose process %d", pid);
	r->began = clock_monotonic_ns();
	if (pid)
		look_at(pid, r);
	else
		scan(r);
	r->next_scan = seconds(r) + SCAN_S;
	if (!r->err && r->o->pid && !r->found)
		return fail(r->f, ENOENT,
			    "process %d does not use libslab, or its memory is not readable", pid);
	r->running = true;
	if (!r->err && r->child)
		r->err = record_child_go(r->child);
	return r->err;
}

static void close_all(struct record *r)
{
	if (r->signals >= 0)
		signals_close(r->signals);
	recorder_free(r->recorder);
	libslab_files_free(r->targets);
	snapshot_free(&r->machine);
	record_probes_close(r->probes);
	record_kernel_close(r->kernel);
	record_shared_close(r->shared);
	free(r->lost);
}

int record_run(const struct record_options *o, struct failure *f)
{
	struct record r = {.o = o, .signals = -1, .f = f, .progress = isatty(STDERR_FILENO)};
	int err = open_all(&r);

	if (!err)
		err = begin(&r);
	if (!err) {
		fprintf(stderr, "recording into %s\n", o->dir);
		loop(&r);
		if (!r.child || r.err)
			end_command(&r);
		drain(&r, true);
		if (r.kernel)
			prove(&r);
		end_command(&r);
		err = r.err;
		if (!err)
			err = trace_writer_flush(r.writer, f);
		say(&r, true, r.progress ? "\r" : "", r.progress ? "\033[K\n" : "\n");
		r.found |= r.shared && record_shared_count(r.shared);
		if (!err && !r.found)
			fprintf(stderr, "no program that uses libslab was found\n");
		record_started_unseen(&r.started, stderr);
		if (trace_writer_close(r.writer, f) && !err)
			err = -EIO;
	} else {
		end_command(&r);
		trace_writer_discard(r.writer);
	}
	close_all(&r);
	return err ? EXIT_FAILURE : r.status;
}
