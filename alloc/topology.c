// SPDX-License-Identifier: MIT
/*
 * topology.c: reads the nodes' CPUs from sysfs. Nodes without CPUs, and more than SLAB_NODES_MAX, are folded
 * into those there are: memory is then only less local.
 */
#include "topology.h"

#include "structs.h"

#define CPUS_MAX 8192

static uint8_t node_of[CPUS_MAX];
static unsigned nodes = 1;

/* Reads "0-3,8" and gives those CPUs to the node. Returns whether there was any. */
static bool read_cpulist(FILE *f, unsigned node)
{
	unsigned first, last;
	bool any = false;
	int sep = 0;

	while (sep != EOF && fscanf(f, "%u", &first) == 1) {
		last = first;
		sep = fgetc(f);
		if (sep == '-') {
			if (fscanf(f, "%u", &last) != 1)
				break;
			sep = fgetc(f);
		}
		for (; first <= last && first < CPUS_MAX; first++) {
			node_of[first] = (uint8_t)node;
			any = true;
		}
	}
	return any;
}

static void read_nodes(void)
{
	unsigned found = 0;

	for (unsigned id = 0; id < 1024 && found < SLAB_NODES_MAX; id++) {
		char path[64];
		FILE *f;

		snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/cpulist", id);
		f = fopen(path, "re");
		if (!f && id > 64)
			break;
		if (!f)
			continue;
		found += read_cpulist(f, found);
		fclose(f);
	}
	nodes = found ? found : 1;
}

void topology_init(unsigned cpus)
{
	const char *wanted = secure_getenv("SLAB_NODES");
	unsigned long made_up = wanted ? strtoul(wanted, NULL, 10) : 0;

	if (made_up < 1 || made_up > SLAB_NODES_MAX) {
		read_nodes();
		return;
	}
	nodes = (unsigned)made_up;
	for (unsigned cpu = 0; cpu < cpus && cpu < CPUS_MAX; cpu++)
		node_of[cpu] = (uint8_t)(cpu % nodes);
}

unsigned topology_nodes(void)
{
	return nodes;
}

int topology_node(unsigned cpu)
{
	return cpu < CPUS_MAX ? node_of[cpu] : 0;
}
