/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * record_shared.h: the rings of processes, in shared memory. Each process with libslab that is
 * started with the path in SLAB_RING makes a file in a directory of the recorder (slab_ring.h). The
 * recorder trusts nothing in it.
 */
#ifndef SLABSCOPE_RECORD_SHARED_H
#define SLABSCOPE_RECORD_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "record/recorder.h"

struct record_shared;

/* Makes the directory. Returns 0, or -errno and why. */
int record_shared_open(struct record_shared **to, struct failure *f);

/* Tells the processes to stop sending events, and removes the directory. NULL is allowed. */
void record_shared_close(struct record_shared *s);

/* Returns the path of the directory, which remains its own. */
const char *record_shared_path(const struct record_shared *s);

/*
 * Looks for new files, and queues all events that are in the rings. last: no more will come, so
 * that an incomplete event is lost. Returns 0, or -errno and why.
 */
int record_shared_take(struct record_shared *s, struct recorder *r, bool last, struct failure *f);

/* Returns how many processes there were so far. */
uint64_t record_shared_count(const struct record_shared *s);

/* Returns the name of a process, as it was when libslab started in it; or NULL. */
const char *record_shared_comm(const struct record_shared *s, uint32_t tgid, uint32_t binary);

#endif
