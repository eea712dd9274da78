/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* play.h: reads a recording in all ways that slabscope has. */
#ifndef FUZZ_PLAY_H
#define FUZZ_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "files.h"

#define PLAY_MEMORY_KIB (1024u << 10) /* with the memory of ASan */

/* To be called before the first one. */
void play_init(void);

/*
 * Reads, replays and plays the recording, and aborts where something is wrong. The number selects
 * the slower readers (threads, a comparison, screens, another setting): each runs for some of 128.
 * Returns the number of replayed events; 0: the recording was refused.
 */
uint64_t play(const struct files *files, uint64_t number);

/* The runs so far: refused ones, the peak of memory, the longest one. */
struct played {
	uint64_t all, refused, nothing; /* nothing: no event was readable */
	long memory_kib;
	double longest_s;
	uint64_t longest; /* its number */
};
extern struct played played;

#endif
