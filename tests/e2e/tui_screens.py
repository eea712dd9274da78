"""The screen in a terminal: three sizes, keys, live resizing."""
import pytest

from tests.support.build import SLABSCOPE
from tests.support.terminal import wait_until

pytestmark = pytest.mark.slow

DEMO = f'{SLABSCOPE} demo -d 0.2'


def whole(terminal, cols, rows):
    """The screen is full: a title in the first line, keys in the last, none too long."""
    def check():
        lines = terminal.screen()
        return (len(lines) == rows and lines[0].startswith('slabscope') and
                'F10Quit' in lines[-1] and all(len(line) <= cols for line in lines))
    assert wait_until(check), f'not a whole screen of {cols}x{rows}\n{terminal.all()}'


@pytest.mark.parametrize('cols, rows', [(40, 10), (80, 24), (200, 60)])
def test_size(terminal, cols, rows):
    t = terminal(DEMO, cols, rows)
    t.see('> steady-64', 'ALLOC/s', 'HIT%', 'REFILL/s', 'cpu0', 'kern', 'ref')
    whole(t, cols, rows)
    t.keys('?')
    t.see('slabscope shows how')
    t.keys('?')
    t.never('slabscope shows how')
    t.keys('q')
    t.ends(0)


def test_filter_search_sort(terminal):
    t = terminal(DEMO, 80, 24)
    t.see('> steady-64')
    t.keys('\\')
    t.keys('churn')
    t.see('> churn-192')
    t.never('steady-64')
    t.keys('Enter')
    t.keys('Enter') # the CPUs alone
    t.see('churn-192, ')
    t.never('> churn-192')
    t.keys('Escape') # back, and then no filter
    t.see('> churn-192')
    t.keys('Escape')
    t.see('> steady-64') # the first row
    t.keys('/')
    t.keys('saw')
    t.see('> sawtooth-1024', 'Search: saw')
    t.keys('Enter')
    t.keys('F')
    t.see('follows sawtooth-1024')
    for key, heading in (('s', 'SIZE'), ('n', 'CACHE'), ('l', 'SLABS'), ('u', 'USE%')):
        t.keys(key)
        t.see(f'sorted by {heading}', '> sawtooth-1024')
    t.keys('q')
    t.ends(0)


def test_sides_pause_interval(terminal):
    t = terminal(DEMO, 140, 24) # wide enough for TREND
    t.see('> steady-64')
    t.keys('S')
    t.see('kernel only', ' kern ')
    t.never(' ref ')
    t.keys('S')
    t.see('reference only', ' ref ')
    t.never(' kern ')
    t.keys('S')
    t.keys('Space')
    t.see('paused')
    before = t.screen()
    assert not wait_until(lambda: t.screen() != before, 0.7), f'it goes on\n{t.all()}'
    t.keys('F1')
    t.never('steady-64')
    t.keys('Escape')
    assert wait_until(lambda: t.screen() == before), f'drawn anew, it is not what it was\n{t.all()}'
    t.keys('Space')
    t.never('paused')
    assert wait_until(lambda: t.screen() != before), f'it does not go on\n{t.all()}'
    t.keys('+')
    t.see('interval: 0.5 s')
    t.keys('q')
    t.ends(0)
    assert t.stderr() == '', t.stderr()


def test_resizing(terminal):
    t = terminal(DEMO, 80, 24)
    t.see('> steady-64')
    for cols, rows in ((40, 10), (200, 60), (12, 3), (132, 43)):
        t.resize(cols, rows)
        if cols >= 40:
            whole(t, cols, rows)
    t.see('TREND', '█', '> steady-64')
    t.keys('q')
    t.ends(0)


def test_all_screens(terminal):
    t = terminal(DEMO, 80, 24)
    t.see('> steady-64', '1 Caches')
    for key, said in (('M', 'HIT% REFILL/s P99'), ('L', 'linear bars'), ('O', 'REFILL/s ORIGINS'),
                      ('R', 'GROW/s'), ('D', 'Caches of the kernel'), ('1', 'ALLOC/s'), ('Tab', 'HIT% REFILL/s P99'),
                      ('BTab', 'ALLOC/s'), ('F2', '[x]  CACHE'), ('Escape', 'ALLOC/s')):
        t.keys(key)
        t.see(said)
        whole(t, 80, 24)
    t.keys('q')
    t.ends(0)
