"""Random keys, clicks and sizes on the program itself, built with ASan where that is there, while the
processes that it watches come and go: no crash, no torn screen, the terminal as it was.

MONKEY_SECONDS (30) and MONKEY_EVENTS (0: as many as fit) make it longer, MONKEY_SEED another one."""
import collections
import os
import random
import re
import subprocess
import tempfile
import termios
import time

import pytest

from tests.support.build import ROOT, SLABSCOPE
from tests.support.pty_screen import Pty, emulator

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get('MONKEY_SECONDS', 30))
EVENTS = int(os.environ.get('MONKEY_EVENTS', 0))
ASAN = str(ROOT / 'build' / 'san-asan' / 'slabscope')
LETTERS = 'abclvnopsuIwmftyxSCMLOWRDgr12345667 +-<>?h/\\jk|z~'
SEQUENCES = ['\x1b', '\r', '\t', '\x7f', '\x1b[Z', *(f'\x1bO{c}' for c in 'ABCDHFPQRS'), '\x1b[5~', '\x1b[6~',
             '\x1b[15~', '\x1b[17~', '\x1b[18~', '\x1b[19~', '\x1b[20~', '\xff', 'µ', '\x00', '\x1b[9;9;9~']
POLL = ('7', '271') # poll, ppoll
LEFT = ('\x1b[?1049l', '\x1b[?1000l') # the other screen, and the mouse


class Target:
    """A process with libslab that dies and comes back."""

    def __init__(self):
        self.process = None

    def toggle(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        else:
            self.process = subprocess.Popen([SLABSCOPE, 'demo', '--json', '-d', '3600'], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Monkey:
    def __init__(self, program, seed, home):
        self.random = random.Random(seed)
        self.screen, self.stream = emulator(80, 24)
        if not self.screen:
            pytest.skip('there is no pyte')
        self.terminal = Pty([program, 'top', '-d', '0.1'], 80, 24,
                            {'HOME': home, 'ASAN_OPTIONS': 'detect_leaks=0'})
        self.before = termios.tcgetattr(self.terminal.fd)
        self.tail = b''
        self.rows = collections.deque([24], maxlen=8) # of the last sizes
        self.events = 0

    def take(self, seconds):
        got = self.terminal.read(seconds)
        for _, data in got:
            self.stream.feed(data)
            self.tail = (self.tail + data)[-20000:]
        return bool(got)

    def waits(self):
        """Whether the program waits for keys, so that it has drawn what there is to be drawn."""
        try:
            with open(f'/proc/{self.terminal.pid}/syscall', encoding='ascii') as call:
                return call.read().split()[0] in POLL
        except OSError:
            return True # not ours to know, or it has ended

    def settle(self):
        end = time.monotonic() + 20
        while (self.take(0.3) or not self.waits()) and time.monotonic() < end:
            pass

    def one(self):
        which = self.random.random()
        self.events += 1
        if which < 0.02:
            cols, rows = self.random.choice([(80, 24), (40, 10), (200, 60), (132, 43), (12, 3), (1, 1),
                                             (self.random.randint(1, 220), self.random.randint(1, 70))])
            self.take(0)
            self.screen.resize(rows, cols)
            self.terminal.resize(cols, rows)
            self.rows.append(rows)
        elif which < 0.12:
            button = self.random.choice([0, 0, 0, 64, 65, 2, 35])
            row = self.random.randint(1, 60)
            if row in self.rows: # the keys' line, where a click ends it, of this size or one that it still has
                return
            at = f'{button};{self.random.randint(1, 200)};{row}'
            self.terminal.write(f'\x1b[<{at}M\x1b[<{at}m'.encode())
        elif which < 0.4:
            self.terminal.write(self.random.choice(SEQUENCES).encode('latin-1', 'replace'))
        else:
            self.terminal.write(self.random.choice(LETTERS).encode())

    def alive(self):
        pid, status = os.waitpid(self.terminal.pid, os.WNOHANG)
        if pid:
            self.terminal.pid = 0
            pytest.fail(f'it ended with status {status} after {self.events} events:\n'
                 + self.tail.decode(errors='replace')[-4000:])

    def text(self):
        return [line.rstrip() for line in self.screen.display]

    def untorn(self):
        """Standing still, what the changes of the screen made is what drawing all of it makes."""
        self.screen.resize(24, 80)
        self.terminal.resize(80, 24)
        self.rows.append(24)
        for key in '\x1b', '\x1b', '\x1b', '\x1b', '1':
            self.terminal.write(key.encode())
            self.take(0.1)
        for _ in range(3):
            self.settle()
            if 'paused' in self.screen.display[0]:
                break
            self.alive()
            self.terminal.write(b' ')
        assert 'paused' in self.screen.display[0], 'it cannot be paused:\n' + '\n'.join(self.text())
        for key in '23457?1jjj':
            self.terminal.write(key.encode())
            self.take(0.1)
        self.settle()
        before = self.text()
        self.screen.reset()
        os.kill(self.terminal.pid, 28) # SIGWINCH: all is drawn anew
        self.settle()
        assert before == self.text(), 'torn:\n' + '\n'.join(before) + '\ndrawn anew:\n' + '\n'.join(self.text())
        assert before[0].startswith('slabscope') and 'F10Quit' in before[-1], '\n'.join(before)
        self.terminal.write(b' ')


def test_random_keys_clicks_and_sizes():
    program = ASAN if os.path.exists(ASAN) else SLABSCOPE
    seed = int(os.environ.get('MONKEY_SEED', time.time()))
    target = Target()
    with tempfile.TemporaryDirectory() as home:
        monkey = Monkey(program, seed, home)
        try:
            begin = time.monotonic()
            monkey.settle()
            while time.monotonic() - begin < SECONDS or monkey.events < EVENTS:
                for _ in range(monkey.random.randint(1, 6)):
                    monkey.one()
                monkey.take(0.01)
                monkey.alive()
                if monkey.random.random() < 0.005:
                    target.toggle()
                if monkey.random.random() < 0.001:
                    monkey.untorn()
            monkey.untorn()
            monkey.terminal.write(b'Q') # q would leave the help
            tail = []
            end = time.monotonic() + 20
            while time.monotonic() < end:
                tail += [data for _, data in monkey.terminal.read(0.2)]
                pid, status = os.waitpid(monkey.terminal.pid, os.WNOHANG)
                if pid:
                    monkey.terminal.pid = 0
                    break
            said = b''.join(tail).decode(errors='replace')
            assert not monkey.terminal.pid and status == 0, f'seed {seed}: status {status}: {said}'
            after = termios.tcgetattr(monkey.terminal.fd)
            assert after == monkey.before, f'modes before {monkey.before}, after {after}'
            for sequence in LEFT:
                assert (sequence in said or (sequence.endswith('1000l') and
                                             re.search(r'\x1b\[\?[0-9;]*1000[0-9;]*l', said))), (
                    f'{sequence!r} is missing at the end: {said[-300:]!r}')
        except AssertionError as error:
            raise AssertionError(f'MONKEY_SEED={seed}: {error}')
        finally:
            monkey.terminal.end()
            if target.process:
                target.toggle()
        print(f'{monkey.events} events in {time.monotonic() - begin:.0f} s on {os.path.relpath(program, ROOT)}, seed {seed}')
        return
