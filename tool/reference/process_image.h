/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * process_image.h: the processes that contain libslab, with their caches, until their final counts
 * have been shown. An image is what runs in a process between two exec()s. No I/O:
 * source_reference.c brings the data.
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

/* Caches times CPUs of an image. A process can claim any number. */
#define IMAGE_MAX_ROWS 32768

struct image_cache {
	uint64_t id;	 /* unique among all caches */
	uint32_t binary; /* number of its target */
	uint64_t generation;
	char name[SLAB_NAME_MAX];
	uint32_t seen;	 /* REF_SEEN_*, from the probes */
	bool listed;	 /* in the newest reading of the registry */
	unsigned absent; /* readings since it was listed */
	bool skip;	 /* its image was found late: shown from then on only */
	bool named;	 /* the map of the probes has it */
	bool gauges_known;
	uint64_t object_size;
	uint64_t gauge[GAUGES];
	struct count_sources **cpu; /* ascending */
	size_t nr_cpus;
};

struct process_image {
	uint64_t id; /* unique among all images */
	int pid;
	uint64_t start;	      /* clock ticks since boot, as in /proc */
	uint64_t fingerprint; /* struct process_stat.image; 0: unknown */
	bool exec_known; /* key.exec is known: it joins the image with the counts of the probes */
	struct ref_image key; /* complete after the first count of a probe */
	char comm[32];
	bool late;     /* older than slabscope, and found late */
	bool attached; /* all its binaries have their probes */
	bool ended;
	int trouble;		   /* why its registry cannot be read: a negative errno */
	uint64_t unlisted, unread; /* caches that the registry could not show */
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

/* Return NULL or -ENOMEM without memory. */
struct process_image *process_images_add(struct process_images *all, int pid, uint64_t start,
					 const char *comm);
struct image_cache *process_image_find_cache(struct process_images *all,
					     struct process_image *image, uint32_t binary,
					     uint64_t generation); /* or a new one */
struct count_sources *process_image_find_cpu(
	struct process_image *image, struct image_cache *cache,
	uint32_t cpu); /* the same; also NULL beyond IMAGE_MAX_ROWS */

/* Returns the image that lives in the process, or NULL. */
struct process_image *process_images_live(const struct process_images *all, int pid,
					  uint64_t start);

/*
 * Returns the image that the probes counted under this key, or NULL. ticks: the start of key, as in
 * /proc.
 */
struct process_image *process_images_match(const struct process_images *all,
					   const struct ref_image *key, uint64_t ticks);

/*
 * Adds a reading of a registry of the image. Returns 0, -ENOMEM, or -ESTALE when it is below an
 * earlier one and so of another image.
 */
int process_image_add_reading(struct process_images *all, struct process_image *image,
			      uint32_t binary, const struct registry_reading *reading);

/* Returns whether the cache cannot change any more. */
bool process_image_cache_ended(const struct process_image *image, const struct image_cache *cache);

/*
 * Adds the image to the snapshot with its chosen caches, unless it has none. hist returns the
 * histogram of struct ref_pair.hist, or NULL. Returns 0 or -ENOMEM.
 */
int process_image_show(const struct process_image *image, struct snapshot *to,
		       const struct choice *choice,
		       const struct ref_hist *(*hist)(uint32_t hist, void *arg), void *arg);

/* Remove and free a cache that was shown for the last time; an image; all images. */
void process_image_drop_cache(struct process_image *image, size_t i);
void process_images_drop(struct process_images *all, size_t i);
void process_images_free(struct process_images *all);

#endif
