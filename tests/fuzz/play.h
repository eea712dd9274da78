/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* play.h: what slabscope does with a recording. */
#ifndef FUZZ_PLAY_H
#define FUZZ_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "files.h"

#define PLAY_MEMORY_KIB (1024u << 10) /* ASan's own included */

/* Before the first one. */
void play_init(void);

/*
 * Reads, replays and plays the recording, and aborts where anything of what must hold does not. Which of
 * what takes longer is done, too (threads, a comparison, screens, another setting), the number says: each is
 * in some of 128. Returns the events that were replayed; 0: it was refused.
 */
uint64_t play(const struct files *files, uint64_t number);

/* What was played so far: what was refused at the door, the peak of memory, the longest one. */
struct played {
	uint64_t all, refused, nothing; /* nothing: no event could be read */
	long memory_kib;
	double longest_s;
	uint64_t longest; /* its number */
};
extern struct played played;

#endif
