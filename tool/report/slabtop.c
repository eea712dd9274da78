// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * slabtop.c: the page of slabtop since procps 4.0.5. As there, use is in whole percent, rounded
 * down, and equal rows keep the order of the file, so that scripts can parse it and compare runs.
 */
#include "report/slabtop.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "system/output.h"
#include "system/slabinfo.h"

/* In single precision, as there: of 17371045 objects, 8685522 are 50 %. */
static uint64_t use(const struct slabinfo_row *r)
{
	float part = r->objects ? (float)r->active_objects / (float)r->objects : 0;

	return (uint64_t)fminf(100 * part, 1e18f);
}

static uint64_t size_kib(const struct slabinfo_row *r)
{
	return r->slabs * r->slab_pages * ((uint64_t)sysconf(_SC_PAGESIZE) / 1024);
}

static uint64_t value(const struct slabinfo_row *r, enum column by)
{
	switch (by) {
	case COLUMN_ACTIVE:
		return r->active_objects;
	case COLUMN_PER_SLAB:
		return r->slab_objects;
	case COLUMN_MEM:
		return size_kib(r);
	case COLUMN_SLABS:
		return r->slabs;
	case COLUMN_ACTIVE_SLABS:
		return r->active_slabs;
	case COLUMN_PAGES:
		return r->slab_pages;
	case COLUMN_SIZE:
		return r->object_size;
	case COLUMN_USE:
		return use(r);
	default:
		return r->objects;
	}
}

struct order {
	const struct slabinfo_row *first;
	enum column by;
};

/* Compares indices; equal rows keep their order. */
static int compare(const void *a, const void *b, void *order)
{
	const struct order *o = order;
	const size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct slabinfo_row *x = &o->first[i], *y = &o->first[j];
	int by_name = o->by == COLUMN_CACHE ? strcmp(x->name, y->name) : 0;
	uint64_t v = o->by == COLUMN_CACHE ? 0 : value(x, o->by);
	uint64_t w = o->by == COLUMN_CACHE ? 0 : value(y, o->by);

	if (by_name)
		return by_name;
	return v != w ? (v < w ? 1 : -1) : (i > j) - (i < j);
}

static double percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}

struct size_text {
	char text[48];
};

/*
 * Returns a size in KiB as slabtop prints it. For humans it has the first unit in which it needs at
 * most five characters: with a decimal, or else rounded down.
 */
static struct size_text size_text(double kib, bool human)
{
	static const char units[] = "KMGTPE";
	struct size_text t;

	if (!human || kib < 1) {
		snprintf(t.text, sizeof(t.text), "%.0f%s", floor(kib), human ? "B" : "");
		return t;
	}
	for (const char *unit = units; *unit; unit++, kib /= 1024)
		if (snprintf(t.text, sizeof(t.text), "%.1f%ci", kib, *unit) <= 5 ||
		    snprintf(t.text, sizeof(t.text), "%.0f%ci", floor(kib), *unit) <= 5)
			break;
	return t;
}

static void print_totals(const struct slabinfo *s, bool human)
{
	uint64_t objects = 0, active = 0, slabs = 0, active_slabs = 0, caches = 0;
	double size = 0, active_size = 0, least = 0, most = 0;

	for (size_t i = 0; i < s->nr_rows; i++) {
		const struct slabinfo_row *r = &s->row[i];
		double object_size = (double)r->object_size;

		objects += r->objects;
		active += r->active_objects;
		slabs += r->slabs;
		active_slabs += r->active_slabs;
		caches += r->objects > 0;
		size += (double)r->objects * object_size;
		active_size += (double)r->active_objects * object_size;
		least = i && least < object_size ? least : object_size;
		most = fmax(most, object_size);
	}
	printf(" Active / Total Objects (%% used)    : %" PRIu64 " / %" PRIu64 " (%.1f%%)\n",
	       active, objects, percent((double)active, (double)objects));
	printf(" Active / Total Slabs (%% used)      : %" PRIu64 " / %" PRIu64 " (%.1f%%)\n",
	       active_slabs, slabs, percent((double)active_slabs, (double)slabs));
	printf(" Active / Total Caches (%% used)     : %" PRIu64 " / %zu (%.1f%%)\n", caches,
	       s->nr_rows, percent((double)caches, (double)s->nr_rows));
	printf(" Active / Total Size (%% used)       : %s / %s (%.1f%%)\n",
	       size_text(floor(active_size / 1024), human).text,
	       size_text(floor(size / 1024), human).text, percent(active_size, size));
	printf(" Minimum / Average / Maximum Object : %.2fK / %.2fK / %.2fK\n\n", least / 1024,
	       objects ? size / (double)objects / 1024 : 0, most / 1024);
}

static void print_rows(const struct slabinfo *s, const size_t *index, bool human)
{
	printf("%8s %8s %4s %8s %6s %8s %10s %-21s\n", "OBJS", "ACTIVE", "USE", "OBJ SIZE", "SLABS",
	       "OBJ/SLAB", "CACHE SIZE", "NAME");
	for (size_t i = 0; i < s->nr_rows; i++) {
		const struct slabinfo_row *r = &s->row[index[i]];

		printf("%8" PRIu64 " %8" PRIu64 " %3" PRIu64 "%% %7.2fK %6" PRIu64 " %8" PRIu64
		       " %10s %-23s\n",
		       r->objects, r->active_objects, use(r), (double)r->object_size / 1024,
		       r->slabs, r->slab_objects, size_text((double)size_kib(r), human).text,
		       r->name);
	}
}

int slabtop_print(enum column sort, bool human, struct failure *f)
{
	struct slabinfo info = {0};
	struct order order = {NULL, sort};
	size_t *index;
	int err = slabinfo_read("/proc/slabinfo", &info, f);

	if (err)
		return err;
	index = calloc(info.nr_rows + 1, sizeof(*index));
	if (!index) {
		slabinfo_free(&info);
		return fail(f, ENOMEM, "no memory for %zu caches", info.nr_rows);
	}
	for (size_t i = 0; i < info.nr_rows; i++)
		index[i] = i;
	order.first = info.row;
	qsort_r(index, info.nr_rows, sizeof(*index), compare, &order);
	print_totals(&info, human);
	print_rows(&info, index, human);
	free(index);
	slabinfo_free(&info);
	return output_finish("the caches", f);
}
