// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * count_cost.c: what counting one allocation or free costs, on this kernel's real events: the mean
 * run time of slabscope's programs and of peers.bpf.c's, all attached at once, by the kernel's own
 * run statistics. A program that finds all in the processor's caches is faster than the first one
 *on a tracepoint: so one that is not counted goes first, and slabscope's come before the others or
 *after.
 *
 *	count_cost OBJECT before|after all|counts COMMAND     JSON: {"program": {"runs": N, "ns":
 *MEAN}, ...}
 *
 * With counts no refills are inferred, where this kernel would have them inferred.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/kernel_programs.h"
#include "model/source.h"
#include "system/types.h"

#define PROGRAMS_MAX 256

static struct bpf_prog_info before[PROGRAMS_MAX];

/* The statistics of the programs that this process holds, by descriptor. Returns how many. */
static int read_all(struct bpf_prog_info *to)
{
	DIR *all = opendir("/proc/self/fd");
	struct dirent *entry;
	int count = 0;

	while (all && (entry = readdir(all))) {
		int fd = atoi(entry->d_name);
		char path[300], target[64] = "";
		uint32_t size = sizeof(*to);

		snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		if (readlink(path, target, sizeof(target) - 1) < 0 || fd >= PROGRAMS_MAX ||
		    !strstr(target, "bpf-prog"))
			continue;
		memset(&to[fd], 0, sizeof(to[fd]));
		if (bpf_obj_get_info_by_fd(fd, &to[fd], &size))
			err(1, "cannot read a program's statistics");
		count++;
	}
	closedir(all);
	return count;
}

/* Attaches those that go first, or the others. */
static void attach_peers(struct bpf_object *object, bool first)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		if ((strncmp(bpf_program__name(program), "first_", 6) == 0) == first &&
		    !bpf_program__attach(program))
			err(1, "cannot attach %s", bpf_program__name(program));
	}
}

/* Returns whether refills are inferred. */
static bool attach_slabscope(bool all)
{
	const struct choice everything = {.cgroup = -1};
	const struct source_options options = {.choice = &everything};
	struct kernel_programs *programs;
	struct failure f = {""};
	struct facts facts;
	struct plan plan;

	if (facts_collect(&facts, TYPES_OF_KERNEL, &f))
		errx(1, "%s", f.text);
	/* Without this one nothing can be inferred. */
	if (!all)
		facts.refused[PROGRAM_MEASURE] = EPERM;
	if (kernel_programs_open(&facts, &plan, &options, &programs, &f))
		errx(1, "%s", f.text);
	return plan.infer;
}

int main(int argc, char **argv)
{
	static struct bpf_prog_info after[PROGRAMS_MAX];
	struct bpf_object *object;
	json_t *to = json_object();
	bool ours_first, all, inferred = false;

	if (argc != 5)
		errx(2, "usage: count_cost OBJECT before|after all|counts COMMAND");
	ours_first = !strcmp(argv[2], "before");
	all = !strcmp(argv[3], "all");
	object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object))
		errx(1, "cannot load %s", argv[1]);
	attach_peers(object, true);
	if (ours_first)
		inferred = attach_slabscope(all);
	attach_peers(object, false);
	if (!ours_first)
		inferred = attach_slabscope(all);
	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
		err(1, "cannot have BPF programs timed");
	if (!read_all(before))
		errx(1, "this kernel lets no program be attached");
	if (system(argv[4]))
		errx(1, "the load failed: %s", argv[4]);
	read_all(after);
	for (int fd = 0; fd < PROGRAMS_MAX; fd++) {
		uint64_t runs = after[fd].run_cnt - before[fd].run_cnt;

		if (runs)
			json_object_set_new(
				to, after[fd].name,
				json_pack("{sI sf}", "runs", (json_int_t)runs, "ns",
					  (double)(after[fd].run_time_ns - before[fd].run_time_ns) /
						  (double)runs));
	}
	json_object_set_new(to, "inferred", json_boolean(inferred));
	json_dumpf(to, stdout, JSON_COMPACT);
	putchar('\n');
	return 0;
}
