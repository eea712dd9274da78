// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* placement.c: the CPU of each thread. */
#include "replay/threads/placement.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "replay/threads/worker.h"

/* Lists the CPUs that this process may use, ascending. Returns how many, or -errno. */
static int usable_cpus(unsigned *to)
{
	cpu_set_t *set = calloc(1, CPU_BYTES);
	int nr = 0;

	if (!set)
		return -ENOMEM;
	if (sched_getaffinity(0, CPU_BYTES, set))
		nr = -errno;
	for (unsigned cpu = 0; cpu < CPU_BYTES * 8 && nr >= 0; cpu++)
		if (CPU_ISSET_S(cpu, CPU_BYTES, set))
			to[nr++] = cpu;
	free(set);
	return nr;
}

static bool is_among(const unsigned *cpu, int nr, unsigned wanted)
{
	for (int i = 0; i < nr; i++)
		if (cpu[i] == wanted)
			return true;
	return false;
}

static int ascending(const void *a, const void *b)
{
	return (int)*(const unsigned *)a - (int)*(const unsigned *)b;
}

/*
 * Puts each thread on the CPU of the same number where this machine has all of them; otherwise on
 * the usable ones in turn.
 */
static void place(struct replay_threads *to, const struct stream *s, const unsigned *usable, int nr)
{
	bool same = true;

	for (size_t i = 0; i < s->nr_cpus; i++)
		same = same && is_among(usable, nr, s->cpu[i].cpu);
	for (size_t i = 0; i < s->nr_cpus; i++) {
		struct replay_thread *t = &to->thread[to->nr_threads++];

		t->recorded = s->cpu[i].cpu;
		t->real = same ? t->recorded : usable[i % (size_t)nr];
		if (!is_among(to->cpu, (int)to->cpus, t->real))
			to->cpu[to->cpus++] = t->real;
	}
	qsort(to->cpu, to->cpus, sizeof(*to->cpu), ascending);
}

int placement_choose(struct replay_threads *to, const struct stream *s, struct failure *f)
{
	unsigned *usable = calloc(CPU_BYTES * 8, sizeof(*usable));
	int nr = usable ? usable_cpus(usable) : -ENOMEM;

	to->thread = calloc(s->nr_cpus + 1, sizeof(*to->thread));
	to->cpu = calloc(s->nr_cpus + 1, sizeof(*to->cpu));
	if (nr > 0 && to->thread && to->cpu)
		place(to, s, usable, nr);
	free(usable);
	if (!to->thread || !to->cpu)
		nr = -ENOMEM;
	return nr < 0 ? fail(f, -nr, "cannot get the CPUs of this process: %s", strerror(-nr)) : 0;
}
