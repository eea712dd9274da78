// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* settings.c: reads and writes the settings. */
#include "command/settings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/top_options.h"
#include "screen/screens.h"
#include "system/safe_path.h"

#define FILE_MAX (64 << 10) /* bytes */

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
			return "titles of columns, separated by blanks, but not CACHE";
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

/* Applies a line. Returns 0, or -EINVAL and why. */
static int take_line(const char *path, unsigned number, char *line, struct ui *ui,
		     struct failure *f)
{
	char *key = trim(line), *value = strchr(key, '=');
	const char *wanted;

	if (!key[0] || key[0] == '#')
		return 0;
	if (!value)
		return fail(f, EINVAL,
			    "%s: line %u: '%.40s' is not 'key = value'; the line is ignored", path,
			    number, key);
	*value++ = 0;
	key = trim(key);
	value = trim(value);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(keys[i].key, key))
			continue;
		wanted = keys[i].take(ui, value);
		return wanted ? fail(f, EINVAL, "%s: line %u: %s must be %s; the line is ignored",
				     path, number, key, wanted)
			      : 0;
	}
	return fail(f, EINVAL, "%s: line %u: there is no setting '%.40s'; the line is ignored",
		    path, number, key);
}

/* Opens the file, unless it is one that would block or not end. Returns NULL and sets errno. */
static FILE *open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	FILE *file;

	if (fd < 0)
		return NULL;
	errno = 0;
	if (!fstat(fd, &st) && !S_ISREG(st.st_mode))
		errno = EINVAL;
	else if (!errno && st.st_size > FILE_MAX)
		errno = EFBIG;
	file = errno ? NULL : fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}

int settings_read(const char *path, struct ui *ui, FILE *mistakes, struct failure *f)
{
	FILE *file = open_file(path);
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	int err = 0;

	if (!file)
		return errno == ENOENT || errno == ENOTDIR ? 0
		       : errno == EINVAL
			       ? fail(f, EINVAL, "%s: cannot be read: it is no regular file", path)
			       : fail(f, errno, "%s: cannot be read: %s", path, strerror(errno));
	while (getline(&line, &size, file) >= 0) {
		struct failure why = {""};

		if (take_line(path, ++number, line, ui, &why))
			fail(f, EINVAL, "%s", why.text);
		if (why.text[0] && mistakes)
			fprintf(mistakes, "%s\n", why.text);
	}
	if (ferror(file))
		err = fail(f, errno, "%s: cannot be read: %s", path, strerror(errno));
	free(line);
	fclose(file);
	return err;
}

/* ---- writing --------------------------------------------------------------------------- */

static void print_all(FILE *to, const struct ui *ui)
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
}

/* Returns the text of the file, to be freed; or NULL. */
static char *make_text(const struct ui *ui)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	print_all(to, ui);
	if (fclose(to)) {
		free(text);
		return NULL;
	}
	return text;
}

int settings_write(const char *path, const struct ui *ui, struct failure *f)
{
	char *text = make_text(ui);
	struct safe_path place;
	int err;

	if (!text)
		return fail(f, ENOMEM, "%s: no memory to write it", path);
	err = safe_path_find(&place, path, true, f);
	if (!err) {
		err = safe_path_replace(&place, text, path, f);
		safe_path_leave(&place);
	}
	free(text);
	return err;
}
