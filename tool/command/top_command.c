// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* top_command.c: slabscope top. */
#include <stdlib.h>

#include "command/commands.h"
#include "command/options_btf.h"
#include "command/top_loop.h"
#include "command/top_options.h"
#include "report/slabtop.h"

static const struct option_group groups[] = {
	{&top_options_shared, 0},
	{&top_options_own, 0},
	{&options_btf, offsetof(struct top_options, btf)},
	{0},
};

static const struct example examples[] = {
	{"Show the caches of the kernel and of libslab, live", "slabscope"},
	{"Print three samples of ten seconds each", "slabscope top -b -n 3 -d 10"},
	{"Show which processes and stacks refill one cache",
	 "slabscope top -c dentry --screen callers"},
	{"Save one sample of ten seconds as comma-separated values",
	 "slabscope --csv -n 1 -d 10 > caches.csv"},
	{"Keep a log in the background, at most 64M and its predecessor",
	 "slabscope top -j --log slabs.json -d 60 > /dev/null"},
	{"Play a recording at twice its speed", "slabscope top --from trace --speed 2"},
	{0},
};

static int show(const struct top_options *o, struct failure *f)
{
	if (!o->once)
		return top_loop_run(o, 0, f);
	return slabtop_print(o->sort < 0 ? COLUMN_OBJECTS : (enum column)o->sort, o->human, f)
		       ? EXIT_FAILURE
		       : EXIT_SUCCESS;
}

static int run(int argc, char **argv, struct failure *f)
{
	return top_options_run(&top_command, show, argc, argv, f);
}

const struct command top_command = {
	.name = "top",
	.summary = "show caches and CPUs, live",
	.about = "Shows the caches of the kernel's slab allocator and of every process that uses "
		 "libslab: how many allocations the CPU caches serve, how often they must be "
		 "refilled, from where, and what a refill costs.",
	.notes = "Without a terminal, top prints 3 samples of plain text. slabscope measures the "
		 "interval of each sample, so rates stay right on a busy machine. n/a on the "
		 "screen and null in JSON mean not available; 'slabscope doctor' explains why.\n"
		 "\n"
		 "'alias slabtop=slabscope' is safe: the options and letters of slabtop keep their "
		 "meaning, and -o prints the page of slabtop since procps 4.0.5.\n"
		 "\n"
		 "Keys: arrows, PgUp, PgDn, Home, End, j, k select; Enter shows all CPUs; < > F6 "
		 "sort by another column, I inverts; / searches, \\ filters, S shows one side; "
		 "1 to 7 or a letter opens a screen, Tab the next; Space pauses; + - change the "
		 "interval; F2 chooses columns, w writes the settings; "
		 "Ctrl-L redraws; h, ? or F1 explain; q or "
		 "F10 quits. With --from also: . , step, [ ] change the speed, { } and ^ $ seek.",
	.options = groups,
	.examples = examples,
	.run = run,
};
