"""Once it watches, all of slabscope runs behind a filter of system calls. tests/unit/sandbox.c tries the calls."""
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.build import BUILD, SLABSCOPE
from tests.support.terminal import children, wait_until


def states(pid):
    """The thread and its state: 2 behind a filter, 0 without."""
    return {task.name: status(task, 'Seccomp') for task in Path(f'/proc/{pid}/task').iterdir()}


def status(process, name):
    lines = dict(line.split(':', 1) for line in (process / 'status').read_text().splitlines())
    return lines[name].strip()


@pytest.fixture(scope='module')
def trace(scratch):
    """The path of a recording."""
    path = os.path.join(scratch, 'trace')
    subprocess.run([SLABSCOPE, 'record', path, '--', BUILD / 'tests/progs/stream', '-n', '3000'], check=True,
                   capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    return path


@pytest.fixture(autouse=True)
def needs_filters():
    if not Path('/proc/sys/kernel/seccomp/actions_avail').exists():
        pytest.skip('this kernel has no filters of system calls')


def test_batch():
    """Its threads and its helper, which goes on to help."""
    with subprocess.Popen([SLABSCOPE, 'demo', '--json', '-d', '0.3'], stdout=subprocess.PIPE, text=True) as demo:
        first = json.loads(demo.stdout.readline())
        threads = states(demo.pid)
        others = {(Path(f'/proc/{pid}/comm').read_text().strip()): pid for pid in children(demo.pid)}
        helper = others.get('slabscope-stats')
        helped = states(helper) if helper else {}
        demo.terminate()
        demo.communicate(timeout=40)
    assert len(threads) > 1 and set(threads.values()) == {'2'}, threads
    assert 'slabscope-load' in others
    if os.geteuid() == 0 and helper:
        assert set(helped.values()) == {'2'}, helped
        assert first['kernel']['probes'] == 'none' or first['self']['bpf_ns_per_event'] is not None, first['self']


@pytest.mark.slow
def test_screens_and_settings(terminal, scratch):
    """What the keys do goes on: `w` writes the settings into a new directory, and over those that are there."""
    t = terminal(f'{SLABSCOPE} demo -d 0.2', 100, 30, {'HOME': scratch, 'XDG_CONFIG_HOME': f'{scratch}/new'})
    t.see('> steady-64')
    assert wait_until(lambda: set(states(t.pid()).values()) == {'2'}, 40)
    settings = Path(scratch, 'new/slabscope/config')
    for _ in range(2):
        t.keys('w')
        assert wait_until(settings.exists, 40), t.screen()
        settings.write_text('')
        t.keys('w')
        assert wait_until(lambda: settings.read_text() != '', 40), t.screen()
        settings.unlink()
    t.keys('q')
    t.ends(0)


def test_a_log_goes_on_in_a_new_file(scratch):
    log = Path(scratch, 'log')
    run = subprocess.run([SLABSCOPE, 'demo', '--json', '-n', '4', '-d', '0.2', '--log', log, '--max-size', '4096'],
                         capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0 and not run.stderr, run.stderr
    assert log.exists() and Path(f'{log}.1').exists()


def full_pipe():
    """The ends of a pipe that is full, and how many bytes that is."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    filled = 0
    try:
        while True:
            filled += os.write(writer, bytes(4096))
    except BlockingIOError:
        pass
    os.set_blocking(reader, True)
    os.set_blocking(writer, True)
    return reader, writer, filled


@pytest.mark.root
@pytest.mark.parametrize('arguments', (['replay'], ['replay', '--threads', '--repeat', '1'], ['compare'],
                                       ['top', '--json', '--from']), ids=lambda words: ' '.join(words))
def test_a_recording_is_read_behind_it(trace, arguments):
    """The command is caught when it prints, into a pipe that is full."""
    reader, writer, filled = full_pipe()
    with subprocess.Popen([SLABSCOPE, *arguments, trace], stdout=writer) as command:
        os.close(writer)
        wait_until(lambda: set(states(command.pid).values()) == {'2'}, 40)
        threads = states(command.pid)
        with os.fdopen(reader, 'rb') as out:
            printed = out.read()[filled:]
    assert set(threads.values()) == {'2'} and command.returncode == 0 and printed, (threads, command.returncode)
