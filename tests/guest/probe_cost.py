"""The mean duration of the reference's refills with every probe attached is within 10 % of that with
refill_done alone: no probe's cost is inside any duration. Emulated, one nanosecond an instruction.
"""
import json

import pytest

from tests.support.build import BUILD

pytestmark = pytest.mark.guest


def test_probes_cost_nothing_inside_a_refill(guest):
    script = '\n'.join(f'probe_cost /probes.bpf.o {which} >/out/{which}-{i} || exit 1'
                       for i in (0, 1) for which in ('done', 'all'))
    result = guest('slab-6.1', {'/bin/probe_cost': BUILD / 'tests/guest/probe_cost',
                                  '/probes.bpf.o': BUILD / 'tests/guest/probes.bpf.o'},
                     script, icount=True, timeout=200)
    done, every = ([json.loads((result.out / f'{which}-{i}').read_text()) for i in (0, 1)]
                   for which in ('done', 'all'))
    assert all(run['refills'] == done[0]['refills'] > 5000 for run in done + every), (
        f'the loads differ: {done} {every}')
    assert all(run['others'] == 0 for run in done), f'more was attached than asked for: {done}'
    assert all(run['others'] > done[0]['refills'] for run in every), f'probes are missing: {every}'
    low = min(run['mean_ns'] for run in done)
    high = max(run['mean_ns'] for run in every)
    assert high <= low * 1.10, f'mean {low} with refill_done alone, {high} with every probe'
    print(f'{done[0]["refills"]} refills: mean {low} instructions with refill_done alone, {high} with all')
