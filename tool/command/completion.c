// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * completion.c: writes a script for bash, zsh or fish. Each offers a command exactly its own
 * options, and the values that values.h lists. Without a command, slabscope completes as top.
 */
#include "command/completion.h"

#include <ctype.h>
#include <string.h>

#include "command/commands.h"
#include "command/values.h"

#define WORDS_MAX 1024

/* Whether the option has a letter. Shells would take -? for a pattern. */
static bool has_letter(const struct argp_option *option)
{
	return option->key < 128 && isalpha(option->key);
}

/* Whether the option counts as often as it is given. */
static bool is_repeatable(const struct argp_option *option)
{
	return option->doc && strstr(option->doc, "may be repeated");
}

/* Writes the first clause of a description for a text in single quotes. */
static void print_clause(FILE *to, const char *doc, const char *single_quote)
{
	const char *end = doc + strcspn(doc, ":;[](,");

	while (end > doc && end[-1] == ' ')
		end--;
	for (; doc < end; doc++)
		if (*doc == '\'')
			fputs(single_quote, to);
		else
			fputc(*doc, to);
}

static void print_names(FILE *to, const char *separator)
{
	char names[WORDS_MAX];

	values_words("COMMAND", separator, names, sizeof(names));
	fputs(names, to);
}

/* ---- bash ----------------------------------------------------------------------------------- */

/* Prints the options of compgen that complete a value. */
static void bash_value(FILE *to, const char *placeholder)
{
	char words[WORDS_MAX];

	switch (values_kind(placeholder)) {
	case VALUE_FILE:
		fputs("-f", to);
		break;
	case VALUE_DIRECTORY:
		fputs("-d", to);
		break;
	case VALUE_PROCESS:
		fputs("-W \"$(cd /proc && echo [0-9]*)\"", to);
		break;
	case VALUE_CACHES:
		fputs("-W \"$(ls /sys/kernel/slab 2>/dev/null | grep -v '^:')\"", to);
		break;
	case VALUE_COMMAND:
		fputs("-c", to);
		break;
	case VALUE_WORDS:
		values_words(placeholder, " ", words, sizeof(words));
		fprintf(to, "-W '%s'", words);
		break;
	case VALUE_ANY:
		fputs("-W ''", to);
		break;
	}
}

static void bash_command(FILE *to, const struct command *command)
{
	const struct argp_option *option[OPTIONS_MAX];
	size_t count = options_list(command, option);
	char argument[64];

	options_argument(command, argument, sizeof(argument));
	fprintf(to, "\t%s)\n\t\tcase $prev in\n", command->name);
	for (size_t i = 0; i < count; i++) {
		if (!option[i]->arg)
			continue;
		fputs("\t\t", to);
		if (has_letter(option[i]))
			fprintf(to, "-%c | ", option[i]->key);
		fprintf(to, "--%s) _slabscope_reply ", option[i]->name);
		bash_value(to, option[i]->arg);
		fputs("; return ;;\n", to);
	}
	fputs("\t\tesac\n\t\tif [[ $cur == -* ]]; then\n\t\t\t_slabscope_reply -W '", to);
	for (size_t i = 0; i < count; i++)
		fprintf(to, "%s--%s", i ? " " : "", option[i]->name);
	fputs("'\n", to);
	if (argument[0]) {
		fputs("\t\telse\n\t\t\t_slabscope_reply ", to);
		bash_value(to, argument);
		fputs("\n", to);
	}
	fputs("\t\tfi ;;\n", to);
}

static void bash(FILE *to)
{
	fputs("# bash completion for slabscope, made by 'slabscope help --completion bash'\n"
	      "_slabscope_reply()\n"
	      "{\n"
	      "\tCOMPREPLY=($(compgen \"$@\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
	      "}\n"
	      "_slabscope()\n"
	      "{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} "
	      "command=top\n"
	      "\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [[ $COMP_CWORD -eq 1 && $cur != -* ]]; then\n"
	      "\t\t_slabscope_reply -W '",
	      to);
	print_names(to, " ");
	fputs("'\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tif [[ $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} != -* ]]; then\n"
	      "\t\tcommand=${COMP_WORDS[1]}\n"
	      "\tfi\n"
	      "\tcase $command in\n",
	      to);
	for (size_t i = 0; commands_at(i); i++)
		bash_command(to, commands_at(i));
	fputs("\tesac\n}\ncomplete -F _slabscope slabscope\n", to);
}

/* ---- zsh ------------------------------------------------------------------------------------ */

#define ZSH_QUOTE "'\\''"

/* Prints the action that completes a value. */
static void zsh_value(FILE *to, const char *placeholder)
{
	char words[WORDS_MAX];

	switch (values_kind(placeholder)) {
	case VALUE_FILE:
		fputs("_files", to);
		break;
	case VALUE_DIRECTORY:
		fputs("_directories", to);
		break;
	case VALUE_PROCESS:
		fputs("_pids", to);
		break;
	case VALUE_CACHES:
		fputs("_files -W /sys/kernel/slab", to);
		break;
	case VALUE_COMMAND:
		fputs("_normal", to);
		break;
	case VALUE_WORDS:
		values_words(placeholder, " ", words, sizeof(words));
		fprintf(to, "(%s)", words);
		break;
	case VALUE_ANY:
		fputs(" ", to);
		break;
	}
}

static void zsh_option(FILE *to, const struct argp_option *option)
{
	const char *repeat = is_repeatable(option) ? "*" : "";
	const char *value = option->arg ? "=" : "";

	if (has_letter(option) && *repeat)
		fprintf(to, "\t\t'*'{-%c,--%s%s}'[", option->key, option->name, value);
	else if (has_letter(option))
		fprintf(to, "\t\t'(-%c --%s)'{-%c,--%s%s}'[", option->key, option->name,
			option->key, option->name, value);
	else
		fprintf(to, "\t\t'%s--%s%s[", repeat, option->name, value);
	print_clause(to, option->doc, ZSH_QUOTE);
	fputs("]", to);
	if (option->arg) {
		fprintf(to, ":%s:", option->arg);
		zsh_value(to, option->arg);
	}
	fputs("' \\\n", to);
}

static void zsh_command(FILE *to, const struct command *command)
{
	const struct argp_option *option[OPTIONS_MAX];
	size_t count = options_list(command, option);
	char argument[64];

	options_argument(command, argument, sizeof(argument));
	fprintf(to, "\t%s)\n\t\t_arguments -s \\\n", command->name);
	for (size_t i = 0; i < count; i++)
		zsh_option(to, option[i]);
	if (argument[0]) {
		fprintf(to, "\t\t'1:%s:", argument);
		zsh_value(to, argument);
		fputs("' \\\n", to);
	}
	if (command->arguments && strchr(command->arguments, ' '))
		fputs("\t\t'*::COMMAND:_normal' \\\n", to);
	fputs("\t\t&& return ;;\n", to);
}

static void zsh(FILE *to)
{
	fputs("#compdef slabscope\n"
	      "# zsh completion for slabscope, made by 'slabscope help --completion zsh'\n"
	      "local command=top\n"
	      "local -a commands=(\n",
	      to);
	for (size_t i = 0; commands_at(i); i++) {
		fprintf(to, "\t'%s:", commands_at(i)->name);
		print_clause(to, commands_at(i)->summary, ZSH_QUOTE);
		fputs("'\n", to);
	}
	fputs(")\n"
	      "\n"
	      "if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n"
	      "\t_describe command commands\n"
	      "\treturn\n"
	      "fi\n"
	      "if ((CURRENT > 2)) && [[ $words[2] != -* ]]; then\n"
	      "\tcommand=$words[2]\n"
	      "\tshift words\n"
	      "\t((CURRENT--))\n"
	      "fi\n"
	      "case $command in\n",
	      to);
	for (size_t i = 0; commands_at(i); i++)
		zsh_command(to, commands_at(i));
	fputs("esac\n", to);
}

/* ---- fish ----------------------------------------------------------------------------------- */

/* Prints the options of complete that offer a value. */
static void fish_value(FILE *to, const char *placeholder)
{
	char words[WORDS_MAX];

	switch (values_kind(placeholder)) {
	case VALUE_FILE:
		fputs(" -r -F", to);
		break;
	case VALUE_DIRECTORY:
		fputs(" -x -a '(__fish_complete_directories)'", to);
		break;
	case VALUE_PROCESS:
		fputs(" -x -a '(__fish_complete_pids)'", to);
		break;
	case VALUE_CACHES:
		fputs(" -x -a '(path basename /sys/kernel/slab/[^:]*)'", to);
		break;
	case VALUE_COMMAND:
		fputs(" -x -a '(__fish_complete_command)'", to);
		break;
	case VALUE_WORDS:
		values_words(placeholder, " ", words, sizeof(words));
		fprintf(to, " -x -a '%s'", words);
		break;
	case VALUE_ANY:
		fputs(" -x", to);
		break;
	}
}

static void fish_command(FILE *to, const struct command *command)
{
	const struct argp_option *option[OPTIONS_MAX];
	size_t count = options_list(command, option);
	char argument[64];

	options_argument(command, argument, sizeof(argument));
	for (size_t i = 0; i < count; i++) {
		fprintf(to, "complete -c slabscope -n '__slabscope_is %s'", command->name);
		if (has_letter(option[i]))
			fprintf(to, " -s '%c'", option[i]->key);
		fprintf(to, " -l %s", option[i]->name);
		if (option[i]->arg)
			fish_value(to, option[i]->arg);
		fputs(" -d '", to);
		print_clause(to, option[i]->doc, "\\'");
		fputs("'\n", to);
	}
	if (argument[0]) {
		fprintf(to, "complete -c slabscope -n '__slabscope_is %s'", command->name);
		fish_value(to, argument);
		fputs("\n", to);
	}
}

static void fish(FILE *to)
{
	fputs("# fish completion for slabscope, made by 'slabscope help --completion fish'\n"
	      "function __slabscope_is\n"
	      "\tset -l words (commandline -opc)\n"
	      "\tset -l command top\n"
	      "\tif set -q words[2]; and not string match -q -- '-*' $words[2]\n"
	      "\t\tset command $words[2]\n"
	      "\tend\n"
	      "\ttest $command = $argv[1]\n"
	      "end\n"
	      "function __slabscope_first\n"
	      "\tset -l words (commandline -opc)\n"
	      "\ttest (count $words) -eq 1\n"
	      "end\n"
	      "complete -c slabscope -f\n",
	      to);
	for (size_t i = 0; commands_at(i); i++) {
		fprintf(to, "complete -c slabscope -n __slabscope_first -a %s -d '",
			commands_at(i)->name);
		print_clause(to, commands_at(i)->summary, "\\'");
		fputs("'\n", to);
	}
	for (size_t i = 0; commands_at(i); i++)
		fish_command(to, commands_at(i));
}

/* ---- all ------------------------------------------------------------------------------------ */

static const struct {
	const char *shell;
	void (*print)(FILE *to);
} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
#define SHELLS (sizeof(shells) / sizeof(*shells))

bool completion_exists(const char *shell)
{
	for (size_t i = 0; i < SHELLS; i++)
		if (!strcmp(shells[i].shell, shell))
			return true;
	return false;
}

void completion_print(const char *shell, FILE *to)
{
	for (size_t i = 0; i < SHELLS; i++)
		if (!strcmp(shells[i].shell, shell))
			shells[i].print(to);
}
