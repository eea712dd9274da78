// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * feed.c: makes a running slabscope believe in many caches and CPUs: writes into the maps that its
 * programs count in. Caches that it has seen are there several times, under further slots.
 *
 *	feed PID CACHES CPUS SECONDS SLABINFO
 *
 * writes their names to SLABINFO (what slabscope takes for /proc/slabinfo), lets a tenth of all
 * cache-CPU pairs count each second, with latencies that spread over a factor of 32, and prints the
 * bytes of all maps.
 */
#include "../../bpf/events.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/kernel.skel.h" /* names types of events.h */

#define SLOTS_MAX KERNEL_SLOTS_MAX
#define SPREAD	  40 /* buckets */

static struct map {
	const char *name;
	void *memory;
	struct bpf_map_info info;
} maps[] = {{.name = "slot_keys"}, {.name = "slot_caches"}, {.name = "counts"},
	    {.name = "slows"},	   {.name = "buckets"},	    {.name = "kernel_b.bss"}};
enum { KEYS, CACHES, COUNTS, SLOWS, BUCKETS, BSS, MAPS };

static unsigned long long bytes;

static void take_map(int id)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	int fd = bpf_map_get_fd_by_id(id);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		err(1, "map %d", id);
	for (int i = 0; i < MAPS; i++) {
		if (strncmp(info.name, maps[i].name, BPF_OBJ_NAME_LEN - 1) || maps[i].memory)
			continue;
		maps[i].info = info;
		maps[i].memory =
			mmap(NULL, (size_t)info.max_entries * ((info.value_size + 7) & ~7u),
			     PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (maps[i].memory == MAP_FAILED)
			err(1, "cannot map %s", info.name);
	}
	close(fd);
}

static void take_maps(const char *pid)
{
	char path[300], line[128];
	struct dirent *entry;
	DIR *all;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
	all = opendir(path);
	while (all && (entry = readdir(all))) {
		unsigned long long locked = 0, id = 0, number;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, entry->d_name);
		file = fopen(path, "re");
		while (file && fgets(line, sizeof(line), file)) {
			if (sscanf(line, "memlock: %llu", &number) == 1)
				locked = number;
			if (sscanf(line, "map_id: %llu", &number) == 1)
				id = number;
		}
		if (file)
			fclose(file);
		if (!id)
			continue;
		bytes += locked;
		take_map((int)id);
	}
	if (all)
		closedir(all);
	for (int i = 0; i < MAPS; i++)
		if (!maps[i].memory)
			errx(1, "%s has no map %s", pid, maps[i].name);
}

static uint32_t add_caches(uint32_t wanted, uint32_t *slot)
{
	uint32_t slots = maps[KEYS].info.max_entries, seen = 0, count = 0;
	struct kernel_cache *cache = maps[CACHES].memory;
	uint64_t *key = maps[KEYS].memory;

	for (uint32_t i = 0; i < slots; i++)
		if (cache[i].ready && key[i] > KERNEL_LARGE)
			slot[seen++] = i;
	count = seen;
	for (uint32_t i = 0; i < slots && seen && count < wanted; i++) {
		uint32_t from = slot[count % seen];

		if (key[i])
			continue;
		key[i] = key[from];
		cache[i] = cache[from];
		slot[count++] = i;
	}
	return count;
}

static void write_slabinfo(const char *path, const uint32_t *slot, uint32_t count)
{
	const struct kernel_cache *cache = maps[CACHES].memory;
	FILE *file = fopen(path, "r+e");

	if (!file)
		err(1, "%s", path);
	fprintf(file, "slabinfo - version: 2.1\n# name\n");
	for (uint32_t i = 0; i < count; i++)
		fprintf(file, "%s 100 200 %u 21 1 : tunables 0 0 0 : slabdata 10 10 0\n",
			cache[slot[i]].name, cache[slot[i]].object_size + 8);
	fflush(file);
	if (ftruncate(fileno(file), ftell(file)))
		err(1, "%s", path);
	fclose(file);
}

/* 1 + the index of one that nobody has; 0: there is none. As the programs take it. */
static uint32_t take(uint32_t *mine, uint32_t *used, uint32_t size)
{
	if (!*mine && *used < size)
		*mine = ++*used;
	return *mine;
}

/* A latency in each of some buckets. Returns how many found room. */
static uint32_t refill(struct kernel_slow *slow, uint32_t first)
{
	struct kernel_bpf__bss *bss = maps[BSS].memory;
	struct kernel_buckets *parts = maps[BUCKETS].memory;
	uint32_t done = 0;

	for (uint32_t i = first; i < first + SPREAD; i++) {
		uint32_t part = take(&slow->buckets[i / KERNEL_BUCKETS], &bss->buckets_used,
				     maps[BUCKETS].info.max_entries);

		if (!part)
			continue;
		parts[part - 1].bucket[i % KERNEL_BUCKETS]++;
		done++;
	}
	slow->sum += done * 1000ull;
	slow->max = 1ull << ((first + SPREAD) / 8);
	return done;
}

/* Returns how many of the latencies of a second found no room. */
static uint32_t count(uint32_t slots, const uint32_t *slot, uint32_t caches, uint32_t cpus)
{
	struct kernel_bpf__bss *bss = maps[BSS].memory;
	struct kernel_count *counts = maps[COUNTS].memory;
	struct kernel_slow *slows = maps[SLOWS].memory;
	uint32_t lost = 0;

	for (uint32_t i = 0; i < caches; i++)
		for (uint32_t cpu = i % 10; cpu < cpus; cpu += 10) {
			struct kernel_count *c = &counts[(size_t)cpu * slots + slot[i]];
			uint32_t place =
				take(&c->slow, &bss->slows_used, maps[SLOWS].info.max_entries);

			c->cache = ((uint64_t *)maps[KEYS].memory)[slot[i]];
			c->allocs += 1000;
			c->frees += 900;
			if (!place) {
				lost += SPREAD;
				continue;
			}
			slows[place - 1].origins[i % 5] += SPREAD;
			lost += SPREAD - refill(&slows[place - 1], 60 + (i + cpu) % 24);
		}
	return lost;
}

int main(int argc, char **argv)
{
	static uint32_t slot[SLOTS_MAX];
	uint32_t caches, lost = 0;

	if (argc != 6)
		errx(2, "usage: feed PID CACHES CPUS SECONDS SLABINFO");
	take_maps(argv[1]);
	caches = add_caches(atoi(argv[2]), slot);
	write_slabinfo(argv[5], slot, caches);
	for (int i = 0; i < atoi(argv[4]); i++) {
		lost += count(maps[KEYS].info.max_entries, slot, caches, atoi(argv[3]));
		sleep(1);
	}
	printf("{\"caches\": %u, \"cpus\": %s, \"map_bytes\": %llu, \"lost\": %u}\n", caches,
	       argv[3], bytes, lost);
	return 0;
}
