/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * facts.h: what the running kernel offers for watching its slab allocator. Facts are plain data.
 * The plan is made from them alone, so tests can plan for kernels that do not run.
 */
#ifndef SLABSCOPE_FACTS_H
#define SLABSCOPE_FACTS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "kernel/kernel_probes.h"

/* The most that the user allows (SLABSCOPE_ATTACH), in falling order. */
enum attach_limit { ATTACH_ANY, ATTACH_KPROBE, ATTACH_TRACEPOINT, ATTACH_NONE, ATTACH_LIMITS };

/*
 * Instead of an error: the kernel attaches programs to functions and never runs them. No attempt to
 * attach fails so.
 */
#define FACTS_NEVER_RUNS ENODATA

struct symbol_facts {
	bool present;	  /* in kallsyms, by its name or its alias */
	bool alias;	  /* by its alias */
	bool in_btf;	  /* functions only */
	uint64_t address; /* 0 where it is hidden */
	uint64_t end;	  /* where the next symbol begins */
	uint8_t params;	  /* of a function in BTF */
};

struct facts {
	char release[72];
	char types[40]; /* path of the file that describes the kernel's types */
	uint32_t cpus;	/* the highest possible CPU + 1 */
	uint32_t nodes; /* the highest possible NUMA node + 1 */
	enum attach_limit limit;

	/* Errors are positive errnos, 0 for success. */
	int btf;	       /* of reading the kernel's types */
	int kernel_btf;	       /* the same of its own, where they come from a file */
	int kallsyms;	       /* of reading its symbols */
	int slabinfo;	       /* of reading /proc/slabinfo */
	int tracefs;	       /* of finding a mounted tracefs that can be read */
	int maps;	       /* of making an array that the tool can map */
	int raw_tp, tp_btf;    /* of attaching an empty program to a kmem tracepoint */
	int fentry, kprobe;    /* of attaching an empty program to a function; FACTS_NEVER_RUNS */
	int uprobe;	       /* of making one */
	bool ftrace_off;       /* kernel.ftrace_enabled is 0: no attempt was made on a function */
	bool uprobes_admin;    /* only with CAP_SYS_ADMIN */
	int refused[PROGRAMS]; /* of loading or attaching a program, from a real try */

	/* From the kernel's types. */
	bool slab_arrays;    /* kmem_cache has cpu_cache, an array_cache: SLAB */
	bool slub_cpu_slabs; /* kmem_cache has cpu_slab */
	bool slub_sheaves;   /* kmem_cache has cpu_sheaves */
	bool page_slab_flag; /* a flag of struct page marks slabs */
	bool page_slab_type; /* the type of struct page marks them: the highest byte of page_type */
	bool alloc_has_cache; /* the tracepoints pass the cache */
	bool free_has_cache;
	bool kmalloc_traced;
	bool bulk_bool; /* kmem_cache_alloc_bulk() returns a bool, not how many */
	/* Up to 6.0: */
	bool split_tracepoints; /* allocations on a given node have their own */
	uint32_t alloc_params;	/* of the tracepoint kmem_cache_alloc */
	bool few_helpers;   /* programs lack helpers and atomic operations that came up to 5.19 */
	bool programs_nest; /* an interrupt may run a program within itself: no run is left out */
	bool fexit_unsafe;  /* to detach fexit from a function that sleeps may crash the kernel */

	/* What changes the meaning of counts. */
	bool slub_tiny;		/* CONFIG_SLUB_TINY: no CPU caches */
	bool preempt_rt;	/* CONFIG_PREEMPT_RT: the allocator itself may be preempted */
	size_t debugged_caches; /* caches with slab_debug */

	uint64_t capabilities; /* effective */
	bool root;	       /* user 0, which may lack some of them */
	char lockdown[24];     /* none integrity confidentiality; "": unknown */
	int unprivileged_bpf;  /* the sysctl kernel.unprivileged_bpf_disabled, -1: unknown */
	size_t slabinfo_caches;
	struct symbol_facts symbol[SYMBOLS];
};

/*
 * Fills all facts; what cannot be found out is a fact, too. Takes 0.1 s. types is the path of a
 * struct types. Returns 0, or -EINVAL where SLABSCOPE_ATTACH is not any, kprobe, tracepoint or
 * none.
 */
int facts_collect(struct facts *to, const char *types, struct failure *f);

/* Returns the name that the kernel has for this symbol. */
const char *facts_symbol_name(const struct facts *facts, enum symbol symbol);

struct remark {
	char what[64], why[192];
};

/*
 * Fills to with what is special in this kernel and changes counts, by number from 0 on. Returns
 * false after the last.
 */
bool facts_remark(const struct facts *facts, int number, struct remark *to);

#endif
