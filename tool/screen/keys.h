/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* keys.h: keys as the terminal passes them on: characters, or one of these. */
#ifndef SLABSCOPE_KEYS_H
#define SLABSCOPE_KEYS_H

enum key {
	KEY_CODE_UP = 0x110000, /* above Unicode */
	KEY_CODE_DOWN,
	KEY_CODE_LEFT,
	KEY_CODE_RIGHT,
	KEY_CODE_PAGE_UP,
	KEY_CODE_PAGE_DOWN,
	KEY_CODE_HOME,
	KEY_CODE_END,
	KEY_CODE_ENTER,
	KEY_CODE_ESCAPE,
	KEY_CODE_BACKSPACE,
	KEY_CODE_TAB,
	KEY_CODE_F1,
	KEY_CODE_F10 = KEY_CODE_F1 + 9,
	KEY_CODE_RESIZE,
	KEY_CODE_BACK_TAB,
	KEY_CODE_CLICK, /* ui_click() takes its place */
	KEY_CODE_WHEEL_UP,
	KEY_CODE_WHEEL_DOWN,
	KEY_CODE_SORT = 0x120000, /* + enum column: a click on a heading */
	KEY_CODE_ROW = 0x130000,  /* + a row: a click on it, on a screen with rows of its own */
};

#endif
