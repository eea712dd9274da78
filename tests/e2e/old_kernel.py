"""Kernels that are too old for slabscope: a clear sentence, and what /proc/slabinfo says."""
import errno
import json
import os
import subprocess

import pytest

from tests.support.build import BUILD


def run(number, *arguments):
    done = subprocess.run([BUILD / 'tests/progs/without_bpf', str(number), BUILD / 'slabscope', *arguments],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, f'{arguments}: {done.returncode}, {done.stderr}'
    return json.loads(done.stdout.splitlines()[-1])


def refused(number, why):
    doctor = run(number, 'doctor', '--json')
    for row in doctor['quantities']:
        if row['what'] != 'objects and sizes':
            assert not row['seen'] and why in row['why'] and '5.10' in row['remedy'], f'{row}'
    top = run(number, 'top', '--json', '-n', '1', '-d', '0.2')
    assert any(why in row['why'] for row in top['kernel']['missing']), f'{top["kernel"]["missing"]}'
    assert any(row['what'] == 'refill latency of the reference' for row in top['kernel']['missing']), (
        f'{top["kernel"]["missing"]}')
    if os.access('/proc/slabinfo', os.R_OK):
        assert len(top['kernel']['caches']) > 20, 'no caches of /proc/slabinfo'


def test_without_bpf():
    refused(errno.ENOSYS, 'this kernel has no bpf()')


@pytest.mark.root  # without root slabscope reports missing privileges only
def test_without_what_came_to_bpf_later():
    """Every bpf() fails as one that a kernel does not know."""
    refused(errno.EINVAL, 'too old: its BPF arrays cannot be mapped (EINVAL)')
