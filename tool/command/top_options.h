/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* top_options.h: the options of top and demo. */
#ifndef SLABSCOPE_TOP_OPTIONS_H
#define SLABSCOPE_TOP_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "model/choice.h"
#include "screen/screen.h"

struct command;

enum output_form { OUTPUT_SCREEN, OUTPUT_BATCH, OUTPUT_JSON, OUTPUT_CSV };

struct top_options {
	enum output_form form;
	bool form_given;
	bool interval_given;
	bool invert;		     /* the order */
	const char *filter;	     /* NULL: not given */
	int sort;		     /* enum column, or -1: not given */
	const struct screen *screen; /* NULL: not given */
	bool once;		     /* print the page of slabtop, and end */
	bool human;		     /* with sizes that have a unit */
	const char *log;	     /* file that receives JSON; NULL: none */
	uint64_t log_size;	     /* most bytes of that file; 0: not given */
	unsigned long rounds;	     /* 0: no limit */
	double interval_s;
	struct choice choice; /* with the cgroup open while the command runs */
	double max_overhead;  /* percent of a CPU; 0: any */
	bool full;	      /* count also what nothing shows */
	bool callers;	      /* in text and JSON; the screen has them anyway */
	const char *cgroup;   /* as given; NULL: any */
	int reference_pid;    /* show only this process of the reference; 0: as chosen */
	const char *btf;      /* file with the kernel's types; NULL: those of the kernel itself */
	const char *from;     /* recording to play; NULL: live */
	double speed;	      /* multiple of the recorded speed; 0: not given */
};

/* Groups that fill a struct top_options: those of top and demo, and those of top alone. */
extern const struct argp top_options_shared;
extern const struct argp top_options_own;

/*
 * Parses the options of a command, opens what they name, and runs the command. Returns an exit
 * status; f explains one that is not 0.
 */
int top_options_run(const struct command *command,
		    int (*run)(const struct top_options *o, struct failure *f), int argc,
		    char **argv, struct failure *f);

#endif
