// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * main.c: picks the command, and prints the one line that says why it failed. Exit status: 0
 * success, 1 failure, 2 usage.
 */
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/compare_command.h"
#include "command/demo.h"
#include "command/doctor.h"
#include "command/options.h"
#include "command/options_trace.h"
#include "report/slabtop.h"
#include "command/top.h"
#include "command/workload.h"

enum { EXIT_USAGE = 2 };

static int run_top(const struct options *o, struct failure *f)
{
	if (o->once)
		return slabtop_print(o->sort < 0 ? COLUMN_OBJECTS : (enum column)o->sort, f)
			       ? EXIT_FAILURE
			       : EXIT_SUCCESS;
	return top_run(o, 0, f);
}

static int with_options(const char *command, int (*run)(const struct options *o, struct failure *f),
			int argc, char **argv, struct failure *f)
{
	int status = EXIT_USAGE;
	struct options o;

	if (!options_parse_top(&o, command, argc, argv, f))
		status = options_open(&o, f) ? EXIT_FAILURE : run(&o, f);
	options_free(&o);
	return status;
}

static int top_command(int argc, char **argv, struct failure *f)
{
	return with_options("top", run_top, argc, argv, f);
}

static int demo_command(int argc, char **argv, struct failure *f)
{
	return with_options("demo", demo_run, argc, argv, f);
}

static int doctor_command(int argc, char **argv, struct failure *f)
{
	struct doctor_options o;

	if (options_parse_doctor(&o, argc, argv, f))
		return EXIT_USAGE;
	return doctor_main(&o, f) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int record_command(int argc, char **argv, struct failure *f)
{
	struct record_options o;

	return options_parse_record(&o, argc, argv, f) ? EXIT_USAGE : record_run(&o, f);
}

static int replay(int argc, char **argv, struct failure *f)
{
	struct replay_options o;

	return options_parse_replay(&o, argc, argv, f) ? EXIT_USAGE : replay_command(&o, f);
}

static int compare(int argc, char **argv, struct failure *f)
{
	struct compare_options o;

	return options_parse_compare(&o, argc, argv, f) ? EXIT_USAGE : compare_command(&o, f);
}

static int workload(int argc, char **argv, struct failure *f)
{
	struct workload_options o;

	return options_parse_workload(&o, argc, argv, f) ? EXIT_USAGE : workload_run(&o, f);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv, struct failure *f);
} commands[] = {
	{"top", top_command},	    {"demo", demo_command}, {"doctor", doctor_command},
	{"record", record_command}, {"replay", replay},	    {"compare", compare},
	{"workload", workload},
};

/* Whether the option is one that belongs to no command: those are answered before any is chosen. */
static bool is_general(const char *option)
{
	static const char *const general[] = {"--help", "-?", "--usage", "--version", "-V"};

	for (size_t i = 0; i < sizeof(general) / sizeof(*general); i++)
		if (!strcmp(option, general[i]))
			return true;
	return false;
}

static int run(int argc, char **argv, struct failure *f)
{
	if (argc < 2 || (argv[1][0] == '-' && !is_general(argv[1])))
		return top_command(argc, argv, f);
	if (argv[1][0] == '-')
		return options_parse_main(argc, argv, f) ? EXIT_USAGE : EXIT_SUCCESS;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1, f);
	fail(f, EXIT_USAGE,
	     "there is no command '%s': there are top, demo, doctor, record, replay, compare and "
	     "workload; see "
	     "'slabscope --help'",
	     argv[1]);
	return EXIT_USAGE;
}

/* libbpf explains what it tries, at length. What matters of it comes back in a failure. */
static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return getenv("SLABSCOPE_DEBUG") ? vfprintf(stderr, format, args) : 0;
}

/* Descriptors 0 to 2 are somebody's, whatever is opened later. */
static void keep_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct failure failure = {""};
	int status;

	keep_standard_descriptors();
	setlocale(LC_CTYPE, ""); /* numbers stay as they are */
	signal(SIGPIPE, SIG_IGN);
	libbpf_set_print(print_libbpf);
	status = run(argc, argv, &failure);
	if (failure.text[0])
		fprintf(stderr, "slabscope: %s\n", failure.text);
	return status;
}
