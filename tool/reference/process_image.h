/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * process_image.h: the processes that contain libslab, with their caches, from the first sight of them
 * until their final counts have been shown. An image is what runs in a process between two exec()s.
 * No I/O here: source_reference.c brings what it learns.
 */
#ifndef SLABSCOPE_PROCESS_IMAGE_H
#define SLABSCOPE_PROCESS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reference/count_sources.h"
#include "reference/registry_reader.h"
#include "model/snapshot.h"
#include "reference/libslab_files.h"

struct choice;

/* Of one image: caches times CPUs. A process can claim any number. */
#define IMAGE_MAX_ROWS 32768

struct image_cache {
	uint64_t id;	 /* no other cache that slabscope ever saw has it */
	uint32_t binary; /* number of its target */
	uint64_t generation;
	char name[SLAB_NAME_MAX];
	uint32_t seen;	 /* REF_SEEN_*, as the probes told */
	bool listed;	 /* in the registry's newest reading */
	unsigned absent; /* readings since it was in one */
	bool skip;	 /* of an image that was found late: shown from now on only */
	bool named;	 /* the probes' map has an entry of it */
	bool gauges_known;
	uint64_t object_size;
	uint64_t gauge[GAUGES];
	struct count_sources **cpu; /* ascending */
	size_t nr_cpus;
};

struct process_image {
	uint64_t id; /* no other image that slabscope ever saw has it */
	int pid;
	uint64_t start;	      /* clock ticks since boot, as in /proc */
	uint64_t fingerprint; /* struct process_stat.image; 0: not known */
	bool exec_known;      /* key.exec is: joins it with the probes' counts */
	struct ref_image key; /* complete once the probes have counted anything */
	char comm[32];
	bool late;     /* older than slabscope, and found late */
	bool attached; /* all its binaries have their probes */
	bool ended;
	int trouble;		   /* why its registry could not be read: a negative errno */
	uint64_t unlisted, unread; /* caches that a registry could not show */
	struct libslab_use use[LIBSLAB_FILES_PROCESS];
	int nr_uses;
	struct image_cache **cache; /* ascending by binary and generation */
	size_t nr_caches;
	size_t nr_rows;
};

struct process_images {
	struct process_image **image;
	size_t nr;
	uint64_t last_id;
};

/* All of these return NULL or -ENOMEM when there is no memory. */
struct process_image *process_images_add(struct process_images *all, int pid, uint64_t start,
					 const char *comm);
struct image_cache *process_image_find_cache(struct process_images *all,
					     struct process_image *image, uint32_t binary,
					     uint64_t generation); /* made when there is none */
struct count_sources *process_image_find_cpu(
	struct process_image *image, struct image_cache *cache,
	uint32_t cpu); /* as well; NULL also where there are IMAGE_MAX_ROWS */

/* The image that lives in the process now, or NULL. */
struct process_image *process_images_live(const struct process_images *all, int pid,
					  uint64_t start);

/* The image that the probes counted under this key, or NULL. ticks: key's start, as in /proc. */
struct process_image *process_images_match(const struct process_images *all,
					   const struct ref_image *key, uint64_t ticks);

/*
 * Takes in a reading of one of the image's registries. Returns 0, -ENOMEM, or -ESTALE when it says
 * less than an earlier one: it is another image's.
 */
int process_image_add_reading(struct process_images *all, struct process_image *image,
			      uint32_t binary, const struct registry_reading *reading);

/* Whether nothing more can come from the cache. */
bool process_image_cache_ended(const struct process_image *image, const struct image_cache *cache);

/*
 * Adds the image to the snapshot with its chosen caches, unless it has no cache. hist returns the
 * histogram that struct ref_pair.hist names, or NULL.
 * Returns 0 or -ENOMEM.
 */
int process_image_show(const struct process_image *image, struct snapshot *to,
		       const struct choice *choice,
		       const struct ref_hist *(*hist)(uint32_t hist, void *arg), void *arg);

/* Frees a cache that was shown for the last time; an image. They leave their lists. */
void process_image_drop_cache(struct process_image *image, size_t i);
void process_images_drop(struct process_images *all, size_t i);
void process_images_free(struct process_images *all);

#endif
