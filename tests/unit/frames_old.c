// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* frames_old.c: the tests of frames.c on the variant for kernels before 5.19. */
#define OLD
#include "frames.c"
