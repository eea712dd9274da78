// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* good.c: the recording that is mutated, from the writer of slabscope. */
#include "mutate.h"

#include <stdio.h>
#include <string.h>

#include "trace/trace_writer.h"

static void need(int is_good)
{
	if (is_good)
		return;
	perror("# cannot make a recording");
	abort();
}

static void put(struct trace_writer *w, struct trace_event e, uint64_t *ns)
{
	struct failure f = {""};

	e.ns = *ns += 50;
	need(!trace_writer_write(w, &e, &f));
}

static void put_caches(struct trace_writer *w, unsigned caches, uint64_t *ns)
{
	for (unsigned c = 0; c < caches; c++) {
		struct trace_event e = {.cpu = TRACE_NO_CPU,
					.id = TRACE_CACHE,
					.value = {c, c / 2, c / 2 ? TRACE_REFERENCE : TRACE_KERNEL,
						  40 << c, 40 << c, 0, 0, 30, 15, 8, 2}};

		snprintf(e.text[0], TRACE_TEXT, "cache-%u", c);
		snprintf(e.text[1], TRACE_TEXT, "%s", c / 2 ? "command" : "");
		put(w, e, ns);
		for (unsigned i = 0; i < 3; i++) {
			e = (struct trace_event){.cpu = TRACE_NO_CPU,
						 .id = TRACE_PARTIAL_SLAB,
						 .value = {c, 0, 0x1000 + 4096 * i, 3 + i}};
			put(w, e, ns);
		}
		e = (struct trace_event){.cpu = TRACE_NO_CPU,
					 .id = TRACE_NODE_STATE,
					 .value = {c, 0, 3, 4, 1, 270, 10}};
		put(w, e, ns);
	}
}

static void put_events(struct trace_writer *w, unsigned caches, unsigned events, uint64_t *ns)
{
	struct random random = {88172645463325252u};
	uint64_t live[64] = {0};

	for (unsigned n = 0; n < events; n++) {
		unsigned c = n % caches, at = (unsigned)next_random(&random) % 16 * caches + c;
		struct trace_event e = {.cpu = n / 7 % 2, .value = {c}};

		if (n % 10 == 9) {
			e.id = (uint8_t)(TRACE_ARRAY_STATE +
					 n / 10 % (TRACE_IDS - TRACE_ARRAY_STATE));
			e.value[1] = e.value[2] = e.value[3] = e.value[4] = 3;
			/* The cache is needed to the end. */
			if (e.id == TRACE_CACHE_DESTROY)
				e.id = TRACE_SHRINK;
		} else if (live[at]) {
			e.id = TRACE_FREE;
			e.value[FREE_OBJECT] = live[at];
			live[at] = 0;
		} else {
			e.id = n % 50 ? TRACE_ALLOC_HIT : TRACE_ALLOC_BYPASS;
			e.value[ALLOC_OBJECT] = live[at] = 0x1000 + 1024ull * at;
		}
		put(w, e, ns);
		if (n == events / 2)
			need(!trace_writer_flush(w, &(struct failure){""}));
	}
	for (unsigned c = 0; c < caches; c++)
		put(w, (struct trace_event){.cpu = 0, .id = TRACE_CACHE_DESTROY, .value = {c}}, ns);
}

/* The writer draws a new one each time. */
static void set_uuid(struct files *f)
{
	char *text = (char *)f->file[FILE_METADATA].data, *at = strstr(text, "uuid = \"");

	need(at != NULL);
	memcpy(at + 8, "00000000-0000-0000-0000-000000000000", 36);
	for (int i = 0; i < STREAMS; i++) {
		uint8_t *data = f->file[i].data;
		struct trace_packet p;

		for (size_t offset = 0; offset < f->file[i].size; offset += p.packet_bits / 8) {
			memcpy(&p, data + offset, TRACE_PACKET_STATE);
			memset(data + offset + offsetof(struct trace_packet, uuid), 0, TRACE_UUID);
		}
	}
}

void make_good(struct files *to, unsigned caches, unsigned events)
{
	static const struct trace_pair pair = {100, 20, 30, 40};
	char dir[] = "/tmp/slabscope-fuzz-XXXXXX", command[64];
	struct failure f = {""};
	struct trace_writer *w;
	uint64_t ns = 1000;

	need(mkdtemp(dir) && !trace_writer_open(&w, dir, false, &f));
	put_caches(w, caches, &ns);
	put_events(w, caches, events, &ns);
	need(!trace_writer_write_pair(w, &pair, &f) && !trace_writer_close(w, &f));
	memset(to, 0, sizeof(*to));
	files_read(to, dir);
	set_uuid(to);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	need(!system(command));
}
