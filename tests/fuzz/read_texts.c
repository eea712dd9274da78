// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* read_texts.c: texts of the kernel, the settings, and names of caches on the command line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/glob.h"
#include "command/options.h"
#include "command/options_caches.h"
#include "command/settings.h"
#include "command/top_options.h"
#include "kernel/facts_symbols.h"
#include "model/choice.h"
#include "readers.h"
#include "reference/libslab_files.h"
#include "report/batch.h"
#include "report/slabtop.h"
#include "system/cpu_list.h"
#include "system/kallsyms.h"
#include "system/process_stat.h"
#include "system/slabinfo.h"
#include "system/symbols.h"

#define GOOD(...)                                        \
	static const char *const good[] = {__VA_ARGS__}; \
	bytes_set(to, good[number % (sizeof(good) / sizeof(*good))])

static const struct bytes *current;

/* Returns the input as a text, to be freed. */
static char *text_of(const struct bytes *from)
{
	char *text = malloc(from->size + 1);

	need(text != NULL);
	if (from->size)
		memcpy(text, from->data, from->size);
	text[from->size] = 0;
	return text;
}

static FILE *null(void)
{
	static FILE *file;

	if (!file)
		file = fopen("/dev/null", "we");
	need(file != NULL);
	return file;
}

/* ---- /proc/slabinfo -------------------------------------------------------------------------- */

int __wrap_slabinfo_read(const char *path, struct slabinfo *to, struct failure *f);
int __wrap_slabinfo_read(const char *path, struct slabinfo *to, struct failure *f)
{
	/* An own block: ASan sees a read beyond its end. */
	char *text = malloc(current->size);
	int err;

	(void)path;
	memcpy(text, current->data, current->size);
	err = slabinfo_parse(text, current->size, to, f);
	free(text);
	return err;
}

static void make_slabinfo(struct bytes *to, unsigned number)
{
	GOOD("slabinfo - version: 2.1\n# name ...\n"
	     "filp 1024 1056 256 16 1 : tunables 120 60 8 : slabdata 66 66 0\n"
	     "a name with blanks 0 0 64 64 1 : tunables 0 0 0 : slabdata 0 0 0\n",
	     "slabinfo - version: 2.1 (statistics)\n# name\n"
	     "size-64 10 59 64 59 1 : tunables 120 60 8 : slabdata 1 1 0 : globalstat 1 2 3 4 5 6 "
	     "7 8 : cpustat 1 2 3 4\n");
}

static bool read_slabinfo(const struct bytes *from)
{
	FILE *out = stdout;
	struct failure f = {""};
	int err;

	current = from;
	stdout = null();
	err = slabtop_print((enum column)(from->size % COLUMNS), from->size % 2, &f);
	stdout = out;
	need(err <= 0 && !err == !f.text[0]);
	return !err;
}

const struct fuzz_reader fuzz_slabinfo = {"slabinfo",
					  (const char *const[]){" : tunables ", " : slabdata ",
								" : ", "18446744073709551615", "0 ",
								"\n", "#", " 9999999999 ", NULL},
					  make_slabinfo, read_slabinfo, 300000};

/* ---- /proc/kallsyms -------------------------------------------------------------------------- */

FILE *__wrap_kallsyms_open(char buffer[KALLSYMS_BUFFER]);
FILE *__wrap_kallsyms_open(char buffer[KALLSYMS_BUFFER])
{
	static const char own[] = "ffffffff81200100 t cache_alloc_refill\n";
	bool shows = current != NULL && current->size;

	(void)buffer;
	return shows ? fmemopen((void *)current->data, current->size, "r")
		     : fmemopen((void *)own, sizeof(own) - 1, "r");
}

static void make_kallsyms(struct bytes *to, unsigned number)
{
	GOOD("ffffffff81000000 T _stext\nffffffff81200300 t ___slab_alloc\n"
	     "ffffffff81200100 T kmem_cache_alloc\nffffffff81300000 d data\n"
	     "ffffffffc0001000 t late\t[module]\nffffffffc0002000 t bpf_prog_1_other\t[bpf]\n",
	     "0000000000000000 T _stext\n0000000000000000 t kmem_cache_alloc\n");
}

static bool read_kallsyms(const struct bytes *from)
{
	static const uint64_t address[] = {0, 1, 0xffffffff81200110, 0xffffffffc0001010,
					   UINT64_MAX};
	char buffer[KALLSYMS_BUFFER], text[32];
	struct facts facts = {0};
	struct symbols *symbols;
	FILE *file;

	current = from;
	file = kallsyms_open(buffer);
	need(file != NULL);
	symbols = symbols_read(file);
	need(symbols || errno == EPERM);
	fclose(file);
	for (size_t i = 0; i < sizeof(address) / sizeof(*address); i++)
		need(strlen(symbols_text(symbols, address[i], text, sizeof(text))) < sizeof(text));
	facts_symbols_read(&facts);
	for (int i = 0; i < SYMBOLS; i++)
		need(facts.symbol[i].present || !facts.symbol[i].address);
	current = NULL;
	symbols_drop(symbols);
	return symbols != NULL;
}

const struct fuzz_reader fuzz_kallsyms = {
	"kallsyms",
	(const char *const[]){"ffffffffffffffff T ", "allocate_slab", "\t[bpf]", "\t[a]", "\n",
			      " t ", "0 T cache_grow_begin\n", NULL},
	make_kallsyms, read_kallsyms, 100000};

/* ---- the settings ---------------------------------------------------------------------------- */

static void make_config(struct bytes *to, unsigned number)
{
	GOOD("# Settings\nscreen = caches\nsort = ALLOC/s\ninvert = yes\ninterval = 1.5\n"
	     "colours = no\nhide = SLABS HIT%\n",
	     "screen=cpus\n\n  sort =  CACHE  \ninterval = 0.1\nhide =\n");
}

static bool read_config(const struct bytes *from)
{
	struct failure f = {""};
	struct ui ui;
	const char *path;

	bytes_file(from, &path);
	batch_init(&ui, true, 1);
	need(!settings_read(path, &ui, null(), &f));
	need(ui.screen && ui.sort < COLUMNS && columns[ui.sort].sorts);
	need(!(ui.hidden & COLUMN_BIT(COLUMN_CACHE)) && !(ui.hidden >> (COLUMNS - 1) >> 1));
	need(ui.interval_s >= INTERVAL_MIN_S && ui.interval_s <= INTERVAL_MAX_S);
	return !f.text[0];
}

const struct fuzz_reader fuzz_config = {
	"config",
	(const char *const[]){"screen = ", "sort = ", "interval = ", "hide = ", "invert = ", "nan",
			      "1e400", "yes", "\n", "=", "ALLOC/s", "CACHE", "#", NULL},
	make_config, read_config, 150000};

/* ---- -c -------------------------------------------------------------------------------------- */

error_t __wrap_options_wrong(const struct argp_state *state, const char *what, const char *value,
			     const char *wanted);
error_t __wrap_options_wrong(const struct argp_state *state, const char *what, const char *value,
			     const char *wanted)
{
	(void)state;
	need(what && value && wanted);
	return EINVAL;
}

/* A list, and names of caches, one a line. */
static void make_globs(struct bytes *to, unsigned number)
{
	GOOD("kmalloc-*,dentry\nkmalloc-64\nfilp\n", "[a-f]*x,*[!0-9],a\\,b,?\nfilp\na,b\n",
	     "*a*a*a*a*a*a*a*a*b\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
	     "\303\274n*,[\303\200-\303\277]*\n\303\274n\303\257c\303\266d\303\251\n");
}

static bool read_globs(const struct bytes *from)
{
	char *list = text_of(from), *names = strchr(list, '\n'), *name = names ? names + 1 : "";
	const char *const *globs = NULL;
	struct argp_state state = {.input = &globs};
	struct failure f = {""};
	struct choice choice;
	int err;

	if (names)
		*names = 0;
	choice_init(&choice);
	err = choice_add_globs(&choice, list, &f);
	need(err <= 0 && !err == !f.text[0]);
	if (!err)
		choice_has_alias(&choice, name);
	choice_free(&choice);
	if (!options_caches.parser('c', list, &state)) {
		need(globs && globs[0]);
		glob_chooses(globs, name);
	}
	free(list);
	return !err;
}

const struct fuzz_reader fuzz_globs = {
	"globs",
	(const char *const[]){"*", "?", "[", "]", "[!", "[^", "[:alpha:]", "[[:", "[.a.]", "[=a=]",
			      "\\", "\\,", ",", "-", "*a*a*a*a*", "\n", "\303\274", NULL},
	make_globs, read_globs, 1000000};

/* ---- /proc/PID ------------------------------------------------------------------------------- */

/* Mappings, a stat file, or a list of CPUs: each parser gets all. */
static void make_processes(struct bytes *to, unsigned number)
{
	GOOD("55d0a0000000-55d0a0001000 r-xp 00001000 fe:01 1234                /usr/bin/load (a)\n"
	     "7f0000000000-7f0000021000 rw-p 00000000 00:00 0 \n",
	     "77 (a name) (x) S 1 77 77 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 4 0 12345 1000000 300 "
	     "18446744073709551615 94350000000000 94350000100000 140720000000000 0 0 0 0 0 0\n",
	     "0-3,8-11,65535\n");
}

static bool read_processes(const struct bytes *from)
{
	char *text = text_of(from), *rest = text, *line;
	const char *list = text;
	struct libslab_mapping mapping;
	struct process_stat stat;
	struct cpu_range range;
	unsigned threads, good;

	need(cpu_list_size(text) <= CPU_LIST_MAX);
	for (good = 0; cpu_list_next(&list, &range); good++)
		need(range.first <= range.last && range.last < CPU_LIST_MAX);
	good += !process_stat_parse(text, &stat, &threads);
	need(memchr(stat.comm, 0, sizeof(stat.comm)) != NULL);
	while ((line = strsep(&rest, "\n")))
		good += libslab_files_parse_mapping(line, &mapping);
	free(text);
	return good;
}

const struct fuzz_reader fuzz_processes = {"processes",
					   (const char *const[]){"(", ")", " ", "-", ",", "\n",
								 " r-xp ", "18446744073709551616",
								 "/", NULL},
					   make_processes, read_processes, 1000000};
