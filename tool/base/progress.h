/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* progress.h: something long tells its caller how far it is. */
#ifndef SLABSCOPE_PROGRESS_H
#define SLABSCOPE_PROGRESS_H

#include <stddef.h>

struct progress {
	/* what is being done, and the share of it that is done */
	void (*show)(struct progress *p, const char *what, double share);
};

/* p may be NULL: the caller does not ask. */
static inline void progress_show(struct progress *p, const char *what, double share)
{
	if (p)
		p->show(p, what, share);
}

#endif
