// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * trace_reader.c: one packet of each stream is in memory; the reader checks it when it loads it. A
 * heap orders the streams by the time of their next events.
 */
#include "trace/trace_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define METADATA_MAX (1u << 20)

struct stream {
	int fd;
	char name[32];
	uint64_t offset; /* of the next packet in the file */
	uint64_t discarded;
	bool failed; /* it could not be read to its end */
	/* the size of the buffer, the end of the packet, the place of the next event */
	size_t room, end, at;
	uint8_t *buffer;
	struct trace_event event; /* the next event */
};

struct trace_reader {
	struct trace_head head;
	struct trace_losses losses;
	struct trace_losses failed; /* what could not be read so far, also before rewinding */
	struct stream *all;
	struct stream **heap; /* the earliest first */
	unsigned nr_all, nr;
	bool given; /* the event of the first one has been returned */
	unsigned bytes[TRACE_IDS];
};

/* ---- one stream ------------------------------------------------------------------------------ */

static void note(struct trace_losses *to, const struct stream *s, uint64_t offset, const char *why)
{
	if (!to->torn++)
		snprintf(to->what, sizeof(to->what), "%s, packet at byte %llu: %s", s->name,
			 (unsigned long long)offset, why);
}

static void torn(struct trace_reader *r, const struct stream *s, const char *why)
{
	note(&r->losses, s, s->offset, why);
}

static const char *check_packet(const struct trace_reader *r, const struct trace_packet *p,
				size_t size, size_t head)
{
	if (p->magic != TRACE_MAGIC || memcmp(p->uuid, r->head.uuid, sizeof(p->uuid)))
		return "it belongs to another recording";
	if (p->content_bits > p->packet_bits || p->packet_bits % 8 || p->content_bits % 8 ||
	    p->content_bits / 8 < head || p->packet_bits / 8 > TRACE_PACKET_MAX)
		return "its size is invalid";
	if (size < p->packet_bits / 8)
		return "its end is missing";
	if (p->stream_id == TRACE_STREAM_CPU && p->cpu_id >= TRACE_CPUS)
		return "its CPU is invalid";
	return NULL;
}

/*
 * Reads up to so many bytes of the stream. Returns how many; 0 at the end, or where reading fails,
 * which is noted.
 */
static size_t read_at(struct trace_reader *r, struct stream *s, void *to, size_t size,
		      uint64_t offset)
{
	ssize_t nr;

	do {
		nr = pread(s->fd, to, size, (off_t)offset);
	} while (nr < 0 && errno == EINTR);
	if (nr < 0 && !s->failed) {
		const char *why = strerror(errno);

		s->failed = true;
		note(&r->losses, s, offset, why);
		note(&r->failed, s, offset, why);
	}
	return nr < 0 ? 0 : (size_t)nr;
}

/* Reads the next packet. Returns false at the end of the stream. */
static bool next_packet(struct trace_reader *r, struct stream *s)
{
	struct trace_packet p = {0};
	const char *wrong;
	size_t head, want, nr = read_at(r, s, s->buffer, s->room, s->offset);

	if (!nr)
		return false;
	if (nr < TRACE_PACKET_STATE) {
		torn(r, s, "its header is incomplete");
		return false;
	}
	memcpy(&p, s->buffer, nr < sizeof(p) ? nr : sizeof(p));
	head = p.stream_id == TRACE_STREAM_STATE ? TRACE_PACKET_STATE : TRACE_PACKET_CPU;
	wrong = p.stream_id > TRACE_STREAM_STATE ? "its stream is invalid"
						 : check_packet(r, &p, nr, head);
	if (wrong) {
		torn(r, s, wrong);
		return false;
	}
	want = p.packet_bits / 8;
	s->offset += want;
	s->at = head;
	s->end = p.content_bits / 8;
	s->event.ns = p.begin > s->event.ns ? p.begin : s->event.ns;
	s->event.cpu = p.stream_id == TRACE_STREAM_STATE ? TRACE_NO_CPU : p.cpu_id;
	s->event.node = head == TRACE_PACKET_CPU && p.node < 256 ? (uint8_t)p.node : 0;
	if (p.discarded > s->discarded) {
		r->losses.discarded += p.discarded - s->discarded;
		s->discarded = p.discarded;
	}
	return true;
}

static bool read_texts(struct stream *s, const struct trace_definition *d)
{
	for (unsigned i = 0; i < 2 && d->text[i]; i++) {
		const char *at = (const char *)s->buffer + s->at;
		size_t length = strnlen(at, s->end - s->at);

		if (length == s->end - s->at)
			return false;
		snprintf(s->event.text[i], TRACE_TEXT, "%s", at);
		text_clean(s->event.text[i]);
		s->at += length + 1;
	}
	return true;
}

static inline uint64_t get(const uint8_t *at, unsigned size)
{
	uint64_t value = 0;

	switch (size) {
	case 1:
		return *at;
	case 2:
		memcpy(&value, at, 2);
		return value;
	case 4:
		memcpy(&value, at, 4);
		return value;
	}
	memcpy(&value, at, 8);
	return value;
}

/* Reads the next event of the stream. Returns false at its end. */
static bool advance(struct trace_reader *r, struct stream *s)
{
	struct trace_event *e = &s->event;
	const struct trace_definition *d;
	const uint8_t *at;
	uint32_t low;

	while (s->at == s->end)
		if (!next_packet(r, s))
			return false;
	at = s->buffer + s->at;
	if (s->end - s->at < TRACE_EVENT_HEADER || *at >= TRACE_IDS ||
	    s->end - s->at < TRACE_EVENT_HEADER + r->bytes[*at]) {
		torn(r, s, "an event in the packet before is invalid");
		return false;
	}
	e->id = *at;
	memcpy(&low, at + 1, sizeof(low));
	e->ns += (uint32_t)(low - (uint32_t)e->ns);
	s->at += TRACE_EVENT_HEADER + r->bytes[e->id];
	at += TRACE_EVENT_HEADER;
	d = &trace_definition[e->id];
	for (unsigned i = 0; d->field[i].name; at += d->field[i].size, i++)
		e->value[i] = get(at, d->field[i].size);
	if (!read_texts(s, d)) {
		torn(r, s, "a name in the packet before has no end");
		return false;
	}
	return true;
}

/* ---- all of them in order -------------------------------------------------------------------- */

static bool before(const struct stream *a, const struct stream *b)
{
	if (a->event.ns != b->event.ns)
		return a->event.ns < b->event.ns;
	return a->event.cpu + 1 < b->event.cpu + 1; /* events without a CPU first */
}

static void sift(struct trace_reader *r, unsigned at)
{
	struct stream *s = r->heap[at];

	for (;;) {
		unsigned child = 2 * at + 1;

		if (child >= r->nr)
			break;
		if (child + 1 < r->nr && before(r->heap[child + 1], r->heap[child]))
			child++;
		if (!before(r->heap[child], s))
			break;
		r->heap[at] = r->heap[child];
		at = child;
	}
	r->heap[at] = s;
}

const struct trace_event *trace_reader_next(struct trace_reader *r)
{
	if (r->given) {
		if (!advance(r, r->heap[0]))
			r->heap[0] = r->heap[--r->nr];
		if (r->nr)
			sift(r, 0);
	}
	r->given = r->nr > 0;
	return r->nr ? &r->heap[0]->event : NULL;
}

void trace_reader_rewind(struct trace_reader *r)
{
	r->nr = 0;
	r->given = false;
	r->losses = r->failed;
	for (unsigned i = 0; i < r->nr_all; i++) {
		struct stream *s = &r->all[i];

		s->offset = s->discarded = s->at = s->end = 0;
		s->event = (struct trace_event){0};
		if (advance(r, s))
			r->heap[r->nr++] = s;
	}
	for (unsigned i = r->nr / 2; i-- > 0;)
		sift(r, i);
}

/* ---- opening --------------------------------------------------------------------------------- */

static int read_metadata(struct trace_reader *r, int dir, const char *path, struct failure *f)
{
	char *text = malloc(METADATA_MAX + 1);
	int fd = openat(dir, "metadata", O_RDONLY | O_NONBLOCK | O_CLOEXEC), err;
	ssize_t nr;

	if (!text || fd < 0) {
		err = text ? errno : ENOMEM;
		free(text);
		if (fd >= 0)
			close(fd);
		return fail(f, err, "%s is not a recording: cannot open its metadata: %s", path,
			    strerror(err));
	}
	do {
		nr = read(fd, text, METADATA_MAX);
	} while (nr < 0 && errno == EINTR);
	err = nr < 0 ? errno : 0;
	close(fd);
	text[nr < 0 ? 0 : nr] = 0;
	if (err) {
		free(text);
		return fail(f, err, "cannot read %s/metadata: %s", path, strerror(err));
	}
	err = trace_metadata_parse(text, &r->head);
	free(text);
	if (err == -EPROTONOSUPPORT)
		return fail(f, EPROTONOSUPPORT,
			    "%s was recorded by slabscope %s in format %u; "
			    "this version reads formats up to %u: use a newer slabscope",
			    path, r->head.tool, r->head.schema, TRACE_SCHEMA);
	if (err)
		return fail(f, -err, "%s is not a recording of slabscope", path);
	return 0;
}

static int open_stream(struct trace_reader *r, int dir, const char *name)
{
	struct stream *s = &r->all[r->nr_all];

	*s = (struct stream){.fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
	if (s->fd < 0)
		return -errno;
	snprintf(s->name, sizeof(s->name), "%.31s", name);
	s->room = TRACE_PACKET_MAX;
	s->buffer = malloc(s->room);
	r->nr_all++;
	return s->buffer ? 0 : -ENOMEM;
}

static int open_streams(struct trace_reader *r, int dir)
{
	struct dirent **names;
	int nr = scandirat(dir, ".", &names, NULL, versionsort), err = 0;

	if (nr < 0)
		return -errno;
	r->all = calloc((size_t)nr + 1, sizeof(*r->all));
	r->heap = calloc((size_t)nr + 1, sizeof(*r->heap));
	if (!r->all || !r->heap)
		err = -ENOMEM;
	for (int i = 0; i < nr; i++) {
		const char *name = names[i]->d_name;

		if (!err && r->nr_all <= TRACE_CPUS &&
		    (!strcmp(name, "state") || !strncmp(name, "cpu_", 4)))
			err = open_stream(r, dir, name);
		free(names[i]);
	}
	free(names);
	return err;
}

int trace_reader_open(struct trace_reader **to, const char *path, struct failure *f)
{
	struct trace_reader *r = calloc(1, sizeof(*r));
	int dir, err;

	*to = NULL;
	if (!r)
		return fail(f, ENOMEM, "no memory to read %s", path);
	for (int id = 0; id < TRACE_IDS; id++)
		r->bytes[id] = trace_bytes((enum trace_id)id);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		err = fail(f, errno, "cannot open the recording %s: %s", path, strerror(errno));
		free(r);
		return err;
	}
	err = read_metadata(r, dir, path, f);
	if (!err) {
		err = open_streams(r, dir);
		if (err)
			fail(f, -err, "cannot read %s: %s", path, strerror(-err));
	}
	close(dir);
	if (err) {
		trace_reader_close(r);
		return err;
	}
	trace_reader_rewind(r);
	*to = r;
	return 0;
}

void trace_reader_close(struct trace_reader *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->nr_all; i++) {
		close(r->all[i].fd);
		free(r->all[i].buffer);
	}
	free(r->all);
	free(r->heap);
	free(r);
}

const struct trace_head *trace_reader_head(const struct trace_reader *r)
{
	return &r->head;
}

void trace_reader_nodes(const struct trace_reader *r, uint8_t *node, unsigned cpus)
{
	for (unsigned i = 0; i < r->nr_all; i++)
		if (r->all[i].event.cpu < cpus)
			node[r->all[i].event.cpu] = r->all[i].event.node;
}

void trace_reader_span(struct trace_reader *r, uint64_t *first, uint64_t *last)
{
	*first = UINT64_MAX;
	*last = 0;
	for (unsigned i = 0; i < r->nr_all; i++) {
		uint64_t offset = 0;
		struct trace_packet p;

		while (read_at(r, &r->all[i], &p, sizeof(p), offset) >= TRACE_PACKET_STATE &&
		       !check_packet(r, &p, SIZE_MAX, TRACE_PACKET_STATE)) {
			*first = p.begin < *first ? p.begin : *first;
			*last = p.end > *last ? p.end : *last;
			offset += p.packet_bits / 8;
		}
	}
	if (*first > *last)
		*first = *last = 0;
}

const struct trace_losses *trace_reader_losses(const struct trace_reader *r)
{
	return &r->losses;
}
