"""Whatever ends it, the terminal is as it was before: signals, a crash, a killed load, a lost
terminal; and stopping and going on."""
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.build import SLABSCOPE
from tests.support.terminal import children, is_running, wait_until

pytestmark = pytest.mark.slow

DEMO = f'{SLABSCOPE} demo -d 0.2'


def started(terminal):
    """Waits for the first round; returns the process and its load."""
    terminal.see('> steady-64')
    pid = terminal.pid()
    return pid, children(pid)[0]


def cpu_seconds(pid):
    try:
        fields = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def must_end(pid, what):
    assert wait_until(lambda: not is_running(pid), 40), (
        f'{what} is still there, and has used {cpu_seconds(pid)} s of CPU time')


@pytest.mark.parametrize('name, status', [('SIGTERM', 0), ('SIGINT', 0), ('SIGQUIT', 0), ('SIGHUP', 1),
                                          ('SIGUSR1', 0), ('SIGALRM', 0), ('SIGRTMIN', 0), ('SIGRTMAX', 0),
                                          ('SIGSEGV', 128 + signal.SIGSEGV), ('SIGABRT', 128 + signal.SIGABRT)])
def test_a_signal(terminal, name, status):
    t = terminal(DEMO, 80, 24)
    pid, load = started(t)
    os.kill(pid, getattr(signal, name))
    t.ends(status)
    must_end(load, 'the load')
    said = [line for line in t.stderr().splitlines() if 'slabscope:' in line]
    assert not said, '\n'.join(said)


def test_the_limit_of_cpu_time(terminal):
    t = terminal(DEMO, 80, 24)
    pid, load = started(t)
    os.kill(pid, signal.SIGXCPU)
    t.ends(1)
    must_end(load, 'the load')
    assert 'CPU time' in t.stderr(), t.stderr()


def test_ctrl_c(terminal):
    t = terminal(DEMO, 80, 24) # the load, in the same group, gets it too
    started(t)
    t.keys('C-c')
    t.ends(0)
    assert t.stderr() == '', t.stderr()


def test_the_load_is_killed(terminal):
    t = terminal(DEMO, 80, 24)
    pid, load = started(t)
    os.kill(load, signal.SIGKILL)
    t.see('the load has ended: killed by signal 9')
    assert is_running(pid), 'it has ended'
    t.keys('j')
    t.never('the load has ended')
    t.keys('q')
    t.ends(0)


def test_the_terminal_is_killed(terminal):
    t = terminal(DEMO, 80, 24)
    pid, load = started(t)
    t.kill_server()
    must_end(pid, 'it')
    must_end(load, 'the load')


def test_the_terminal_hangs_up():
    """No SIGHUP: this process holds the terminal, and lets go of it."""
    master, slave = os.openpty()
    env = dict(os.environ, TERM='xterm', LC_ALL='C.UTF-8')
    p = subprocess.Popen([SLABSCOPE, 'top', '-d', '60'], stdin=slave, stdout=slave, env=env,
                         stderr=subprocess.PIPE, start_new_session=True)
    os.close(slave)
    assert b'slabscope' in os.read(master, 100000) or os.read(master, 100000), 'nothing is drawn'
    time.sleep(0.3)
    os.close(master)
    try:
        assert p.wait(40) == 1, f'exit status {p.returncode}'
        said = p.stderr.read()
        assert said == b'', said.decode()
    except subprocess.TimeoutExpired:
        used = cpu_seconds(p.pid)
        raise AssertionError(f'it is still there, and has used {used} s of CPU time') from None
    finally:
        p.kill()
        p.wait()


def test_ctrl_z_and_fg(terminal):
    t = terminal('bash --norc -i 2>&1', 80, 24, {'PS1': 'READY '}) # a shell that controls jobs
    t.see('READY')
    t.keys(DEMO, 'Enter')
    t.see('> steady-64')
    t.keys('C-z')
    t.see('Stopped')
    assert t.flag('alternate_on') == '0' and t.flag('cursor_flag') == '1', 'not restored'
    t.keys('fg', 'Enter')
    t.see('> steady-64', 'F10Quit')
    t.keys('j')
    t.never('> steady-64')
    t.keys('q')
    t.never('F10Quit')
    assert t.flag('alternate_on') == '0' and t.flag('cursor_flag') == '1', 'not restored'
