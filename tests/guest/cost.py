#!/usr/bin/env python3
"""What slabscope's programs cost in a kernel, and what is given up when that is too much. TAP."""

import functools
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / 'vm')]
import guests    # noqa: E402
import tap      # noqa: E402
from callers import LOADED    # noqa: E402
from tap import need    # noqa: E402

BUILD = Path(os.environ.get('B') or HERE.parent.parent / 'build')
FILES = {'/bin/slabscope': BUILD / 'slabscope', '/bin/kload': BUILD / 'tests/progs/kload'}
KERNELS = 'slab-6.1', 'debian-6.1', 'debian-7.3'
ROUNDS = 12

SCRIPT = LOADED + f'''
loaded shed slabscope --json --callers -n {ROUNDS} -d 0.2 --max-overhead 0.001
loaded enough slabscope --json --callers -n 7 -d 0.2 --max-overhead 100000
'''


@functools.cache
def guest(kernel):
    return guests.run(kernel, FILES, SCRIPT, icount=True, timeout=500)


def rounds(kernel, name):
    return [json.loads(line) for line in (guest(kernel).out / name).read_text().splitlines()]


def filp(found):
    return next(cache for cache in found['kernel']['caches'] if cache['name'] == 'filp')


def measured(kernel):
    """An instruction is a nanosecond here: programs of some hundred, in a CPU that does little else."""
    self = rounds(kernel, 'enough')[-1]['self']
    need(50 < self['bpf_ns_per_event'] < 5000, f'{self}')
    need(1 < self['bpf_cpu_percent'] < 95, f'{self}')
    return f'{self["bpf_ns_per_event"]} ns an event, {self["bpf_cpu_percent"]} % of the CPU'


def given_up(kernel):
    """One thing after another goes, and says so; what is left goes on."""
    found = rounds(kernel, 'shed')
    order = []
    for number, one in enumerate(found):
        said = {row['what']: row['why'] for row in one['kernel']['missing'] if '--max-overhead 0.001' in row['why']}
        gone = [what for what in ('callers', 'kmalloc caches', 'refills', 'allocs')
                if any(what in text for text in said)]
        for what in gone:
            if what not in order:
                order.append(what)
        cache = filp(one)
        need((cache['callers'] is None) == ('callers' in gone), f'{gone}: {cache["callers"]}')
        need((cache['refills'] is None) == ('refills' in gone), f'{gone}: {cache}')
        need((cache['hits'] is None) == ('refills' in gone), f'{gone}: {cache}')
        need((cache['allocs'] is None) == ('allocs' in gone), f'{gone}: {cache}')
        if 'allocs' not in gone and number > 1:     # the load begins after the first one
            need(cache['allocs'] > 100, f'{gone}: nothing is counted: {cache}')
    need(order == ['callers', 'kmalloc caches', 'refills', 'allocs'], f'given up in this order: {order}')
    last = found[-1]
    need(filp(last)['objects'] > 0, 'sizes are gone, too')
    need(last['self']['bpf_ns_per_event'] is None, f'a cost of nothing: {last["self"]}')


def enough(kernel):
    last = rounds(kernel, 'enough')[-1]
    need(not any('--max-overhead' in row['why'] for row in last['kernel']['missing']), 'something was given up')
    need(filp(last)['refills'] > 0 and filp(last)['callers'], f'{filp(last)}')


TESTS = (('the cost is measured', measured), ('what is dear is given up first', given_up),
         ('nothing is given up without need', enough))

if __name__ == '__main__':
    tap.run([(f'{kernel}: {name}', functools.partial(test, kernel)) for kernel in KERNELS
             if os.environ.get('KERNEL') in (None, kernel) for name, test in TESTS])
