#!/usr/bin/env python3
"""Whatever ends it, the terminal is as it was before: signals, a crash, a killed load, a lost
terminal; and stopping and going on."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import tap
from tap import need
from terminal import SLABSCOPE, Terminal, children, is_running, wait_until

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
    need(wait_until(lambda: not is_running(pid), 40),
         f'{what} is still there, and has used {cpu_seconds(pid)} s of CPU time')


def by_signal(number, status):
    def test():
        with Terminal(DEMO, 80, 24) as t:
            pid, load = started(t)
            os.kill(pid, number)
            t.ends(status)
            must_end(load, 'the load')
            said = [line for line in t.stderr().splitlines() if 'slabscope:' in line]
            need(not said, '\n'.join(said))
    return test


def from_the_keyboard():
    with Terminal(DEMO, 80, 24) as t: # the load, in the same group, gets it too
        started(t)
        t.keys('C-c')
        t.ends(0)
        need(t.stderr() == '', t.stderr())


def killed_load():
    with Terminal(DEMO, 80, 24) as t:
        pid, load = started(t)
        os.kill(load, signal.SIGKILL)
        t.see('the load has ended: killed by signal 9')
        need(is_running(pid), 'it has ended')
        t.keys('j')
        t.never('the load has ended')
        t.keys('q')
        t.ends(0)


def killed_terminal():
    with Terminal(DEMO, 80, 24) as t:
        pid, load = started(t)
        t.kill_server()
        must_end(pid, 'it')
        must_end(load, 'the load')


def hung_up_terminal():
    """No SIGHUP: this process holds the terminal, and lets go of it."""
    master, slave = os.openpty()
    env = dict(os.environ, TERM='xterm', LC_ALL='C.UTF-8')
    p = subprocess.Popen([SLABSCOPE, 'top', '-d', '60'], stdin=slave, stdout=slave, env=env,
                         stderr=subprocess.PIPE, start_new_session=True)
    os.close(slave)
    need(b'slabscope' in os.read(master, 100000) or os.read(master, 100000), 'nothing is drawn')
    time.sleep(0.3)
    os.close(master)
    try:
        need(p.wait(40) == 1, f'exit status {p.returncode}')
        said = p.stderr.read()
        need(said == b'', said.decode())
    except subprocess.TimeoutExpired:
        used = cpu_seconds(p.pid)
        raise AssertionError(f'it is still there, and has used {used} s of CPU time') from None
    finally:
        p.kill()
        p.wait()


def stop_and_go_on():
    with Terminal('bash --norc -i 2>&1', 80, 24, {'PS1': 'READY '}) as t: # a shell that controls jobs
        t.see('READY')
        t.keys(DEMO, 'Enter')
        t.see('> steady-64')
        t.keys('C-z')
        t.see('Stopped')
        need(t.flag('alternate_on') == '0' and t.flag('cursor_flag') == '1', 'not restored')
        t.keys('fg', 'Enter')
        t.see('> steady-64', 'F10Quit')
        t.keys('j')
        t.never('> steady-64')
        t.keys('q')
        t.never('F10Quit')
        need(t.flag('alternate_on') == '0' and t.flag('cursor_flag') == '1', 'not restored')


tap.run([
    ('SIGTERM', by_signal(signal.SIGTERM, 0)),
    ('SIGINT', by_signal(signal.SIGINT, 0)),
    ('SIGQUIT', by_signal(signal.SIGQUIT, 0)),
    ('SIGHUP', by_signal(signal.SIGHUP, 1)),
    ('a crash: SIGSEGV', by_signal(signal.SIGSEGV, 128 + signal.SIGSEGV)),
    ('a crash: SIGABRT', by_signal(signal.SIGABRT, 128 + signal.SIGABRT)),
    ('Ctrl-C', from_the_keyboard),
    ('the load is killed', killed_load),
    ('the terminal is killed', killed_terminal),
    ('the terminal hangs up', hung_up_terminal),
    ('Ctrl-Z and fg', stop_and_go_on),
])
