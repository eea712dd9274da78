// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* trace.c: the table of events, and the metadata with it. */
#include "trace/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define CACHE_FIELD                    \
	{                              \
		"cache", 2, TRACE_UINT \
	}
#define ALLOC_FIELDS                           \
	CACHE_FIELD, {"flags", 1, TRACE_UINT}, \
	{                                      \
		"object", 8, TRACE_HEX         \
	}

/* clang-format off */
const struct trace_definition trace_definition[TRACE_IDS] = {
	[TRACE_CACHE] = {"cache", {CACHE_FIELD, {"pid", 4, TRACE_UINT}, {"side", 1, TRACE_SIDE},
		{"object_size", 4, TRACE_UINT}, {"buffer_size", 4, TRACE_UINT},
		{"objects_per_slab", 4, TRACE_UINT},
		{"slab_bytes", 4, TRACE_UINT}, {"limit", 4, TRACE_UINT},
		{"batchcount", 4, TRACE_UINT},
		{"sharedfactor", 4, TRACE_UINT}, {"cpus", 2, TRACE_UINT}}, {"name", "comm"}},
	[TRACE_FLAGS] = {"flags", {{"index", 1, TRACE_UINT}, {"value", 4, TRACE_HEX}}, {0}},
	[TRACE_NODE_STATE] = {"node_state", {CACHE_FIELD, {"node", 1, TRACE_UINT},
		{"slabs_full", 8, TRACE_UINT},
		{"slabs_partial", 8, TRACE_UINT}, {"slabs_free", 8, TRACE_UINT},
		{"free_objects", 8, TRACE_UINT},
		{"shared", 4, TRACE_UINT}}, {0}},
	[TRACE_ARRAY_STATE] = {"array_state", {CACHE_FIELD, {"avail", 4, TRACE_UINT},
		{"touched", 1, TRACE_UINT}}, {0}},
	[TRACE_ALLOC_HIT] = {"alloc_hit", {ALLOC_FIELDS}, {0}},
	[TRACE_ALLOC_REFILL] = {"alloc_refill", {ALLOC_FIELDS}, {0}},
	[TRACE_ALLOC_BYPASS] = {"alloc_bypass", {ALLOC_FIELDS, {"node", 1, TRACE_UINT}}, {0}},
	[TRACE_ALLOC_FAILED] = {"alloc_failed", {CACHE_FIELD, {"flags", 1, TRACE_UINT}}, {0}},
	[TRACE_ALLOC] = {"alloc", {ALLOC_FIELDS}, {0}},
	[TRACE_FREE] = {"free", {CACHE_FIELD, {"object", 8, TRACE_HEX}}, {0}},
	[TRACE_REFILL] = {"refill", {CACHE_FIELD, {"requested", 2, TRACE_UINT},
		{"got", 2, TRACE_UINT},
		{"origin", 1, TRACE_ORIGIN}, {"ns", 4, TRACE_UINT}}, {0}},
	[TRACE_FLUSH] = {"flush", {CACHE_FIELD, {"count", 2, TRACE_UINT}, {"ns", 4, TRACE_UINT}},
		{0}},
	[TRACE_GROW] = {"grow", {CACHE_FIELD, {"node", 1, TRACE_UINT}, {"slab", 8, TRACE_HEX},
		{"objects", 2, TRACE_UINT}, {"ns", 4, TRACE_UINT}}, {0}},
	[TRACE_LIST_MOVE] = {"list_move", {CACHE_FIELD, {"node", 1, TRACE_UINT},
		{"slab", 8, TRACE_HEX},
		{"from", 1, TRACE_LIST}, {"to", 1, TRACE_LIST}, {"inuse", 2, TRACE_UINT}}, {0}},
	[TRACE_TRANSFER] = {"transfer", {CACHE_FIELD, {"node", 1, TRACE_UINT},
		{"count", 2, TRACE_UINT},
		{"direction", 1, TRACE_DIRECTION}}, {0}},
	[TRACE_SLAB_DESTROY] = {"slab_destroy", {CACHE_FIELD, {"node", 1, TRACE_UINT},
		{"slab", 8, TRACE_HEX}}, {0}},
	[TRACE_REAP] = {"reap", {CACHE_FIELD, {"node", 1, TRACE_UINT}, {"count", 4, TRACE_UINT}},
		{0}},
	[TRACE_SHRINK] = {"shrink", {CACHE_FIELD}, {0}},
	[TRACE_TUNE] = {"tune", {CACHE_FIELD, {"limit", 4, TRACE_UINT},
		{"batchcount", 4, TRACE_UINT},
		{"sharedfactor", 4, TRACE_UINT}}, {0}},
	[TRACE_NODE_AGEING] = {"node_ageing", {CACHE_FIELD, {"node", 1, TRACE_UINT},
		{"free_limit", 4, TRACE_UINT},
		{"shared_touched", 1, TRACE_UINT}, {"free_touched", 1, TRACE_UINT}}, {0}},
	[TRACE_ARRAY_OBJECTS] = {"array_objects", {CACHE_FIELD, {"node", 1, TRACE_UINT},
		{"object0", 8, TRACE_HEX},
		{"object1", 8, TRACE_HEX}, {"object2", 8, TRACE_HEX}, {"object3", 8, TRACE_HEX},
		{"object4", 8, TRACE_HEX},
		{"object5", 8, TRACE_HEX}, {"object6", 8, TRACE_HEX}, {"object7", 8, TRACE_HEX}},
		{0}},
	[TRACE_PARTIAL_SLAB] = {"partial_slab", {CACHE_FIELD, {"node", 1, TRACE_UINT},
		{"first_object", 8, TRACE_HEX},
		{"inuse", 2, TRACE_UINT}}, {0}},
	[TRACE_CACHE_DESTROY] = {"cache_destroy", {CACHE_FIELD}, {0}},
	[TRACE_INFERRED] = {"inferred", {CACHE_FIELD, {"doubtful", 4, TRACE_UINT}}, {0}},
};
/* clang-format on */

unsigned trace_bytes(enum trace_id id)
{
	unsigned bytes = 0;

	for (const struct trace_field *f = trace_definition[id].field; f->name; f++)
		bytes += f->size;
	return bytes;
}

static const char *const kind_type[] = {
	[TRACE_ORIGIN] =
		"enum : u8 { shared, partial, free, cpu_slab, cpu_partial, spare, barn, remote, "
		"grown, failed, unexplained }",
	[TRACE_LIST] = "enum : u8 { none, free, partial, full }",
	[TRACE_DIRECTION] = "enum : u8 { from_shared, to_shared }",
	[TRACE_SIDE] = "enum : u8 { reference, kernel }",
};

static void print_event(FILE *to, enum trace_id id, unsigned stream)
{
	const struct trace_definition *d = &trace_definition[id];

	fprintf(to,
		"event {\n\tname = \"%s\";\n\tid = %d;\n\tstream_id = %u;\n\tfields := struct {\n",
		d->name, id, stream);
	for (const struct trace_field *f = d->field; f->name; f++) {
		if (f->kind > TRACE_HEX)
			fprintf(to, "\t\t%s _%s;\n", kind_type[f->kind], f->name);
		else
			fprintf(to, "\t\t%s%d _%s;\n", f->kind == TRACE_HEX ? "x" : "u",
				f->size * 8, f->name);
	}
	for (int i = 0; i < 2 && d->text[i]; i++)
		fprintf(to, "\t\tstring { encoding = UTF8; } _%s;\n", d->text[i]);
	fputs("\t};\n};\n\n", to);
}

static void print_stream(FILE *to, unsigned stream)
{
	fprintf(to,
		"stream {\n\tid = %u;\n"
		"\tpacket.context := struct {\n"
		"\t\ttime64 timestamp_begin;\n\t\ttime64 timestamp_end;\n"
		"\t\tu64 content_size;\n\t\tu64 packet_size;\n\t\tu64 packet_seq_num;\n"
		"\t\tu64 events_discarded;\n%s\t};\n"
		"\tevent.header := struct {\n\t\tu8 id;\n\t\ttime32 timestamp;\n\t};\n};\n\n",
		stream, stream == TRACE_STREAM_CPU ? "\t\tu32 cpu_id;\n\t\tu32 node;\n" : "");
	for (int id = 0; id < TRACE_IDS; id++)
		print_event(to, id, stream);
}

static void print_uuid(FILE *to, const uint8_t *uuid)
{
	for (int i = 0; i < TRACE_UUID; i++)
		fprintf(to, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
}

static void print_integers(FILE *to)
{
	for (int bytes = 1; bytes <= 8; bytes *= 2)
		fprintf(to,
			"typealias integer { size = %d; align = 8; signed = false; } := u%d;\n"
			"typealias integer { size = %d; align = 8; signed = false; "
			"base = 16; } := x%d;\n",
			bytes * 8, bytes * 8, bytes * 8, bytes * 8);
}

static void print_machine(FILE *to, const struct trace_head *head)
{
	const struct trace_pair *p = &head->pair;

	if (head->cpu[0])
		fprintf(to, "\tcpu_model = \"%s\";\n\tcpu_emulated = %d;\n", head->cpu,
			head->emulated);
	if (p->count)
		fprintf(to,
			"\tprobe_pair_count = %" PRIu32 ";\n\tprobe_pair_low_ns = %" PRIu32 ";\n"
			"\tprobe_pair_median_ns = %" PRIu32 ";\n\tprobe_pair_high_ns = %" PRIu32
			";\n",
			p->count, p->low, p->median, p->high);
}

char *trace_metadata(const struct trace_head *head)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	fputs("/* CTF 1.8 */\n\n", to);
	print_integers(to);
	fputs("\ntrace {\n\tmajor = 1;\n\tminor = 8;\n\tuuid = \"", to);
	print_uuid(to, head->uuid);
	fputs("\";\n\tbyte_order = le;\n\tpacket.header := struct {\n\t\tu32 magic;\n"
	      "\t\tu8 uuid[16];\n\t\tu32 stream_id;\n\t};\n};\n\n",
	      to);
	fprintf(to,
		"env {\n\tdomain = \"slab\";\n\ttracer_name = \"slabscope\";\n"
		"\ttracer_version = \"%s\";\n"
		"\tkernel_release = \"%s\";\n\tslabscope_schema = %" PRIu32 ";\n",
		head->tool, head->release, head->schema);
	print_machine(to, head);
	fputs("};\n\n", to);
	fprintf(to,
		"clock {\n\tname = monotonic;\n\tdescription = \"CLOCK_MONOTONIC\";\n"
		"\tfreq = 1000000000;\n\toffset_s = %" PRIu64 ";\n\toffset = %" PRIu64 ";\n};\n\n",
		head->clock_offset / 1000000000, head->clock_offset % 1000000000);
	fputs("typealias integer { size = 64; align = 8; signed = false; map = "
	      "clock.monotonic.value; } := time64;\n"
	      "typealias integer { size = 32; align = 8; signed = false; map = "
	      "clock.monotonic.value; } := time32;\n\n",
	      to);
	print_stream(to, TRACE_STREAM_CPU);
	print_stream(to, TRACE_STREAM_STATE);
	if (fclose(to)) {
		free(text);
		return NULL;
	}
	return text;
}

/* Copies the text after "key = " up to the semicolon, without quotes. Returns false without one. */
static bool find_value(const char *text, const char *key, char *to, size_t size)
{
	const char *at = strstr(text, key);
	size_t length;

	if (!at)
		return false;
	at += strlen(key);
	at += strspn(at, " =\"");
	length = strcspn(at, "\";\n");
	if (length >= size)
		return false;
	memcpy(to, at, length);
	to[length] = 0;
	text_clean(to);
	return true;
}

static bool parse_uuid(const char *text, uint8_t *to)
{
	int i = 0, used;

	for (; i < TRACE_UUID && sscanf(text, "%2hhx%n", &to[i], &used) == 1 && used == 2; i++) {
		text += 2;
		text += *text == '-';
	}
	return i == TRACE_UUID && !*text;
}

static uint32_t find_number(const char *text, const char *key)
{
	char value[TRACE_TEXT];

	return find_value(text, key, value, sizeof(value)) ? (uint32_t)strtoul(value, NULL, 10) : 0;
}

/* Parses what only newer recordings contain. */
static void parse_machine(const char *text, struct trace_head *to)
{
	struct trace_pair *p = &to->pair;

	find_value(text, "cpu_model = ", to->cpu, sizeof(to->cpu));
	to->emulated = find_number(text, "cpu_emulated = ") != 0;
	p->count = find_number(text, "probe_pair_count = ");
	p->low = find_number(text, "probe_pair_low_ns = ");
	p->median = find_number(text, "probe_pair_median_ns = ");
	p->high = find_number(text, "probe_pair_high_ns = ");
	if (p->low > p->median || p->median > p->high)
		*p = (struct trace_pair){0};
}

int trace_metadata_parse(const char *text, struct trace_head *to)
{
	char value[TRACE_TEXT], offset[TRACE_TEXT];

	*to = (struct trace_head){0};
	if (strncmp(text, "/* CTF 1.8", 10) ||
	    !find_value(text, "slabscope_schema", value, sizeof(value)))
		return -EPROTO;
	to->schema = (uint32_t)strtoul(value, NULL, 10);
	find_value(text, "tracer_version", to->tool, sizeof(to->tool));
	if (to->schema > TRACE_SCHEMA)
		return -EPROTONOSUPPORT;
	if (!to->schema || !find_value(text, "uuid = ", value, sizeof(value)) ||
	    !parse_uuid(value, to->uuid) || !find_value(text, "offset_s", value, sizeof(value)) ||
	    !find_value(text, "offset =", offset, sizeof(offset)) ||
	    !find_value(text, "kernel_release", to->release, sizeof(to->release)))
		return -EPROTO;
	parse_machine(text, to);
	to->clock_offset = strtoull(value, NULL, 10) * 1000000000 + strtoull(offset, NULL, 10);
	return 0;
}
