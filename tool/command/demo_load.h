/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* demo_load.h: load on libslab that shows every kind of refill. */
#ifndef SLABSCOPE_DEMO_LOAD_H
#define SLABSCOPE_DEMO_LOAD_H

/*
 * Makes caches and threads, writes one byte to ready, closes it, and keeps up the load. Returns
 * only if the load cannot start: a negative errno.
 */
int demo_load_run(int ready);

#endif
