// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * probe_cost.c: measures what probes add to the duration of a refill. Attaches probes.bpf.c to this
 * program itself, refill_done alone or all, runs the same load, prints the mean duration as JSON.
 *
 *	probe_cost OBJECT done|all
 */
#include <bpf/libbpf.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slab.h"

#define BURST 2000

struct sums {
	unsigned long long refills, refill_ns, others;
};

/* Bursts of growing length: shared array, partial slabs and grows all have their part. */
static void load(void)
{
	struct kmem_cache *cachep = kmem_cache_create("load", 64, 0, 0, NULL);
	static void *live[BURST];

	if (!cachep)
		errx(1, "no cache");
	for (unsigned round = 0; round < 400; round++) {
		unsigned burst = 200 + round * 977 % (BURST - 200);

		for (unsigned i = 0; i < burst; i++) {
			live[i] = kmem_cache_alloc(cachep, 0);
			if (!live[i])
				errx(1, "out of memory");
		}
		for (unsigned i = 0; i < burst; i++)
			kmem_cache_free(cachep, live[i]);
	}
	kmem_cache_destroy(cachep);
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_map *map;
	struct sums sums;
	__u32 zero = 0;

	if (argc != 3)
		errx(2, "usage: probe_cost OBJECT done|all");
	object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object))
		errx(1, "cannot load %s", argv[1]);
	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		if (!strcmp(argv[2], "done") && strcmp(name, "refill_done"))
			continue;
		if (!bpf_program__attach_usdt(program, getpid(), "/proc/self/exe", "slab", name,
					      NULL))
			err(1, "cannot attach %s", name);
	}
	load();
	map = bpf_object__find_map_by_name(object, "probes.bss");
	if (!map || bpf_map__lookup_elem(map, &zero, sizeof(zero), &sums, sizeof(sums), 0))
		err(1, "cannot read the sums");
	printf("{\"refills\": %llu, \"mean_ns\": %.1f, \"others\": %llu}\n", sums.refills,
	       (double)sums.refill_ns / (double)sums.refills, sums.others);
	return 0;
}
