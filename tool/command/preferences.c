// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* preferences.c: applies the settings of the file, then the command line. */
#include "command/preferences.h"

#include <stdio.h>
#include <stdlib.h>

#include "command/settings.h"
#include "screen/screen.h"

void preferences_apply(struct ui *ui, const struct top_options *o)
{
	if (o->interval_given)
		ui->interval_s = o->interval_s;
	if (o->sort >= 0) {
		ui->sort = (enum column)o->sort;
		ui->invert = false;
	}
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
