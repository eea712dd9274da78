// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* caller_lines.c: share, process, counts and stack of a caller, on one line or several. */
#include "screen/caller_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "system/symbols.h"

#define MARGIN 2
#define INDENT 12 /* of the lines after the first one */
#define TEXT   1024

/* "45.0 %  kload 100  9 refills, 0 grows: kmem_cache_alloc < ...", the innermost function first. */
static void caller_text(const struct model *m, const struct model_caller *caller, char *to)
{
	const struct snap_caller *of = &caller->of;
	struct symbol_place place;
	size_t used;

	snprintf(to, TEXT, "%5.1f %%  %s %d  %" PRIu64 " refills, %" PRIu64 " grows%s",
		 100 * caller->share, of->comm, of->pid, of->refills, of->grows,
		 of->nr_frames ? ": " : "");
	for (uint32_t i = 0; i < of->nr_frames; i++) {
		used = strlen(to);
		if (symbols_find(m->symbols, of->frame[i], &place))
			snprintf(to + used, TEXT - used, "%s%s", i ? " < " : "", place.name);
		else
			snprintf(to + used, TEXT - used, "%s0x%" PRIx64, i ? " < " : "",
				 of->frame[i]);
	}
}

int caller_lines_put(struct cells *c, const struct model *m, int row, int end,
		     const struct model_caller *caller)
{
	char text[TEXT];
	const char *at = text;
	int indent = MARGIN;

	caller_text(m, caller, text);
	while (*at && row < end) {
		const char *line = at;
		int room = c->cols - indent > 1 ? c->cols - indent : 1;
		int length = text_line(line, room, &at);

		cells_printf(c, row++, indent, c->cols, indent == MARGIN ? STYLE_NORMAL : STYLE_DIM,
			     "%.*s", length, line);
		indent = INDENT;
	}
	return row;
}

int caller_lines_one(struct cells *c, const struct model *m, int row,
		     const struct model_caller *caller)
{
	char text[TEXT];

	caller_text(m, caller, text);
	cells_put_cut(c, row, 2 * MARGIN, c->cols - 2 * MARGIN, STYLE_DIM, text);
	return row + 1;
}
