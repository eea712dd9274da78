#!/usr/bin/env python3
"""The screen in a terminal: three sizes, keys, live resizing."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import tap
from tap import need
from terminal import SLABSCOPE, Terminal, wait_until

DEMO = f'{SLABSCOPE} demo -d 0.2'


def selected(terminal):
    return next((line for line in terminal.screen() if line.startswith('>')), '')


def whole(terminal, cols, rows):
    """The screen is full: a title in the first line, keys in the last, none too long."""
    def check():
        lines = terminal.screen()
        return (len(lines) == rows and lines[0].startswith('slabscope') and
                'F10Quit' in lines[-1] and all(len(line) <= cols for line in lines))
    need(wait_until(check), f'not a whole screen of {cols}x{rows}\n{terminal.all()}')


def size(cols, rows):
    def test():
        with Terminal(DEMO, cols, rows) as t:
            t.see('> steady-64', 'ALLOC/s', 'HIT%', 'REFILL/s', 'cpu0', 'kern', 'ref')
            whole(t, cols, rows)
            t.keys('?')
            t.see('slabscope shows how')
            t.keys('?')
            t.never('slabscope shows how')
            t.keys('q')
            t.ends(0)
    return test


def filter_search_sort():
    with Terminal(DEMO, 80, 24) as t:
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
        t.see('steady-64')
        need(selected(t).startswith('> churn-192'), f'the selection moved\n{t.all()}')
        t.keys('/')
        t.keys('saw')
        t.see('> sawtooth-1024', 'Search: saw')
        t.keys('Enter')
        for key, heading in (('s', 'SIZE'), ('n', 'CACHE'), ('l', 'SLABS'), ('u', 'USE%')):
            t.keys(key)
            t.see(f'sorted by {heading}', '> sawtooth-1024')
        t.keys('q')
        t.ends(0)


def sides_pause_interval():
    with Terminal(DEMO, 140, 24) as t: # wide enough for TREND
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
        need(not wait_until(lambda: t.screen() != before, 0.7), f'it goes on\n{t.all()}')
        t.keys('F1')
        t.never('steady-64')
        t.keys('Escape')
        need(wait_until(lambda: t.screen() == before), f'drawn anew, it is not what it was\n{t.all()}')
        t.keys('Space')
        t.never('paused')
        need(wait_until(lambda: t.screen() != before), f'it does not go on\n{t.all()}')
        t.keys('+')
        t.see('interval: 0.5 s')
        t.keys('q')
        t.ends(0)
        need(t.stderr() == '', t.stderr())


def resizing():
    with Terminal(DEMO, 80, 24) as t:
        t.see('> steady-64')
        for cols, rows in ((40, 10), (200, 60), (12, 3), (132, 43)):
            t.resize(cols, rows)
            if cols >= 40:
                whole(t, cols, rows)
        t.see('TREND', '█', '> steady-64')
        t.keys('q')
        t.ends(0)


def all_screens():
    with Terminal(DEMO, 80, 24) as t:
        t.see('> steady-64', '1 Caches')
        for key, said in (('2', 'HIT% REFILL/s P99'), ('3', 'linear bars'), ('4', 'REFILL/s ORIGINS'),
                          ('6', 'GROW/s'), ('7', 'The kernel'), ('1', 'ALLOC/s'), ('BTab', 'The kernel'),
                          ('Tab', 'ALLOC/s'), ('F2', '[x]  CACHE'), ('Escape', 'ALLOC/s')):
            t.keys(key)
            t.see(said)
            whole(t, 80, 24)
        t.keys('q')
        t.ends(0)


tap.run([
    ('40x10', size(40, 10)),
    ('80x24', size(80, 24)),
    ('200x60', size(200, 60)),
    ('filter, search, sort', filter_search_sort),
    ('sides, pause, interval', sides_pause_interval),
    ('resizing', resizing),
    ('all screens', all_screens),
])
