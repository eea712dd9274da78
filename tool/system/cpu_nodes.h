/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* cpu_nodes.h: which NUMA node a CPU belongs to. */
#ifndef SLABSCOPE_CPU_NODES_H
#define SLABSCOPE_CPU_NODES_H

#include "model/snapshot.h"

#define SYS_NODES "/sys/devices/system/node"

/*
 * Fills s->cpu_node from the nodeN/cpulist files below directory. Where there are none, or they make
 * no sense, nothing is known, and nothing is said: views then fold nothing.
 */
void cpu_nodes_read(struct snapshot *s, const char *directory);

#endif
