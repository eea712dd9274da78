// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* columns.c: titles, widths, values and order of the columns of the table. */
#include "screen/columns.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "screen/values.h"

#define NAME_MIN    10
#define NAME_NORMAL 16 /* where the screen is not narrow */
#define NAME_MAX    30
#define TREND_MAX   33
#define NARROW	    60
#define MARKER	    2 /* the cursor, before the name */

#define TABLES "slabinfo, registry"
#define PROBES "probes, registry"
/* clang-format off */
const struct column_info columns[COLUMNS] = {
	[COLUMN_CACHE] = {"CACHE", "the name of the cache", TABLES, NAME_MIN, 0, 'n', true},
	[COLUMN_SIDE] = {"SIDE", "kern: the kernel; ref: a process with libslab; end: it ended",
			 "", 5, 4, 0, true},
	[COLUMN_PID] = {"PID", "the process of the reference", "/proc", 8, 17, 0, true},
	[COLUMN_OBJECTS] = {"OBJECTS", "objects in slabs, in use or not", TABLES, 8, 10, 'o', true},
	[COLUMN_ACTIVE] = {"ACTIVE", "objects allocated and not freed", TABLES, 7, 7, 'a', true},
	[COLUMN_CACHED] = {"CACHED", "free objects that CPU caches hold", PROBES, 7, 11, 0, true},
	[COLUMN_USE] = {"USE%", "active of all objects", TABLES, 6, 18, 'u', true},
	[COLUMN_SIZE] = {"SIZE", "bytes of an object", TABLES, 6, 9, 's', true},
	[COLUMN_SLABS] = {"SLABS", "slabs of the cache", TABLES, 7, 16, 'l', true},
	[COLUMN_ACTIVE_SLABS] = {"ASLABS", "slabs with objects in use", TABLES, 7, 20, 'v', true},
	[COLUMN_PER_SLAB] = {"OBJ/SLAB", "objects a slab", TABLES, 9, 19, 'b', true},
	[COLUMN_PAGES] = {"PG/SLAB", "pages a slab", TABLES, 8, 21, 'p', true},
	[COLUMN_MEM] = {"MEM", "bytes of all its slabs", TABLES, 7, 8, 'c', true},
	[COLUMN_GROWTH] = {"GROW/min", "bytes that MEM grew in the last minute; n/a before",
			   TABLES, 9, 14, 0, true},
	[COLUMN_ALLOCS] = {"ALLOC/s", "objects allocated a second", PROBES, 8, 1, 0, true},
	[COLUMN_FREES] = {"FREE/s", "objects freed a second", PROBES, 8, 15, 0, true},
	[COLUMN_HIT] = {"HIT%", "allocs that the CPU cache alone served", PROBES, 6, 2, 0, true},
	[COLUMN_REFILLS] = {
		"REFILL/s", "runs of the slow path that fills a CPU cache", PROBES, 9, 3, 0, true},
	[COLUMN_BYPASSES] = {"BYPASS/s", "objects that no CPU cache served", PROBES, 9, 22, 0,
			     true},
	[COLUMN_P50] = {"P50", "half of the refills took less", "probes", 7, 6, 0, true},
	[COLUMN_P99] = {"P99", "99 % of the refills took less", "probes", 7, 5, 0, true},
	[COLUMN_ORIGIN] = {"ORIGIN", "where refills found objects, see below", PROBES, 11, 12, 0,
			   false},
	[COLUMN_TREND] = {"TREND", "ALLOC/s in the last intervals", "", 9, 13, 0, false},
};
/* clang-format on */

int columns_find(const char *text)
{
	int found = -1, nr = 0;

	for (int c = 0; c < COLUMNS; c++) {
		if (!strcasecmp(columns[c].title, text) ||
		    (columns[c].letter && columns[c].letter == tolower((unsigned char)text[0]) &&
		     !text[1]))
			return c;
		if (text[0] && !strncasecmp(columns[c].title, text, strlen(text))) {
			found = c;
			nr++;
		}
	}
	return nr == 1 ? found : -1;
}

/* ---- widths --------------------------------------------------------------------------- */

static int rank_of(enum column c, enum column sort)
{
	return c == sort && columns[c].rank ? 1 : 2 * columns[c].rank;
}

struct column_widths columns_choose(int width, int name, enum column sort, uint32_t hidden)
{
	struct column_widths w = {{0}};
	int at_rank[2 * COLUMNS + 1] = {0}; /* 1 + the column of this rank */
	int left, more;

	for (int c = 0; c < COLUMNS; c++)
		at_rank[rank_of(c, sort)] = c + 1;
	w.of[COLUMN_CACHE] = width < NARROW ? NAME_MIN : NAME_NORMAL;
	if (w.of[COLUMN_CACHE] < name)
		w.of[COLUMN_CACHE] = name;
	left = width - MARKER - w.of[COLUMN_CACHE];
	for (int rank = 1; rank <= 2 * COLUMNS; rank++) {
		int c = at_rank[rank] - 1;

		if (c < 0 || columns[c].width > left || (hidden & COLUMN_BIT(c)))
			continue;
		w.of[c] = columns[c].width;
		left -= w.of[c];
	}
	more = left < NAME_MAX - w.of[COLUMN_CACHE] ? left : NAME_MAX - w.of[COLUMN_CACHE];
	if (more > 0) {
		w.of[COLUMN_CACHE] += more;
		left -= more;
	}
	if (w.of[COLUMN_TREND] && left > 0)
		w.of[COLUMN_TREND] += left < TREND_MAX - w.of[COLUMN_TREND]
					      ? left
					      : TREND_MAX - w.of[COLUMN_TREND];
	return w;
}

/* ---- values --------------------------------------------------------------------------- */

static double gauge(const struct model_cache *c, enum gauge g)
{
	return c->gauges_known & GAUGE_BIT(g) ? (double)c->gauge[g] : NAN;
}

/* Returns NAN if one of them is unknown, or the whole is 0. */
static double ratio(const struct model_cache *c, enum gauge part, enum gauge whole)
{
	double divisor = gauge(c, whole);

	return divisor > 0 ? gauge(c, part) / divisor : NAN;
}

static double percentile(const struct traffic *t, double ns)
{
	return t->latency_known && t->refill_ns.count ? ns : NAN;
}

/* Returns the value that the column sorts by; NAN if there is none. */
static double value(enum column column, const struct row *row, double interval_s)
{
	const struct model_cache *c = row->cache;

	switch (column) {
	case COLUMN_PID:
		return row->side->kind == SIDE_REFERENCE ? row->side->pid : NAN;
	case COLUMN_OBJECTS:
		return gauge(c, GAUGE_OBJECTS);
	case COLUMN_ACTIVE:
		return gauge(c, GAUGE_ACTIVE_OBJECTS);
	case COLUMN_CACHED:
		return gauge(c, GAUGE_CACHED_OBJECTS);
	case COLUMN_USE:
		return ratio(c, GAUGE_ACTIVE_OBJECTS, GAUGE_OBJECTS);
	case COLUMN_SIZE:
		return gauge(c, GAUGE_OBJECT_SIZE);
	case COLUMN_SLABS:
		return gauge(c, GAUGE_SLABS);
	case COLUMN_ACTIVE_SLABS:
		return gauge(c, GAUGE_ACTIVE_SLABS);
	case COLUMN_PER_SLAB:
		return ratio(c, GAUGE_OBJECTS, GAUGE_SLABS);
	case COLUMN_PAGES:
		return gauge(c, GAUGE_SLAB_PAGES);
	case COLUMN_MEM:
		return gauge(c, GAUGE_BYTES);
	case COLUMN_GROWTH:
		return trend_growth(row->trend);
	case COLUMN_ALLOCS:
	case COLUMN_TREND:
		return traffic_rate(&c->traffic, COUNT_ALLOCS, interval_s);
	case COLUMN_FREES:
		return traffic_rate(&c->traffic, COUNT_FREES, interval_s);
	case COLUMN_HIT:
		return c->traffic.hit_rate;
	case COLUMN_REFILLS:
		return traffic_rate(&c->traffic, COUNT_REFILLS, interval_s);
	case COLUMN_BYPASSES:
		return traffic_rate(&c->traffic, COUNT_BYPASSES, interval_s);
	case COLUMN_P50:
		return percentile(&c->traffic, c->traffic.refill_ns.p50);
	case COLUMN_P99:
		return percentile(&c->traffic, c->traffic.refill_ns.p99);
	default:
		return NAN;
	}
}

/* Returns whether a value is NAN because there were no events, not because it is unknown. */
static bool nothing_to_tell(enum column column, const struct row *row, double interval_s)
{
	const struct traffic *t = &row->cache->traffic;
	const uint32_t rate = COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_HITS);

	switch (column) {
	case COLUMN_PID:
		return true;
	case COLUMN_HIT:
		return (t->known & rate) == rate;
	case COLUMN_P50:
	case COLUMN_P99:
		return t->latency_known;
	case COLUMN_ALLOCS:
		return !(interval_s > 0) && (t->known & COUNT_BIT(COUNT_ALLOCS));
	case COLUMN_FREES:
		return !(interval_s > 0) && (t->known & COUNT_BIT(COUNT_FREES));
	case COLUMN_REFILLS:
		return !(interval_s > 0) && (t->known & COUNT_BIT(COUNT_REFILLS));
	case COLUMN_BYPASSES:
		return !(interval_s > 0) && (t->known & COUNT_BIT(COUNT_BYPASSES));
	case COLUMN_USE:
		return gauge(row->cache, GAUGE_OBJECTS) == 0;
	case COLUMN_PER_SLAB:
		return gauge(row->cache, GAUGE_SLABS) == 0;
	default:
		return false;
	}
}

static bool is_filled(enum column column, const struct row *row)
{
	const uint32_t origins = (COUNT_BIT(ORIGINS) - 1) << COUNT_ORIGIN;

	switch (column) {
	case COLUMN_CACHE:
		return true;
	case COLUMN_SIDE: /* one side needs no name */
		return row->side->kind == SIDE_REFERENCE || row->side->replayed;
	case COLUMN_PID:
		return row->side->kind == SIDE_REFERENCE;
	case COLUMN_GROWTH:
		return row->cache->gauges_known & GAUGE_BIT(GAUGE_BYTES);
	case COLUMN_ORIGIN:
		return row->cache->traffic.known & origins;
	default:
		return !isnan(value(column, row, 1)) || nothing_to_tell(column, row, 1);
	}
}

uint32_t columns_filled(const struct row *row, uint32_t wanted)
{
	uint32_t filled = 0;

	for (int c = 0; c < COLUMNS; c++)
		if (wanted & COLUMN_BIT(c) && is_filled(c, row))
			filled |= COLUMN_BIT(c);
	return filled;
}

struct unit columns_text(enum column column, const struct row *row, double interval_s, bool utf8)
{
	double v = value(column, row, interval_s);
	struct unit plain;

	if (isnan(v) && nothing_to_tell(column, row, interval_s))
		return (struct unit){"-"};
	switch (column) {
	case COLUMN_PID:
		snprintf(plain.text, sizeof(plain.text), "%d", row->side->pid);
		return plain;
	case COLUMN_SIZE:
	case COLUMN_MEM:
		return unit_bytes(v);
	case COLUMN_GROWTH:
		return unit_change(v);
	case COLUMN_USE:
		return unit_percent(v);
	case COLUMN_HIT:
		return values_hit(&row->cache->traffic);
	case COLUMN_REFILLS:
		return values_mark(&row->cache->traffic, COUNT_REFILLS, unit_count(v));
	case COLUMN_BYPASSES:
		return values_mark(&row->cache->traffic, COUNT_BYPASSES, unit_count(v));
	case COLUMN_P50:
	case COLUMN_P99:
		return unit_time(v, utf8);
	default:
		return unit_count(v);
	}
}

/* ---- order ---------------------------------------------------------------------------- */

/* Compares name, side and identity: two rows are never equal, so rows do not swap at random. */
static int compare_identity(const struct row *a, const struct row *b)
{
	struct cache_key x = cache_key_of(a->side, a->cache), y = cache_key_of(b->side, b->cache);
	int order = strcmp(a->cache->name, b->cache->name);

	return order ? order : cache_key_compare(&x, &y);
}

static int compare_sides(const struct row *a, const struct row *b)
{
	if (a->side->kind != b->side->kind)
		return a->side->kind > b->side->kind ? 1 : -1;
	return (a->side->pid > b->side->pid) - (a->side->pid < b->side->pid);
}

int columns_compare(enum column column, const struct row *a, const struct row *b, double interval_s,
		    bool descending)
{
	double x, y;
	int order;

	if (column == COLUMN_CACHE)
		return descending ? -compare_identity(a, b) : compare_identity(a, b);
	if (column == COLUMN_SIDE) {
		order = compare_sides(a, b);
	} else {
		x = value(column, a, interval_s);
		y = value(column, b, interval_s);
		if (isnan(x) || isnan(y)) {
			order = isnan(x) - isnan(y); /* unknown values come last */
			return order ? order : compare_identity(a, b);
		}
		order = (x > y) - (x < y);
	}
	if (!order)
		return compare_identity(a, b);
	return descending ? -order : order;
}
