// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* trace_writer.c: each stream has a buffer of one packet and writes it with one call. */
#include "trace/trace_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "system/machine.h"
#include "system/safe_path.h"

struct stream {
	int fd;
	uint32_t cpu, node;
	uint64_t begin, last; /* ns of the first and the last event of the packet */
	uint64_t sequence, discarded;
	uint64_t written; /* bytes in the file */
	unsigned events;  /* in the packet */
	bool news;	  /* the packet contains something new */
	size_t used;
	uint8_t buffer[TRACE_PACKET_MAX];
};

struct trace_writer {
	int dir;
	bool made; /* the directory was not there before */
	char path[PATH_MAX];
	struct trace_head head;
	struct stream *state, *cpu[TRACE_CPUS];
	uint64_t bytes, events; /* in the files */
	bool broken;
	bool is_private; /* only for the owner */
};

static mode_t file_mode(const struct trace_writer *w)
{
	return w->is_private ? 0600 : 0644;
}

/* Writes all of the data or nothing. Returns 0 or -errno. */
static int write_all(int fd, const void *data, size_t size, uint64_t at)
{
	size_t done = 0;

	while (done < size) {
		ssize_t nr = pwrite(fd, (const char *)data + done, size - done, (off_t)(at + done));

		if (nr < 0 && errno == EINTR)
			continue;
		if (nr <= 0) {
			int err = nr ? errno : ENOSPC;

			/* the reader also stops at an incomplete packet */
			if (ftruncate(fd, (off_t)at))
				return -err;
			return -err;
		}
		done += (size_t)nr;
	}
	return 0;
}

/* Returns 1 where the directory has no files, 0 where it has some, or -errno. */
static int is_empty(int dir)
{
	int fd = fcntl(dir, F_DUPFD_CLOEXEC, 3), empty = 1;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		empty = -errno;
		if (fd >= 0)
			close(fd);
		return empty;
	}
	errno = 0;
	while (empty == 1 && (entry = readdir(d)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	if (empty == 1 && errno)
		empty = -errno;
	closedir(d);
	return empty;
}

static void describe(struct trace_writer *w)
{
	struct trace_head *head = &w->head;
	struct utsname name;
	struct machine machine;

	head->schema = TRACE_SCHEMA;
	strcpy(head->tool, SLABSCOPE_VERSION);
	head->clock_offset = clock_wall_ns() - clock_monotonic_ns();
	if (!uname(&name))
		snprintf(head->release, sizeof(head->release), "%.63s", name.release);
	machine_read(&machine);
	snprintf(head->cpu, sizeof(head->cpu), "%s", machine.cpu);
	head->emulated = machine.emulated;
}

/*
 * Replaces the metadata: a reader finds the old or the new one. The dot hides the file from
 * readers.
 */
static int write_metadata(struct trace_writer *w)
{
	char *text = trace_metadata(&w->head);
	int fd, err;

	if (!text)
		return -ENOMEM;
	fd = openat(w->dir, ".metadata", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file_mode(w));
	err = fd < 0 ? -errno : write_all(fd, text, strlen(text), 0);
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (!err && renameat(w->dir, ".metadata", w->dir, "metadata"))
		err = -errno;
	if (err)
		unlinkat(w->dir, ".metadata", 0);
	free(text);
	return err;
}

int trace_writer_write_pair(struct trace_writer *w, const struct trace_pair *pair,
			    struct failure *f)
{
	int err;

	w->head.pair = *pair;
	err = write_metadata(w);
	return err ? fail(f, -err, "cannot write %s/metadata: %s", w->path, strerror(-err)) : 0;
}

/*
 * Makes the directory, or takes one that is there. Returns it, and whether it is new; or -errno and
 * why.
 */
static int make_directory(const char *path, bool is_private, bool *made, struct failure *f)
{
	struct safe_path place;
	struct stat st;
	int fd = safe_path_find(&place, path, false, f);

	if (fd < 0)
		return fd;
	*made = !mkdirat(place.dir, place.name, is_private ? 0700 : 0755);
	if (!*made && errno != EEXIST) {
		fd = fail(f, errno, "cannot make the directory %s: %s", path, strerror(errno));
		goto out;
	}
	fd = openat(place.dir, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		fd = fail(f, errno, "cannot open the directory %s: %s", path, strerror(errno));
	} else if (st.st_uid != geteuid()) {
		close(fd);
		fd = fail(f, EPERM,
			  "cannot record into %s: it belongs to another user (%u); record into a "
			  "new directory",
			  path, (unsigned)st.st_uid);
	}
out:
	safe_path_leave(&place);
	return fd;
}

int trace_writer_open(struct trace_writer **to, const char *dir, bool is_private, struct failure *f)
{
	struct trace_writer *w = calloc(1, sizeof(*w));
	int err;

	*to = NULL;
	if (!w)
		return fail(f, ENOMEM, "no memory to record");
	snprintf(w->path, sizeof(w->path), "%s", dir);
	w->is_private = is_private;
	w->dir = err = make_directory(dir, is_private, &w->made, f);
	if (err < 0)
		goto out;
	err = is_empty(w->dir);
	if (err <= 0) {
		err = err ? fail(f, -err, "cannot read the directory %s: %s", dir, strerror(-err))
			  : fail(f, EEXIST, "%s is not empty: record into a new directory", dir);
		goto out;
	}
	if (getrandom(w->head.uuid, sizeof(w->head.uuid), 0) != sizeof(w->head.uuid)) {
		err = fail(f, EIO, "cannot generate the trace UUID");
		goto out;
	}
	describe(w);
	err = write_metadata(w);
	if (err) {
		fail(f, -err, "cannot write %s/metadata: %s", dir, strerror(-err));
		goto out;
	}
	*to = w;
	return 0;
out:
	trace_writer_discard(w);
	return err;
}

static size_t head_size(const struct stream *s)
{
	return s->cpu == TRACE_NO_CPU ? TRACE_PACKET_STATE : TRACE_PACKET_CPU;
}

static void begin_packet(struct stream *s, uint64_t ns)
{
	s->begin = ns > s->last ? ns : s->last;
	s->used = head_size(s);
	s->events = 0;
	s->news = false;
}

#define STREAM_NAME 32

/* Writes the name of the file of a stream. Returns it. */
static const char *stream_name(uint32_t cpu, char name[STREAM_NAME])
{
	if (cpu == TRACE_NO_CPU)
		snprintf(name, STREAM_NAME, "state");
	else
		snprintf(name, STREAM_NAME, "cpu_%u", cpu);
	return name;
}

/* Returns the stream, which its first use creates; or NULL and why. */
static struct stream *get_stream(struct trace_writer *w, uint32_t cpu, uint32_t node,
				 struct failure *f)
{
	struct stream **at = cpu == TRACE_NO_CPU ? &w->state : &w->cpu[cpu % TRACE_CPUS], *s;
	char name[STREAM_NAME];

	if (*at)
		return *at;
	s = calloc(1, sizeof(*s));
	if (!s) {
		fail(f, ENOMEM, "no memory to record");
		return NULL;
	}
	s->fd = openat(w->dir, stream_name(cpu, name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		       file_mode(w));
	if (s->fd < 0) {
		fail(f, errno, "cannot write %s/%s: %s", w->path, name, strerror(errno));
		free(s);
		return NULL;
	}
	s->cpu = cpu;
	s->node = node != TRACE_NO_NODE ? node : 0;
	begin_packet(s, 0);
	s->begin = 0;
	return *at = s;
}

static int end_packet(struct trace_writer *w, struct stream *s, struct failure *f)
{
	struct trace_packet head = {
		.magic = TRACE_MAGIC,
		.stream_id = s->cpu == TRACE_NO_CPU ? TRACE_STREAM_STATE : TRACE_STREAM_CPU,
		.begin = s->begin,
		.end = s->last > s->begin ? s->last : s->begin,
		.content_bits = s->used * 8,
		.packet_bits = s->used * 8,
		.sequence = s->sequence,
		.discarded = s->discarded,
		.cpu_id = s->cpu,
		.node = s->node,
	};
	int err;

	if (!s->news)
		return 0;
	if (w->state && w->state != s && end_packet(w, w->state, f))
		return -EIO; /* first what this packet refers to */
	memcpy(head.uuid, w->head.uuid, sizeof(head.uuid));
	memcpy(s->buffer, &head, head_size(s));
	err = write_all(s->fd, s->buffer, s->used, s->written);
	if (err) {
		w->broken = true;
		return fail(f, -err, "cannot write to %s: %s; the recording is complete up to here",
			    w->path, strerror(-err));
	}
	s->written += s->used;
	w->bytes += s->used;
	w->events += s->events;
	s->sequence++;
	begin_packet(s, s->last);
	return 0;
}

static uint8_t *put(uint8_t *at, uint64_t value, unsigned bytes)
{
	memcpy(at, &value, bytes);
	return at + bytes;
}

int trace_writer_write(struct trace_writer *w, const struct trace_event *e, struct failure *f)
{
	const struct trace_definition *d = &trace_definition[e->id];
	struct stream *s = get_stream(w, e->cpu, e->node, f);
	uint64_t ns = e->ns;
	uint8_t *at;
	int err;

	if (w->broken || !s)
		return w->broken ? -EIO : -errno;
	if (ns < s->last)
		ns = s->last;
	/* The low half of the time must identify the time. */
	if (s->used + TRACE_EVENT_HEADER + 8 * TRACE_FIELDS + 2 * TRACE_TEXT > TRACE_PACKET_MAX ||
	    (s->news && ns - s->last >= UINT32_MAX)) {
		err = end_packet(w, s, f);
		if (err)
			return err;
	}
	if (!s->news)
		s->begin = ns;
	s->news = true;
	if (e->node != TRACE_NO_NODE)
		s->node = e->node;
	s->last = ns;
	at = put(s->buffer + s->used, e->id, 1);
	at = put(at, ns, 4);
	for (unsigned i = 0; d->field[i].name; i++)
		at = put(at, e->value[i], d->field[i].size);
	for (unsigned i = 0; i < 2 && d->text[i]; i++) {
		size_t length = strnlen(e->text[i], TRACE_TEXT - 1);

		memcpy(at, e->text[i], length);
		at[length] = 0;
		at += length + 1;
	}
	s->used = (size_t)(at - s->buffer);
	s->events++;
	return 0;
}

int trace_writer_write_lost(struct trace_writer *w, uint32_t cpu, uint64_t ns, uint64_t lost,
			    struct failure *f)
{
	struct stream *s = get_stream(w, cpu, 0, f);

	if (!s)
		return -errno;
	/* A packet of its own shows where the events are missing. */
	if (s->news && end_packet(w, s, f))
		return -EIO;
	if (ns > s->last)
		s->begin = s->last = ns;
	s->discarded += lost;
	s->news = true;
	return end_packet(w, s, f);
}

int trace_writer_flush(struct trace_writer *w, struct failure *f)
{
	int err = w->state ? end_packet(w, w->state, f) : 0;

	for (unsigned cpu = 0; cpu < TRACE_CPUS && !err; cpu++)
		if (w->cpu[cpu])
			err = end_packet(w, w->cpu[cpu], f);
	return err;
}

uint64_t trace_writer_bytes(const struct trace_writer *w)
{
	return w->bytes;
}

uint64_t trace_writer_events(const struct trace_writer *w)
{
	return w->events;
}

static void close_stream(struct stream *s)
{
	if (s)
		close(s->fd);
	free(s);
}

static void close_all(struct trace_writer *w)
{
	close_stream(w->state);
	for (unsigned cpu = 0; cpu < TRACE_CPUS; cpu++)
		close_stream(w->cpu[cpu]);
	if (w->dir >= 0)
		close(w->dir);
	free(w);
}

int trace_writer_close(struct trace_writer *w, struct failure *f)
{
	int err;

	if (!w)
		return 0;
	err = w->broken ? -EIO : trace_writer_flush(w, f);
	close_all(w);
	return err;
}

static void remove_stream(const struct trace_writer *w, const struct stream *s)
{
	char name[STREAM_NAME];

	if (s)
		unlinkat(w->dir, stream_name(s->cpu, name), 0);
}

void trace_writer_discard(struct trace_writer *w)
{
	if (!w)
		return;
	if (w->head.schema) /* else nothing was written */
		unlinkat(w->dir, "metadata", 0);
	remove_stream(w, w->state);
	for (unsigned cpu = 0; cpu < TRACE_CPUS; cpu++)
		remove_stream(w, w->cpu[cpu]);
	if (w->made)
		rmdir(w->path);
	close_all(w);
}
