/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reference_attach.h: attaches programs to the probes of files. The kernel may take from
 * milliseconds to seconds for that, and longer to let go, so a thread does it and nobody else
 * waits.
 */
#ifndef SLABSCOPE_REFERENCE_ATTACH_H
#define SLABSCOPE_REFERENCE_ATTACH_H

#include <stdint.h>

#include "failure.h"

struct bpf_object;
struct attacher;
struct attachment; /* of all probes of one file */

/* The object stays the caller's, must be loaded, and must outlive it. NULL: no memory, no thread.
 */
struct attacher *attacher_new(struct bpf_object *object);

/* Detaches everything. Returns soon: what takes the kernel long it does on another process' time.
 */
void attacher_free(struct attacher *a);

/*
 * Has every probe of provider "slab" in the file attached, for all processes that run it or will;
 * each event carries the number as its cookie. The descriptor stays the caller's. NULL: no memory.
 */
struct attachment *attacher_attach(struct attacher *a, int fd, uint32_t number);
void attacher_detach(struct attacher *a, struct attachment *one);

/* Returns 1 when it is attached, 0 when not yet, or a negative errno and why it cannot be. */
int attachment_state(struct attacher *a, const struct attachment *one, struct failure *f);

/* Waits until there is nothing left to attach, at most so many milliseconds. */
void attacher_settle(struct attacher *a, unsigned ms);

#endif
