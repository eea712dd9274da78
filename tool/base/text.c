// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* text.c: decodes UTF-8, knows the characters that are one column wide everywhere, breaks lines. */
#include "base/text.h"

#include <string.h>

/* Characters that every terminal shows one column wide. */
static bool one_column(unsigned code)
{
	if (code >= 0xa1 && code <= 0x2ff)
		return code != 0xad; /* Latin, without the soft hyphen */
	return code == 0x2026 || (code >= 0x2190 && code <= 0x2193) ||
	       (code >= 0x2500 && code <= 0x25ff); /* ellipsis, arrows, lines and blocks */
}

/* Reads one character that is not ASCII. Returns how many bytes it takes. */
static int other_character(const char *text, bool utf8, char to[5])
{
	const unsigned char *b = (const unsigned char *)text;
	int length = (b[0] & 0xe0) == 0xc0 ? 2 : (b[0] & 0xf0) == 0xe0 ? 3 : 0;
	unsigned code;

	to[0] = '?';
	for (int i = 1; i < length; i++)
		if ((b[i] & 0xc0) != 0x80)
			return i;
	if (!length)
		return 1;
	code = length == 2 ? (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu)
			   : (b[0] & 0xfu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
	if (utf8 && one_column(code))
		memcpy(to, text, (size_t)length);
	return length;
}

int text_next(const char *text, bool utf8, char to[5])
{
	memset(to, 0, 5);
	if (*text & 0x80)
		return other_character(text, utf8, to);
	to[0] = *text >= ' ' && *text < 127 ? *text : '?';
	return 1;
}

int text_width(const char *text)
{
	char character[5];
	int width = 0;

	for (; *text; width++)
		text += text_next(text, true, character);
	return width;
}

int text_line(const char *text, int columns, const char **next)
{
	const char *at = text, *blank = NULL;
	char character[5];

	while (*at && columns-- > 0) {
		bool gap = *at == ' ';

		at += text_next(at, true, character);
		if (*at == ' ' && !gap)
			blank = at; /* the first of several */
	}
	if (*at && blank)
		at = blank;
	*next = at + strspn(at, " ");
	return (int)(at - text);
}

/* Returns the size of the UTF-8 character at the start of text; 0: it is invalid. */
static unsigned character_size(const unsigned char *text)
{
	unsigned more = *text < 0xc2   ? 0
			: *text < 0xe0 ? 1
			: *text < 0xf0 ? 2
			: *text < 0xf5 ? 3
				       : 0;
	/* The second byte excludes overlong forms, surrogates, and codes above the last one. */
	unsigned low = *text == 0xe0 ? 0xa0 : *text == 0xf0 ? 0x90 : 0x80;
	unsigned high = *text == 0xed ? 0x9f : *text == 0xf4 ? 0x8f : 0xbf;

	if (*text < 0x80)
		return 1;
	if (!more || text[1] < low || text[1] > high)
		return 0;
	for (unsigned i = 2; i <= more; i++)
		if (text[i] < 0x80 || text[i] > 0xbf)
			return 0;
	return more + 1;
}

void text_clean(char *text)
{
	while (*text) {
		unsigned length = character_size((const unsigned char *)text);
		/* C1 controls are c2 80 to c2 9f. */
		bool control = (unsigned char)*text < 0x20 || *text == 0x7f ||
			       ((unsigned char)*text == 0xc2 && length == 2 &&
				(unsigned char)text[1] < 0xa0);

		if (!length || control)
			*text++ = '?';
		else
			text += length;
	}
}
