"""One `top --json` in a guest with CONFIG_SLAB shows its kernel and the reference, both refilling."""
import json

import pytest

from tests.support import least
from tests.support.build import BUILD

pytestmark = pytest.mark.guest

FILES = {'/bin/slabscope': BUILD / 'slabscope', '/bin/load': BUILD / 'tests/progs/load',
         '/bin/kload': BUILD / 'tests/progs/kload'}
SCRIPT = '''
load -g -f -P 500 >/dev/null & reference=$!
(while kload files 500 1 && kload messages 500 1; do usleep 2000; done) >/dev/null 2>&1 & kernel=$!
SLABSCOPE_ATTACH={attach} slabscope top --json -n 3 -d 0.5 >/out/rounds
status=$?
kill $reference $kernel
slabscope doctor >/out/doctor && slabscope doctor --json >/out/doctor.json || exit 1
exit $status
'''


@pytest.fixture(scope='module', params=['fentry', 'kprobe'])
def attach(request):
    return request.param


@pytest.fixture(scope='module')
def seen(guest, attach):
    """The rounds that slabscope saw of the guest, and the result."""
    result = guest('slab-6.1', FILES, SCRIPT.format(attach='any' if attach == 'fentry' else attach), icount=True,
                   timeout=500)
    return [json.loads(line) for line in (result.out / 'rounds').read_text().splitlines()], result


def check_cache(cache, slack=0):
    """What must hold of one cache in one round. slack: refills that may happen between the reading of
    the counters and that of the latencies, which do not stand in one place in the reference."""
    name = cache['name']
    assert cache['refills'] > 0, f'{name} did not refill'
    assert 0 < cache['hit_rate'] < 1, f'{name}: hit rate {cache["hit_rate"]}'
    assert cache['allocs'] == cache['hits'] + cache['refills'] + cache['bypasses'], (
        f'{name}: allocs are not hits, refills and bypasses: {cache}')
    origins = sum(n or 0 for key, n in cache['origins'].items() if key != 'failed')
    assert origins == cache['refills'] and abs(origins - cache['refill_ns']['count']) <= slack, (
        f'{name}: {origins} origins, {cache["refills"]} refills, {cache["refill_ns"]["count"]} timed')
    assert 0 < cache['refill_ns']['p50'] <= cache['refill_ns']['p99'], f'{name}: {cache["refill_ns"]}'
    for what in ('allocs', 'frees', 'hits', 'refills'):
        assert sum(cpu[what] for cpu in cache['cpus']) == cache[what], f'{name}: {what} of its CPUs'


def test_kernel_and_reference_in_one_table(seen, attach):
    rounds, _ = seen
    assert len(rounds) == 3, f'{len(rounds)} rounds'
    for line in rounds:
        kernel = line['kernel']
        assert (kernel['allocator'], kernel['probes']) == ('slab', attach), f'{kernel["probes"]}'
        filp = [cache for cache in kernel['caches'] if cache['name'] == 'filp']
        assert len(filp) == 1, f'{len(filp)} caches are named filp'
        assert filp[0]['limit'] and filp[0]['batchcount'] and filp[0]['cached_objects'] is not None, (
            f'filp has no limit, batchcount or cached objects: {filp}')
        check_cache(filp[0])
        assert len(line['reference']) == 1, f'{len(line["reference"])} reference processes'
        reference = line['reference'][0]['caches'][0]
        check_cache(reference, slack=reference['refills'] // 50)
        assert line['self']['unpaired'] <= 1, f'unpaired: {line["self"]}'
    cache, other = filp[0], rounds[-1]['reference'][0]['caches'][0]
    print(' and '.join(f'{c["name"]} {c["refills"]} refills, p50 {c["refill_ns"]["p50"]:.0f} ns'
                        for c in (cache, other)))


@pytest.mark.parametrize('attach', ['fentry'], indirect=True)
def test_doctor(seen):
    """Its text fits a terminal, and agrees with its JSON; that with the table of kernels, and with top."""
    rounds, result = seen
    text = (result.out / 'doctor').read_text()
    found = json.loads((result.out / 'doctor.json').read_text())
    wide = [line for line in text.splitlines() if len(line) > 80]
    assert not wide, f'wider than 80 columns: {wide}'
    for row in found['quantities']:
        assert row['what'] in text, f'the text does not speak of {row["what"]}'
    print(least.check('slab-6.1', found, rounds[-1]))
