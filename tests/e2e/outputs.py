"""Each screen as text, the table as CSV, and rounds of JSON in a log that changes files."""
import csv
import io
import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support.build import SLABSCOPE

pytestmark = pytest.mark.slow

# What only this screen says.
SCREENS = {'caches': 'ALLOC/s', 'cpus': 'cpu0', 'latency': 'P99.9', 'origins': 'REFILL/s ORIGINS',
           'callers': 'CACHE', 'walk': 'MOVES/s', 'doctor': "Caches of the reference"}


def run(*arguments, status=0, delay='0.3'):
    done = subprocess.run([SLABSCOPE, 'demo', '-d', delay, *arguments], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                          env={**os.environ, 'LC_ALL': 'C.UTF-8'})
    assert done.returncode == status, f'{arguments}: status {done.returncode}: {done.stderr}'
    return done


def test_each_screen_as_text():
    for name, said in SCREENS.items():
        text = run('--batch', '--screen', name, '-n', '2', delay='0.1').stdout
        parts = text.split('\n\n')
        missing = f'{name.capitalize()}: not available here' in text # on this kernel
        assert text.count('slabscope  ') == 2 and (said in text or missing), f'{name}:\n{text}'
        assert text.endswith('\n\n') and '\n\n\n' not in text or name == 'doctor', f'{name}: blank lines\n{text}'
        assert all(len(line) <= 132 for line in text.split('\n')), f'{name}: too long'
        assert parts, name
    done = run('--screen', 'nowhere', status=2)
    assert 'caches, cpus' in done.stderr, done.stderr


def test_sorted_text():
    lines = run('--batch', '-s', 'n', '-n', '1').stdout.split('\n')
    begin = next(i for i, line in enumerate(lines) if line.startswith('  CACHE')) + 1
    names = [line.split()[0] for line in lines[begin:] if line.startswith('  ') and 'without' not in line]
    assert len(names) > 3 and names == sorted(names), names


def test_csv():
    rows = list(csv.DictReader(io.StringIO(run('--csv', '-n', '2').stdout)))
    assert all(None not in row and None not in row.values() for row in rows), 'rows of another length'
    steady = [row for row in rows if row['name'] == 'steady-64' and row['side'] == 'reference']
    assert len(steady) == 2, f'{len(steady)} rows of steady-64'
    for row in steady:
        allocs, hits, refills, bypasses = (int(row[k]) for k in ('allocs', 'hits', 'refills', 'bypasses'))
        # counts of CPUs that go on while they are read differ by what happened meanwhile
        assert allocs > 1000 and abs(hits + refills + bypasses - allocs) <= 0.01 * allocs, row
        assert abs(float(row['hit_rate']) - hits / allocs) < 1e-5, row
    assert float(steady[1]['time']) > float(steady[0]['time']), steady
    done = run('--csv', '--json', status=2)
    assert 'exclude each other' in done.stderr, done.stderr


def test_no_option_is_ignored():
    for arguments in (('--csv', '--screen', 'cpus'), ('--json', '--screen', 'cpus'), ('--csv', '-s', 'n'),
                      ('--json', '-s', 'n'), ('--csv', '--callers'), ('-o',)):
        done = run(*arguments, status=2)
        assert len(done.stderr.splitlines()) == 1 and not done.stdout, f'{arguments}: {done.stderr}'


def test_the_log():
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, 'log')
        text = run('--batch', '--log', str(path), '--max-size', '1G', '-n', '2').stdout
        assert 'ALLOC/s' in text, text
        run('--csv', '--log', str(path), '-n', '1')
        lines = path.read_text().splitlines()
        assert len(lines) == 3, f'{len(lines)} lines'
        assert all(json.loads(line)['schema'] == 'slabscope.top/1' for line in lines), lines
        size = 2 * max(map(len, lines))
        run('--json', '--log', str(path), '--max-size', str(size), '-n', '3')
        assert path.stat().st_size <= size, path.stat()
        for file in path, Path(directory, 'log.1'):
            assert [json.loads(line) for line in file.read_text().splitlines()], file
        for arguments, said in ((('--max-size', '1G'), 'requires --log'), (('--log', str(path), '--max-size', '7'), '--max-size 7'),
                                (('--log', str(path), '--max-size', '1KB'), '--max-size 1KB')):
            assert said in run(*arguments, status=2).stderr, arguments
    done = run('--batch', '--log', '/proc/nowhere/log', '-n', '1', status=1)
    assert '/proc/nowhere/log' in done.stderr and done.stderr.count('\n') == 1, done.stderr
    done = run('--batch', '--log', '/dev/full', '-n', '2', status=1)
    assert '/dev/full' in done.stderr, done.stderr
