// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* machine.c: reads the processor's own identification and /proc/cpuinfo. */
#include "system/machine.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

#define HYPERVISOR_BIT	(1u << 31) /* of leaf 1, ecx */
#define HYPERVISOR_LEAF 0x40000000

static void hypervisor_name(char name[13])
{
	unsigned eax, ebx, ecx, edx;

	memset(name, 0, 13);
	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & HYPERVISOR_BIT))
		return;
	__cpuid(HYPERVISOR_LEAF, eax, ebx, ecx, edx);
	memcpy(name, &ebx, 4);
	memcpy(name + 4, &ecx, 4);
	memcpy(name + 8, &edx, 4);
}
#else
static void hypervisor_name(char name[13])
{
	name[0] = 0;
}
#endif

static void read_model(char *to, size_t size)
{
	static const char key[] = "model name";
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];
	size_t nr = 0;

	to[0] = 0;
	while (file && !to[0] && fgets(line, sizeof(line), file)) {
		const char *at = strchr(line, ':');

		if (strncmp(line, key, sizeof(key) - 1) || !at)
			continue;
		for (at++; *at == ' '; at++)
			;
		for (; *at && *at != '\n' && nr + 1 < size; at++)
			to[nr++] =
				isalnum((unsigned char)*at) || strchr(" .+-()@/_", *at) ? *at : '?';
		to[nr] = 0;
	}
	if (file)
		fclose(file);
}

bool machine_is_emulated(const char *hypervisor, const char *model)
{
	if (hypervisor[0])
		return !strncmp(hypervisor, "TCG", 3);
	return strstr(model, "QEMU") != NULL;
}

void machine_read(struct machine *to)
{
	char hypervisor[13];

	hypervisor_name(hypervisor);
	read_model(to->cpu, sizeof(to->cpu));
	to->emulated = machine_is_emulated(hypervisor, to->cpu);
}
