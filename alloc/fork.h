/* SPDX-License-Identifier: MIT */
/*
 * fork.h: makes libslab survive fork().
 */
#ifndef SLAB_FORK_H
#define SLAB_FORK_H

/* Registers what fork() calls in the parent and in the child. */
void fork_init(void);

#endif
