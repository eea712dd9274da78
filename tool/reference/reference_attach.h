/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reference_attach.h: attaches programs to the probes of files. The kernel may take from
 * milliseconds to seconds for that, and longer to let go, so a thread does it and nobody else
 * waits.
 */
#ifndef SLABSCOPE_REFERENCE_ATTACH_H
#define SLABSCOPE_REFERENCE_ATTACH_H

#include <stdint.h>

#include "base/failure.h"

struct bpf_object;
struct reference_attach;
struct attachment; /* of all probes of one file */

/* A program of the object, and the probe of provider "slab" that it is for. */
struct attach_probe {
	const char *program, *probe;
};
#define ATTACH_PROBES 24 /* most of a table */

/*
 * The probes are attached in their order, to one without a program; a file may lack any but the first.
 * They and the object stay the caller's and must outlive it; the object must be loaded. NULL: no memory,
 * no thread.
 */
struct reference_attach *reference_attach_new(struct bpf_object *object,
					      const struct attach_probe *probes);

/* Detaches everything. Returns soon: what takes the kernel long it does on another process' time.
 */
void reference_attach_free(struct reference_attach *a);

/*
 * Has every one of the probes in the file attached, for all processes that run it or will;
 * each event carries the number as its cookie. The descriptor stays the caller's. NULL: no memory.
 */
struct attachment *reference_attach_file(struct reference_attach *a, int fd, uint32_t number);
void reference_attach_detach(struct reference_attach *a, struct attachment *one);

/* Returns 1 when it is attached, 0 when not yet, or a negative errno and why it cannot be. */
int reference_attach_state(struct reference_attach *a, const struct attachment *one,
			   struct failure *f);

/* Waits until there is nothing left to attach, at most so many milliseconds. */
void reference_attach_settle(struct reference_attach *a, unsigned ms);

#endif
