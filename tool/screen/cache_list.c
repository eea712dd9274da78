// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cache_list.c: the rows of the table, filtered and sorted, and which of them is selected. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen/ui.h"

/* Whether name contains one of the parts of filter, which | separates. An empty filter shows all. */
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
	if (ui->screen == SCREEN_WALK && row->side->kind != SIDE_REFERENCE)
		return false; /* no kernel shows steps */
	if (ui->screen == SCREEN_COMPARE && row->side->replayed)
		return false; /* it stands beside what was recorded */
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

	return column_compare(o->column, a, b, o->interval_s, o->descending);
}

/* Numbers start with the largest, texts with the first letter. */
static bool descends(const struct ui *ui)
{
	bool text = ui->sort == COLUMN_CACHE || ui->sort == COLUMN_SIDE;

	return text == ui->invert;
}

int list_make(struct list *l, const struct model *m, const struct trend *t, const struct ui *ui)
{
	struct order order = {ui->sort, descends(ui), m->interval_s};
	size_t nr = 0;

	memset(l, 0, sizeof(*l));
	l->interval_s = m->interval_s;
	for (size_t i = 0; i < m->nr_sides; i++)
		nr += m->side[i].nr_caches;
	l->row = calloc(nr + 1, sizeof(*l->row));
	if (!l->row)
		return -ENOMEM;
	for (size_t i = 0; i < m->nr_sides; i++) {
		for (size_t j = 0; j < m->side[i].nr_caches; j++) {
			struct row row = {&m->side[i], &m->side[i].cache[j], NULL};
			struct cache_key key = cache_key_of(row.side, row.cache);

			row.trend = t ? trend_find(t, &key) : NULL;
			if (is_shown(ui, &row))
				l->row[l->nr++] = row;
			else
				l->hidden++;
		}
	}
	qsort_r(l->row, l->nr, sizeof(*l->row), compare, &order);
	return 0;
}

void list_free(struct list *l)
{
	free(l->row);
	memset(l, 0, sizeof(*l));
}

const struct row *list_find(const struct list *l, const struct cache_key *key)
{
	for (size_t i = 0; i < l->nr; i++) {
		struct cache_key k = cache_key_of(l->row[i].side, l->row[i].cache);

		if (!cache_key_compare(&k, key))
			return &l->row[i];
	}
	return NULL;
}

size_t ui_settle(struct ui *ui, const struct list *l)
{
	/* Before the first round nothing is known of who is busy: keep to the first row. */
	if (!l->nr || !(l->interval_s > 0)) {
		if (!ui->selected_any)
			return 0;
	}
	for (size_t i = 0; ui->selected_any && i < l->nr; i++) {
		struct cache_key key = cache_key_of(l->row[i].side, l->row[i].cache);

		if (!cache_key_compare(&key, &ui->selected))
			return ui->selected_row = i;
	}
	if (!l->nr)
		return 0; /* the choice stands, and comes back with its cache */
	if (ui->selected_row >= l->nr)
		ui->selected_row = l->nr - 1;
	ui->selected_any = true;
	ui->selected = cache_key_of(l->row[ui->selected_row].side, l->row[ui->selected_row].cache);
	return ui->selected_row;
}
