// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* choice.c: lists of globs, and cgroups by their paths in the hierarchy of cgroup v2. */
#include "model/choice.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/glob.h"
#include "system/process_stat.h"

void choice_init(struct choice *c)
{
	memset(c, 0, sizeof(*c));
	c->cgroup = -1;
}

void choice_free(struct choice *c)
{
	for (size_t i = 0; i < c->nr_globs; i++)
		free(c->glob[i]);
	free(c->glob);
	if (c->cgroup >= 0)
		close(c->cgroup);
	choice_init(c);
}

/* ---- caches --------------------------------------------------------------------------- */

static int add_glob(struct choice *c, const char *text, size_t length, struct failure *f)
{
	char **more = reallocarray(c->glob, c->nr_globs + 2, sizeof(*more)), *glob;

	if (!more)
		return fail(f, ENOMEM, "no memory for the names of caches");
	c->glob = more;
	c->glob[c->nr_globs] = glob = strndup(text, length);
	if (!glob)
		return fail(f, ENOMEM, "no memory for the names of caches");
	c->glob[++c->nr_globs] = NULL;
	return 0;
}

int choice_add_globs(struct choice *c, const char *list, struct failure *f)
{
	for (const char *at = list;;) {
		size_t length = glob_length(at);
		int err;

		if (!length)
			return fail(f, EINVAL,
				    "-c %s: a name of a cache is empty; give names or globs such "
				    "as 'kmalloc-*', with commas between them",
				    list);
		err = add_glob(c, at, length, f);
		if (err || !at[length])
			return err;
		at += length + 1;
	}
}

bool choice_has_cache(const struct choice *c, const char *name)
{
	return glob_chooses((const char *const *)c->glob, name);
}

bool choice_has_alias(const struct choice *c, const char *aliases)
{
	char name[64];

	while (aliases && *aliases) {
		size_t length = strcspn(aliases, "\n");

		snprintf(name, sizeof(name), "%.*s", (int)length, aliases);
		if (choice_has_cache(c, name))
			return true;
		aliases += length + (aliases[length] == '\n');
	}
	return false;
}

/* ---- cgroups -------------------------------------------------------------------------- */

bool choice_path_below(const char *path, const char *above)
{
	size_t length = strlen(above);

	while (length && above[length - 1] == '/')
		length--;
	return !strncmp(path, above, length) && (!path[length] || path[length] == '/');
}

/* Finds where cgroup v2 is mounted; "" where it is not. to has PATH_MAX bytes. */
static void find_mount(char *to)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	to[0] = 0;
	while (mounts && !to[0] && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2"))
			snprintf(to, PATH_MAX, "%s", m->mnt_dir);
	if (mounts)
		endmntent(mounts);
}

/* Opens the directory if it is a cgroup. Returns its descriptor or a negative errno. */
static int open_cgroup(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC) {
		close(fd);
		return -EMEDIUMTYPE;
	}
	return fd;
}

int choice_set_cgroup(struct choice *c, const char *path, struct failure *f)
{
	char mount[PATH_MAX], within[2 * PATH_MAX], real[PATH_MAX];
	int fd = open_cgroup(path);

	find_mount(mount);
	snprintf(within, sizeof(within), "%s", path);
	if (fd < 0 && mount[0]) {
		snprintf(within, sizeof(within), "%s/%s", mount, path);
		fd = open_cgroup(within);
	}
	if (fd < 0)
		return fail(f, -fd, "--cgroup %s: %s; %s%s", path,
			    fd == -ENOENT || fd == -EMEDIUMTYPE ? "there is no such cgroup"
								: strerror(-fd),
			    mount[0] ? "give one of cgroup v2, which is mounted at "
				     : "cgroup v2 is not mounted",
			    mount);
	if (c->cgroup >= 0)
		close(c->cgroup);
	c->cgroup = fd;
	/* It is mounted outside our view: /proc then shows no process in it. */
	if (!realpath(within, real) || !choice_path_below(real, mount))
		snprintf(c->cgroup_path, sizeof(c->cgroup_path), "%s", path);
	else
		snprintf(c->cgroup_path, sizeof(c->cgroup_path), "%s", real + strlen(mount));
	if (!c->cgroup_path[0])
		strcpy(c->cgroup_path, "/");
	return 0;
}

bool choice_has_process(const struct choice *c, int pid)
{
	bool below = false;
	char *text, *line, *rest;

	if (c->cgroup < 0)
		return true;
	if (process_read_file(pid, "cgroup", 1 << 16, &text) < 0)
		return false;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!strncmp(line, "0::", 3))
			below = choice_path_below(line + 3, c->cgroup_path);
	free(text);
	return below;
}
