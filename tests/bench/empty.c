// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * empty.c: two functions that do nothing, as a shared library: what a pair of calls into one costs.
 * "figures floor" calls them.
 */
void *empty_alloc(void *cachep, unsigned flags);
void empty_free(void *cachep, void *objp);

void *empty_alloc(void *cachep, unsigned flags)
{
	(void)flags;
	return cachep;
}

void empty_free(void *cachep, void *objp)
{
	(void)cachep, (void)objp;
}
