// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A plugin (tests/plugin) comes and goes, while threads that ran its code continue: one on
 * libslab.so, and one that contains libslab.a. The program contains its own libslab, which this
 * must not affect.
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../plugin/plugin.h"
#include "alloc_help.h"

#define THREADS 4
#define LOADS	40
#define ROUNDS	50

struct plugin {
	void *handle;
	int (*open)(void);
	unsigned long (*work)(unsigned long);
	void (*close)(void);
};

static pthread_barrier_t barrier;
static struct plugin plugin;
static bool over;

/* The plugin is in the folder of this program. */
static const char *plugin_path(const char *name)
{
	static char path[PATH_MAX + 32];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);

	assert_true(length > 0);
	path[length] = 0;
	strcpy(strrchr(path, '/') + 1, name);
	return path;
}

static void load(const char *name)
{
	plugin.handle = dlopen(plugin_path(name), RTLD_NOW | RTLD_LOCAL);
	if (!plugin.handle)
		fail_msg("%s", dlerror());
	plugin.open = (int (*)(void))dlsym(plugin.handle, "plugin_open");
	plugin.work = (unsigned long (*)(unsigned long))dlsym(plugin.handle, "plugin_work");
	plugin.close = (void (*)(void))dlsym(plugin.handle, "plugin_close");
	assert_true(plugin.open && plugin.work && plugin.close);
	assert_int_equal(plugin.open(), 0);
}

static bool mapped(const char *name)
{
	FILE *f = fopen("/proc/self/maps", "re");
	bool found = false;
	char line[8192];

	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, name);
	fclose(f);
	return found;
}

static void *work(void *unused)
{
	for (;;) {
		pthread_barrier_wait(&barrier); /* it is loaded */
		if (over)
			return unused;
		if (plugin.work(ROUNDS) != ROUNDS)
			abort();
		pthread_barrier_wait(&barrier); /* it may go */
	}
}

/* stays: the part of the process that must remain mapped after the plugin is closed. */
static void comes_and_goes(const char *name, const char *stays)
{
	struct kmem_cache *cachep = kmem_cache_create("the program's own", 96, 0, 0, NULL);
	pthread_t thread[THREADS];
	void *objp[300];

	over = false;
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, work, NULL), 0);
	for (unsigned i = 0; i < LOADS; i++) {
		load(name);
		pthread_barrier_wait(&barrier);
		for (unsigned j = 0; j < 300; j++)
			objp[j] = kmem_cache_alloc(cachep, 0);
		for (unsigned j = 0; j < 300; j++)
			kmem_cache_free(cachep, objp[j]);
		pthread_barrier_wait(&barrier);
		plugin.close();
		assert_int_equal(dlclose(plugin.handle), 0);
		assert_int_equal(mapped(name), !strcmp(name, stays));
		assert_true(mapped(stays));
	}
	over = true;
	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

static void on_the_library(void **state)
{
	(void)state;
	comes_and_goes("plugin.so", "libslab.so");
}

static void with_its_own_libslab(void **state)
{
	(void)state;
	comes_and_goes("plugin_alone.so", "plugin_alone.so");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_the_library),
		cmocka_unit_test(with_its_own_libslab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
