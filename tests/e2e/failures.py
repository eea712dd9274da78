# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""System calls that fail: a sample of what `make faults` does in whole (tests/faults), and what it once found."""
import os
import random
import shutil
import signal
import subprocess

import pytest

from tests.faults import injection, leftovers, run, subjects
from tests.support.build import BUILD, SLABSCOPE

pytestmark = [pytest.mark.root, pytest.mark.slow]

SEED = 41
RUNS = 3  # of each command, beside a whole one

# (command, kind of call, what it concerns, how it fails): each was once taken for nothing.
FOUND = [
    (subjects.Top, 'openat', '/sys/devices/system/cpu/possible', 'EMFILE'),
    (subjects.RecordProbes, 'wait4', '', 'ECHILD'),
    (subjects.RecordKernel, 'bpf', 'BPF_BTF_LOAD', 'ENOSPC'),
    (subjects.Replay, 'mprotect', 'PROT_READ PROT_WRITE', 'ENOMEM'),
]


@pytest.fixture(scope='module')
def campaign():
    if not shutil.which('strace'):
        pytest.skip('there is no strace')
    with run.Campaign() as started:
        yield started


def sample(calls, kind):
    """Returns the runs of what was once found, and some at random."""
    generator = random.Random(SEED)
    found = [(next((c for c in calls if (c.kind, c.about) == (call, about)), None), error)
             for of, call, about, error in FOUND if of is kind]
    assert all(call for call, _ in found), 'a call is not made any more: correct FOUND'
    chosen, _ = run.choose(calls, 3)
    runs = run.thin([(call, way) for call in chosen for way in injection.ways(call)], 1, generator)
    return found + generator.sample(runs, min(RUNS, len(runs)))


@pytest.mark.parametrize('kind', subjects.SUBJECTS, ids=lambda kind: kind.name)
def test_a_sample(campaign, kind, check):
    before = leftovers.programs()
    subject, calls = campaign.subject(kind)
    for call, error in sample(calls, kind):
        hits, wrong, result = campaign.fail(subject, call, error)
        check(not wrong, f'{kind.name}: {call.name} #{call.number}: {error}', *wrong, *hits[:1],
              f'status {result.status}', *result.said)
    check(not leftovers.of_all(before), f'{kind.name}: nothing is left in the kernel')


def test_a_parent_that_ignores_its_children(tmp_path):
    """SIGCHLD stays ignored over exec(); then wait() finds no child, and record waited forever."""
    program = os.path.join(BUILD, 'tests/progs/stream')
    done = subprocess.run([SLABSCOPE, 'record', str(tmp_path / 'trace'), '--', program, '-n', '2000'],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
                          preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert done.returncode == 0 and ' 0 lost' in done.stderr, done.stderr
