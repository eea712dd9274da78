/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* demo_load.h: traffic on libslab that shows every kind of refill. */
#ifndef SLABSCOPE_DEMO_LOAD_H
#define SLABSCOPE_DEMO_LOAD_H

/*
 * Makes caches and threads, writes one byte to ready and closes it, and keeps the load up for good.
 * Returns only when it could not start: a negative errno.
 */
int load_run(int ready);

#endif
