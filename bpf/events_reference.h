/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * events_reference.h: the contract between the programs on libslab's probes and the tool: the
 * keys and values of their maps. Fixed-width fields, explicit padding, no pointers.
 */
#ifndef SLABSCOPE_EVENTS_REFERENCE_H
#define SLABSCOPE_EVENTS_REFERENCE_H

#include <linux/types.h>

#include "hist.h"

#define REF_MAX_CPUS 8192
#define REF_ORIGINS  11 /* SLAB_ORIGINS of libslab's slab_registry.h */
#define REF_NAME     32
#define REF_COMM     16
#define REF_FINAL    256 /* sizeof(struct slab_registry_cpu) */

/*
 * The program that a process runs between two exec()s. A reused pid has another start. A process
 * after exec() has another exec.
 */
struct ref_image {
	__u32 tgid;  /* in slabscope's pid namespace */
	__u32 exec;  /* the kernel's count of exec()s, low half */
	__u64 start; /* nanoseconds since boot */
};
_Static_assert(sizeof(struct ref_image) == 16, "shared with BPF");

/* A cache: its generation in the registry of one binary of the image. */
struct ref_cache_key {
	struct ref_image image;
	__u64 cache;
	__u32 binary; /* number of the attached file, from the probe's cookie */
	__u32 pad;
};
_Static_assert(sizeof(struct ref_cache_key) == 32, "shared with BPF");

struct ref_pair_key {
	struct ref_image image;
	__u64 cache;
	__u32 binary;
	__u32 cpu;
};
_Static_assert(sizeof(struct ref_pair_key) == 32, "shared with BPF");

/* A cache on one CPU, counted since the probes were attached. */
struct ref_pair {
	__u64 refills;		    /* that gave an object */
	__u64 origins[REF_ORIGINS]; /* of all calls; FAILED are not among the refills */
	__u64 got;		    /* objects that refills took */
	__u64 flushes;
	__u64 flushed; /* objects that flushes gave back */
	__u64 grows;
	__u64 list_moves;
	__u64 slab_frees;
	__u64 hits;	       /* newest count, since the cache was made */
	__u32 hist;	       /* 1 + index in the pool; 0: none */
	__u32 has_final;       /* `final` was read */
	__u8 final[REF_FINAL]; /* struct slab_registry_cpu, at cache_destroy or exit */
};
_Static_assert(sizeof(struct ref_pair) == 160 + REF_FINAL, "shared with BPF");

enum {
	REF_SEEN_CREATE = 1,
	REF_SEEN_DESTROY = 2,
	REF_SEEN_EXIT = 4,
};

struct ref_cache {
	char name[REF_NAME]; /* "" without an event that has it; from the process, so unchecked */
	char comm[REF_COMM]; /* of the process */
	__u64 size;	     /* of an object */
	__u32 seen;	     /* REF_SEEN_* */
	__u32 pad;
};
_Static_assert(sizeof(struct ref_cache) == 64, "shared with BPF");

/* One slot of the pool of histograms: struct hist of the tool. */
struct ref_hist {
	__u64 count;
	__u64 sum;
	__u64 max;
	__u64 bucket[HIST_BUCKETS];
};
_Static_assert(sizeof(struct ref_hist) == 24 + 8 * HIST_BUCKETS, "shared with BPF");

/* The events of a watched cache, each from a probe. */
enum ref_step_kind {
	REF_STEP_GROW,	    /* slab, objects, colour, ns, seq */
	REF_STEP_LIST_MOVE, /* slab, from, to, inuse, seq */
	REF_STEP_DESTROY,   /* slab, seq */
	REF_STEP_FLUSH,	    /* count: the end of a flush */
	REF_STEP_REFILL,    /* requested, got, origin, ns: the end of a refill */
};

/* Sent through the ring buffer of steps, for the watched cache. */
struct ref_step {
	__u64 number; /* counts all steps, also those that found no room */
	__u64 seq;
	__u64 slab;
	__u64 a, b, c; /* as above, in that order */
	__u64 ns;
	__u32 kind, tid;
	__u32 cpu, node;
};
_Static_assert(sizeof(struct ref_step) == 72, "shared with BPF");

/* Sent through the ring buffer: this image has just begun. */
struct ref_exec_event {
	struct ref_image image;
};

#endif
