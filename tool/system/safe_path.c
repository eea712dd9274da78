// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* safe_path.c: walks a path with descriptors, without letting the kernel follow a link. */
#include "system/safe_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as in the kernel */

struct walk {
	struct safe_path *to;
	const char *path; /* for messages */
	char rest[PATH_MAX];
	int links;
	bool make;
	struct failure *f;
};

/* In a user namespace without root's number, the owner of / stands for root. */
static bool is_trusted(uid_t owner)
{
	struct stat root;

	return owner == geteuid() || !owner || (!stat("/", &root) && owner == root.st_uid);
}

static int fail_walk(const struct walk *w, int err)
{
	return fail(w->f, err, "%s: cannot be written: %s", w->path, strerror(err));
}

/* Goes to another directory. */
static int enter(struct walk *w, const char *name)
{
	int fd = openat(w->to->dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	if (w->to->dir >= 0)
		close(w->to->dir);
	w->to->dir = fd;
	return 0;
}

/*
 * Cuts the first component off the rest. It is "." where the rest is only slashes or empty. Returns
 * 0 or -errno.
 */
static int cut(struct walk *w, char *name)
{
	char *from = w->rest + strspn(w->rest, "/");
	size_t length = strcspn(from, "/");

	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	snprintf(name, NAME_MAX + 1, "%.*s", length ? (int)length : 1, length ? from : ".");
	from += length;
	from += strspn(from, "/");
	memmove(w->rest, from, strlen(from) + 1);
	return 0;
}

/* Puts a path before the rest, and goes to / if it begins there. */
static int put_before(struct walk *w, const char *path)
{
	char rest[PATH_MAX];

	if (snprintf(rest, sizeof(rest), "%s%s%s", path, w->rest[0] ? "/" : "", w->rest) >=
	    (int)sizeof(rest))
		return -ENAMETOOLONG;
	memcpy(w->rest, rest, sizeof(rest));
	return path[0] == '/' ? enter(w, "/") : 0;
}

/* Follows the link, open as fd, to which name refers. Returns 0 or -errno. */
static int follow(struct walk *w, int fd, const char *name, uid_t owner)
{
	char target[PATH_MAX];
	struct statfs fs;
	ssize_t length;
	int next;

	if (!is_trusted(owner))
		return fail(w->f, EPERM,
			    "%s: cannot be written: '%s' in it is a symbolic link of another user "
			    "(%u)",
			    w->path, name, (unsigned)owner);
	if (++w->links > LINKS_MAX)
		return -ELOOP;
	if (!fstatfs(fd, &fs) && fs.f_type == PROC_SUPER_MAGIC) {
		if (!w->rest[0]) {
			w->to->by_kernel = true;
			return 0;
		}
		next = openat(w->to->dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (next < 0)
			return -errno;
		close(w->to->dir);
		w->to->dir = next;
		return 0;
	}
	length = readlinkat(fd, "", target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = 0;
	return put_before(w, target);
}

/* Makes a directory that is missing, in one of this user. Returns 0 or -errno. */
static int make_directory(struct walk *w, const char *name)
{
	struct stat st;

	if (fstat(w->to->dir, &st))
		return -errno;
	if (!is_trusted(st.st_uid))
		return fail(
			w->f, EPERM,
			"%s: cannot be written: '%s' is missing, in a directory that belongs to "
			"another user (%u)",
			w->path, name, (unsigned)st.st_uid);
	return mkdirat(w->to->dir, name, 0700) && errno != EEXIST ? -errno : 0;
}

/* Takes one component. Returns 1 where it is the last one, 0, or -errno. */
static int step(struct walk *w)
{
	char name[NAME_MAX + 1];
	struct stat st;
	int fd, err = cut(w, name);

	if (err)
		return err;
	fd = openat(w->to->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return -errno;
	if (fd >= 0 && fstat(fd, &st))
		err = -errno;
	else if (fd >= 0 && S_ISLNK(st.st_mode))
		err = follow(w, fd, name, st.st_uid);
	else if (w->rest[0] && fd < 0)
		err = w->make ? make_directory(w, name) : -ENOENT;
	if (fd >= 0)
		close(fd);
	if (err || (fd >= 0 && S_ISLNK(st.st_mode) && !w->to->by_kernel))
		return err;
	strcpy(w->to->name, name);
	return w->rest[0] ? enter(w, name) : 1;
}

static int judge(struct walk *w)
{
	struct stat st;

	if (fstat(w->to->dir, &st))
		return -errno;
	w->to->owner = st.st_uid;
	w->to->foreign = !is_trusted(st.st_uid);
	w->to->exposed = w->to->foreign || st.st_mode & (S_IWGRP | S_IWOTH);
	return 0;
}

int safe_path_find(struct safe_path *to, const char *path, bool make, struct failure *f)
{
	struct walk w = {.to = to, .path = path, .make = make, .f = f};
	int done = 0;

	*to = (struct safe_path){.dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)};
	if (to->dir < 0 && path[0] != '/')
		return fail_walk(&w, errno);
	if (!path[0])
		done = -ENOENT;
	if (!done)
		done = put_before(&w, path);
	while (!done)
		done = step(&w);
	if (done > 0)
		done = judge(&w);
	if (done < 0) {
		safe_path_leave(to);
		return fail_walk(&w, -done);
	}
	return 0;
}

void safe_path_leave(struct safe_path *p)
{
	if (p->dir >= 0)
		close(p->dir);
	p->dir = -1;
}

/* Returns whether another user may have put the file there, or given it a second name. */
static bool is_foreign(const struct safe_path *p, const struct stat *st)
{
	return p->exposed && !p->by_kernel && (st->st_uid != geteuid() || st->st_nlink > 1);
}

int safe_path_append(const struct safe_path *p, mode_t mode, const char *path, struct failure *f)
{
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, fd;
	struct stat st;

	fd = openat(p->dir, p->name, flags | (p->by_kernel ? 0 : O_NOFOLLOW), mode);
	if (fd < 0)
		return fail(f, errno, "cannot open %s: %s", path,
			    errno == ENXIO && !p->by_kernel
				    ? "no process reads it; start its reader first"
				    : strerror(errno));
	if (fstat(fd, &st) || is_foreign(p, &st)) {
		close(fd);
		return fail(f, EPERM,
			    "cannot write %s: other users write to its directory, and the file is "
			    "not this user's alone; use another directory",
			    path);
	}
	fcntl(fd, F_SETFL, O_APPEND); /* a write may wait */
	return fd;
}

/* Writes a new file of this name. Returns 0 or -errno. */
static int write_new(const struct safe_path *p, const char *name, const char *text, mode_t mode)
{
	size_t length = strlen(text), done = 0;
	int fd, err = 0;

	unlinkat(p->dir, name, 0); /* of a process of this number that was killed */
	fd = openat(p->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	while (!err && done < length) {
		ssize_t nr = write(fd, text + done, length - done);

		if (nr > 0)
			done += (size_t)nr;
		else if (!nr || errno != EINTR)
			err = nr ? -errno : -ENOSPC;
	}
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int safe_path_replace(const struct safe_path *p, const char *text, const char *path,
		      struct failure *f)
{
	char next[sizeof(p->name) + 16];
	struct stat st;
	bool there = !fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW);
	int err;

	if (p->foreign)
		return fail(f, EPERM,
			    "%s: not written, because its directory belongs to another user (%u)",
			    path, (unsigned)p->owner);
	if (there && !S_ISREG(st.st_mode))
		return fail(f, EINVAL, "%s: not written, because it is no regular file", path);
	snprintf(next, sizeof(next), "%s.%d", p->name, (int)getpid());
	err = write_new(p, next, text, there ? st.st_mode & 0777 : 0644);
	if (!err && renameat(p->dir, next, p->dir, p->name))
		err = -errno;
	if (!err)
		return 0;
	unlinkat(p->dir, next, 0);
	return fail(f, -err, "%s: cannot be written: %s", path, strerror(-err));
}
