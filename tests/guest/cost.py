"""What slabscope's programs cost in a kernel, and what is given up when that is too much."""
import json

import pytest

from tests.guest.callers import LOADED
from tests.support.build import BUILD

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

FILES = {'/bin/slabscope': BUILD / 'slabscope', '/bin/kload': BUILD / 'tests/progs/kload'}
KERNELS = 'slab-6.1', 'debian-6.1', 'debian-7.3'
ROUNDS = 12

SCRIPT = LOADED + f'''
loaded shed slabscope --json --callers -n {ROUNDS} -d 0.2 --max-overhead 0.001
loaded enough slabscope --json --callers -n 7 -d 0.2 --max-overhead 100000
'''


@pytest.fixture(scope='module', params=KERNELS)
def kernel(request):
    return request.param


@pytest.fixture(scope='module')
def out(guest, kernel):
    result = guest(kernel, FILES, SCRIPT, icount=True, timeout=500)
    yield result.out


def rounds(out, name):
    return [json.loads(line) for line in (out / name).read_text().splitlines()]


def filp(found):
    return next(cache for cache in found['kernel']['caches'] if cache['name'] == 'filp')


def test_the_cost_is_measured(out):
    """An instruction is a nanosecond here: programs of some hundred, in a CPU that does little else."""
    self = rounds(out, 'enough')[-1]['self']
    assert 50 < self['bpf_ns_per_event'] < 5000, f'{self}'
    assert 1 < self['bpf_cpu_percent'] < 95, f'{self}'
    print(f'{self["bpf_ns_per_event"]} ns an event, {self["bpf_cpu_percent"]} % of the CPU')


def test_the_most_expensive_is_given_up_first(out):
    """One thing after another goes, and says so; what is left goes on."""
    found = rounds(out, 'shed')
    order = []
    for number, one in enumerate(found):
        said = {row['what']: row['why'] for row in one['kernel']['missing'] if '--max-overhead 0.001' in row['why']}
        gone = [what for what in ('callers', 'kmalloc caches', 'refills', 'allocs')
                if any(what in text for text in said)]
        for what in gone:
            if what not in order:
                order.append(what)
        cache = filp(one)
        assert (cache['callers'] is None) == ('callers' in gone), f'{gone}: {cache["callers"]}'
        assert (cache['refills'] is None) == ('refills' in gone), f'{gone}: {cache}'
        assert (cache['hits'] is None) == ('refills' in gone), f'{gone}: {cache}'
        assert (cache['allocs'] is None) == ('allocs' in gone), f'{gone}: {cache}'
        if 'allocs' not in gone and number > 1:     # the load begins after the first one
            assert cache['allocs'] > 100, f'{gone}: nothing is counted: {cache}'
    assert order == ['callers', 'kmalloc caches', 'refills', 'allocs'], f'given up in this order: {order}'
    last = found[-1]
    assert filp(last)['objects'] > 0, 'sizes are gone, too'
    assert last['self']['bpf_ns_per_event'] is None, f'a cost of nothing: {last["self"]}'


def test_nothing_is_given_up_without_need(out):
    last = rounds(out, 'enough')[-1]
    assert not any('--max-overhead' in row['why'] for row in last['kernel']['missing']), 'something was given up'
    assert filp(last)['refills'] > 0 and filp(last)['callers'], f'{filp(last)}'
