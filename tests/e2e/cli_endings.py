"""What ends a run: a reader that leaves or stops, signals to slabscope or to the demonstration's load."""
import os
import signal
import subprocess
import time

import pytest

from tests.support import pipes
from tests.support.build import SLABSCOPE
from tests.support.rounds import check_round, start, steady
from tests.support.terminal import children, is_running, wait_until

pytestmark = pytest.mark.slow


def test_a_reader_that_leaves():
    p = subprocess.run(f'{SLABSCOPE} top --json -d 0.2 | head -n 1; echo "${{PIPESTATUS[0]}}" >&2',
                       shell=True, executable='/bin/bash', stdin=subprocess.DEVNULL, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    check_round(p.stdout)
    assert p.stderr == '0\n', p.stderr
    p = start('top', '--json', '-d', '60') # it does not wait for a round to find out
    time.sleep(1)
    p.stdout.close()
    assert p.wait(40) == 0, f'status {p.returncode}'


PRINTING = [['--help'], ['--usage'], ['--version'], ['help'], ['help', 'top'], ['help', '--completion', 'bash'],
            ['doctor'], ['doctor', '--json'], ['demo', '--batch', '-n', '2', '-d', '0.1'],
            ['top', '--csv', '-n', '1', '-d', '0.1']]


@pytest.mark.parametrize('arguments', PRINTING, ids=' '.join)
def test_output_without_a_reader_and_on_a_full_disk(arguments):
    pipes.check_reader_may_leave(*arguments)
    pipes.check_full_disk_is_reported(*arguments)


def test_a_reader_that_stops():
    """The reader has stopped and the pipe is full: a signal must still end slabscope."""
    p = start('demo', '--batch', '-d', '0.1')
    time.sleep(3)
    p.send_signal(signal.SIGTERM)
    try:
        p.wait(40)
    except subprocess.TimeoutExpired:
        p.kill()
        raise AssertionError('it hangs on its output') from None
    assert p.returncode in (0, 1), f'status {p.returncode}'


def test_signals_lose_nothing():
    for number in (signal.SIGINT, signal.SIGTERM):
        p = start('demo', '--json', '-d', '2')
        check_round(p.stdout.readline())
        load = children(p.pid)[0]
        time.sleep(0.7)
        p.send_signal(number)
        out, err = p.communicate(timeout=40)
        assert p.returncode == 0 and err == '', f'{p.returncode} {err}'
        r = check_round(out) # the part of a round that there was
        assert 0.3 < r['interval_s'] < 1.9 and steady(r)['allocs'] > 1000, out[:200]
        assert wait_until(lambda: not is_running(load), 40), 'the load goes on'
    p = start('top', '--json', '-n', '5', '-d', '2')
    p.stdout.readline()
    p.send_signal(signal.SIGTERM)
    out, err = p.communicate(timeout=40)
    assert p.returncode == 1 and 'after 2 of 5 samples' in err, f'{p.returncode} {err}'


def test_the_load_is_killed():
    p = start('demo', '--json', '-d', '0.3')
    check_round(p.stdout.readline())
    os.kill(children(p.pid)[0], signal.SIGKILL)
    out, err = p.communicate(timeout=40)
    for line in out.splitlines():
        check_round(line)
    assert p.returncode == 1 and 'killed by signal 9' in err and err.count('\n') == 1, f'{p.returncode} {err}'


def test_the_demo_is_killed():
    p = start('demo', '--json', '-d', '0.3')
    check_round(p.stdout.readline())
    load = children(p.pid)[0]
    p.kill()
    p.wait()
    assert wait_until(lambda: not is_running(load), 40), 'the load has outlived the demo'
