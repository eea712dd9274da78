// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* replay_command.c: opens the recording, runs it, and prints what came of it. */
#include "command/replay_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay_json.h"
#include "replay/replay_report.h"
#include "replay/threads/replay_threads_json.h"
#include "replay/threads/replay_threads_report.h"

/* Takes the object over. */
static int print_json(json_t *object, struct failure *f)
{
	int err = object ? json_dumpf(object, stdout, JSON_COMPACT) : -1;

	json_decref(object);
	if (!object)
		return fail(f, ENOMEM, "no memory for the report");
	putchar('\n');
	return err ? fail(f, EIO, "cannot write the report") : 0;
}

static int replay_once(struct trace_reader *reader, const struct replay_options *o,
		       struct failure *f)
{
	struct replay r;
	int err = replay_run(reader, &o->settings, &r, f);

	if (err)
		return err;
	if (o->json)
		err = print_json(replay_json(&r, trace_reader_losses(reader)), f);
	else
		replay_report_print(stdout, &r, trace_reader_losses(reader));
	replay_free(&r);
	return err;
}

static int sweep(struct trace_reader *reader, const struct replay_options *o, struct failure *f)
{
	struct replay_sweep s;
	int err = replay_sweep_run(reader, o->sweep, &o->settings, &s, f);

	if (err)
		return err;
	if (o->json)
		err = print_json(replay_json_sweep(&s, trace_reader_losses(reader)), f);
	else
		replay_report_print_sweep(stdout, &s, trace_reader_losses(reader));
	replay_sweep_free(&s);
	return err;
}

static int on_threads(struct trace_reader *reader, const struct replay_options *o,
		      struct failure *f)
{
	struct replay_threads_settings s = {.replay = o->settings, .repeat = o->repeat};
	struct replay_threads t;
	int err = replay_threads_run(reader, &s, &t, f);

	if (err)
		return err;
	if (o->json)
		err = print_json(replay_threads_json(&t, trace_reader_losses(reader)), f);
	else
		replay_threads_report_print(stdout, &t, trace_reader_losses(reader));
	replay_threads_free(&t);
	return err;
}

int replay_command(const struct replay_options *o, struct failure *f)
{
	struct trace_reader *reader;
	int err = trace_reader_open(&reader, o->dir, f);

	if (err)
		return EXIT_FAILURE;
	err = o->threads ? on_threads(reader, o, f)
	      : o->sweep ? sweep(reader, o, f)
			 : replay_once(reader, o, f);
	trace_reader_close(reader);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = fail(f, EIO, "cannot write the report: %s", strerror(errno));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
