"""Where there are no restartable sequences libslab falls back to locks, and everything still holds:
without glibc's registration, and under valgrind, which must find nothing wrong.

tests/unit/alloc_rseq skips what needs sequences, which shows that there were none."""
import os
import re
import shutil
import subprocess

import pytest

from tests.support.build import BUILD, ROOT

pytestmark = pytest.mark.slow

UNIT = BUILD / 'tests/unit'
NO_RSEQ = {'GLIBC_TUNABLES': 'glibc.pthread.rseq=0'}
# Threads that spin would keep the others from running, without turns.
VALGRIND = ['valgrind', '-q', '--fair-sched=try', '--error-exitcode=99', '--leak-check=full',
            '--show-leak-kinds=definite', '--errors-for-leak-kinds=definite']

# Under valgrind: those that bring something that the others do not, at a length that it bears.
UNDER_VALGRIND = ('alloc_refill', 'alloc_nodes', 'alloc_kmalloc', 'alloc_slab_desc', 'alloc_ageing',
                  'alloc_reserve', 'alloc_threads')


def run(command, **environment):
    return subprocess.run(command, capture_output=True, text=True, timeout=250, env={
        **os.environ, 'CMOCKA_MESSAGE_OUTPUT': 'TAP', **environment})


def good(result):
    assert result.returncode == 0, f'exit {result.returncode}\n{result.stdout}{result.stderr}'


def no_sequences(result):
    good(result)
    assert result.stdout.startswith('1..0 # SKIP'), f'sequences were run\n{result.stdout}'


@pytest.fixture
def valgrind():
    if not shutil.which('valgrind'):
        pytest.skip('valgrind is not installed')
    return VALGRIND


def test_without_rseq_alloc_rseq_finds_no_sequences():
    no_sequences(run([UNIT / 'alloc_rseq'], **NO_RSEQ))


# alloc_probes, alloc_events and alloc_asserts look at the very calls, alloc_failure at the very requests:
# they, too, must hold without sequences.
@pytest.mark.parametrize('name', sorted(path.stem for path in (ROOT / 'tests/unit').glob('alloc_*.c')
                                        if path.stem != 'alloc_rseq'))
def test_without_rseq(name):
    good(run([UNIT / name], STRESS_OPS='300000', **NO_RSEQ))


def test_under_valgrind_alloc_rseq_finds_no_sequences(valgrind):
    no_sequences(run([*valgrind, UNIT / 'alloc_rseq']))


@pytest.mark.parametrize('command', [pytest.param([UNIT / name], id=name) for name in UNDER_VALGRIND] + [
    pytest.param([BUILD / 'tests/progs' / name, '-g', '-t', '2', '-n', '500'], id=name)
    for name in ('load', 'load.shared')])
def test_under_valgrind(valgrind, command):
    result = run([*valgrind, *command], STRESS_OPS='5000')
    good(result)
    found = re.findall(r'^==\d+==.*', result.stderr, re.M)
    assert not found, '\n'.join(found)
