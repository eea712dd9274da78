// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * refill_walk.c: sorts steps by thread. The steps of one thread up to an end are one refill or
 * flush. A gap in the numbers breaks all that are under way, as any of them may miss a step.
 */
#include "model/refill_walk.h"

#include <stdlib.h>
#include <string.h>

const char *const refill_walk_list_names[WALK_LISTS] = {"none", "free", "partial", "full"};

/* ---- slabs ----------------------------------------------------------------------------- */

static struct walk_slab *find_slab(struct walk_slabs *s, uint64_t slab)
{
	for (size_t i = 0; i < s->nr; i++)
		if (s->slab[i].slab == slab)
			return &s->slab[i];
	return NULL;
}

static void forget_slab(struct walk_slabs *s, struct walk_slab *slab)
{
	size_t i = (size_t)(slab - s->slab);

	memmove(slab, slab + 1, (--s->nr - i) * sizeof(*slab));
}

/* Applies a step. Returns the slab that it moved, or NULL. */
static struct walk_slab *apply(struct walk_slabs *s, const struct snap_step *step)
{
	struct walk_slab *slab;

	if (step->kind != STEP_LIST_MOVE && step->kind != STEP_DESTROY)
		return NULL;
	slab = find_slab(s, step->slab);
	if (slab && step->seq < slab->seq)
		return NULL; /* a later move is known already */
	if (step->kind == STEP_DESTROY || step->b == WALK_NONE || step->b >= WALK_LISTS) {
		if (slab)
			forget_slab(s, slab);
		return NULL;
	}
	if (!slab) {
		if (s->nr == WALK_SLABS)
			forget_slab(s, &s->slab[0]);
		slab = &s->slab[s->nr++];
	}
	*slab = (struct walk_slab){step->slab, step->seq, (enum walk_list)step->b,
				   (unsigned)step->c};
	return slab;
}

/* ---- refills --------------------------------------------------------------------------- */

static struct walk_thread *find_thread(struct walk *w, uint32_t tid)
{
	struct walk_thread *t;

	for (size_t i = 0; i < WALK_THREADS; i++)
		if (w->thread[i].tid == tid)
			return &w->thread[i];
	t = &w->thread[w->next_thread++ % WALK_THREADS];
	t->broken =
		t->tid != 0; /* it replaces another thread, and its refill may have begun before */
	t->tid = tid;
	t->nr = 0;
	return t;
}

static int by_seq(const void *a, const void *b)
{
	const struct snap_step *x = a, *y = b;

	return x->seq != y->seq ? (x->seq > y->seq) - (x->seq < y->seq)
				: (x->number > y->number) - (x->number < y->number);
}

static void keep(struct walk_refill *to, const struct walk *w, const struct walk_thread *t)
{
	memcpy(to->step, t->step, t->nr * sizeof(*t->step));
	to->nr = t->nr;
	to->before = w->slabs;
}

/* The last step of the thread ends its refill or flush. */
static void complete(struct walk *w, struct walk_thread *t)
{
	bool refill = t->step[t->nr - 1].kind == STEP_REFILL;

	qsort(t->step, t->nr - 1, sizeof(*t->step), by_seq);
	if (refill && !t->broken) {
		w->refills++;
		keep(&w->last, w, t);
		if (t->nr > 1)
			keep(&w->last_moved, w, t);
	}
	for (size_t i = 0; i < t->nr; i++)
		apply(&w->slabs, &t->step[i]);
	t->broken = false;
	t->nr = 0;
}

static void take(struct walk *w, const struct snap_step *step)
{
	struct walk_thread *t;

	if (step->number != w->next_number && w->next_number) {
		w->lost += step->number - w->next_number;
		for (size_t i = 0; i < WALK_THREADS; i++)
			w->thread[i].broken = true;
	}
	w->next_number = step->number + 1;
	t = find_thread(w, step->tid);
	if (t->nr == WALK_STEPS) {
		t->broken = true; /* more than libslab notes: an end was lost */
		t->nr = 0;
	}
	t->step[t->nr++] = *step;
	if (step->kind == STEP_REFILL || step->kind == STEP_FLUSH)
		complete(w, t);
}

void refill_walk_update(struct walk *w, const struct model *m)
{
	const struct snap_watch *watch = &m->watch;
	struct cache_key key = {SIDE_REFERENCE, watch->side, watch->cache};

	if (!watch->on || !w->on || cache_key_compare(&key, &w->key)) {
		memset(w, 0, sizeof(*w));
		w->on = watch->on;
		w->key = key;
	}
	for (size_t i = 0; i < watch->nr; i++)
		take(w, &watch->step[i]);
}

/* ---- replaying ------------------------------------------------------------------------- */

static void show_newest(struct walk *w, bool any)
{
	const struct walk_refill *from = !any && w->last_moved.nr ? &w->last_moved : &w->last;

	if (!from->nr)
		return;
	w->shown = *from;
	w->shown_moved = from == &w->last_moved;
	w->at = 0;
}

void refill_walk_replay(struct walk *w, const struct walk_wish *wish, double now)
{
	if (!w->shown.nr || wish->newest || (!wish->any && !w->shown_moved && w->last_moved.nr)) {
		show_newest(w, wish->any);
		w->advanced = now;
	}
	for (int i = 0; i < wish->by && w->at < w->shown.nr; i++)
		w->at++;
	for (int i = 0; i > wish->by && w->at; i--)
		w->at--;
	if (wish->by)
		w->advanced = now;
	if (!wish->play || now - w->advanced < 0.95)
		return;
	w->advanced = now;
	if (w->at < w->shown.nr)
		w->at++;
	else
		show_newest(w, wish->any);
}

void refill_walk_slabs_now(const struct walk *w, struct walk_slabs *to,
			   const struct walk_slab **moved)
{
	*to = w->shown.before;
	*moved = NULL;
	for (size_t i = 0; i < w->at && i < w->shown.nr; i++)
		*moved = apply(to, &w->shown.step[i]);
}
