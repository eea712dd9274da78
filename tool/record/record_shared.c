// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * record_shared.c: finds the files of processes, and empties their rings. It removes the name of
 * each file at once, so that the last user frees the memory, however the recorder ends. It reads by
 * pread(): what a process does to its file cannot stop the recorder.
 */
#include "record/record_shared.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "record/record_slots.h"
#include "reference/registry_reader.h"
#include "system/process_stat.h"

#define CHUNK	 2048			/* slots that one pread() reads */
#define HOLE_NS	 CLOCK_SECOND		/* so long a writer may take for an event */
#define LOOK_NS	 (CLOCK_SECOND / 10)	/* between two looks at whether a process lives */
#define LOST_MAX ((uint64_t)UINT32_MAX) /* that one look believes */
#define NUMBERS	 (UINT16_MAX + 1)

/* The ring of a CPU, as the recorder knows it. */
struct ring {
	uint64_t tail, lost;
	uint32_t shift; /* of the ring that has the tail; 0: it has not begun */
	uint64_t ns;	/* of its last event */
	uint64_t waits; /* since when the event at the tail is incomplete; 0: it is not */
	int queue;	/* -1: none yet */
};

struct file {
	int fd;
	uint32_t number;
	uint32_t pid, nr_cpus, max_shift, cpus_offset;
	uint64_t data_offset;
	uint64_t start; /* of the process; 0: unknown */
	uint64_t bytes;
	bool over, broken;
	struct ring *ring;
};

/* The name of a process, also when its file is gone. */
struct name {
	uint32_t pid;
	char comm[32];
};

struct record_shared {
	char path[PATH_MAX];
	int dir;
	uint64_t pid_ns;
	uint64_t next_look;
	uint64_t count;
	struct name *name; /* by the number of the file, modulo NUMBERS */
	size_t nr_names;
	struct file *file;
	size_t nr_files;
	struct slab_ring_cpu control[2][SLAB_RING_CPUS];
	struct slab_ring_slot slot[CHUNK];
};

/* ---- the directory --------------------------------------------------------------------------- */

#define PREFIX "slabscope-ring-"

static void remove_files(const char *path, int dir)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			unlinkat(dir, e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(path);
}

/* Opens a directory of this user and locks it. Returns its descriptor, or -errno. */
static int lock_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || flock(fd, LOCK_EX | LOCK_NB))
		err = -errno;
	else if (st.st_uid != geteuid())
		err = -EPERM;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Removes the directories of recorders that were killed: they are not locked. */
static void remove_old(const char *place)
{
	char path[PATH_MAX];
	DIR *d = opendir(place);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		int fd;

		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)))
			continue;
		snprintf(path, sizeof(path), "%s/%s", place, e->d_name);
		fd = lock_directory(path);
		if (fd < 0)
			continue;
		remove_files(path, fd);
		close(fd);
	}
	if (d)
		closedir(d);
}

/* Makes a directory, which has its final name when it is locked. Returns 0 or -errno. */
static int make_directory(struct record_shared *s, const char *place)
{
	char path[64];
	int err = 0;

	remove_old(place);
	snprintf(path, sizeof(path), "%s/slabscope-new-XXXXXX", place);
	if (!mkdtemp(path))
		return -errno;
	snprintf(s->path, sizeof(s->path), "%s/" PREFIX "%s", place,
		 path + strlen(path) - strlen("XXXXXX"));
	s->dir = lock_directory(path);
	if (s->dir < 0)
		err = s->dir;
	else if (rename(path, s->path))
		err = -errno;
	if (!err)
		return 0;
	rmdir(path);
	if (s->dir >= 0)
		close(s->dir);
	return err;
}

int record_shared_open(struct record_shared **to, struct failure *f)
{
	static const char *const places[] = {"/dev/shm", "/tmp"};
	struct record_shared *s = calloc(1, sizeof(*s));
	struct stat ns;
	int err = -ENOENT;

	*to = NULL;
	if (!s)
		return fail(f, ENOMEM, "no memory to record");
	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && err; i++)
		err = make_directory(s, places[i]);
	if (err) {
		free(s);
		return fail(f, -err,
			    "cannot make a directory for the rings in /dev/shm or /tmp: %s; "
			    "--probes records without them",
			    strerror(-err));
	}
	s->pid_ns = stat("/proc/self/ns/pid", &ns) ? 0 : ns.st_ino;
	*to = s;
	return 0;
}

const char *record_shared_path(const struct record_shared *s)
{
	return s->path;
}

uint64_t record_shared_count(const struct record_shared *s)
{
	return s->count;
}

static void close_file(struct file *x)
{
	const uint32_t stop = 1;
	/* Where that fails, the rings fill up. */
	ssize_t written = pwrite(x->fd, &stop, sizeof(stop), offsetof(struct slab_ring_head, stop));

	(void)written;
	close(x->fd);
	free(x->ring);
}

void record_shared_close(struct record_shared *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nr_files; i++)
		close_file(&s->file[i]);
	free(s->file);
	free(s->name);
	remove_files(s->path, s->dir); /* also what processes made after the last look */
	close(s->dir);
	free(s);
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool read_all(int fd, void *to, size_t bytes, uint64_t at)
{
	return pread(fd, to, bytes, (off_t)at) == (ssize_t)bytes;
}

/* Takes the head of a file over, as far as it is possible. Returns whether it is valid. */
static bool check_head(struct file *x, const struct slab_ring_head *h)
{
	x->nr_cpus = h->nr_cpus;
	x->max_shift = h->max_shift;
	x->cpus_offset = h->cpus_offset;
	x->data_offset = h->data_offset;
	x->pid = h->pid;
	return h->version == SLAB_RING_VERSION && h->nr_cpus && h->nr_cpus <= SLAB_RING_CPUS &&
	       h->nr_cpus <= TRACE_CPUS && h->pid && h->pid <= INT_MAX &&
	       h->max_shift >= SLAB_RING_MIN_SHIFT && h->max_shift <= SLAB_RING_MAX_SHIFT &&
	       h->cpus_offset >= sizeof(*h) && h->data_offset > h->cpus_offset &&
	       (h->data_offset - h->cpus_offset) / sizeof(struct slab_ring_cpu) >= h->nr_cpus;
}

/* Numbers a file, and keeps the name of its process. Returns false without memory. */
static bool number(struct record_shared *s, struct file *x, const struct slab_ring_head *h)
{
	struct name *name = NULL;

	x->number = (uint32_t)(s->count % NUMBERS);
	if (x->number < s->nr_names)
		name = &s->name[x->number];
	else
		name = array_append(&s->name, &s->nr_names, sizeof(*s->name));
	if (!name)
		return false;
	s->count++;
	name->pid = x->pid;
	registry_clean_name(name->comm, sizeof(name->comm), h->comm, sizeof(h->comm));
	return true;
}

/* Opens the file of a process. Returns false where it is not there yet, or there is no room. */
static bool open_file(struct record_shared *s, const char *name)
{
	int fd = openat(s->dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct slab_ring_head head;
	struct process_stat stat;
	struct file x = {.fd = fd}, *to;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    !read_all(fd, &head, sizeof(head), 0) || head.magic != SLAB_RING_MAGIC) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (!check_head(&x, &head)) {
		fprintf(stderr, "process %u is not recorded: its libslab has other rings\n",
			head.pid);
		unlinkat(s->dir, name, 0);
		close(fd);
		return false;
	}
	x.ring = calloc(x.nr_cpus, sizeof(*x.ring));
	to = x.ring && number(s, &x, &head) ? array_append(&s->file, &s->nr_files, sizeof(*s->file))
					    : NULL;
	if (!to) {
		free(x.ring);
		close(fd);
		return false;
	}
	for (uint32_t cpu = 0; cpu < x.nr_cpus; cpu++)
		x.ring[cpu].queue = -1;
	/* Where the process lives in another pid namespace, its end is not seen. */
	if (head.pid_ns && head.pid_ns == s->pid_ns) {
		int err = process_stat((int)x.pid, &stat);

		if (err == -ESRCH)
			x.over = true;
		else if (!err) /* else its end is not seen either */
			x.start = stat.start;
	}
	unlinkat(s->dir, name, 0);
	*to = x;
	return true;
}

/* Opens all new files. Returns how many. */
static unsigned scan(struct record_shared *s)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	unsigned found = 0;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			found += open_file(s, e->d_name);
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return found;
}

static bool has_ended(const struct file *x)
{
	struct process_stat stat;
	int err = x->start ? process_stat((int)x->pid, &stat) : 0;

	/* Another error says nothing about the process. */
	return x->start && (err ? err == -ESRCH : stat.start != x->start || stat.ended);
}

const char *record_shared_comm(const struct record_shared *s, uint32_t tgid, uint32_t binary)
{
	return binary < s->nr_names && s->name[binary].pid == tgid ? s->name[binary].comm : NULL;
}

/* ---- rings ----------------------------------------------------------------------------------- */

/*
 * Chooses the ring that has the tail. *end: where its slots end, at most head. Returns false where
 * what the process says is impossible.
 */
static bool choose_ring(const struct file *x, struct ring *ring, const struct slab_ring_cpu *c,
			uint64_t head, uint64_t *end)
{
	unsigned most = c->shift;

	if (most < SLAB_RING_MIN_SHIFT || most > x->max_shift)
		return false;
	if (!ring->shift)
		ring->shift = SLAB_RING_MIN_SHIFT;
	while (ring->shift < most && c->start[ring->shift + 1 - SLAB_RING_MIN_SHIFT] == ring->tail)
		ring->shift++;
	*end = head;
	if (ring->shift < most &&
	    c->start[ring->shift + 1 - SLAB_RING_MIN_SHIFT] - ring->tail < head - ring->tail)
		*end = c->start[ring->shift + 1 - SLAB_RING_MIN_SHIFT];
	return *end - ring->tail <= (uint64_t)1 << ring->shift;
}

/* Reads slots, which may go around the end of the ring. */
static bool read_slots(struct record_shared *s, const struct file *x, uint32_t cpu,
		       const struct ring *ring, size_t nr)
{
	uint64_t slots = (uint64_t)1 << ring->shift;
	uint64_t first = slab_ring_first(cpu, x->max_shift, ring->shift);
	size_t done = 0;

	while (done < nr) {
		uint64_t at = (ring->tail + done) & (slots - 1);
		size_t part = nr - done < slots - at ? nr - done : (size_t)(slots - at);

		if (!read_all(x->fd, s->slot + done, part * sizeof(*s->slot),
			      x->data_offset + (first + at) * sizeof(*s->slot)))
			return false;
		done += part;
	}
	return true;
}

/* Returns how many slots from the first one on are complete. */
static size_t complete(const struct record_shared *s, uint64_t position, size_t nr)
{
	size_t i = 0;

	while (i < nr && s->slot[i].seq == slab_ring_seq(position + i))
		i++;
	return i;
}

static int open_queue(struct ring *ring, uint32_t cpu, struct recorder *r, struct failure *f)
{
	if (ring->queue < 0)
		ring->queue = recorder_open_queue(r, cpu);
	return ring->queue < 0 ? fail(f, ENOMEM, "no memory to record") : 0;
}

/* Queues the event that n events were lost here. */
static int add_lost(const struct file *x, struct ring *ring, uint32_t cpu, uint64_t n,
		    struct recorder *r, struct failure *f)
{
	struct record_event e = {.ns = ring->ns ? ring->ns : clock_monotonic_ns(),
				 .tgid = x->pid,
				 .binary = (uint16_t)x->number,
				 .kind = RECORD_NOTES_LOST,
				 .nr = 1,
				 .arg = {n}};
	int err = open_queue(ring, cpu, r, f);

	if (!err)
		recorder_take(r, (unsigned)ring->queue, &e, offsetof(struct record_event, arg) + 8);
	return err;
}

/* Queues the events of n complete slots. Returns how many slots they had. */
static size_t add_events(struct record_shared *s, const struct file *x, struct ring *ring,
			 uint32_t cpu, size_t n, struct recorder *r, uint64_t *lost)
{
	struct record_event e = {.tgid = x->pid, .binary = (uint16_t)x->number};
	uint64_t now = clock_monotonic_ns();
	size_t i = 0;

	while (i < n) {
		int used = record_slots_read(s->slot + i, n - i, cpu, &e);

		if (!used)
			break;
		if (used < 0) {
			*lost += s->slot[i].kind != SLAB_RING_DATA;
			i++;
			continue;
		}
		i += (size_t)used;
		/* Of two threads, the second may have written first. */
		if (e.ns < ring->ns || e.ns > now)
			e.ns = e.ns > now ? now : ring->ns;
		ring->ns = e.ns;
		recorder_take(r, (unsigned)ring->queue, &e,
			      offsetof(struct record_event, arg) + 8u * e.nr);
	}
	return i;
}

/*
 * Decides about an incomplete event at the tail. Returns whether to give it up: its writer has
 * ended, or seems to.
 */
static bool give_up(struct ring *ring, bool over)
{
	uint64_t now = clock_monotonic_ns();

	if (!ring->waits)
		ring->waits = now;
	return over || now - ring->waits > HOLE_NS;
}

static bool write_tail(const struct file *x, uint32_t cpu, uint64_t tail)
{
	const uint64_t words[2] = {tail, ~tail};

	return pwrite(x->fd, words, sizeof(words),
		      (off_t)(x->cpus_offset + cpu * sizeof(struct slab_ring_cpu) +
			      offsetof(struct slab_ring_cpu, tail))) == sizeof(words);
}

/*
 * Takes the next slots of a ring before the end. *stuck: the next event is incomplete, and its
 * writer may be at it. Returns 0, or -EPROTO: the ring is invalid.
 */
static int take_slots(struct record_shared *s, const struct file *x, uint32_t cpu, uint64_t end,
		      bool over, struct recorder *r, uint64_t *lost, bool *stuck)
{
	struct ring *ring = &x->ring[cpu];
	size_t nr = end - ring->tail < CHUNK ? (size_t)(end - ring->tail) : CHUNK;
	size_t used = 0, n;

	/* The second time, what belongs to each complete slot is there. */
	if (!read_slots(s, x, cpu, ring, nr))
		return -EPROTO;
	n = complete(s, ring->tail, nr);
	if (n && !read_slots(s, x, cpu, ring, n))
		return -EPROTO;
	if (n)
		used = add_events(s, x, ring, cpu, n, r, lost);
	*stuck = !used;
	if (used) {
		ring->waits = 0;
	} else if (give_up(ring, over)) {
		*lost += !n || s->slot[0].kind != SLAB_RING_DATA;
		*stuck = false;
		used = 1;
	}
	ring->tail += used;
	return write_tail(x, cpu, ring->tail) ? 0 : -EPROTO;
}

/* Empties one ring up to the head. Returns 0, -EPROTO: it is invalid, or -errno and why. */
static int empty(struct record_shared *s, struct file *x, uint32_t cpu,
		 const struct slab_ring_cpu *c, uint64_t head, bool over, struct recorder *r,
		 struct failure *f)
{
	struct ring *ring = &x->ring[cpu];
	uint64_t lost = 0, end;
	bool stuck = false;
	int err = open_queue(ring, cpu, r, f);

	while (!err && ring->tail != head && !stuck) {
		if (!choose_ring(x, ring, c, head, &end))
			return -EPROTO;
		err = take_slots(s, x, cpu, end, over, r, &lost, &stuck);
	}
	return !err && lost ? add_lost(x, ring, cpu, lost, r, f) : err;
}

/* Empties the rings of a process. over: it writes no more. Returns 0, or -errno and why. */
static int empty_all(struct record_shared *s, struct file *x, bool over, struct recorder *r,
		     struct failure *f)
{
	size_t bytes = x->nr_cpus * sizeof(struct slab_ring_cpu);
	const struct slab_ring_cpu *before = s->control[0], *now = s->control[1];
	int err = 0;

	/* What is read later says where all slots are up to the head that was read before. */
	for (int i = 0; i < 2 && !err; i++)
		err = read_all(x->fd, s->control[i], bytes, x->cpus_offset) ? 0 : -EPROTO;
	for (uint32_t cpu = 0; cpu < x->nr_cpus && !err; cpu++) {
		uint64_t head = before[cpu].head & ~SLAB_RING_LOCKED, lost = before[cpu].lost;
		struct ring *ring = &x->ring[cpu];

		if (head != ring->tail)
			err = empty(s, x, cpu, &now[cpu], head, over, r, f);
		if (!err && lost > ring->lost) {
			lost = lost - ring->lost < LOST_MAX ? lost : ring->lost + LOST_MAX;
			err = add_lost(x, ring, cpu, lost - ring->lost, r, f);
			ring->lost = lost;
		}
	}
	if (err != -EPROTO)
		return err;
	fprintf(stderr, "%s (%u): recorded up to here: its rings are damaged\n",
		s->name[x->number].comm, x->pid);
	x->broken = true;
	return add_lost(x, &x->ring[0], 0, 1, r, f);
}

static void forget(struct record_shared *s, size_t at, struct recorder *r)
{
	struct file *x = &s->file[at];

	for (uint32_t cpu = 0; cpu < x->nr_cpus; cpu++)
		if (x->ring[cpu].queue >= 0)
			recorder_close_queue(r, (unsigned)x->ring[cpu].queue);
	close_file(x);
	array_remove(&s->file, &s->nr_files, at, sizeof(*s->file));
}

int record_shared_take(struct record_shared *s, struct recorder *r, bool last, struct failure *f)
{
	bool look = clock_monotonic_ns() >= s->next_look;
	unsigned found;
	int err = 0;

	if (look)
		s->next_look = clock_monotonic_ns() + LOOK_NS;
	do {
		found = scan(s);
		for (size_t i = s->nr_files; i-- && !err;) {
			struct file *x = &s->file[i];

			x->over |= look && has_ended(x);
			err = empty_all(s, x, last || x->over, r, f);
			if (!err && (x->over || x->broken))
				forget(s, i, r);
		}
	} while (last && found && !err);
	return err;
}
