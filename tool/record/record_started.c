// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* record_started.c: the list of programs that wait for a look. */
#include "record/record_started.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/units.h"
#include "reference/registry_reader.h"
#include "system/process_stat.h"

#define LOOKS 10

/* Returns the entry of a process, a new one with pid 0, or NULL where there is no room. */
static struct record_started_one *find(struct record_started *s, int pid)
{
	for (unsigned i = 0; i < s->nr; i++)
		if (s->waiting[i].pid == pid)
			return &s->waiting[i];
	if (s->nr == RECORD_STARTED_MAX)
		return NULL;
	s->waiting[s->nr].pid = 0;
	return &s->waiting[s->nr++];
}

void record_started_add(struct record_started *s, int pid, uint64_t ns)
{
	struct record_started_one *one = find(s, pid);

	if (one)
		*one = (struct record_started_one){pid, 0, ns};
}

void record_started_look(struct record_started *s,
			 enum record_started_result (*look)(int pid, uint64_t ns, void *arg),
			 void *arg)
{
	const struct record_started before = *s; /* look() may add some */

	s->nr = 0;
	for (unsigned i = 0; i < before.nr; i++) {
		struct record_started_one one = before.waiting[i], *to;
		enum record_started_result result = look(one.pid, one.ns, arg);

		s->unseen += result == RECORD_STARTED_GONE;
		if (result != RECORD_STARTED_WITHOUT || ++one.looks >= LOOKS)
			continue;
		to = find(s, one.pid);
		if (to && !to->pid)
			*to = one;
	}
}

void record_started_late(FILE *to, int pid, uint64_t ns)
{
	uint64_t now = clock_monotonic_ns();
	char comm[sizeof(((struct process_stat *)0)->comm)] = "?";
	struct process_stat stat;

	if (!process_stat(pid, &stat))
		registry_clean_name(comm, sizeof(comm), stat.comm, sizeof(stat.comm));
	if (ns && ns < now)
		fprintf(to, "%s (%d): the first %s are not recorded: its libslab was not known\n",
			comm, pid, unit_time((double)(now - ns), false).text);
	else
		fprintf(to, "%s (%d): recorded from now on: its libslab was not known\n", comm,
			pid);
}

void record_started_unseen(const struct record_started *s, FILE *to)
{
	if (s->unseen)
		fprintf(to,
			"%" PRIu64 " program%s ended too soon to look for libslab in %s: if "
			"%s, record %s directly, without a wrapper\n",
			s->unseen, s->unseen == 1 ? "" : "s", s->unseen == 1 ? "it" : "them",
			s->unseen == 1 ? "it uses it" : "they use it",
			s->unseen == 1 ? "it" : "them");
}
