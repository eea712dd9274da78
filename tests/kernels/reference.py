"""Processes of the reference that take each other's CPU away inside the probes are kept apart.

Kernels run a uprobe's program with preemption on; from 6.13 on they may give it a stack that all tasks of a
CPU share, on which one task's key becomes another one's.
"""
import json

import pytest

from tests.support import matrix

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

FILES = {'/bin/slabscope': matrix.BUILD / 'slabscope', '/bin/load': matrix.BUILD / 'tests/progs/load'}
SCRIPT = '''
for i in 1 2 3; do load -g -f -b 333 -N load-$i >/dev/null & pids="$pids $!"; done
echo $pids >/out/pids
slabscope top --json -n 4 -d 0.5 -c 'load-*' >/out/rounds || exit 1
kill $pids
'''


@pytest.mark.parametrize('kernel', ['debian-6.12', 'debian-6.17', 'debian-7.3'])
def test_three_processes_on_one_cpu(guest, kernel):
    result = guest(kernel, FILES, SCRIPT, icount=True, timeout=280)
    pids = {int(pid): f'load-{i + 1}0'  # -N NAME, and the number of its cache
            for i, pid in enumerate((result.out / 'pids').read_text().split())}
    flushes = 0
    for line in (result.out / 'rounds').read_text().splitlines():
        line = json.loads(line)
        seen = {side['pid']: [cache['name'] for cache in side['caches']]
                for side in line['reference']}
        assert seen == {pid: [name] for pid, name in pids.items()}, f'{seen}, not {pids}'
        assert line['self']['lost'] == 0, f'{line["self"]["lost"]} lost'
        for side in line['reference']:
            for cache in side['caches']:
                assert cache['hits'] + cache['refills'] + cache['bypasses'] == cache['allocs'], f'{cache}'
                assert abs(cache['allocs'] - cache['frees']) <= 333 + 1000, f'{cache}'
                flushes += cache['flushes']
    assert flushes > 1000, f'only {flushes} flushes'
    print(f'{flushes} flushes')
