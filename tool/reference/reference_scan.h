/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reference_scan.h: keeps the list of images up to date: examines processes for libslab, and
 * attaches the probes of each new file.
 */
#ifndef SLABSCOPE_REFERENCE_SCAN_H
#define SLABSCOPE_REFERENCE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/choice.h"
#include "base/failure.h"
#include "reference/process_image.h"
#include "system/process_stat.h"
#include "reference/reference_probes.h"
#include "reference/libslab_files.h"

/* A process that was examined. */
struct watched {
	int pid;
	uint64_t start, vsize, image; /* of struct process_stat, when it was examined */
	uint64_t round;
	bool scanned; /* its files could be read */
	bool exec_known;
	uint32_t exec;
};

/* A program that has just started: it loads libraries within milliseconds. */
struct starting {
	int pid;
	uint32_t exec;
	uint64_t start; /* of the process, as in struct watched */
	uint64_t began_ms;
	unsigned step;
};

#define STARTING_MAX 128

struct reference_scan {
	int only_pid; /* 0: all that the choice allows */
	const struct choice *choice;
	struct process_images images;
	struct libslab_files *targets;
	struct reference_probes *probes; /* NULL: no privileges */
	struct failure probes_trouble;	 /* why probes is NULL */
	struct failure attach_trouble;	 /* why probes of a file could not be attached, if so */
	bool attaching;			 /* probes of a process are not yet attached */
	uint64_t opened;		 /* clock ticks since boot */
	int64_t boot_offset_ns;
	bool baseline_taken; /* the first reading is done */
	bool denied;	     /* some processes may not be examined */
	int trouble;	     /* why some could not be: a negative errno; 0: none */
	int scanned_pid;     /* the process that is being examined */
	uint64_t round;
	struct watched *watched; /* ascending by pid */
	size_t nr_watched;
	struct starting starting[STARTING_MAX];
	size_t nr_starting;
};

/*
 * Opens it. only_pid overrides the choice. Returns 0 or a negative errno and why. Call
 * reference_scan_close() also after a failure.
 */
int reference_scan_open(struct reference_scan *s, int only_pid, const struct choice *choice,
			const char *types, struct failure *f);
void reference_scan_close(struct reference_scan *s);

/* Examines all processes that are new or changed. */
void reference_scan_all(struct reference_scan *s);

/* Examines the process again although it looks unchanged. */
void reference_scan_again(struct reference_scan *s, int pid);

/*
 * Handles the exec()s since the last call, and examines starting programs that are due. Calls early
 * for each image found, which may end before the next reading.
 */
void reference_scan_starting(struct reference_scan *s,
			     void (*early)(struct process_image *image, void *arg), void *arg);

/* Returns the milliseconds until reference_scan_starting() has work; -1: none. */
int reference_scan_next_ms(const struct reference_scan *s);

/* Returns whether the target of this number has its probes. Keeps a failure in attach_trouble. */
bool reference_scan_is_attached(struct reference_scan *s, uint32_t number);

/* Returns the image that the probes counted under this key, or a new one; NULL: not ours. */
struct process_image *reference_scan_image(struct reference_scan *s, const struct ref_image *key,
					   const char *comm);

/*
 * Returns whether the image lives, and marks it as ended if not. tid gets a thread to read through.
 */
bool reference_scan_is_alive(struct reference_scan *s, struct process_image *image, int *tid);

#endif
