/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_probes.h: the BPF programs that send the events of libslab. */
#ifndef SLABSCOPE_RECORD_PROBES_H
#define SLABSCOPE_RECORD_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "record/record_rings.h"
#include "reference/libslab_files.h"

struct record_probes;

/*
 * Loads the programs. only_wanted: only for processes of record_probes_want(), and their children.
 * Returns 0, or -errno and why.
 */
int record_probes_open(struct record_probes **to, bool only_wanted, struct failure *f);
void record_probes_close(struct record_probes *p);

int record_probes_want(struct record_probes *p, uint32_t tgid); /* returns 0 or -errno */

/* Returns whether the process is a wanted one, or a child of one. */
bool record_probes_wants(const struct record_probes *p, uint32_t tgid);

/* Begins to attach the probes of a file. */
void record_probes_attach(struct record_probes *p, struct libslab_file *target);
void record_probes_detach(struct record_probes *p, struct libslab_file *target);

/* Detaches, until it has ended, for a process that has the file and that a probe would kill. */
void record_probes_yield(struct record_probes *p, const struct libslab_file *target, int pid);

/*
 * Waits until the probes are attached. Meanwhile it calls meanwhile() again and again, as other
 * files send events. Returns 0, or -errno and why not.
 */
int record_probes_settle(struct record_probes *p, const struct libslab_file *target,
			 void (*meanwhile)(void *arg), void *arg, struct failure *f);

struct record_rings *record_probes_rings(const struct record_probes *p); /* they remain its own */

#endif
