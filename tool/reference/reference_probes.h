/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reference_probes.h: the BPF programs on libslab's probes: loading, attaching to files, and
 * reading what they counted.
 */
#ifndef SLABSCOPE_REFERENCE_PROBES_H
#define SLABSCOPE_REFERENCE_PROBES_H

#include <stdint.h>

#include "bpf/events_reference.h"
#include "base/failure.h"
#include "reference/libslab_files.h"

struct reference_probes;

/*
 * Loads the programs. only_pid: count only this process; 0: all in our pid namespace. cgroup: count
 * only processes in it and below, an open directory; -1: any. Returns 0, or a negative errno
 * (-EPERM, -EACCES: no privileges) and why.
 */
int reference_probes_open(struct reference_probes **to, int only_pid, int cgroup, const char *types,
			  struct failure *f);
void reference_probes_close(struct reference_probes *p); /* detaches all */

/*
 * Attach all probes of the file, for all processes that run it or will: target->attached. A thread
 * does it. The state is 1 when attached, 0 before, or a negative errno and why not. settle waits
 * until all requests are done, at most so long.
 */
void reference_probes_attach(struct reference_probes *p, struct libslab_file *target);
void reference_probes_detach(struct reference_probes *p, struct libslab_file *target);
int reference_probes_state(struct reference_probes *p, const struct libslab_file *target,
			   struct failure *f);
void reference_probes_settle(struct reference_probes *p, unsigned ms);

/* Detaches, until it has ended, for a process that has the file and that a probe would kill. */
void reference_probes_yield(struct reference_probes *p, const struct libslab_file *target, int pid);

/*
 * Returns a descriptor that is readable after a program started, until reference_probes_execs(); or
 * -1.
 */
int reference_probes_fd(const struct reference_probes *p);
void reference_probes_execs(struct reference_probes *p,
			    void (*each)(const struct ref_image *image, void *arg), void *arg);

/*
 * Calls cache() for each cache, then pair() for each counted pair of cache and CPU. Returns 0 or a
 * negative errno.
 */
struct reference_probes_reader {
	void (*cache)(const struct ref_cache_key *key, const struct ref_cache *cache, void *arg);
	void (*pair)(const struct ref_pair_key *key, const struct ref_pair *pair, void *arg);
	void *arg;
};
int reference_probes_read(struct reference_probes *p, const struct reference_probes_reader *r);

/* Returns the histogram of struct ref_pair.hist; NULL: none. Programs go on counting in it. */
const struct ref_hist *reference_probes_hist(const struct reference_probes *p, uint32_t hist);

/* Forget a pair with its histogram; the name of a cache. The cache must have ended. */
void reference_probes_forget_pair(struct reference_probes *p, const struct ref_pair_key *key);
void reference_probes_forget_cache(struct reference_probes *p, const struct ref_cache_key *key);

/* Keeps the steps of this cache from now on, and forgets those of others; NULL: of none. */
void reference_probes_watch(struct reference_probes *p, const struct ref_cache_key *key);

/* Calls each() for each step since the last call, in order. */
void reference_probes_steps(struct reference_probes *p,
			    void (*each)(const struct ref_step *step, void *arg), void *arg);

/* Return counts since the programs were loaded. */
uint64_t reference_probes_unpaired(const struct reference_probes *p);
uint64_t reference_probes_lost(const struct reference_probes *p);

#endif
