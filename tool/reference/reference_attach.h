/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reference_attach.h: attaches programs to the probes of files. The kernel may take seconds for
 * that, and longer for detaching, so a thread does it while all others go on.
 */
#ifndef SLABSCOPE_REFERENCE_ATTACH_H
#define SLABSCOPE_REFERENCE_ATTACH_H

#include <stdint.h>
#include <sys/types.h>

#include "base/failure.h"

struct bpf_object;
struct libslab_file;
struct reference_attach;
struct attachment; /* of all probes of one file */

/* A program of the object, and its probe of provider "slab". */
struct attach_probe {
	const char *program, *probe;
};
#define ATTACH_PROBES 24 /* at most in a table */

/*
 * Creates it. Attaches probes in order, up to one without a program; a file may lack any but the
 * first. The probes and the loaded object must outlive it. Returns NULL without memory or thread.
 */
struct reference_attach *reference_attach_new(struct bpf_object *object,
					      const struct attach_probe *probes);

/* Detaches all. Returns soon: another process waits for the kernel. */
void reference_attach_free(struct reference_attach *a);

/*
 * Attaches all probes of the file, for all processes that run it or will; not while one that a
 * probe would kill has it mapped (translated.h): -EBUSY. Each event has the number as its cookie.
 * The caller keeps the descriptor. Returns NULL without memory or descriptors.
 */
struct attachment *reference_attach_file(struct reference_attach *a,
					 const struct libslab_file *target);
void reference_attach_detach(struct reference_attach *a, struct attachment *one);

/* Detaches until this process, which a probe would kill, has ended. */
void reference_attach_yield(struct reference_attach *a, struct attachment *one, pid_t pid);

/*
 * Returns 1 when attached; 0 when not yet; or a negative errno and why not. After -EBUSY it tries
 * again when that process has ended.
 */
int reference_attach_state(struct reference_attach *a, struct attachment *one, struct failure *f);

/* Waits until all requests are done, at most so many milliseconds. */
void reference_attach_settle(struct reference_attach *a, unsigned ms);

#endif
