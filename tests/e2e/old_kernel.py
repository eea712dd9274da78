#!/usr/bin/env python3
"""Kernels that are too old for slabscope: a clear sentence, and what /proc/slabinfo says. TAP."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests'))
import tap      # noqa: E402
from tap import Skip, need      # noqa: E402

BUILD = Path(os.environ.get('B') or ROOT / 'build')


def run(number, *arguments):
    done = subprocess.run([BUILD / 'tests/progs/without_bpf', str(number), BUILD / 'slabscope', *arguments],
                          capture_output=True, text=True, timeout=60)
    need(done.returncode == 0 and not done.stderr, f'{arguments}: {done.returncode}, {done.stderr}')
    return json.loads(done.stdout.splitlines()[-1])


def refused(number, why):
    doctor = run(number, 'doctor', '--json')
    for row in doctor['quantities']:
        if row['what'] != 'objects and sizes':
            need(not row['seen'] and why in row['why'] and '6.1' in row['remedy'], f'{row}')
    top = run(number, 'top', '--json', '-n', '1', '-d', '0.2')
    need(any(why in row['why'] for row in top['kernel']['missing']), f'{top["kernel"]["missing"]}')
    need(any(row['what'] == 'refill latency of the reference' for row in top['kernel']['missing']),
         f'{top["kernel"]["missing"]}')
    if os.access('/proc/slabinfo', os.R_OK):
        need(len(top['kernel']['caches']) > 20, 'no caches of /proc/slabinfo')
    return None


def without_bpf():
    refused(errno.ENOSYS, 'this kernel has no bpf()')


def too_old():
    """Every bpf() fails as one that a kernel does not know."""
    if os.geteuid():
        raise Skip('only root is told more than that privileges are missing')
    refused(errno.EINVAL, 'too old: its BPF arrays cannot be mapped (EINVAL)')


if __name__ == '__main__':
    tap.run([('without bpf()', without_bpf), ('without what came to bpf() later', too_old)])
