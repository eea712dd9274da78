// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* settings.c: reads and writes the settings. */
#include "command/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/top_options.h"
#include "screen/screens.h"

int settings_path(char *to, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && config[0] == '/')
		snprintf(to, size, "%s/slabscope/config", config);
	else if (home && home[0] == '/')
		snprintf(to, size, "%s/.config/slabscope/config", home);
	else
		return -ENOENT;
	return 0;
}

/* ---- reading --------------------------------------------------------------------------- */

/* Each applies a value. Returns NULL, or a description of the valid values. */
static const char *take_screen(struct ui *ui, char *value)
{
	const struct screen *screen = screens_find(value);

	if (!screen)
		return "a screen: caches, cpus, ...";
	ui->screen = screen;
	return NULL;
}

static const char *take_sort(struct ui *ui, char *value)
{
	int column = columns_find(value);

	if (column < 0 || !columns[column].sorts)
		return "the title of a column that sorts";
	ui->sort = column;
	return NULL;
}

static const char *take_hidden(struct ui *ui, char *value)
{
	uint32_t hidden = 0;
	char *word, *rest = value;

	while ((word = strsep(&rest, " \t"))) {
		int column = word[0] ? columns_find(word) : -1;

		if (!word[0])
			continue;
		if (column <= COLUMN_CACHE)
			return "titles of columns, but CACHE";
		hidden |= COLUMN_BIT(column);
	}
	ui->hidden = hidden;
	return NULL;
}

static const char *take_interval(struct ui *ui, char *value)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end || !(v >= INTERVAL_MIN_S && v <= INTERVAL_MAX_S))
		return "seconds, 0.1 to 3600";
	ui->interval_s = v;
	return NULL;
}

static const char *take_bool(bool *to, const char *value)
{
	if (strcasecmp(value, "yes") && strcasecmp(value, "no"))
		return "yes or no";
	*to = !strcasecmp(value, "yes");
	return NULL;
}

static const char *take_invert(struct ui *ui, char *value)
{
	return take_bool(&ui->invert, value);
}

static const char *take_colours(struct ui *ui, char *value)
{
	bool colours = !ui->no_colour;
	const char *wanted = take_bool(&colours, value);

	ui->no_colour = !colours;
	return wanted;
}

static const struct {
	const char *key;
	const char *(*take)(struct ui *ui, char *value);
} keys[] = {
	{"screen", take_screen},     {"sort", take_sort},	{"invert", take_invert},
	{"interval", take_interval}, {"colours", take_colours}, {"hide", take_hidden},
};

static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = 0;
	return text;
}

static void take_line(const char *path, unsigned number, char *line, struct ui *ui,
		      struct failure *f)
{
	char *key = trim(line), *value = strchr(key, '=');
	const char *wanted;

	if (!key[0] || key[0] == '#')
		return;
	if (!value) {
		fail(f, EINVAL, "%s: line %u: '%.40s' is not 'key = value'; the line is ignored",
		     path, number, key);
		return;
	}
	*value++ = 0;
	key = trim(key);
	value = trim(value);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(keys[i].key, key))
			continue;
		wanted = keys[i].take(ui, value);
		if (wanted)
			fail(f, EINVAL, "%s: line %u: %s must be %s; the line is ignored", path,
			     number, key, wanted);
		return;
	}
	fail(f, EINVAL, "%s: line %u: there is no setting '%.40s'; the line is ignored", path,
	     number, key);
}

int settings_read(const char *path, struct ui *ui, struct failure *f)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	int err = 0;

	if (!file)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : fail(f, errno, "%s: cannot be read: %s", path, strerror(errno));
	while (getline(&line, &size, file) >= 0)
		take_line(path, ++number, line, ui, f);
	if (ferror(file))
		err = fail(f, errno, "%s: cannot be read: %s", path, strerror(errno));
	free(line);
	fclose(file);
	return err;
}

/* ---- writing --------------------------------------------------------------------------- */

static int write_all(FILE *to, const struct ui *ui)
{
	const struct screen *screen = screens_listed(ui->screen, false) ? ui->screen : ui->back;

	fprintf(to, "# Settings of slabscope. It reads them at start; 'w' overwrites them.\n");
	fprintf(to, "screen = %s\n", screen->name);
	fprintf(to, "sort = %s\n", columns[ui->sort].title);
	fprintf(to, "invert = %s\n", ui->invert ? "yes" : "no");
	fprintf(to, "interval = %g\n", ui->interval_s);
	fprintf(to, "colours = %s\n", ui->no_colour ? "no" : "yes");
	fprintf(to, "hide =");
	for (int i = 0; i < COLUMNS; i++)
		if (ui->hidden & COLUMN_BIT(i))
			fprintf(to, " %s", columns[i].title);
	fprintf(to, "\n");
	return ferror(to) ? -EIO : 0;
}

/* Makes the directories of path. A failure shows when the file is opened. */
static void make_directories(const char *path)
{
	char part[512];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(part, 0700);
		*slash = '/';
	}
}

int settings_write(const char *path, const struct ui *ui, struct failure *f)
{
	char next[512];
	FILE *file;
	int err;

	make_directories(path);
	snprintf(next, sizeof(next), "%s.next", path);
	file = fopen(next, "we");
	if (!file)
		return fail(f, errno, "%s: cannot be written: %s", path, strerror(errno));
	err = write_all(file, ui);
	if (fclose(file) && !err)
		err = -errno;
	if (!err && rename(next, path))
		err = -errno;
	if (err) {
		unlink(next);
		return fail(f, -err, "%s: cannot be written: %s", path, strerror(-err));
	}
	return 0;
}
