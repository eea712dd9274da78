// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cache_list.c: filters and sorts the caches, and keeps one selected. */
#include "screen/cache_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "screen/screen.h"

/* Returns whether name contains a part of filter; | separates parts. An empty filter shows all. */
static bool matches(const char *filter, const char *name)
{
	char parts[UI_TEXT], *rest = parts, *part;
	bool any = false;

	snprintf(parts, sizeof(parts), "%s", filter);
	while ((part = strsep(&rest, "|"))) {
		if (!part[0])
			continue;
		any = true;
		if (strcasestr(name, part))
			return true;
	}
	return !any;
}

static bool is_shown(const struct ui *ui, const struct row *row)
{
	if (ui->screen->shows && !ui->screen->shows(row))
		return false;
	if (ui->busy && traffic_idle(&row->cache->traffic))
		return false;
	if (ui->side == SHOW_KERNEL && row->side->kind != SIDE_KERNEL)
		return false;
	if (ui->side == SHOW_REFERENCE && row->side->kind != SIDE_REFERENCE)
		return false;
	return matches(ui->filter, row->cache->name) ||
	       (row->cache->aliases && matches(ui->filter, row->cache->aliases));
}

struct order {
	enum column column;
	bool descending;
	double interval_s;
};

static int compare(const void *a, const void *b, void *order)
{
	const struct order *o = order;

	return columns_compare(o->column, a, b, o->interval_s, o->descending);
}

/* Returns the direction: numbers start with the largest, texts with the first letter. */
static bool descends(const struct ui *ui)
{
	bool text = ui->sort == COLUMN_CACHE || ui->sort == COLUMN_SIDE;

	return text == ui->invert;
}

int cache_list_make(struct cache_list *l, const struct model *m, const struct trend *t,
		    const struct ui *ui)
{
	struct order order = {ui->sort, descends(ui), m->interval_s};
	size_t nr = 0;
	int width;

	memset(l, 0, sizeof(*l));
	l->interval_s = m->interval_s;
	for (size_t i = 0; i < m->nr_sides; i++)
		nr += m->side[i].nr_caches;
	l->unfilled = nr ? COLUMN_BIT(COLUMNS) - 1 : 0;
	l->row = calloc(nr + 1, sizeof(*l->row));
	if (!l->row)
		return -ENOMEM;
	for (size_t i = 0; i < m->nr_sides; i++) {
		for (size_t j = 0; j < m->side[i].nr_caches; j++) {
			struct row row = {&m->side[i], &m->side[i].cache[j], NULL};
			struct cache_key key = cache_key_of(row.side, row.cache);

			l->unfilled &= ~columns_filled(&row, l->unfilled);
			row.trend = t ? trend_find(t, &key) : NULL;
			if (!is_shown(ui, &row)) {
				l->hidden++;
				continue;
			}
			l->row[l->nr++] = row;
			width = text_width(row.cache->name);
			l->longest = width > l->longest ? width : l->longest;
		}
	}
	qsort_r(l->row, l->nr, sizeof(*l->row), compare, &order);
	return 0;
}

void cache_list_free(struct cache_list *l)
{
	free(l->row);
	memset(l, 0, sizeof(*l));
}

bool cache_list_is(const struct row *row, const struct cache_key *key)
{
	struct cache_key k = cache_key_of(row->side, row->cache);

	return !cache_key_compare(&k, key);
}

const struct row *cache_list_find(const struct cache_list *l, const struct cache_key *key)
{
	for (size_t i = 0; i < l->nr; i++)
		if (cache_list_is(&l->row[i], key))
			return &l->row[i];
	return NULL;
}

void cache_list_select(struct ui *ui, const struct cache_list *l, size_t row)
{
	if (!l->nr)
		return;
	if (row >= l->nr)
		row = l->nr - 1;
	ui->selected_any = true;
	ui->selected_row = row;
	ui->selected = cache_key_of(l->row[row].side, l->row[row].cache);
}

size_t cache_list_settle(struct ui *ui, const struct cache_list *l)
{
	/* No cache is known to be busy before the first sample: stay on the first row. */
	if ((!l->nr || !(l->interval_s > 0)) && !ui->selected_any)
		return 0;
	for (size_t i = 0; ui->selected_any && i < l->nr; i++)
		if (cache_list_is(&l->row[i], &ui->selected))
			return ui->selected_row = i;
	if (!l->nr)
		return 0; /* the selection stays, and returns with its cache */
	cache_list_select(ui, l, ui->selected_row);
	return ui->selected_row;
}
