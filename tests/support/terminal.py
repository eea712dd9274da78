"""Programs in a terminal: tmux sessions of a given size, each on a server of its own."""
import os
import subprocess
import tempfile
import time
from pathlib import Path


def wait_until(condition, seconds=40):
    """Returns what condition() gave at last: as soon as it is true, or when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.05)


def processes():
    """pid -> (parent, state, command name) of all processes."""
    found = {}
    for stat in Path('/proc').glob('[0-9]*/stat'):
        try:
            text = stat.read_text()
        except OSError:
            continue
        name = text[text.index('(') + 1:text.rindex(')')]
        fields = text[text.rindex(')') + 2:].split()
        found[int(stat.parent.name)] = (int(fields[1]), fields[0], name)
    return found


def children(pid):
    return [p for p, (parent, _, _) in processes().items() if parent == pid]


def is_running(pid):
    return processes().get(pid, (0, 'Z', ''))[1] != 'Z'


class Terminal:
    """A shell command in a tmux session. What the command writes to stderr is in self.stderr()."""

    def __init__(self, command, cols, rows, environment=None):
        self.directory = tempfile.TemporaryDirectory(prefix='slabscope-terminal-')
        self.socket = os.path.join(self.directory.name, 'socket')
        self.errors = os.path.join(self.directory.name, 'stderr')
        self.pids = os.path.join(self.directory.name, 'pid')
        self.status_file = os.path.join(self.directory.name, 'status')
        script = (f'ulimit -c 0; trap : INT; stty -g >{self.directory.name}/before; echo UNDER THE SCREEN; '
                  f'sh -c \'echo $$ >{self.pids}; exec {command}\' 2>{self.errors}; '
                  f'echo $? >{self.status_file}; stty -g >{self.directory.name}/after; '
                  f'echo THE END; exec sleep 1000')
        env = {k: v for k, v in os.environ.items() if k not in ('TMUX', 'NO_COLOR', 'LC_CTYPE')}
        env.update({'LC_ALL': 'C.UTF-8', 'TERM': 'xterm-256color'})
        env.update(environment or {})
        subprocess.run(['tmux', '-S', self.socket, '-f', '/dev/null', 'new-session', '-d',
                        '-x', str(cols), '-y', str(rows), 'sh', '-c', script],
                       env=env, check=True, stdin=subprocess.DEVNULL)
        self.tmux('set', '-g', 'status', 'off')
        self.tmux('resize-window', '-x', str(cols), '-y', str(rows))

    def close(self):
        self.kill_server()
        self.directory.cleanup()

    def tmux(self, *arguments):
        return subprocess.run(['tmux', '-S', self.socket, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout

    def kill_server(self):
        self.tmux('kill-server')

    def keys(self, *keys):
        self.tmux('send-keys', *keys)

    def resize(self, cols, rows):
        self.tmux('resize-window', '-x', str(cols), '-y', str(rows))

    def screen(self):
        """The lines on the screen, blanks at their ends cut off."""
        return self.tmux('capture-pane', '-p').split('\n')[:-1]

    def flag(self, name):
        return self.tmux('display-message', '-p', '#{' + name + '}').strip()

    def shows(self, text, seconds=40):
        return wait_until(lambda: any(text in line for line in self.screen()), seconds)

    def see(self, *texts):
        """Each of texts must be on the screen, or come soon."""
        for text in texts:
            assert self.shows(text), f"'{text}' is not on the screen\n{self.all()}"

    def never(self, text):
        """The text must not be on the screen, or go soon."""
        assert wait_until(lambda: not self.shows(text, 0)), f"'{text}' is still on the screen\n{self.all()}"

    def all(self):
        return '\n'.join('|' + line for line in self.screen()) + '\n' + self.stderr()

    def pid(self):
        def read():
            try:
                return int(Path(self.pids).read_text())
            except (OSError, ValueError):
                return 0
        return wait_until(read)

    def status(self, seconds=40):
        """The exit status, or None while the command runs."""
        def read():
            try:
                return Path(self.status_file).read_text().strip()
            except OSError:
                return ''
        text = wait_until(read, seconds)
        return int(text) if text else None

    def stderr(self):
        return Path(self.errors).read_text()

    def modes(self):
        """What stty -g said before and after the command."""
        directory = Path(self.directory.name)
        wait_until(lambda: (directory / 'after').exists() and self.shows('THE END'))
        return (directory / 'before').read_text(), (directory / 'after').read_text()

    def ends(self, status):
        """It ends with this status, and the terminal is as if nothing had been there."""
        got = self.status()
        assert got == status, f'exit status {got}, not {status}\n{self.all()}'
        before, after = self.modes()
        assert before == after, f'modes before: {before}modes after: {after}'
        assert self.flag('alternate_on') == '0', f'the other screen is still on\n{self.all()}'
        assert self.flag('cursor_flag') == '1', 'the cursor is hidden'
        self.see('UNDER THE SCREEN')
