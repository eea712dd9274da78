"""The screen in terminals of several kinds: the mouse, colours or none, no UTF-8; and settings that are kept."""
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support.build import SLABSCOPE

pytestmark = pytest.mark.slow

DEMO = f'{SLABSCOPE} demo -d 0.2'


def click(terminal, row, col, button=0):
    """As an xterm tells it: pressed and released."""
    for what in button, 3:
        terminal.tmux('send-keys', '-l', '\033[M' + ''.join(chr(33 + n) for n in (what - 1, col, row)))


def test_the_mouse(terminal):
    t = terminal(DEMO, 80, 24)
    t.see('> steady-64', '1 Caches')
    lines = t.screen()
    tabs = next(i for i, line in enumerate(lines) if '1 Caches' in line)
    click(t, tabs, lines[tabs].index('Latency'))
    t.see('linear bars')
    click(t, tabs, lines[tabs].index('Caches'))
    t.see('ALLOC/s')
    t.keys('Space') # rows stand still
    t.see('paused')
    heading = next(i for i, line in enumerate(t.screen()) if 'ALLOC/s' in line)
    click(t, heading, t.screen()[heading].index('SIZE'))
    t.see('sorted by SIZE')
    row = heading + 4
    name = t.screen()[row].split()[0]
    click(t, row, 4)
    t.see(f'> {name}')
    click(t, 0, 79, button=65) # the wheel, downward
    t.never(f'> {name}')
    click(t, row, 4)
    click(t, 23, t.screen()[23].index('Help'))
    t.see('slabscope shows how')
    t.keys('q') # leaves the help
    t.never('slabscope shows how')
    t.keys('q')
    t.ends(0)
    assert t.flag('mouse_any_flag') == '0', 'the mouse is still taken'


def test_settings(terminal):
    with tempfile.TemporaryDirectory() as home:
        environment = {'XDG_CONFIG_HOME': home}
        path = Path(home, 'slabscope', 'config')
        t = terminal(DEMO, 80, 24, environment)
        t.see('> steady-64')
        t.keys('n')
        t.keys('3')
        t.keys('w')
        t.see(f'settings are in {home}')
        t.keys('q')
        t.ends(0)
        assert 'screen = latency' in path.read_text() and 'sort = CACHE' in path.read_text(), path.read_text()
        t = terminal(DEMO, 80, 24, environment)
        t.see('linear bars')
        t.keys('q')
        t.ends(0)
        path.write_text('screen = origins\n\nsort by name\n')
        t = terminal(f'{DEMO} --screen cpus', 132, 24, environment)
        t.see(f'{path}: line 3:', 'REFILL/s P99') # named, and the command line won
        t.keys('q')
        t.ends(0)


def test_colours(terminal):
    """The scale of costs in 256 colours, in 8, and in none."""
    for term, wanted, unwanted in (('xterm-256color', '48;5;', None), ('xterm', '[3', '48;5;'),
                                   ('vt220', '[7m', r'\[3[0-7]')):
        t = terminal(f'env TERM={term} {DEMO} --screen cpus', 80, 24)
        t.see('> steady-64', 'cheap')
        looks = t.tmux('capture-pane', '-p', '-e')
        assert wanted in looks, f'{term}: no {wanted!r} in {looks[:600]!r}'
        assert not unwanted or not re.search(unwanted, looks), f'{term}: {unwanted!r} in {looks[:600]!r}'
        t.keys('q')
        assert t.status() == 0, t.all()


def test_neither_utf_8_nor_colours(terminal):
    t = terminal(DEMO, 132, 43, {'LC_ALL': 'C', 'NO_COLOR': '1'})
    t.see('> steady-64', 'us ')
    lines = t.screen()
    assert all(ord(c) < 128 for line in lines for c in line), 'not ASCII:\n' + '\n'.join(lines)
    looks = t.tmux('capture-pane', '-p', '-e')
    assert '\x1b[7m' in looks, f'nothing is reversed: {looks[:300]!r}'
    assert not any(f'[{n}m' in looks for n in range(30, 38)), f'colours: {looks[:300]!r}'
    t.keys('F10')
    t.ends(0)


def test_a_terminal_of_which_nothing_is_known(terminal):
    t = terminal(f'env TERM=no-such-terminal {SLABSCOPE} top -d 0.2', 80, 24)
    t.ends(1)
    assert "TERM 'no-such-terminal'" in t.stderr() and t.stderr().count('\n') == 1, t.stderr()


def styles(terminal, introducer):
    """The colours on the screen, as numbers after this introducer."""
    found = set()
    for sequence in re.findall(r'\033\[([0-9;:]*)m', terminal.tmux('capture-pane', '-e', '-p')):
        found |= set(re.findall(introducer, sequence))
    return found


def test_direct_colours(terminal):
    """A terminal with direct colours shows those of the table of 256 colours, not their numbers as blue."""
    if subprocess.run(['infocmp', 'xterm-direct'], capture_output=True).returncode:
        pytest.skip('needs ncurses-term')
    steps = 0, 95, 135, 175, 215, 255

    def direct(number):
        cube = number - 16
        return steps[cube // 36], steps[cube // 6 % 6], steps[cube % 6]

    tables = []
    for term in 'xterm-256color', 'xterm-direct':
        t = terminal(f'env TERM={term} {DEMO}', 120, 40)
        t.see('> steady-64')
        t.keys('3')
        t.see('linear bars')
        tables.append((styles(t, r'[34]8[;:]5[;:](\d+)'), styles(t, r'[34]8[;:]2[;:]+(\d+)[;:](\d+)[;:](\d+)')))
        t.keys('q')
        t.ends(0)
    (indexed, none), (_, shown) = tables
    known = {direct(n) for n in (17, 24, 60, 66, 102, 144, 179, 221, 74, 172, 208, 202, 231, 16)} | {
        (8 + 10 * 20,) * 3, (255, 255, 255)} # 252 is grey
    shown = {tuple(map(int, colour)) for colour in shown}
    assert indexed and not none and shown and shown <= known, (indexed, shown - known)


def test_ctrl_l(terminal):
    t = terminal(DEMO, 80, 24)
    t.see('> steady-64')
    t.keys('Space') # nothing else draws
    t.see('paused')
    tty = t.tmux('display-message', '-p', '#{pane_tty}').strip()
    Path(tty).write_text('\033[1;1HSOMETHING ELSE')
    t.see('SOMETHING ELSE')
    t.keys('C-l')
    t.never('SOMETHING ELSE')
    t.see('paused')
    t.keys('q')
    t.ends(0)
