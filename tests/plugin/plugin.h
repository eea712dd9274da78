/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * plugin.h: the functions of the plugin.
 */
#ifndef PLUGIN_H
#define PLUGIN_H

int plugin_open(void); /* 0, or -1 */
/* Returns how many rounds succeeded. */
unsigned long plugin_work(unsigned long rounds);
void plugin_close(void);

#endif
