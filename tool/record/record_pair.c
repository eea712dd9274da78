// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * record_pair.c: loads the pair, has the kernel call the function between its probes a thousand
 * times, and sorts the durations.
 */
#include "record/record_pair.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>

#include "bpf/events_pair.h"
#include "bpf/pair.skel.h"

#define COLD	 100 /* runs that are left out */
#define AT_LEAST 100 /* the least number of other runs */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint32_t at(const uint64_t *ns, unsigned nr, double q)
{
	uint64_t v = ns[(unsigned)(q * (nr - 1))];

	return v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

struct trace_pair record_pair_of(uint64_t *ns, unsigned nr)
{
	if (nr < COLD + AT_LEAST)
		return (struct trace_pair){0};
	ns += COLD;
	nr -= COLD;
	qsort(ns, nr, sizeof(*ns), by_value);
	return (struct trace_pair){nr, at(ns, nr, 0.05), at(ns, nr, 0.5), at(ns, nr, 0.95)};
}

static int attach(struct pair_bpf *s, bool kprobe)
{
	s->links.pair_kprobe = kprobe ? bpf_program__attach(s->progs.pair_kprobe) : NULL;
	s->links.pair_kretprobe = kprobe ? bpf_program__attach(s->progs.pair_kretprobe) : NULL;
	s->links.pair_fentry = kprobe ? NULL : bpf_program__attach(s->progs.pair_fentry);
	s->links.pair_fexit = kprobe ? NULL : bpf_program__attach(s->progs.pair_fexit);
	if (kprobe ? !s->links.pair_kprobe || !s->links.pair_kretprobe
		   : !s->links.pair_fentry || !s->links.pair_fexit)
		return errno ? -errno : -EINVAL;
	return 0;
}

/* Has the kernel call the function between the probes. Returns 0 or -errno. */
static int call_once(const struct pair_bpf *s, bool kprobe)
{
	LIBBPF_OPTS(bpf_test_run_opts, once);

	if (kprobe)
		return personality(0xffffffff) < 0 ? -errno : 0; /* reads it, without a change */
	return bpf_prog_test_run_opts(bpf_program__fd(s->progs.pair_call), &once) ? -errno : 0;
}

static int run(struct pair_bpf *s, bool kprobe, struct trace_pair *to)
{
	struct pair_samples *samples = &s->data_samples->samples;
	int err = attach(s, kprobe);

	for (int i = 0; i < PAIR_SAMPLES && !err; i++)
		err = call_once(s, kprobe);
	if (!err)
		*to = record_pair_of((uint64_t *)samples->ns, (unsigned)samples->nr);
	return err ?: to->count ? 0 : -ENODATA;
}

int record_pair_measure(bool kprobe, struct trace_pair *to, struct failure *f)
{
	struct pair_bpf *s = pair_bpf__open();
	int err;

	*to = (struct trace_pair){0};
	if (!s)
		return fail(f, ENOMEM, "no memory to measure the probes");
	bpf_program__set_autoload(s->progs.pair_fentry, !kprobe);
	bpf_program__set_autoload(s->progs.pair_fexit, !kprobe);
	bpf_program__set_autoload(s->progs.pair_call, !kprobe);
	bpf_program__set_autoload(s->progs.pair_kprobe, kprobe);
	bpf_program__set_autoload(s->progs.pair_kretprobe, kprobe);
	err = pair_bpf__load(s);
	if (!err)
		err = run(s, kprobe, to);
	pair_bpf__destroy(s);
	return err ? fail(f, -err, "cannot measure the duration of the probes: %s", strerror(-err))
		   : 0;
}
