#!/usr/bin/env python3
"""Where there are no restartable sequences libslab falls back to locks, and everything still holds:
without glibc's registration, and under valgrind, which must find nothing wrong. TAP.

tests/unit/alloc_rseq skips what needs sequences, which shows that there were none."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))
import tap  # noqa: E402

BUILD = Path(os.environ.get('B') or ROOT / 'build')
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
    tap.need(result.returncode == 0, f'exit {result.returncode}\n{result.stdout}{result.stderr}')


def no_sequences(result):
    good(result)
    tap.need(result.stdout.startswith('1..0 # SKIP'), f'sequences were run\n{result.stdout}')


def without_rseq(name):
    good(run([UNIT / name], STRESS_OPS='300000', **NO_RSEQ))


def under_valgrind(command):
    if not shutil.which('valgrind'):
        raise tap.Skip('valgrind is not installed')
    result = run([*VALGRIND, *command], STRESS_OPS='5000')
    good(result)
    found = re.findall(r'^==\d+==.*', result.stderr, re.M)
    tap.need(not found, '\n'.join(found))


def valgrind_has_no_sequences():
    if not shutil.which('valgrind'):
        raise tap.Skip('valgrind is not installed')
    no_sequences(run([*VALGRIND, UNIT / 'alloc_rseq']))


# alloc_probes, alloc_events and alloc_asserts look at the very calls, alloc_failure at the very requests:
# they, too, must hold without sequences.
names = sorted(path.stem for path in (ROOT / 'tests/unit').glob('alloc_*.c') if path.stem != 'alloc_rseq')
tap.run(
    [('without rseq: alloc_rseq finds no sequences',
      lambda: no_sequences(run([UNIT / 'alloc_rseq'], **NO_RSEQ)))] +
    [(f'without rseq: {name}', lambda name=name: without_rseq(name)) for name in names] +
    [('valgrind: alloc_rseq finds no sequences', valgrind_has_no_sequences)] +
    [(f'valgrind: {name}', lambda name=name: under_valgrind([UNIT / name])) for name in UNDER_VALGRIND] +
    [(f'valgrind: {name}', lambda name=name: under_valgrind(
        [BUILD / 'tests/progs' / name, '-g', '-t', '2', '-n', '500'])) for name in ('load', 'load.shared')])
