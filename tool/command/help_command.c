// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * help_command.c: slabscope help. It also prints what is generated from the table of commands: the
 * completions and, for the build, the manual.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/commands.h"
#include "command/completion.h"
#include "command/manual.h"
#include "command/values.h"
#include "system/output.h"

struct help_options {
	const struct command *command; /* NULL: slabscope as a whole */
	const char *shell;	       /* print its completion; NULL: none */
	const char *manual;	       /* print the manual from this template; NULL: none */
};

enum { KEY_COMPLETION = 256, KEY_MANUAL };

static const struct argp_option rows[] = {
	{"completion", KEY_COMPLETION, "SHELL", 0,
	 "Print the completion of slabscope for bash, zsh or fish", 0},
	{"manual", KEY_MANUAL, "FILE", OPTION_HIDDEN, NULL, 0},
	{0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct help_options *o = state->input;
	char wanted[64];

	switch (key) {
	case KEY_COMPLETION:
		o->shell = value;
		if (completion_exists(value))
			return 0;
		values_wanted("SHELL", wanted, sizeof(wanted));
		return options_wrong(state, "--completion", value, wanted);
	case KEY_MANUAL:
		o->manual = value;
		return 0;
	case ARGP_KEY_ARG:
		if (o->command)
			return ARGP_ERR_UNKNOWN;
		o->command = commands_find(value, options_failure(state));
		return o->command ? 0 : EINVAL;
	}
	return ARGP_ERR_UNKNOWN;
}

static int print(const struct help_options *o, struct failure *f)
{
	int err = 0;

	if (o->shell)
		completion_print(o->shell, stdout);
	else if (o->manual)
		err = manual_print(o->manual, stdout, f);
	else
		err = options_help(o->command ? o->command : commands_overview(), stdout);
	if (err && !f->text[0])
		fail(f, -err, "cannot print the help: %s", strerror(-err));
	return err ?: output_finish("the help", f);
}

static const struct argp own = {.options = rows, .parser = parse};
static const struct option_group groups[] = {{&own, 0}, {0}};

static const struct example examples[] = {
	{"List the commands", "slabscope help"},
	{"Explain a command and its options", "slabscope help record"},
	{"Complete options in this bash", "source <(slabscope help --completion bash)"},
	{0},
};

static int run(int argc, char **argv, struct failure *f)
{
	struct help_options o = {0};

	if (options_parse(&help_command, &o, argc, argv, f))
		return EXIT_USAGE;
	return print(&o, f) ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct command help_command = {
	.name = "help",
	.summary = "explain a command, or list them all",
	.arguments = "[COMMAND]",
	.about = "Explains a command and its options, as 'slabscope COMMAND --help' does. Without "
		 "COMMAND it lists the commands.",
	.options = groups,
	.examples = examples,
	.run = run,
};
