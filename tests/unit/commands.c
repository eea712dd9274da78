// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * A command is one file and one row: this file is one, and the row is commands_more. Everything
 * that is generated from the table has it. So has it a command that leaves out all it may leave
 * out. Mistakes on the command line are reported as usage.
 */
#include "command/commands.h"
#include "command/completion.h"
#include "command/manual.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- the command ---------------------------------------------------------------------------- */

struct juggle_options {
	long balls;
	const char *hand;
};

static const struct argp_option rows[] = {
	{"balls", 'B', "N", 0, "Throw N balls, 1 to 9: don't drop one", 0},
	{"hand", 256, "left|right", 0, "Begin with this hand", 0},
	{0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct juggle_options *o = state->input;

	switch (key) {
	case 'B':
		if (!options_whole(value, 1, 9, &o->balls))
			return options_wrong(state, "--balls", value, "N must be from 1 to 9");
		return 0;
	case 256:
		o->hand = value;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp own = {.options = rows, .parser = parse};
static const struct option_group groups[] = {{&own, 0}, {0}};
static const struct example examples[] = {{"Throw three balls", "slabscope juggle -B 3"}, {0}};
static const struct command juggle;

static int run(int argc, char **argv, struct failure *f)
{
	struct juggle_options o = {.balls = 2};

	if (options_parse(&juggle, &o, argc, argv, f))
		return EXIT_USAGE;
	printf("%ld balls, %s\n", o.balls, o.hand ? o.hand : "any hand");
	return EXIT_SUCCESS;
}

static const struct command juggle = {
	.name = "juggle",
	.summary = "throw and catch",
	.about = "Throws balls and catches them.",
	.options = groups,
	.examples = examples,
	.run = run,
};

/* ---- a command with nothing but what a command needs ---------------------------------------- */

static const struct command hello;

static int run_hello(int argc, char **argv, struct failure *f)
{
	if (options_parse(&hello, NULL, argc, argv, f))
		return EXIT_USAGE;
	puts("Hello.");
	return EXIT_SUCCESS;
}

static const struct command hello = {.name = "hello", .summary = "be polite", .run = run_hello};
const struct command *const commands_more[] = {&hello, &juggle, NULL};

/* ---- the tests ------------------------------------------------------------------------------ */

/* What a command line printed, and how it ended. */
struct result {
	int status;
	char text[16384], failure[512];
};

/* Runs a command line in a child: --help ends the process. */
static struct result try(const char *line)
{
	struct result r = {0};
	struct failure f = {""};
	char words[256], *argv[16] = {"slabscope"};
	int argc = 1, out[2], err[2], status;
	size_t used = 0;
	ssize_t got;
	pid_t child;

	snprintf(words, sizeof(words), "%s", line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	fflush(stdout);
	child = fork();
	if (!child) {
		dup2(out[1], STDOUT_FILENO);
		status = commands_run(argc, argv, &f);
		fflush(stdout);
		if (write(err[1], f.text, strlen(f.text)) < 0)
			_exit(99);
		_exit(status);
	}
	close(out[1]);
	close(err[1]);
	while ((got = read(out[0], r.text + used, sizeof(r.text) - 1 - used)) > 0)
		used += (size_t)got;
	assert_true(read(err[0], r.failure, sizeof(r.failure) - 1) >= 0);
	close(out[0]);
	close(err[0]);
	waitpid(child, &status, 0);
	r.status = WEXITSTATUS(status);
	return r;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("there is no '%s' in:\n%s", part, text);
}

static void it_runs_with_its_options(void **state)
{
	struct result r = try("juggle -B 3 --hand left");

	(void)state;
	assert_int_equal(r.status, EXIT_SUCCESS);
	assert_string_equal(r.text, "3 balls, left\n");
	assert_string_equal(try("juggle").text, "2 balls, any hand\n");
}

static void options_examples_and_about_may_be_left_out(void **state)
{
	(void)state;
	assert_string_equal(try("hello").text, "Hello.\n");
	has(try("hello --help").text, "Usage: slabscope hello [OPTION...]\nbe polite\n");
	has(try("help hello").text, "--version");
	has(try("hello --usage").text, "slabscope hello");
	has(try("hello --loud").failure, "option --loud: there is no such option");
	has(try("hello you").failure, "argument you: not expected here");
}

static void help_lists_and_explains_it(void **state)
{
	(void)state;
	has(try("help").text, "  juggle    throw and catch\n");
	has(try("--help").text, "  juggle    throw and catch\n");
	has(try("help juggle").text, "-B, --balls=N");
	has(try("juggle --help").text, "slabscope juggle -B 3\n");
	has(try("help --help").text, "juggle.\n");
	assert_string_equal(try("help juggle").text, try("juggle --help").text);
}

/* Returns the names of all commands, which stay until the next call. */
static const char *names(const char *between, const char *before_last)
{
	static char text[512];
	size_t used = 0;

	for (size_t i = 0; commands_at(i); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
					 !i		      ? ""
					 : commands_at(i + 1) ? between
							      : before_last,
					 commands_at(i)->name);
	return text;
}

static void a_mistyped_command_is_answered_with_all_commands(void **state)
{
	(void)state;
	has(try("jugle").failure, names(", ", " and "));
}

static void mistakes_are_usage(void **state)
{
	struct {
		const char *line, *failure;
	} mistakes[] = {
		{"juggle -B 10",
		 "--balls 10: N must be from 1 to 9; see 'slabscope juggle --help'"},
		{"juggle --bals", "option --bals: there is no such option"},
		{"juggle -B", "option -B: its value is missing"},
		{"juggle more", "argument more: not expected here"},
		{"jugle", "there is no command 'jugle': the commands are "},
		{"help jugle", "there is no command 'jugle'"},
		{"help juggle top", "argument top: not expected here"},
		{"help --completion csh", "SHELL must be one of bash, zsh, fish"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		struct result r = try(mistakes[i].line);

		assert_int_equal(r.status, EXIT_USAGE);
		assert_string_equal(r.text, "");
		has(r.failure, mistakes[i].failure);
	}
}

/* Returns what a function prints; the caller frees it. */
static char *completion(const char *shell)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	completion_print(shell, to);
	fclose(to);
	return text;
}

static void shells_complete_it(void **state)
{
	static const struct {
		const char *shell, *part[4];
	} expected[] = {
		{"bash",
		 {" juggle'", "\tjuggle)\n", "--hand) _slabscope_reply -W 'left right'",
		  "-W '--balls --hand --help --usage --version'"}},
		{"zsh",
		 {"'juggle:throw and catch'", "\tjuggle)\n",
		  "'--hand=[Begin with this hand]:", ":(left right)'"}},
		{"fish",
		 {"-a juggle -d 'throw and catch'",
		  "-n '__slabscope_is juggle' -s 'B' -l balls -x -d 'Throw N balls'",
		  "-l hand -x -a 'left right'", " juggle'"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		char *text = completion(expected[i].shell);

		for (size_t j = 0; j < 4; j++)
			has(text, expected[i].part[j]);
		if (strcmp(expected[i].shell, "zsh"))
			has(text, names(" ", " "));
		free(text);
	}
}

/* Returns the manual of a template; the caller frees it. err is what manual_print() returns. */
static char *manual(const char *template, int *err, struct failure *f)
{
	char path[] = "/tmp/slabscope-manual-XXXXXX", *text;
	int fd = mkstemp(path);
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_true(fd >= 0 && to);
	assert_int_equal(write(fd, template, strlen(template)), strlen(template));
	close(fd);
	*err = manual_print(path, to, f);
	fclose(to);
	unlink(path);
	return text;
}

static void the_manual_has_it(void **state)
{
	struct failure f = {""};
	int err;
	char *text = manual(".\\\" @synopsis\n.\\\" @commands\n.\\\" @options juggle\n"
			    ".\\\" @more --hand\nLeft is harder.\n.\\\" @end\n.\\\" @examples\n",
			    &err, &f);

	(void)state;
	assert_int_equal(err, 0);
	has(text, ".Nm slabscope\n.Cm juggle\n.Op Fl B Ar N\n.Op Fl -hand Ar left|right\n");
	has(text, ".It Cm juggle\nThrows balls and catches them.\n");
	has(text, ".It Cm hello\nBe polite.\n");
	has(text, ".It Fl B , Fl -balls Ar N\nThrow N balls, 1 to 9: don't drop one.\n");
	has(text, ".It Fl -hand Ar left|right\nBegin with this hand.\nLeft is harder.\n");
	has(text, ".Dl slabscope juggle \\-B 3\n");
	free(text);
}

static void a_wrong_template_is_refused(void **state)
{
	static const struct {
		const char *template, *failure;
	} wrong[] = {
		{".\\\" @sinopsis\n", "there is no mark"},
		{".\\\" @options jugle\n.\\\" @end\n", "there is no command 'jugle'"},
		{".\\\" @options juggle\n", "has no @end"},
		{".\\\" @options juggle\n.\\\" @more --foot\n.\\\" @end\n", "does not exist"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct failure f = {""};
		int err;

		free(manual(wrong[i].template, &err, &f));
		assert_int_not_equal(err, 0);
		has(f.text, wrong[i].failure);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_runs_with_its_options),
		cmocka_unit_test(options_examples_and_about_may_be_left_out),
		cmocka_unit_test(help_lists_and_explains_it),
		cmocka_unit_test(a_mistyped_command_is_answered_with_all_commands),
		cmocka_unit_test(mistakes_are_usage),
		cmocka_unit_test(shells_complete_it),
		cmocka_unit_test(the_manual_has_it),
		cmocka_unit_test(a_wrong_template_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
