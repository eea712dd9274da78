// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * source_reference.c: snapshots of every process that contains libslab.
 *
 * The registry of a living process is exact, and reading it costs the process nothing. Probes add
 * latencies, and what happens between two readings: caches and processes that come and go. A
 * reading takes first the probes, then the registries, which so are never behind. Where a process
 * has ended, it takes the probes again, for the final counts.
 */
#include "reference/source_reference.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "model/missing.h"
#include "reference/reference_scan.h"

/* How long the first reading waits for probes of running processes. */
#define SETTLE_MS 2000

struct reference {
	struct source base;
	struct reference_scan scan;
	struct watch {
		uint64_t side, cache; /* 0: none */
		bool set;	      /* the probes know of it */
	} watch;
	bool changed; /* in this round: an image has ended since the probes were read */
};

static void take_cache(const struct ref_cache_key *key, const struct ref_cache *from, void *arg)
{
	struct reference *r = arg;
	struct process_image *image = reference_scan_image(&r->scan, &key->image, from->comm);
	struct image_cache *cache;

	if (image)
		cache = process_image_find_cache(&r->scan.images, image, key->binary, key->cache);
	if (!image || !cache)
		return;
	cache->named = true;
	cache->seen = from->seen;
	if (!cache->gauges_known) {
		registry_clean_name(cache->name, sizeof(cache->name), from->name,
				    sizeof(from->name));
		cache->object_size = from->size;
	}
}

static void take_pair(const struct ref_pair_key *key, const struct ref_pair *pair, void *arg)
{
	struct reference *r = arg;
	struct process_image *image = reference_scan_image(&r->scan, &key->image, "");
	struct image_cache *cache = NULL;
	struct count_sources *l = NULL;

	if (image)
		cache = process_image_find_cache(&r->scan.images, image, key->binary, key->cache);
	if (cache)
		l = process_image_find_cpu(image, cache, key->cpu);
	if (l)
		count_sources_add_pair(l, pair, cache->seen & REF_SEEN_CREATE);
	else
		reference_probes_forget_pair(r->scan.probes, key); /* no room for it */
}

static int read_probes(struct reference *r, struct failure *f)
{
	const struct reference_probes_reader reader = {take_cache, take_pair, r};
	int err;

	if (!r->scan.probes)
		return 0;
	err = reference_probes_read(r->scan.probes, &reader);
	return err ? fail(f, -err, "the reference's probes cannot be read: %s", strerror(-err)) : 0;
}

/* Reads a registry of an image. Returns 0 or a negative errno; -ESTALE: of another image. */
static int read_registry(struct reference *r, struct process_image *image, int tid,
			 const struct libslab_use *use)
{
	struct registry_reading reading;
	int err = registry_read(tid, use->registry, &reading);

	if (err)
		return err;
	/* Between vfork() and exec() a child shows the registry of its parent. */
	if ((int)reading.pid == process_status_number(image->pid, "NSpid"))
		err = process_image_add_reading(&r->scan.images, image, use->number, &reading);
	registry_reading_free(&reading);
	return err;
}

/* Reads all registries of a living image. */
static int read_image(struct reference *r, struct process_image *image)
{
	int tid, err = 0;

	if (!reference_scan_is_alive(&r->scan, image, &tid)) {
		r->changed = true;
		return 0;
	}
	image->trouble = 0;
	image->unlisted = image->unread = 0;
	image->attached = true;
	for (int i = 0; i < image->nr_uses && err != -ENOMEM; i++) {
		image->attached &= reference_scan_is_attached(&r->scan, image->use[i].number);
		err = read_registry(r, image, tid, &image->use[i]);
		if (err == -ESTALE) {
			image->ended = true;
			reference_scan_again(&r->scan, image->pid);
		} else if (err && err != -EPROTO) {
			image->trouble = err;
		}
	}
	/* It may have ended or run exec() meanwhile, so the reading is not trusted. */
	if (!reference_scan_is_alive(&r->scan, image, &tid))
		r->changed = true;
	return err == -ENOMEM ? err : 0;
}

/* Reads a process that has just started, as it may end before the next round. */
static void read_early(struct process_image *image, void *arg)
{
	if (!read_probes(arg, NULL))
		read_image(arg, image);
}

static const struct ref_hist *find_hist(uint32_t hist, void *arg)
{
	const struct reference *r = arg;

	return r->scan.probes ? reference_probes_hist(r->scan.probes, hist) : NULL;
}

/* Removes a cache from the maps of the probes and from the image. */
static void forget_cache(struct reference *r, struct process_image *image, size_t i)
{
	const struct image_cache *cache = image->cache[i];
	struct ref_pair_key key = {
		.image = image->key,
		.cache = cache->generation,
		.binary = cache->binary,
	};
	const struct ref_cache_key name = {
		.image = image->key,
		.cache = cache->generation,
		.binary = cache->binary,
	};

	for (size_t c = 0; r->scan.probes && c < cache->nr_cpus; c++) {
		key.cpu = cache->cpu[c]->cpu;
		if (cache->cpu[c]->probed)
			reference_probes_forget_pair(r->scan.probes, &key);
	}
	if (cache->named)
		reference_probes_forget_cache(r->scan.probes, &name);
	process_image_drop_cache(image, i);
}

/* Forgets caches and images after their final counts were shown. */
static void forget_ended(struct reference *r)
{
	struct process_images *all = &r->scan.images;

	for (size_t i = all->nr; i-- > 0;) {
		struct process_image *image = all->image[i];

		for (size_t c = image->nr_caches; c-- > 0;)
			if (process_image_cache_ended(image, image->cache[c]))
				forget_cache(r, image, c);
		if (image->ended)
			process_images_drop(all, i);
	}
}

static int say_trouble(const struct process_image *image, struct snapshot *to)
{
	enum missing_reason reason;
	char what[64], why[128] = "";

	snprintf(what, sizeof(what), "%d (%.20s)", image->pid, image->comm);
	if (image->trouble == -EPROTONOSUPPORT) {
		reason = MISSING_RELEASE;
		snprintf(why, sizeof(why), "%d", SLAB_REGISTRY_VERSION);
	} else if (image->trouble == -EPERM || image->trouble == -EACCES) {
		reason = MISSING_MEMORY;
	} else if (image->trouble && image->trouble != -ESRCH) {
		reason = MISSING_REGISTRY;
		snprintf(why, sizeof(why), "%s", strerror(-image->trouble));
	} else if (image->unlisted || image->unread) {
		reason = MISSING_UNLISTED;
		snprintf(why, sizeof(why), "%llu of its caches are not listed, %llu not readable",
			 (unsigned long long)image->unlisted, (unsigned long long)image->unread);
	} else {
		return 0;
	}
	return missing_add(to, reason, what, why);
}

/* Reports what cannot be shown, and why. */
static int say_missing(struct reference *r, struct snapshot *to)
{
	const struct reference_scan *s = &r->scan;
	int err = 0;

	if (!s->probes)
		err = missing_add(to, MISSING_PROBES, NULL, s->probes_trouble.text);
	else if (s->attaching)
		err = missing_add(to, MISSING_ATTACHING, NULL, NULL);
	if (!err && s->attach_trouble.text[0])
		err = missing_add(to, geteuid() ? MISSING_SOME_PROBES : MISSING_SOME_PROBES_ROOT,
				  NULL, s->attach_trouble.text);
	if (!err && s->denied)
		err = missing_add(to, MISSING_OTHER_USERS, NULL, NULL);
	if (!err && s->trouble)
		err = missing_add(to, MISSING_EXAMINED, NULL,
				  s->trouble == -ENOSPC ? "there are too many files with libslab"
							: strerror(-s->trouble));
	if (!err && s->only_pid && !s->images.nr)
		err = missing_add(to, MISSING_PROCESS, NULL, NULL);
	for (size_t i = 0; i < s->images.nr && !err; i++)
		err = say_trouble(s->images.image[i], to);
	return err;
}

/* ---- watching one cache ------------------------------------------------------------------- */

static void reference_watch(struct source *self, uint64_t side, uint64_t cache)
{
	struct reference *r = (struct reference *)self;

	if (side == r->watch.side && cache == r->watch.cache)
		return;
	if (r->watch.set)
		reference_probes_watch(r->scan.probes, NULL);
	r->watch = (struct watch){side, cache, false};
}

/*
 * Finds the key of the watched cache for the probes. Returns false if it does not exist or has no
 * counts yet.
 */
static bool watched_key(const struct reference *r, struct ref_cache_key *key)
{
	for (size_t i = 0; i < r->scan.images.nr; i++) {
		const struct process_image *image = r->scan.images.image[i];

		if (image->id != r->watch.side || !image->key.start)
			continue;
		for (size_t c = 0; c < image->nr_caches; c++) {
			if (image->cache[c]->id != r->watch.cache)
				continue;
			*key = (struct ref_cache_key){.image = image->key,
						      .cache = image->cache[c]->generation,
						      .binary = image->cache[c]->binary};
			return true;
		}
	}
	return false;
}

static void take_step(const struct ref_step *from, void *arg)
{
	struct snap_watch *w = arg;
	struct snap_step *step = array_append(&w->step, &w->nr, sizeof(*step));

	if (!step)
		return; /* the gap in the numbers shows it */
	*step = (struct snap_step){
		.kind = from->kind,
		.tid = from->tid,
		.cpu = from->cpu,
		.node = from->node,
		.number = from->number,
		.seq = from->seq,
		.slab = from->slab,
		.a = from->a,
		.b = from->b,
		.c = from->c,
		.ns = from->ns,
	};
}

static void read_watched(struct reference *r, struct snapshot *to)
{
	struct ref_cache_key key;

	if (!r->watch.side || !r->scan.probes)
		return;
	to->watch.on = true;
	to->watch.side = r->watch.side;
	to->watch.cache = r->watch.cache;
	if (r->watch.set) {
		reference_probes_steps(r->scan.probes, take_step, &to->watch);
	} else if (watched_key(r, &key)) {
		reference_probes_watch(r->scan.probes, &key);
		r->watch.set = true;
	}
}

static int show(struct reference *r, struct snapshot *to)
{
	const struct reference_scan *s = &r->scan;
	int err = 0;

	for (size_t i = 0; i < s->images.nr && !err; i++)
		err = process_image_show(s->images.image[i], to, s->choice, find_hist, r);
	if (s->probes) {
		to->unpaired += reference_probes_unpaired(s->probes);
		to->lost += reference_probes_lost(s->probes);
	}
	return err ? err : say_missing(r, to);
}

static int reference_read(struct source *self, struct snapshot *to, struct failure *f)
{
	struct reference *r = (struct reference *)self;
	int err = read_probes(r, f);

	if (err)
		return err;
	reference_scan_starting(&r->scan, read_early, r);
	reference_scan_all(&r->scan);
	r->changed = false;
	r->scan.attach_trouble.text[0] = 0;
	r->scan.attaching = false;
	for (size_t i = 0; i < r->scan.images.nr && !err; i++)
		err = read_image(r, r->scan.images.image[i]);
	if (!err && r->changed)
		err = read_probes(r, f);
	if (!err)
		err = show(r, to);
	if (!err)
		read_watched(r, to);
	if (err)
		return fail(f, -err, "no memory for the reference's counts");
	forget_ended(r);
	r->scan.baseline_taken = true;
	self->wake_in_ms = reference_scan_next_ms(&r->scan);
	return 0;
}

static void reference_wake(struct source *self)
{
	struct reference *r = (struct reference *)self;

	reference_scan_starting(&r->scan, read_early, r);
	self->wake_in_ms = reference_scan_next_ms(&r->scan);
}

static void reference_close(struct source *self)
{
	struct reference *r = (struct reference *)self;

	reference_scan_close(&r->scan);
	free(r);
}

int source_reference_open(struct source **to, const struct source_options *o, struct failure *f)
{
	struct reference *r = calloc(1, sizeof(*r));
	int err;

	*to = NULL;
	if (!r)
		return fail(f, ENOMEM, "no memory for the reference");
	err = reference_scan_open(&r->scan, o->reference_pid, o->choice, o->types, f);
	if (err) {
		reference_close(&r->base);
		return err;
	}
	reference_scan_all(&r->scan);
	if (r->scan.probes)
		reference_probes_settle(r->scan.probes, SETTLE_MS);
	r->base.name = "reference";
	r->base.read = reference_read;
	r->base.wake = reference_wake;
	r->base.watch = reference_watch;
	r->base.close = reference_close;
	r->base.fd = r->scan.probes ? reference_probes_fd(r->scan.probes) : -1;
	r->base.wake_in_ms = -1;
	*to = &r->base;
	return 0;
}
