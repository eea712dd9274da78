// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * mutate.c: two thirds of the changes leave files that are readable to the end, with odd contents;
 * the others change any bytes.
 */
#include "mutate.h"

#include <string.h>

#include "trace/trace.h"

static const uint64_t odd[] = {0,
			       1,
			       2,
			       3,
			       0x7f,
			       0x80,
			       0xff,
			       1024,
			       0xffff,
			       0x10000,
			       0x7fffffff,
			       0xffffffff,
			       (uint64_t)1 << 32,
			       UINT64_MAX / 2,
			       (uint64_t)1 << 63,
			       UINT64_MAX};

uint64_t next_random(struct random *r)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return r->state;
}

static size_t below(struct random *r, size_t end)
{
	return next_random(r) % end;
}

static uint64_t odd_value(struct random *r)
{
	return odd[below(r, sizeof(odd) / sizeof(*odd))] + (below(r, 4) ? 0 : below(r, 5) - 2);
}

/* ---- any bytes ------------------------------------------------------------------------------- */

static void mutate_bytes(struct file *f, struct random *r)
{
	size_t at = below(r, f->size), length = f->size - at < 8 ? f->size - at : 8;
	uint64_t value = odd_value(r);

	switch (below(r, 6)) {
	case 0:
		f->data[at] ^= (uint8_t)(1 << below(r, 8));
		break;
	case 1:
		f->data[at] = (uint8_t)next_random(r);
		break;
	case 2: /* a field */
		memcpy(f->data + at, &value, below(r, length + 1));
		break;
	case 3: /* in the head */
		memcpy(f->data + at % sizeof(struct trace_packet) % f->size, &value, 1);
		break;
	case 4: /* bytes from elsewhere */
		length = below(r, 64);
		if (at + length <= f->size)
			memmove(f->data + below(r, f->size - length + 1), f->data + at, length);
		break;
	case 5:
		if (!below(r, 8))
			f->size = at;
		break;
	}
}

/* A number or a name in the metadata. */
static void mutate_metadata(struct file *f, struct random *r)
{
	static const char *const key[] = {"slabscope_schema = ",  "uuid = ",
					  "offset_s = ",	  "offset = ",
					  "kernel_release = ",	  "cpu_model = ",
					  "cpu_emulated = ",	  "probe_pair_count = ",
					  "probe_pair_low_ns = ", "probe_pair_median_ns = ",
					  "probe_pair_high_ns = "};
	const char *wanted = key[below(r, sizeof(key) / sizeof(*key))];
	uint8_t *at = memmem(f->data, f->size, wanted, strlen(wanted));
	size_t length, room;

	if (!at)
		return;
	at += strlen(wanted);
	room = (size_t)(f->data + f->size - at);
	length = 1 + below(r, 80);
	switch (below(r, 3)) {
	case 0: /* another one, as long */
		for (size_t i = 0; i < room && i < length && at[i] != ';'; i++)
			at[i] = (uint8_t)('0' + below(r, 10));
		break;
	case 1: /* a longer one */
		if (f->size + length > FILE_MAX)
			return;
		memmove(at + length, at, room);
		memset(at, '9', length);
		f->size += length;
		break;
	case 2: /* a shorter one */
		if (length >= room)
			return;
		memmove(at, at + length, room - length);
		f->size -= length;
		break;
	}
}

/* ---- events and packets ---------------------------------------------------------------------- */

struct place {
	size_t packet, event,
		end; /* offsets of a packet, of an event in it, and of that packet's end */
};

static struct trace_packet head_at(const struct file *f, size_t at)
{
	struct trace_packet p;

	memcpy(&p, f->data + at, sizeof(p));
	return p;
}

static size_t head_size(const struct trace_packet *p)
{
	return p->stream_id == TRACE_STREAM_STATE ? TRACE_PACKET_STATE : TRACE_PACKET_CPU;
}

/* Returns 0 where there is no complete event. */
static size_t event_size(const struct file *f, size_t at, size_t end)
{
	const struct trace_definition *d;
	size_t size;

	if (at + TRACE_EVENT_HEADER > end || f->data[at] >= TRACE_IDS)
		return 0;
	d = &trace_definition[f->data[at]];
	size = TRACE_EVENT_HEADER + trace_bytes(f->data[at]);
	for (int i = 0; i < 2 && d->text[i] && at + size < end; i++)
		size += strnlen((const char *)f->data + at + size, end - at - size) + 1;
	return at + size <= end ? size : 0;
}

/* Returns whether there is a readable packet. */
static bool is_packet(const struct file *f, size_t at)
{
	struct trace_packet p;

	if (f->size < at + sizeof(p))
		return false;
	p = head_at(f, at);
	return p.stream_id <= TRACE_STREAM_STATE && p.packet_bits == p.content_bits &&
	       p.packet_bits / 8 >= head_size(&p) && p.packet_bits / 8 <= f->size - at;
}

/* Any packet, and any event in it. */
static bool find(const struct file *f, struct random *r, struct place *to)
{
	size_t at = 0, size, packets = 0, events = 0;

	for (size_t i = 0; is_packet(f, i); i += head_at(f, i).packet_bits / 8)
		packets++;
	if (!packets)
		return false;
	for (packets = below(r, packets); packets--;)
		at += head_at(f, at).packet_bits / 8;
	*to = (struct place){
		at, at + head_size(&(struct trace_packet){.stream_id = head_at(f, at).stream_id}),
		at + head_at(f, at).packet_bits / 8};
	for (at = to->event; (size = event_size(f, at, to->end)); at += size)
		events++;
	for (events = events ? below(r, events) : 0; events--;)
		to->event += event_size(f, to->event, to->end);
	return true;
}

/* Inserts or removes bytes at an offset, and corrects the size of the packet. */
static bool resize(struct file *f, const struct place *p, size_t at, size_t more, size_t less)
{
	struct trace_packet head = head_at(f, p->packet);

	if (f->size + more > FILE_MAX || at + less > p->end ||
	    head.packet_bits / 8 + more - less > TRACE_PACKET_MAX)
		return false;
	memmove(f->data + at + more, f->data + at + less, f->size - at - less);
	f->size += more - less;
	head.packet_bits += 8 * (more - less);
	head.content_bits = head.packet_bits;
	memcpy(f->data + p->packet, &head, TRACE_PACKET_STATE);
	return true;
}

/*
 * Writes a value of an event. States with many slabs are rare, because making the slabs takes long.
 */
static uint64_t field_value(struct random *r, uint8_t id)
{
	if (below(r, id == TRACE_NODE_STATE ? 32 : 2))
		return below(r, 12);
	return odd_value(r);
}

/* One of the fields of an event. */
static void mutate_field(struct file *f, struct random *r, const struct place *p, size_t size)
{
	uint8_t id = f->data[p->event];
	size_t at = p->event + TRACE_EVENT_HEADER;
	unsigned nr = 0;
	uint64_t value;

	while (trace_definition[id].field[nr].name)
		nr++;
	nr = (unsigned)below(r, nr);
	for (unsigned i = 0; i < nr; i++)
		at += trace_definition[id].field[i].size;
	if (at + trace_definition[id].field[nr].size > p->event + size)
		return;
	value = field_value(r, id);
	memcpy(f->data + at, &value, trace_definition[id].field[nr].size);
}

/* An event of any kind, with the bytes that were there, and odd values. */
static void insert_event(struct file *f, struct random *r, const struct place *p)
{
	uint8_t id = (uint8_t)below(r, TRACE_IDS), event[256] = {id};
	size_t size = TRACE_EVENT_HEADER, fields = trace_bytes(id);

	memcpy(event + 1, f->data + p->event + 1, p->event + TRACE_EVENT_HEADER <= p->end ? 4 : 0);
	for (const struct trace_field *d = trace_definition[id].field; d->name; d++) {
		uint64_t value = field_value(r, id);

		if (d->size == 8 && id != TRACE_NODE_STATE) /* an address */
			value = 0x1000 + 1024 * below(r, 64);
		memcpy(event + size, &value, d->size);
		size += d->size;
	}
	if (size != TRACE_EVENT_HEADER + fields)
		abort();
	for (int i = 0; i < 2 && trace_definition[id].text[i]; i++) {
		memcpy(event + size, "name-0", 7);
		event[size + 5] = (uint8_t)('0' + below(r, 10));
		size += 7;
	}
	if (resize(f, p, p->event, size, 0))
		memcpy(f->data + p->event, event, size);
}

/* Starts a new packet at this event. */
static void split_packet(struct file *f, const struct place *p)
{
	struct trace_packet head = head_at(f, p->packet);
	size_t size = head_size(&head), length = p->end - p->event;

	if (f->size + size > FILE_MAX)
		return;
	memmove(f->data + p->event + size, f->data + p->event, f->size - p->event);
	memcpy(f->data + p->event, f->data + p->packet, size);
	f->size += size;
	head.content_bits = head.packet_bits = 8 * (p->event - p->packet);
	memcpy(f->data + p->packet, &head, TRACE_PACKET_STATE);
	head.content_bits = head.packet_bits = 8 * (size + length);
	memcpy(f->data + p->event, &head, TRACE_PACKET_STATE);
}

static void repeat_packet(struct file *f, const struct place *p)
{
	size_t length = p->end - p->packet;

	if (f->size + length > FILE_MAX)
		return;
	memmove(f->data + p->end + length, f->data + p->end, f->size - p->end);
	memcpy(f->data + p->end, f->data + p->packet, length);
	f->size += length;
}

/* A field of its header that is no size. */
static void mutate_head(struct file *f, struct random *r, const struct place *p)
{
	struct trace_packet head = head_at(f, p->packet);
	uint64_t value = odd_value(r);

	switch (below(r, 6)) {
	case 0:
		head.begin = below(r, 2) ? value : head.begin + value;
		break;
	case 1:
		head.end = below(r, 2) ? value : head.end + value;
		break;
	case 2:
		head.discarded = value;
		break;
	case 3:
		head.cpu_id = (uint32_t)(below(r, 2) ? value : below(r, TRACE_CPUS));
		break;
	case 4:
		head.node = (uint32_t)(below(r, 2) ? value : below(r, 8));
		break;
	case 5:
		head.sequence = value;
		break;
	}
	memcpy(f->data + p->packet, &head, head_size(&head));
}

static void mutate_events(struct file *f, struct random *r)
{
	struct place p;
	size_t size;

	if (!find(f, r, &p))
		return;
	size = event_size(f, p.event, p.end);
	switch (below(r, 12)) {
	case 0:
		mutate_head(f, r, &p);
		break;
	case 1:
		split_packet(f, &p);
		break;
	case 2:
		if (!below(r, 4))
			repeat_packet(f, &p);
		break;
	case 3:
		resize(f, &p, p.event, 0, size);
		break;
	case 4: /* once more */
		if (size && resize(f, &p, p.event, size, 0))
			memcpy(f->data + p.event, f->data + p.event + size, size);
		break;
	case 5:
	case 6:
		insert_event(f, r, &p);
		break;
	case 7: /* its time: later, or more than 4 s later */
		if (size)
			f->data[p.event + 1 + below(r, 4)] = (uint8_t)next_random(r);
		break;
	default:
		if (size)
			mutate_field(f, r, &p, size);
	}
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Removes a file, or replaces it by another one. */
static void mutate_files(struct files *f, struct random *r)
{
	struct file *to = &f->file[below(r, STREAMS)], *from = &f->file[below(r, STREAMS)];

	if (to == from) {
		to->size = 0;
		return;
	}
	to->size = from->size;
	memcpy(to->data, from->data, from->size);
}

void mutate(struct files *f, struct random *r)
{
	/* Mostly the streams of CPUs: many slabs at the beginning take long to make. */
	static const uint8_t which[] = {FILE_STATE, FILE_CPU_0, FILE_CPU_0, FILE_CPU_0,
					FILE_CPU_0, FILE_CPU_0, FILE_CPU_0, FILE_CPU_1,
					FILE_CPU_1, FILE_CPU_1, FILE_CPU_1, FILE_CPU_1,
					FILE_CPU_2, FILE_CPU_2, FILE_CPU_2, FILE_METADATA};
	unsigned i = which[below(r, 16)];
	struct file *file = &f->file[i];

	if (!below(r, 64))
		mutate_files(f, r);
	else if (!file->size)
		return;
	else if (i == FILE_METADATA && below(r, 2))
		mutate_metadata(file, r);
	else if (i == FILE_METADATA || below(r, 3) == 0)
		mutate_bytes(file, r);
	else
		mutate_events(file, r);
}

/* ---- as one piece ---------------------------------------------------------------------------- */

#define AS_GOOD UINT32_MAX

static bool is_good(const struct file *f, const struct file *good)
{
	return f->size == good->size && !memcmp(f->data, good->data, f->size);
}

size_t files_pack(const struct files *f, const struct files *good, uint8_t *to, size_t room)
{
	size_t used = 0;

	for (int i = 0; i < FILES; i++) {
		bool as_good = i == FILE_METADATA && is_good(&f->file[i], &good->file[i]);
		uint32_t size = as_good ? AS_GOOD : (uint32_t)f->file[i].size;

		if (room - used < sizeof(size) + (as_good ? 0 : size))
			return 0;
		memcpy(to + used, &size, sizeof(size));
		used += sizeof(size);
		memcpy(to + used, f->file[i].data, as_good ? 0 : size);
		used += as_good ? 0 : size;
	}
	return used;
}

void files_unpack(struct files *to, const struct files *good, const uint8_t *from, size_t size)
{
	for (int i = 0; i < FILES; i++) {
		struct file *f = &to->file[i];
		uint32_t nr = 0;

		if (size >= sizeof(nr)) {
			memcpy(&nr, from, sizeof(nr));
			from += sizeof(nr);
			size -= sizeof(nr);
		}
		if (nr == AS_GOOD) {
			f->size = good->file[i].size;
			memcpy(f->data, good->file[i].data, f->size);
			continue;
		}
		if (nr > size)
			nr = (uint32_t)size;
		if (nr > FILE_MAX)
			nr = FILE_MAX;
		f->size = nr;
		memcpy(f->data, from, nr);
		from += nr;
		size -= nr;
	}
}
