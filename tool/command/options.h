/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* options.h: what the command line asks for. */
#ifndef SLABSCOPE_OPTIONS_H
#define SLABSCOPE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/choice.h"
#include "base/failure.h"

enum output_form { OUTPUT_SCREEN, OUTPUT_BATCH, OUTPUT_JSON, OUTPUT_CSV };

/* Of top and demo. */
struct options {
	enum output_form form;
	bool form_given;
	bool interval_given;
	int sort;		     /* enum column, or -1: not given */
	const struct screen *screen; /* NULL: not given */
	bool once;		     /* print what slabtop prints, and end */
	const char *log;	     /* file that gets rounds of JSON; NULL: none */
	uint64_t log_size;	     /* bytes that it may have; 0: not given */
	unsigned long rounds;	     /* 0: until something ends it */
	double interval_s;
	struct choice choice; /* freed with options_free() */
	double max_overhead;  /* percent of a CPU; 0: any */
	bool callers;	      /* in text and JSON; the screen has them anyway */
	const char *cgroup;   /* of the choice, before options_open(); NULL: any */
	int reference_pid;    /* of the reference only this process; 0: as chosen */
	const char *btf;      /* a file with the kernel's types; NULL: its own */
	const char *from;     /* a recording to be played; NULL: what happens now */
	double speed;	      /* times that of the recording; 0: not given */
};

/* Of doctor. */
struct doctor_options {
	bool json;
	const char *btf;
};

/*
 * Each parses argv[1...] of a command; --help, --usage and --version are answered and end the
 * process with 0. Returns 0, or -EINVAL with the failure filled: a usage error.
 */
int options_parse_top(struct options *o, const char *command, int argc, char **argv,
		      struct failure *f);
int options_parse_doctor(struct doctor_options *o, int argc, char **argv, struct failure *f);

/* Opens what the options name. 0, or a negative errno with the failure filled. */
int options_open(struct options *o, struct failure *f);
void options_free(struct options *o);

/* Parses what stands before a command; returns as the others do. */
int options_parse_main(int argc, char **argv, struct failure *f);

#endif
