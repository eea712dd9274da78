// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* preferences.c: applies the settings of the file, then the command line. */
#include "command/preferences.h"

#include <stdio.h>
#include <stdlib.h>

#include "command/settings.h"
#include "screen/screen.h"

/* Writes the options that limit what is counted. */
static void scope_text(const struct top_options *o, char *to, size_t size)
{
	size_t used = 0;

	to[0] = 0;
	if (o->choice.pid)
		used += (size_t)snprintf(to, size, "-p %d", o->choice.pid);
	if (o->cgroup && used < size)
		used += (size_t)snprintf(to + used, size - used, "%s--cgroup %s", used ? " " : "",
					 o->cgroup);
	for (size_t i = 0; i < o->choice.nr_globs && used < size; i++)
		used += (size_t)snprintf(to + used, size - used, "%s%s",
					 i	? ","
					 : used ? " -c "
						: "-c ",
					 o->choice.glob[i]);
}

void preferences_apply(struct ui *ui, const struct top_options *o)
{
	if (o->interval_given)
		ui->interval_s = o->interval_s;
	if (o->sort >= 0) {
		ui->sort = (enum column)o->sort;
		ui->invert = false;
	}
	if (o->invert)
		ui->invert = true;
	if (o->filter)
		snprintf(ui->filter, sizeof(ui->filter), "%s", o->filter);
	scope_text(o, ui->scope, sizeof(ui->scope));
	if (o->screen)
		ui->screen = o->screen;
}

char *preferences_load(struct ui *ui, const struct top_options *o)
{
	struct failure why = {""};
	char path[512], *mistakes = NULL;
	size_t size = 0;
	FILE *all = open_memstream(&mistakes, &size);

	if (!settings_path(path, sizeof(path)))
		settings_read(path, ui, all, &why);
	if (all)
		fclose(all);
	preferences_apply(ui, o);
	snprintf(ui->message, sizeof(ui->message), "%s", why.text);
	if (size)
		return mistakes;
	free(mistakes);
	return NULL;
}

void preferences_save(struct ui *ui)
{
	struct failure why = {""};
	char path[512];

	ui->save = false;
	if (settings_path(path, sizeof(path)))
		snprintf(ui->message, sizeof(ui->message),
			 "cannot save the settings: HOME names no directory; set HOME");
	else if (settings_write(path, ui, &why))
		snprintf(ui->message, sizeof(ui->message), "%s", why.text);
	else
		snprintf(ui->message, sizeof(ui->message), "settings are in %s", path);
}
