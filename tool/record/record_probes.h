/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * record_probes.h: the BPF programs that send libslab's events.
 */
#ifndef SLABSCOPE_RECORD_PROBES_H
#define SLABSCOPE_RECORD_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "record/record_rings.h"
#include "reference/libslab_files.h"

struct record_probes;

/* only_wanted: only processes that record_probes_want() names, and their children. 0, or -errno and why. */
int record_probes_open(struct record_probes **to, bool only_wanted, struct failure *f);
void record_probes_close(struct record_probes *p);

int record_probes_want(struct record_probes *p, uint32_t tgid); /* 0 or -errno */

/* Begins to attach a file's probes; settle waits until all such are attached. */
void record_probes_attach(struct record_probes *p, struct libslab_file *target);
void record_probes_detach(struct record_probes *p, struct libslab_file *target);
int record_probes_settle(struct record_probes *p, const struct libslab_file *target,
			 struct failure *f);

struct record_rings *record_probes_rings(const struct record_probes *p); /* they stay its own */

#endif
