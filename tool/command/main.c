// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * main.c: prepares the process, runs the command, and prints the one line that explains a failure.
 * Exit status: 0 success, 1 failure, 2 usage.
 */
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command/commands.h"

/* Drops the messages of libbpf, unless SLABSCOPE_DEBUG is set. */
static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return getenv("SLABSCOPE_DEBUG") ? vfprintf(stderr, format, args) : 0;
}

/* Opens descriptors 0 to 2 where they are closed, so that no other file gets their numbers. */
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
	setlocale(LC_CTYPE, "");  /* only this: the form of numbers must not change */
	signal(SIGCHLD, SIG_DFL); /* ignored, as some parents leave it, wait() finds no child */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit fails instead */
	libbpf_set_print(print_libbpf);
	status = commands_run(argc, argv, &failure);
	if (failure.text[0])
		fprintf(stderr, "slabscope: %s\n", failure.text);
	return status;
}
