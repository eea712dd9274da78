// SPDX-License-Identifier: MIT
/*
 * slabinfo.c: writes the caches of the process in the format of /proc/slabinfo, and reads the
 * line that sets tunables. See slabinfo(5).
 */
#include "slab.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "caches.h"
#include "node.h"

static const char head[] =
	"slabinfo - version: 2.1\n"
	"# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
	" : tunables <limit> <batchcount> <sharedfactor>"
	" : slabdata <active_slabs> <num_slabs> <sharedavail>\n";

struct row {
	char name[SLAB_NAME_MAX];
	unsigned size, num, pages;
	unsigned limit, batchcount, shared;
	unsigned long slabs, active_slabs, free_objects, shared_avail;
};

static void add_node(struct row *row, struct kmem_cache_node *n)
{
	unsigned long in_use;

	node_lock(n);
	in_use = n->slabs_full.count + n->slabs_partial.count;
	row->active_slabs += in_use;
	row->slabs += in_use + n->slabs_free.count;
	row->free_objects += n->free_objects;
	row->shared_avail += n->shared ? n->shared->avail : 0;
	node_unlock(n);
}

static void fill_row(struct row *row, struct kmem_cache *cachep)
{
	memcpy(row->name, cachep->name, sizeof(row->name));
	/* A row is one line. */
	for (char *at = row->name; *at; at++)
		if (iscntrl((unsigned char)*at))
			*at = '?';
	row->size = cachep->size;
	row->num = cachep->num;
	row->pages = 1u << cachep->order;
	row->limit = cachep->limit;
	row->batchcount = cachep->batchcount;
	row->shared = cachep->shared;
	for (unsigned node = 0; node < cachep->nr_nodes; node++)
		add_node(row, get_node(cachep, (int)node));
}

/* Fills in the rows of all caches, as far as there is room. Returns how many caches there are. */
static size_t fill_rows(struct row *row, size_t room)
{
	size_t nr = 0;

	for (struct kmem_cache *c = caches_lock_all(); c; c = c->next, nr++)
		if (nr < room)
			fill_row(&row[nr], c);
	caches_unlock_all();
	return nr;
}

static void print_row(FILE *to, const struct row *row)
{
	unsigned long objects = row->slabs * row->num;

	fprintf(to, "%-17s %6lu %6lu %6u %4u %4u", row->name, objects - row->free_objects, objects,
		row->size, row->num, row->pages);
	fprintf(to, " : tunables %4u %4u %4u", row->limit, row->batchcount, row->shared);
	fprintf(to, " : slabdata %6lu %6lu %6lu\n", row->active_slabs, row->slabs,
		row->shared_avail);
}

/* Writes without a lock, because the stream may itself use libslab. */
int slab_slabinfo(FILE *to)
{
	size_t room = fill_rows(NULL, 0) + 16, nr; /* some may be made meanwhile */
	struct row *row = pages_map(room * sizeof(*row));

	if (!row)
		return -ENOMEM;
	nr = fill_rows(row, room);
	fputs(head, to);
	for (size_t i = 0; i < nr && i < room; i++)
		print_row(to, &row[i]);
	pages_unmap(row, room * sizeof(*row));
	return fflush(to) || ferror(to) ? -EIO : 0;
}

static struct kmem_cache *find_cache(const char *name, size_t length)
{
	struct kmem_cache *c = caches_lock_all();

	while (c && (strlen(c->name) != length || memcmp(c->name, name, length)))
		c = c->next;
	caches_unlock_all();
	return c;
}

/* Returns the number between two places, or -1 where there is anything else. */
static long number(const char *from, const char *end)
{
	long value = 0;

	for (const char *at = from; at < end; at++) {
		if (!isdigit((unsigned char)*at) || value > 100000)
			return -1;
		value = 10 * value + (*at - '0');
	}
	return end > from ? value : -1;
}

/* Reads the line from its end, because a name may contain blanks. */
int slab_slabinfo_write(const char *line)
{
	const char *end = line + strlen(line);
	struct kmem_cache *cachep;
	long value[3];

	for (int i = 3; i > 0; i--) {
		const char *stop;

		while (end > line && isspace((unsigned char)end[-1]))
			end--;
		stop = end;
		while (end > line && !isspace((unsigned char)end[-1]))
			end--;
		value[i - 1] = number(end, stop);
		if (value[i - 1] < 0)
			return -EINVAL;
	}
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	if (end == line || value[0] < 1 || value[1] < 1 || value[1] > value[0])
		return -EINVAL;
	cachep = find_cache(line, (size_t)(end - line));
	return cachep ? kmem_cache_tune(cachep, (unsigned)value[0], (unsigned)value[1],
					(unsigned)value[2])
		      : -ENOENT;
}
