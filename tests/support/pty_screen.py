"""A program on a pseudo-terminal, its bytes with their times, and the screens that they make (pyte)."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

import pytest


def emulator(cols, rows):
    """Returns a screen and the stream that feeds it. Skips the test without pyte."""
    pyte = pytest.importorskip('pyte')

    class Screen(pyte.Screen):
        """With SU and SD, which pyte lacks and ncurses scrolls by."""

        def scrolled(self, scroll, count):
            x, y = self.cursor.x, self.cursor.y
            self.cursor.y = self.margins.top if self.margins else 0
            scroll(count)
            self.cursor.x, self.cursor.y = x, y

        def scroll_up(self, count=1):
            self.scrolled(self.delete_lines, count)

        def scroll_down(self, count=1):
            self.scrolled(self.insert_lines, count)

    class Stream(pyte.ByteStream):
        csi = {**pyte.ByteStream.csi, 'S': 'scroll_up', 'T': 'scroll_down'}
        events = pyte.ByteStream.events | {'scroll_up', 'scroll_down'}

    screen = Screen(cols, rows)
    return screen, Stream(screen)


class Pty:
    def __init__(self, argv, cols, rows, environment=None, term='xterm-256color'):
        self.cols, self.rows = cols, rows
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = {k: v for k, v in os.environ.items() if k not in ('NO_COLOR', 'TMUX', 'LC_CTYPE')}
            env.update({'TERM': term, 'LC_ALL': 'C.UTF-8', 'HOME': '/proc/no-home'})
            env.update(environment or {})
            env.pop('XDG_CONFIG_HOME', None)
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def read(self, seconds):
        """What comes within that time: a list of (time, bytes)."""
        got, end = [], time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            if not data:
                break
            got.append((time.monotonic(), data))
        return got

    def first(self, seconds):
        """The time of the first bytes that come within that time, or None."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return None
        os.read(self.fd, 65536)
        return time.monotonic()

    def settle(self, quiet, at_most=20):
        """Reads until nothing comes for that long."""
        end = time.monotonic() + at_most
        while self.read(quiet) and time.monotonic() < end:
            pass

    def write(self, data):
        os.write(self.fd, data)

    def resize(self, cols, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def status(self, seconds=20):
        """The exit status, or None."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        return None

    def end(self):
        if self.pid:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
            self.pid = 0
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
