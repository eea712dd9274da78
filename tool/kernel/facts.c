// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* facts.c: asks the running kernel what it offers. */
#include "kernel/facts.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "kernel/facts_symbols.h"
#include "kernel/facts_trials.h"
#include "kernel/facts_types.h"
#include "system/cpu_list.h"
#include "system/line.h"
#include "system/process_stat.h"
#include "system/slabinfo.h"
#include "system/types.h"

#define TRACEFS_MAGIC 0x74726163

/*
 * Sets size to 1 + the highest number in a file with a list; without such a file to least. Returns
 * 0, or -errno and why: too small a number would leave out what the others do.
 */
static int list_size(const char *path, long least, uint32_t *size, struct failure *f)
{
	char text[4096];
	int err = line_read(path, text, sizeof(text));

	*size = err ? 0 : cpu_list_size(text);
	if (!*size)
		*size = least > 1 ? (uint32_t)least : 1;
	return err && err != ENOENT ? fail(f, err, "cannot read %s: %s", path, strerror(err)) : 0;
}

/* ---- the rest of the system ------------------------------------------------------------------ */

static int find_tracefs(void)
{
	static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	int err = ENOENT;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct statfs fs;

		if (statfs(places[i], &fs) || fs.f_type != TRACEFS_MAGIC)
			continue;
		if (!access(places[i], R_OK | X_OK))
			return 0;
		err = errno;
	}
	return err;
}

static void read_lockdown(struct facts *to)
{
	char text[128], *from, *end;

	if (line_read("/sys/kernel/security/lockdown", text, sizeof(text)))
		return;
	from = strchr(text, '[');
	end = from ? strchr(from, ']') : NULL;
	if (end)
		snprintf(to->lockdown, sizeof(to->lockdown), "%.*s", (int)(end - from - 1),
			 from + 1);
}

/* Without its capabilities slabscope would give wrong reasons for what is missing. */
static int read_status(struct facts *to, struct failure *f)
{
	char *text, *line;
	ssize_t length = process_read_file(getpid(), "status", 1 << 16, &text);

	if (length < 0)
		return fail(f, (int)-length, "cannot read /proc/self/status: %s",
			    strerror((int)-length));
	line = strstr(text, "\nCapEff:");
	if (line)
		to->capabilities = strtoull(line + strlen("\nCapEff:"), NULL, 16);
	free(text);
	return 0;
}

static int read_limit(struct facts *to, struct failure *f)
{
	static const char *const name[ATTACH_LIMITS] = {"any", "kprobe", "tracepoint", "none"};
	const char *text = getenv("SLABSCOPE_ATTACH");

	for (int i = 0; text && i < ATTACH_LIMITS; i++) {
		if (strcmp(text, name[i]))
			continue;
		to->limit = i;
		return 0;
	}
	return text ? fail(f, EINVAL,
			   "SLABSCOPE_ATTACH=%s: set it to any, kprobe, tracepoint or none, "
			   "or unset it",
			   text)
		    : 0;
}

/* Returns whether the configuration of the kernel has a line; false where it cannot be read. */
static bool configured(const struct facts *facts, const char *wanted)
{
	char path[128], line[256];
	bool found = false;
	gzFile file;

	snprintf(path, sizeof(path), "/boot/config-%s", facts->release);
	file = gzopen(access(path, R_OK) ? "/proc/config.gz" : path, "re");
	while (file && !found && gzgets(file, line, sizeof(line))) {
		line[strcspn(line, "\n")] = '\0';
		found = !strcmp(line, wanted);
	}
	if (file)
		gzclose(file);
	return found;
}

/* Returns for how many caches SLUB checks every object. Only root can see that. */
static size_t count_debugged(void)
{
	static const char *const files[] = {"sanity_checks", "red_zone", "poison", "store_user",
					    "trace"};
	DIR *slab = opendir("/sys/kernel/slab");
	char path[512], text[16];
	struct dirent *entry;
	size_t count = 0;

	while (slab && (entry = readdir(slab))) {
		bool debugged = false;

		/* Links lead to directories that are listed themselves. */
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !debugged; i++) {
			snprintf(path, sizeof(path), "/sys/kernel/slab/%s/%s", entry->d_name,
				 files[i]);
			debugged = !line_read(path, text, sizeof(text)) && text[0] == '1';
		}
		count += debugged;
	}
	if (slab)
		closedir(slab);
	return count;
}

static int read_system(struct facts *to, struct failure *f)
{
	struct slabinfo slabinfo;
	struct utsname name;
	char text[64];
	int err = list_size("/sys/devices/system/cpu/possible", sysconf(_SC_NPROCESSORS_CONF),
			    &to->cpus, f);

	if (!err)
		err = list_size("/sys/devices/system/node/possible", 1, &to->nodes, f);
	if (!err)
		err = read_status(to, f);
	if (err)
		return err;

	if (!uname(&name))
		snprintf(to->release, sizeof(to->release), "%s", name.release);
	to->preempt_rt = strstr(name.version, "PREEMPT_RT") != NULL;
	to->slub_tiny = configured(to, "CONFIG_SLUB_TINY=y");
	to->debugged_caches = count_debugged();
	to->slabinfo = -slabinfo_read("/proc/slabinfo", &slabinfo, NULL);
	to->slabinfo_caches = slabinfo.nr_rows;
	slabinfo_free(&slabinfo);
	to->tracefs = find_tracefs();
	to->unprivileged_bpf = -1;
	if (!line_read("/proc/sys/kernel/unprivileged_bpf_disabled", text, sizeof(text)))
		to->unprivileged_bpf = atoi(text);
	read_lockdown(to);
	to->root = !geteuid();
	return 0;
}

int facts_collect(struct facts *to, const char *types, struct failure *f)
{
	libbpf_print_fn_t print;
	struct btf *btf, *own;
	int err;

	memset(to, 0, sizeof(*to));
	err = read_limit(to, f);
	if (!err)
		err = read_system(to, f);
	if (err)
		return err;
	print = libbpf_set_print(NULL);
	facts_symbols_read(to);
	snprintf(to->types, sizeof(to->types), "%s", types);
	btf = btf__parse(types, NULL);
	to->btf = btf ? 0 : errno;
	if (btf)
		facts_types_read(to, btf);
	own = strcmp(types, TYPES_OF_KERNEL) ? btf__parse(TYPES_OF_KERNEL, NULL) : btf;
	to->kernel_btf = own ? 0 : errno;
	facts_trials(to, own);
	if (own != btf)
		btf__free(own);
	btf__free(btf);
	libbpf_set_print(print);
	return 0;
}

const char *facts_symbol_name(const struct facts *facts, enum symbol symbol)
{
	return facts->symbol[symbol].alias ? kernel_symbol_aliases[symbol]
					   : kernel_symbol_names[symbol];
}

bool facts_remark(const struct facts *facts, int number, struct remark *to)
{
	if (facts->preempt_rt && !number--) {
		strcpy(to->what, "some events (PREEMPT_RT)");
		strcpy(to->why, facts->slub_cpu_slabs
					? "each allocation runs ___slab_alloc there; one that the "
					  "CPU's own slab serves is a hit; tasks preempt programs, "
					  "and what these then miss is lost"
					: "tasks preempt the allocator and slabscope's programs, "
					  "and what these then miss is lost");
		return true;
	}
	if (facts->debugged_caches && !number--) {
		snprintf(to->what, sizeof(to->what), "hits of %zu caches (slab_debug)",
			 facts->debugged_caches);
		strcpy(to->why, "they are being debugged, so every allocation takes the slow path, "
				"past the CPUs' caches: a bypass");
		return true;
	}
	return false;
}
