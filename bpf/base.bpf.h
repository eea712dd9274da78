/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * base.bpf.h: what every BPF program needs of the kernel's headers and of libbpf.
 */
#ifndef SLABSCOPE_BASE_BPF_H
#define SLABSCOPE_BASE_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

/* What programs do nearly always is what they do without a jump. */
#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

#endif
