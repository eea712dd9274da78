// SPDX-License-Identifier: MIT
/*
 * topology.c: reads the CPUs of the nodes from sysfs. It ignores nodes without CPUs, and nodes
 * above SLAB_NODES_MAX: their CPUs use node 0. Memory is then only less local.
 */
#include "topology.h"

#include "structs.h"

#define CPUS_MAX 8192

static uint8_t node_of[CPUS_MAX];
static unsigned nodes = 1;

/* Reads a list such as "0-3,8" and assigns its CPUs to the node. Returns whether it has any. */
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
