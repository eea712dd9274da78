// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* compare_command.c: opens the recording, compares, and shows what came of it. */
#include "command/compare_command.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare_json.h"
#include "compare/compare_report.h"
#include "command/compare_tui.h"
#include "system/machine.h"

static bool is_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

static int print(const struct compare_options *o, const struct compare *c, struct failure *f)
{
	json_t *object;
	int err = 0;

	if (!o->json) {
		compare_report_print(stdout, c, is_utf8());
	} else {
		object = compare_json(c);
		if (!object)
			return fail(f, ENOMEM, "no memory for the report");
		err = json_dumpf(object, stdout, JSON_COMPACT);
		json_decref(object);
		putchar('\n');
	}
	if (err || fflush(stdout) || ferror(stdout))
		return fail(f, EIO, "cannot write the report: %s", strerror(errno));
	return 0;
}

static int compare_recording(const char *dir, const struct compare_options *o, struct failure *f)
{
	struct compare_settings settings = o->settings;
	struct trace_reader *reader;
	struct machine machine;
	struct compare c;
	int status, err = trace_reader_open(&reader, dir, f);

	if (err)
		return EXIT_FAILURE;
	machine_read(&machine);
	settings.cpu = machine.cpu;
	err = compare_run(reader, &settings, &c, f);
	trace_reader_close(reader);
	if (err)
		return EXIT_FAILURE;
	if (o->tui)
		status = compare_tui(&c, is_utf8(), f);
	else
		status = print(o, &c, f) ? EXIT_FAILURE : EXIT_SUCCESS;
	compare_free(&c);
	return status;
}

int compare_command(const struct compare_options *o, struct failure *f)
{
	struct compare_live_recording recording;
	int status;

	if (!o->live)
		return compare_recording(o->made.dir, o, f);
	if (compare_live_record(&o->made, &recording, f))
		return EXIT_FAILURE;
	status = compare_recording(recording.dir, o, f);
	compare_live_end(&recording);
	return status;
}
