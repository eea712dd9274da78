// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* tui.c: the terminal, by ncurses; no other file includes it. */
#include "screen/tui.h"

#include <errno.h>
#include <ncurses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "screen/keys.h"

#define CTRL_L 12

static SCREEN *screen;
static attr_t looks[STYLES];
static short pairs[STYLES];
static bool colours_there;

/* ---- restoring it in a crash ---------------------------------------------------------- */

/* A signal handler may use only plain system calls to restore what was saved. */
static struct termios saved_termios;
static volatile sig_atomic_t taken;
static char restore_text[256];
static size_t restore_length;

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

static void restore_in_crash(int signal)
{
	if (taken) {
		taken = 0;
		if (write(STDOUT_FILENO, restore_text, restore_length) < 0)
			_exit(1);
		tcsetattr(STDIN_FILENO, TCSANOW, &saved_termios);
	}
	raise(signal); /* SA_RESETHAND: now with its default action */
}

/* Saves the text of a capability without padding, which only very old terminals need. */
static void save_capability(const char *name)
{
	const char *text = tigetstr(name);

	if (!text || text == (char *)-1)
		return;
	while (*text && restore_length < sizeof(restore_text) - 1) {
		const char *end = !strncmp(text, "$<", 2) ? strchr(text, '>') : NULL;

		if (end)
			text = end + 1;
		else
			restore_text[restore_length++] = *text++;
	}
}

/* Saves the text that gives the mouse back to the terminal. */
static void save_mouse(void)
{
	static const char off[] = "\033[?1006;1000l";

	if (key_defined("\033[M") || has_key(KEY_MOUSE))
		for (const char *p = off; *p && restore_length < sizeof(restore_text) - 1; p++)
			restore_text[restore_length++] = *p;
}

static void watch_crashes(void)
{
	static char stack[65536]; /* a separate one: the crash may be a stack overflow */
	const stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = restore_in_crash,
				   .sa_flags = SA_RESETHAND | SA_NODEFER | SA_ONSTACK};

	restore_length = 0;
	save_capability("sgr0");
	save_capability("cnorm");
	save_capability("rmkx");
	save_mouse();
	save_capability("rmcup");
	sigemptyset(&action.sa_mask);
	sigaltstack(&other, NULL);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		sigaction(crashes[i], &action, NULL);
}

static void leave_crashes(void)
{
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		signal(crashes[i], SIG_DFL);
}

/* ---- looks ---------------------------------------------------------------------------- */

/* A style in the colours of the terminal; -1 is its default. */
struct colours {
	short front, back;
	attr_t attributes;
};

/*
 * The scale of costs differs in lightness as well as in hue, for users who do not see red or green.
 * Text goes from blue over the default to orange, the background from dark blue to yellow.
 */
static const struct colours scale_256[] = {{74, -1, 0},	 {74, -1, 0},	   {-1, -1, 0},
					   {-1, -1, 0},	 {172, -1, 0},	   {172, -1, 0},
					   {208, -1, 0}, {202, -1, A_BOLD}};
static const struct colours heat_256[] = {{252, 17, 0}, {255, 24, 0}, {255, 60, 0}, {231, 66, 0},
					  {16, 102, 0}, {16, 144, 0}, {16, 179, 0}, {16, 221, 0}};
static const struct colours scale_8[] = {{COLOR_CYAN, -1, 0},
					 {COLOR_CYAN, -1, 0},
					 {-1, -1, 0},
					 {-1, -1, 0},
					 {COLOR_YELLOW, -1, 0},
					 {COLOR_YELLOW, -1, 0},
					 {COLOR_YELLOW, -1, A_BOLD},
					 {COLOR_RED, -1, A_BOLD}};
static const struct colours heat_8[] = {
	{COLOR_WHITE, COLOR_BLUE, 0},	{COLOR_WHITE, COLOR_BLUE, 0},
	{COLOR_BLACK, COLOR_CYAN, 0},	{COLOR_BLACK, COLOR_CYAN, 0},
	{COLOR_BLACK, COLOR_WHITE, 0},	{COLOR_BLACK, COLOR_WHITE, 0},
	{COLOR_BLACK, COLOR_YELLOW, 0}, {COLOR_BLACK, COLOR_YELLOW, 0}};

static const struct {
	enum style style;
	struct colours colours;
} plain_colours[] = {
	{STYLE_WARN, {COLOR_YELLOW, -1, 0}},
	{STYLE_BAD, {COLOR_RED, -1, A_BOLD}},
	{STYLE_KERNEL, {COLOR_CYAN, -1, 0}},
	{STYLE_REFERENCE, {COLOR_MAGENTA, -1, 0}},
	{STYLE_SELECTED, {COLOR_BLACK, COLOR_CYAN, 0}},
	{STYLE_KEY_TEXT, {COLOR_BLACK, COLOR_CYAN, 0}},
	{STYLE_HERE, {COLOR_BLACK, COLOR_CYAN, 0}},
};

/* What a number of a colour means to the terminal. */
static enum palette { PALETTE_8, PALETTE_256, PALETTE_DIRECT } palette;

/* Terminals with direct colours have the capability RGB; with fewer than 8 bits each, 8 colours. */
static enum palette find_palette(void)
{
	const char *bits = tigetstr("RGB");
	bool direct = tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || (bits && bits != (char *)-1);

	if (direct)
		return COLORS >= 1 << 24 ? PALETTE_DIRECT : PALETTE_8;
	return COLORS >= 256 ? PALETTE_256 : PALETTE_8;
}

/* Text or attributes carry the same information as colours. */
static void choose_attributes(void)
{
	memset(looks, 0, sizeof(looks));
	memset(pairs, 0, sizeof(pairs));
	looks[STYLE_TITLE] = looks[STYLE_BAD] = looks[STYLE_KEY] = A_BOLD;
	looks[STYLE_HEADING] = looks[STYLE_SELECTED] = looks[STYLE_KEY_TEXT] = A_REVERSE;
	looks[STYLE_SORTED] = looks[STYLE_HERE] = A_REVERSE | A_BOLD;
	looks[STYLE_DIM] = A_DIM;
	for (int i = SCALE_LEVELS / 2; i < SCALE_LEVELS; i++)
		looks[STYLE_SCALE + i] = looks[STYLE_HEAT + i] = A_BOLD;
	for (int i = SCALE_LEVELS - 2; i < SCALE_LEVELS; i++)
		looks[STYLE_HEAT + i] = A_REVERSE;
}

/* Returns the red, green and blue of a colour of the table of 256, as xterm has them. */
static int direct_colour(int colour)
{
	static const int steps[] = {0, 95, 135, 175, 215, 255};
	int grey = 8 + 10 * (colour - 232), cube = colour - 16;

	if (colour < 16) /* the first eight are those of the table; the others are not used */
		return colour;
	if (colour >= 232)
		return grey << 16 | grey << 8 | grey;
	return steps[cube / 36] << 16 | steps[cube / 6 % 6] << 8 | steps[cube % 6];
}

static void choose_colours(enum style style, struct colours colours)
{
	/* A style keeps its pair when colours are turned off and on. */
	short pair = (short)(style + 1);

	int front = colours.front, back = colours.back;

	if (palette == PALETTE_DIRECT) {
		front = direct_colour(front);
		back = direct_colour(back);
	}
	if (init_extended_pair(pair, front, back) == ERR)
		return;
	pairs[style] = pair;
	looks[style] = colours.attributes;
}

void tui_colours(bool wanted)
{
	const char *none = getenv("NO_COLOR");

	choose_attributes();
	if (!wanted || (none && none[0]) || !colours_there)
		return;
	for (size_t i = 0; i < sizeof(plain_colours) / sizeof(*plain_colours); i++)
		choose_colours(plain_colours[i].style, plain_colours[i].colours);
	for (int i = 0; i < SCALE_LEVELS; i++) {
		choose_colours(STYLE_SCALE + i, palette == PALETTE_8 ? scale_8[i] : scale_256[i]);
		choose_colours(STYLE_HEAT + i, palette == PALETTE_8 ? heat_8[i] : heat_256[i]);
	}
}

/* ---- taking and giving back ----------------------------------------------------------- */

static void take_size(int *rows, int *cols)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	getmaxyx(stdscr, *rows, *cols);
	clearok(curscr, TRUE);
}

int tui_open(int *rows, int *cols, struct failure *f)
{
	const char *term = getenv("TERM");

	if (tcgetattr(STDIN_FILENO, &saved_termios))
		return fail(f, errno, "cannot use the terminal: %s; use --batch or --json",
			    strerror(errno));
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return fail(f, ENOTTY,
			    "cannot use the terminal: TERM '%s' is unknown; set TERM to its "
			    "type, or use --batch",
			    term ? term : "");
	if (!tigetstr("cup")) {
		tui_close();
		return fail(f, ENOTTY,
			    "cannot use the terminal: TERM '%s' cannot move the cursor; "
			    "use --batch",
			    term ? term : "");
	}
	set_term(screen);
	set_escdelay(25);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	typeahead(-1); /* typing does not interrupt the drawing of a screen */
	curs_set(0);
	colours_there = has_colors() && start_color() == OK && use_default_colors() == OK;
	palette = find_palette();
	tui_colours(true);
	mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
	watch_crashes();
	taken = 1;
	take_size(rows, cols);
	return 0;
}

void tui_close(void)
{
	if (!screen)
		return;
	taken = 0;
	leave_crashes();
	endwin();
	delscreen(screen);
	screen = NULL;
}

static void suspend(void)
{
	taken = 0;
	endwin();
}

static void go_on(int *rows, int *cols)
{
	reset_prog_mode();
	refresh();
	taken = 1;
	take_size(rows, cols);
}

bool tui_signal(int signal, int *rows, int *cols)
{
	switch (signal) {
	case SIGWINCH:
		take_size(rows, cols);
		return true;
	case SIGTSTP:
		suspend();
		raise(SIGSTOP);
		return true; /* SIGCONT follows */
	case SIGCONT:
		go_on(rows, cols);
		return true;
	default:
		return false;
	}
}

/* ---- drawing and reading -------------------------------------------------------------- */

void tui_draw(const struct cells *c)
{
	int rows, cols;

	getmaxyx(stdscr, rows, cols);
	erase();
	for (int row = 0; row < c->rows && row < rows; row++) {
		for (int col = 0; col < c->cols && col < cols; col++) {
			const struct cell *cell =
				&c->cell[(size_t)row * (size_t)c->cols + (size_t)col];

			attr_set(looks[cell->style], pairs[cell->style], NULL);
			mvaddstr(row, col, cell->text);
		}
	}
	attr_set(A_NORMAL, 0, NULL);
	refresh();
}

/* Returns a click or a turn of the wheel; 0 for other events of the mouse. */
static int mouse_key(int *row, int *col)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return 0;
	*row = event.y;
	*col = event.x;
	return event.bstate & BUTTON1_PRESSED	? KEY_CODE_CLICK
	       : event.bstate & BUTTON4_PRESSED ? KEY_CODE_WHEEL_UP
	       : event.bstate & BUTTON5_PRESSED ? KEY_CODE_WHEEL_DOWN
						: 0;
}

int tui_key(int *row, int *col)
{
	static const struct {
		int curses, key;
	} codes[] = {
		{KEY_UP, KEY_CODE_UP},
		{KEY_DOWN, KEY_CODE_DOWN},
		{KEY_LEFT, KEY_CODE_LEFT},
		{KEY_RIGHT, KEY_CODE_RIGHT},
		{KEY_PPAGE, KEY_CODE_PAGE_UP},
		{KEY_NPAGE, KEY_CODE_PAGE_DOWN},
		{KEY_HOME, KEY_CODE_HOME},
		{KEY_END, KEY_CODE_END},
		{KEY_ENTER, KEY_CODE_ENTER},
		{'\r', KEY_CODE_ENTER},
		{'\n', KEY_CODE_ENTER},
		{27, KEY_CODE_ESCAPE},
		{KEY_BACKSPACE, KEY_CODE_BACKSPACE},
		{127, KEY_CODE_BACKSPACE},
		{8, KEY_CODE_BACKSPACE},
		{'\t', KEY_CODE_TAB},
		{KEY_BTAB, KEY_CODE_BACK_TAB},
		{KEY_RESIZE, KEY_CODE_RESIZE},
	};
	int key = getch();

	if (key == ERR)
		return -1;
	if (key == CTRL_L) { /* whatever has written over the screen goes */
		clearok(curscr, TRUE);
		return KEY_CODE_RESIZE;
	}
	if (key == KEY_MOUSE)
		return mouse_key(row, col);
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].curses == key)
			return codes[i].key;
	if (key >= KEY_F(1) && key <= KEY_F(10))
		return KEY_CODE_F1 + key - KEY_F(1);
	return key < 256 ? key : 0;
}
