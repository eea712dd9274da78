// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * doctor_command.c: slabscope doctor. It loads and attaches the same programs as top, for a moment:
 * what it reports is what it tried.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/commands.h"
#include "command/doctor_json.h"
#include "command/doctor_text.h"
#include "command/options_btf.h"
#include "kernel/kernel_programs.h"
#include "kernel/plan.h"
#include "system/output.h"
#include "system/types.h"

struct doctor_options {
	bool json;
	const char *btf;
};

/* Prints the report. What is missing is no failure. Returns 0 or a negative errno. */
static int report(const struct doctor_options *o, struct failure *f)
{
	struct kernel_programs *programs;
	const struct choice everything = {.cgroup = -1};
	const struct source_options options = {.choice = &everything, .callers = true};
	struct failure broken = {""};
	struct types types;
	struct facts facts;
	struct plan plan;
	int err;

	err = types_open(&types, o->btf, f);
	if (!err)
		err = facts_collect(&facts, types.path, f);
	if (err)
		return err;
	kernel_programs_open(&facts, &plan, &options, &programs, &broken);
	kernel_programs_close(programs);
	types_close(&types);
	if (o->json) {
		err = doctor_json_print(&facts, &plan, f);
	} else {
		doctor_text_print(&facts, &plan);
		if (broken.text[0])
			printf("\n%s\n", broken.text);
	}
	return err ?: output_finish("the report", f);
}

static const struct argp_option rows[] = {
	{"json", 'j', NULL, 0, "Print one JSON object", 0},
	{0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct doctor_options *o = state->input;

	(void)value;
	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	o->json = true;
	return 0;
}

static const struct argp own = {.options = rows, .parser = parse};
static const struct option_group groups[] = {
	{&own, 0},
	{&options_btf, offsetof(struct doctor_options, btf)},
	{0},
};

static const struct example examples[] = {
	{"See what is available on this kernel, and what to do for the rest", "slabscope doctor"},
	{"List the quantities that are not available, with the reason",
	 "slabscope doctor -j | jq -r '.quantities[] | select(.why) | .what, .why'"},
	{0},
};

static int run(int argc, char **argv, struct failure *f)
{
	struct doctor_options o = {0};

	if (options_parse(&doctor_command, &o, argc, argv, f))
		return EXIT_USAGE;
	return report(&o, f) ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct command doctor_command = {
	.name = "doctor",
	.summary = "report what is available on this kernel, what not, and why",
	.about =
		"Reports what slabscope can observe on this kernel, what not, why, and what to do.",
	.options = groups,
	.examples = examples,
	.run = run,
};
