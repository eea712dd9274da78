// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * driver.c: slabscope's kernel source on a string, for tests in a guest. It obeys lines on stdin
 * and answers each with one line of JSON on stdout:
 *
 *     read              a snapshot, cumulative
 *     between PATH ...  a snapshot, the text of the files, a snapshot: the middle one lies between
 *     oracle            opens slabscope's kernel source once more, without SLABSCOPE_ATTACH; from
 * then on "between" has a snapshot of it in the middle, too hold PATH ...     opens files, which
 * are then read again and again without being opened misses            {program: how often the
 * kernel left it out}, of all programs with such run COMMAND       the exit status of a shell
 * command, whose output goes to stderr attach FILE       loads every program of a BPF object and
 * attaches it, until the end maps N            makes N BPF maps and takes them away: each asks for
 * memory of another node than the one before, of two latencies         of all caches together:
 * percentiles as slabscope has them, and each latency that SLABSCOPE_SAMPLES=N made it keep packets
 * FILE N    sends N packets through the XDP program of a BPF object, 64 at once: the kernel takes
 * their heads in bulk word              the first 64 bits of that object's .bss words all of it, in
 * 64 bits each provoke N S COMMAND  runs a shell command again and again, until the first N of
 * those words are not 0, or S seconds are over: the words
 *
 * Options: -c NAMES, -p PID, -g CGROUP choose what is counted, as slabscope's do.
 *
 * "driver offset STRUCT MEMBER" only prints where the member stands in the running kernel's struct.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model/inference.h"
#include "model/model.h"
#include "kernel/source_kernel.h"
#include "model/source.h"
#include "system/types.h"

static struct source *kernel, *oracle;
static struct bpf_object *object;

static json_t *hist_json(const struct hist *h)
{
	json_t *to = json_object(), *buckets = json_object();
	char key[16];

	json_object_set_new(to, "count", json_integer(h->count));
	json_object_set_new(to, "sum", json_integer(h->sum));
	json_object_set_new(to, "max", json_integer(h->max));
	for (int i = 0; i < HIST_BUCKETS; i++) {
		snprintf(key, sizeof(key), "%d", i);
		if (h->bucket[i])
			json_object_set_new(buckets, key, json_integer(h->bucket[i]));
	}
	json_object_set_new(to, "buckets", buckets);
	return to;
}

static json_t *counts_json(const uint64_t *count, uint32_t known)
{
	json_t *to = json_object(), *origins = json_object();

	for (int i = 0; i < COUNT_ORIGIN; i++)
		json_object_set_new(to, count_names[i],
				    known & COUNT_BIT(i) ? json_integer(count[i]) : json_null());
	for (int i = 0; i < ORIGINS; i++)
		if (known & COUNT_BIT(COUNT_ORIGIN + i))
			json_object_set_new(origins, origin_rows[i].key,
					    json_integer(count[COUNT_ORIGIN + i]));
	json_object_set_new(to, "origins", origins);
	return to;
}

static json_t *cache_json(const struct snap_cache *cache)
{
	json_t *to = counts_json(cache->total, cache->counts_known), *cpus = json_object();
	char key[24];

	json_object_set_new(to, "name", json_string(cache->name));
	snprintf(key, sizeof(key), "%llx", (unsigned long long)cache->id);
	json_object_set_new(to, "id", json_string(key));
	json_object_set_new(to, "doubtful", json_integer((json_int_t)cache->doubtful));
	for (int i = 0; i < GAUGES; i++)
		json_object_set_new(to, gauge_names[i],
				    cache->gauges_known & GAUGE_BIT(i)
					    ? json_integer(cache->gauge[i])
					    : json_null());
	if (cache->refill_ns)
		json_object_set_new(to, "refill_ns", hist_json(cache->refill_ns));
	for (size_t i = 0; i < cache->nr_cpus; i++) {
		snprintf(key, sizeof(key), "%u", cache->cpu[i].cpu);
		json_object_set_new(cpus, key,
				    counts_json(cache->cpu[i].count, cache->counts_known));
	}
	json_object_set_new(to, "cpus", cpus);
	return to;
}

static json_t *snapshot_json(struct source *source)
{
	json_t *to = json_object(), *caches = json_array(), *missing = json_object();
	struct failure f = {""};
	struct snapshot s = {0};

	if (source->read(source, &s, &f))
		errx(1, "%s", f.text);
	for (size_t i = 0; s.nr_sides && i < s.side[0].nr_caches; i++) {
		struct snap_cache *cache = &s.side[0].cache[i];
		uint32_t inferred = cache->counts_inferred;

		if (inferred && !inference_holds(cache->doubtful, cache->total[COUNT_REFILLS]))
			cache->counts_known &= ~inferred;
		json_array_append_new(caches, cache_json(cache));
	}
	for (size_t i = 0; i < s.nr_missing; i++)
		json_object_set_new(missing, s.missing[i].what, json_string(s.missing[i].why));
	json_object_set_new(to, "allocator", json_string(s.allocator));
	json_object_set_new(to, "probes", json_string(s.probes));
	json_object_set_new(to, "unpaired", json_integer(s.unpaired));
	json_object_set_new(to, "lost", json_integer(s.lost));
	json_object_set_new(to, "missing", missing);
	json_object_set_new(to, "caches", caches);
	snapshot_free(&s);
	return to;
}

/* Files that stay open: opening one would itself allocate. */
#define HELD_MAX 256

static struct {
	char path[256];
	int fd;
} held[HELD_MAX];
static int nr_held;

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static json_t *hold(char *paths)
{
	for (char *path = strtok(paths, " "); path; path = strtok(NULL, " ")) {
		if (nr_held == HELD_MAX)
			errx(1, "more than %d files to hold", HELD_MAX);
		snprintf(held[nr_held].path, sizeof(held[nr_held].path), "%s", path);
		held[nr_held++].fd = open_file(path);
	}
	return json_pack("{si}", "held", nr_held);
}

static int held_file(const char *path)
{
	for (int i = 0; i < nr_held; i++)
		if (!strcmp(held[i].path, path))
			return held[i].fd;
	return -1;
}

static size_t read_file(int fd, const char *path, char *to, size_t size)
{
	size_t used = 0;
	ssize_t got;

	while ((got = pread(fd, to + used, size - used, (off_t)used)) > 0)
		used += (size_t)got;
	if (got < 0)
		err(1, "%s", path);
	return used;
}

/* The text of the files whose paths stand in a line, one after another. */
static json_t *files_json(char *paths)
{
	static char text[1 << 20];
	size_t used = 0;

	for (char *path = strtok(paths, " "); path; path = strtok(NULL, " ")) {
		int mine = held_file(path), fd = mine < 0 ? open_file(path) : mine;

		used += read_file(fd, path, text + used, sizeof(text) - 1 - used);
		if (mine < 0)
			close(fd);
	}
	text[used] = '\0';
	return json_string(text);
}

static json_t *between(char *paths)
{
	json_t *to = json_object();

	json_object_set_new(to, "before", snapshot_json(kernel));
	json_object_set_new(to, "text", files_json(paths));
	if (oracle)
		json_object_set_new(to, "oracle", snapshot_json(oracle));
	json_object_set_new(to, "after", snapshot_json(kernel));
	return to;
}

static json_t *open_oracle(const struct source_options *options)
{
	struct failure f = {""};

	unsetenv("SLABSCOPE_ATTACH");
	if (source_kernel_open(&oracle, options, &f))
		errx(1, "%s", f.text);
	return json_pack("{si}", "status", 0);
}

/* What the kernel counted of programs that it left out because they would have nested. */
static json_t *misses(void)
{
	json_t *to = json_object();
	uint32_t id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.recursion_misses)
			json_object_set_new(to, info.name, json_integer(info.recursion_misses));
		close(fd);
	}
	return json_pack("{so}", "misses", to);
}

static json_t *attach(const char *path)
{
	struct bpf_program *program;
	int count = 0;

	object = bpf_object__open_file(path, NULL);
	if (!object || bpf_object__load(object))
		errx(1, "cannot load %s", path);
	bpf_object__for_each_program(program, object)
	{
		if (!bpf_program__attach(program))
			err(1, "cannot attach %s", bpf_program__name(program));
		count++;
	}
	return json_pack("{si}", "attached", count);
}

/* A map of slabscope's, by its name. */
static int map_by_name(const char *name)
{
	struct bpf_map_info info;
	uint32_t id = 0, size = sizeof(info);

	while (!bpf_map_get_next_id(id, &id)) {
		int fd = bpf_map_get_fd_by_id(id);

		memset(&info, 0, sizeof(info));
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) &&
		    !strcmp(info.name, name))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	errx(1, "no map is named %s", name);
}

static uint64_t sample(int fd, uint32_t at)
{
	uint64_t value;

	if (bpf_map_lookup_elem(fd, &at, &value))
		errx(1, "latency %u was not kept: SLABSCOPE_SAMPLES is too small", at);
	return value;
}

/* All of a snapshot's histograms in one. */
static void add_hists(struct hist *to)
{
	struct failure f = {""};
	struct snapshot s = {0};

	memset(to, 0, sizeof(*to));
	if (kernel->read(kernel, &s, &f))
		errx(1, "%s", f.text);
	for (size_t i = 0; i < s.side[0].nr_caches; i++) {
		const struct hist *h = s.side[0].cache[i].refill_ns;

		if (!h)
			continue;
		to->count += h->count;
		to->max = h->max > to->max ? h->max : to->max;
		for (int b = 0; b < HIST_BUCKETS; b++)
			to->bucket[b] += h->bucket[b];
	}
	snapshot_free(&s);
}

static json_t *latencies(void)
{
	int fd = map_by_name("samples");
	json_t *raw = json_array();
	struct hist h;
	uint64_t count;

	/* Until nothing refilled meanwhile. */
	do {
		count = sample(fd, 0);
		add_hists(&h);
	} while (h.count != count || sample(fd, 0) != count);
	for (uint64_t i = 1; i <= count; i++)
		json_array_append_new(raw, json_integer((json_int_t)sample(fd, (uint32_t)i)));
	close(fd);
	return json_pack("{sf sf sf sf sI so}", "p50", latency_percentile(&h, 0.5), "p90",
			 latency_percentile(&h, 0.9), "p99", latency_percentile(&h, 0.99), "p999",
			 latency_percentile(&h, 0.999), "max", (json_int_t)h.max, "raw", raw);
}

static json_t *maps(int count)
{
	int *map = calloc(count, sizeof(*map)), status = 0;

	for (int i = 0; i < count; i++) {
		LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NUMA_NODE,
			    .numa_node = (i + 1) % 2);

		map[i] = bpf_map_create(BPF_MAP_TYPE_ARRAY, "map", 4, 64, 1, &options);
		if (map[i] < 0)
			status = -map[i];
	}
	for (int i = 0; i < count; i++)
		close(map[i]);
	free(map);
	return json_pack("{si}", "status", status);
}

static json_t *packets(const char *rest)
{
	static char packet[64] = {[12] = 0x88, [13] = 0xb5}; /* of a protocol that nobody wants */
	struct bpf_object *xdp;
	char path[256];
	int count, err;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet),
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 64);

	if (sscanf(rest, "%255s %d", path, &count) != 2)
		errx(2, "packets FILE N");
	xdp = bpf_object__open_file(path, NULL);
	if (!xdp || bpf_object__load(xdp))
		errx(1, "cannot load %s", path);
	options.repeat = count;
	err = bpf_prog_test_run_opts(bpf_program__fd(bpf_object__next_program(xdp, NULL)),
				     &options);
	bpf_object__close(xdp);
	return json_pack("{si}", "status", -err);
}

/* .bss of a test program holds one variable. Returns how many words. */
static size_t read_words(uint64_t *to, size_t most)
{
	struct bpf_map *map = NULL;
	uint32_t zero = 0;

	bpf_object__for_each_map(map, object) if (strstr(bpf_map__name(map), ".bss")) break;
	if (!map || bpf_map__value_size(map) > most * sizeof(*to) ||
	    bpf_map_lookup_elem(bpf_map__fd(map), &zero, to))
		errx(1, "the object has no small .bss");
	return bpf_map__value_size(map) / sizeof(*to);
}

static json_t *word(void)
{
	uint64_t value[64];

	read_words(value, 64);
	return json_pack("{sI}", "word", (json_int_t)value[0]);
}

static json_t *words(void)
{
	json_t *list = json_array();
	uint64_t value[64];
	size_t count = read_words(value, 64);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_integer((json_int_t)value[i]));
	return json_pack("{so}", "words", list);
}

static int run(const char *script)
{
	char command[4200];
	int status;

	snprintf(command, sizeof(command), "(%s) >&2", script);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static json_t *provoke(const char *rest)
{
	time_t begin = time(NULL);
	uint64_t value[64];
	int wanted, seconds, used, seen;

	if (sscanf(rest, "%d %d %n", &wanted, &seconds, &used) != 2)
		errx(2, "provoke N SECONDS COMMAND");
	do {
		if (run(rest + used))
			return json_pack("{si}", "status", 1);
		read_words(value, 64);
		for (seen = 0; seen < wanted && value[seen]; seen++)
			;
	} while (seen < wanted && time(NULL) - begin < seconds);
	return words();
}

static json_t *obey(char *line, const struct source_options *options)
{
	char *rest = strchr(line, ' ');

	if (rest)
		*rest++ = '\0';
	if (!strcmp(line, "read"))
		return snapshot_json(kernel);
	if (!strcmp(line, "oracle"))
		return open_oracle(options);
	if (!strcmp(line, "word"))
		return word();
	if (!strcmp(line, "latencies"))
		return latencies();
	if (!strcmp(line, "misses"))
		return misses();
	if (rest && !strcmp(line, "maps"))
		return maps(atoi(rest));
	if (rest && !strcmp(line, "packets"))
		return packets(rest);
	if (rest && !strcmp(line, "hold"))
		return hold(rest);
	if (!strcmp(line, "between"))
		return between(rest ? rest : (char[]){""});
	if (rest && !strcmp(line, "attach"))
		return attach(rest);
	if (rest && !strcmp(line, "run"))
		return json_pack("{si}", "status", run(rest));
	if (rest && !strcmp(line, "provoke"))
		return provoke(rest);
	if (!strcmp(line, "words"))
		return words();
	errx(2, "no such command: %s", line);
}

static int print_offset(const char *name, const char *member)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) : -1;
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (int i = 0; type && i < btf_vlen(type); i++) {
		if (strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), member))
			continue;
		printf("%u\n", btf_member_bit_offset(type, i) / 8);
		return 0;
	}
	errx(1, "struct %s has no %s", name, member);
}

int main(int argc, char **argv)
{
	struct choice choice;
	struct source_options options = {.choice = &choice, .types = TYPES_OF_KERNEL};
	struct failure f = {""};
	char line[16384];
	int option;

	choice_init(&choice);
	if (argc == 4 && !strcmp(argv[1], "offset"))
		return print_offset(argv[2], argv[3]);
	while ((option = getopt(argc, argv, "c:p:g:")) != -1) {
		if (option == 'c' && choice_add_globs(&choice, optarg, &f))
			errx(2, "%s", f.text);
		else if (option == 'p')
			choice.pid = atoi(optarg);
		else if (option == 'g' && choice_set_cgroup(&choice, optarg, &f))
			errx(2, "%s", f.text);
		else if (option == '?')
			return 2;
	}
	if (source_kernel_open(&kernel, &options, &f))
		errx(1, "%s", f.text);
	while (fgets(line, sizeof(line), stdin)) {
		json_t *answer;

		line[strcspn(line, "\n")] = '\0';
		answer = obey(line, &options);
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
		json_decref(answer);
	}
	if (oracle)
		oracle->close(oracle);
	kernel->close(kernel);
	return 0;
}
