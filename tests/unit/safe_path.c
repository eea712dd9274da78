// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Files are never written through what another user has put in their place: as root, in directories
 * of user 12345. Links of this user, and of root, are followed.
 */
#include "system/safe_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "system/logfile.h"
#include "trace/trace_writer.h"

#define OTHER 12345

static char directory[] = "/tmp/slabscope-path-XXXXXX";
static struct failure why;

static int start(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	why.text[0] = 0;
	return mkdtemp(directory) ? chdir(directory) : -1;
}

static int stop(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return chdir("/") ? -1 : system(command);
}

static void put(const char *path, const char *text)
{
	FILE *to = fopen(path, "w");

	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

static void holds(const char *path, const char *text)
{
	char found[256] = "";
	FILE *from = fopen(path, "r");

	assert_non_null(from);
	if (!fgets(found, sizeof(found), from))
		found[0] = 0;
	fclose(from);
	assert_string_equal(found, text);
}

/* Makes a link that belongs to a user. */
static void put_link(const char *target, const char *path, uid_t owner)
{
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(lchown(path, owner, (gid_t)-1), 0);
}

static int replace(const char *path, const char *text)
{
	struct safe_path place;
	int err;

	why.text[0] = 0;
	err = safe_path_find(&place, path, true, &why);
	if (err)
		return err;
	err = safe_path_replace(&place, text, path, &why);
	safe_path_leave(&place);
	return err;
}

static int append(const char *path)
{
	struct safe_path place;
	int fd;

	why.text[0] = 0;
	fd = safe_path_find(&place, path, false, &why);
	if (fd < 0)
		return fd;
	fd = safe_path_append(&place, 0644, path, &why);
	safe_path_leave(&place);
	if (fd < 0)
		return fd;
	assert_int_equal(write(fd, "+", 1), 1);
	return close(fd);
}

static void refused(int err, const char *reason)
{
	assert_true(err < 0);
	if (!strstr(why.text, reason))
		fail_msg("'%s' is not in '%s'", reason, why.text);
}

static void need_root(void)
{
	if (geteuid())
		skip();
}

static void it_makes_directories_and_follows_own_links(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(replace("a/b//./config", "one"), 0);
	holds("a/b/config", "one");
	assert_int_equal(stat("a/b", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(mkdir("dotfiles", 0700), 0);
	put("dotfiles/config", "old");
	assert_int_equal(chmod("dotfiles/config", 0640), 0);
	put_link("../dotfiles/config", "a/linked", geteuid());
	put_link("a", "through", geteuid());
	assert_int_equal(replace("through/linked", "two"), 0);
	assert_int_equal(lstat("a/linked", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	holds("dotfiles/config", "two");
	assert_int_equal(stat("dotfiles/config", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	put_link("new", "dangling", geteuid());
	assert_int_equal(replace("dangling", "three"), 0);
	holds("new", "three");
	put_link("loop", "loop", geteuid());
	refused(replace("loop", "x"), "symbolic links");
}

static void only_regular_files_are_replaced(void **state)
{
	struct stat st;

	(void)state;
	put_link("/dev/null", "config", geteuid());
	refused(replace("config", "x"), "no regular file");
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(mkfifo("pipe", 0600), 0);
	refused(replace("pipe", "x"), "no regular file");
	refused(append("pipe"), "no process reads it");
	assert_int_equal(mkdir("folder", 0700), 0);
	refused(replace("folder", "x"), "no regular file");
}

static void a_name_too_long_is_no_other_name(void **state)
{
	char name[NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	refused(append(name), "too long");
	name[NAME_MAX] = 0;
	assert_int_equal(append(name), 0);
}

static void links_of_others_are_not_followed(void **state)
{
	(void)state;
	need_root();
	put("secret", "mine");
	put_link("secret", "log", OTHER);
	put_link(".", "folder", OTHER);
	refused(append("log"), "symbolic link of another user (12345)");
	refused(append("folder/log2"), "symbolic link of another user");
	refused(replace("log", "x"), "symbolic link of another user");
	refused(replace("folder/made/x", "x"), "symbolic link of another user");
	holds("secret", "mine");
	assert_int_equal(access("made", F_OK), -1);
}

static void nothing_is_replaced_in_anothers_directory(void **state)
{
	char next[64];

	(void)state;
	need_root();
	assert_int_equal(mkdir("home", 0755), 0);
	put("home/config", "theirs");
	put("secret", "mine");
	snprintf(next, sizeof(next), "home/config.%d", (int)getpid());
	put_link("../secret", next, OTHER);
	put_link("../secret", "home/config.next", OTHER);
	assert_int_equal(chown("home", OTHER, (gid_t)-1), 0);
	refused(replace("home/config", "x"), "belongs to another user (12345)");
	refused(replace("home/.config/config", "x"), "belongs to another user (12345)");
	holds("home/config", "theirs");
	holds("secret", "mine");
}

static void a_stale_file_is_not_written_through(void **state)
{
	char next[64];

	(void)state;
	put("secret", "mine");
	snprintf(next, sizeof(next), "config.%d", (int)getpid());
	put_link("secret", next, geteuid());
	assert_int_equal(replace("config", "new"), 0);
	holds("config", "new");
	holds("secret", "mine");
}

static void files_of_others_get_no_log(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(chmod(directory, 01777), 0);
	put("log", "");
	assert_int_equal(append("log"), 0); /* it is root's */
	assert_int_equal(chown("log", OTHER, (gid_t)-1), 0);
	refused(append("log"), "not this user's alone");
	put("secret", "mine");
	assert_int_equal(link("secret", "log2"), 0);
	refused(append("log2"), "not this user's alone");
	holds("secret", "mine");
	assert_int_equal(chmod(directory, 0755), 0); /* only root puts files here */
	assert_int_equal(append("log"), 0);
}

static void a_new_log_file_is_no_link(void **state)
{
	struct logfile l;

	(void)state;
	need_root();
	put("secret", "mine");
	put("victim", "mine too");
	assert_int_equal(logfile_open(&l, "log", 4, &why), 0);
	assert_int_equal(logfile_write(&l, "line", 4, &why), 0);
	put_link("victim", "log.1", OTHER); /* the log replaces it */
	assert_int_equal(logfile_write(&l, "more", 4, &why), 0);
	holds("log.1", "line");
	holds("victim", "mine too");
	assert_int_equal(unlink("log"), 0);
	put_link("secret", "log", OTHER); /* in its place */
	assert_int_equal(logfile_write(&l, "next", 4, &why), 0);
	logfile_close(&l);
	refused(logfile_open(&l, "log.1", 4, &why), "symbolic link of another user");
	holds("log", "next");
	holds("secret", "mine");
	logfile_close(&l);
}

static void the_kernel_follows_its_own_links(void **state)
{
	char path[64], got[2] = "";
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	assert_int_equal(append(path), 0);
	assert_int_equal(read(ends[0], got, 1), 1);
	assert_string_equal(got, "+");
	assert_int_equal(append("/proc/self/cwd/log"), 0);
	holds("log", "+");
	close(ends[0]);
	close(ends[1]);
}

static void recordings_belong_to_their_owner(void **state)
{
	struct trace_writer *w;
	struct stat st;

	(void)state;
	umask(0);
	assert_int_equal(trace_writer_open(&w, "kernel", true, &why), 0);
	assert_int_equal(trace_writer_close(w, &why), 0);
	assert_int_equal(stat("kernel", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat("kernel/metadata", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	need_root();
	assert_int_equal(mkdir("theirs", 0755), 0);
	assert_int_equal(chown("theirs", OTHER, (gid_t)-1), 0);
	refused(trace_writer_open(&w, "theirs", false, &why), "belongs to another user");
	why.text[0] = 0;
	put_link("elsewhere", "link", OTHER);
	refused(trace_writer_open(&w, "link", false, &why), "symbolic link of another user");
	assert_int_equal(access("elsewhere", F_OK), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(it_makes_directories_and_follows_own_links),
		TEST(only_regular_files_are_replaced),
		TEST(a_name_too_long_is_no_other_name),
		TEST(links_of_others_are_not_followed),
		TEST(nothing_is_replaced_in_anothers_directory),
		TEST(a_stale_file_is_not_written_through),
		TEST(files_of_others_get_no_log),
		TEST(a_new_log_file_is_no_link),
		TEST(the_kernel_follows_its_own_links),
		TEST(recordings_belong_to_their_owner),
	};

	return cmocka_run_group_tests_name("safe_path", tests, NULL, NULL);
}
