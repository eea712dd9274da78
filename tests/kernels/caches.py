"""5,000 caches that come and go while slabscope watches: no count is lost without being said so.

Each is made for a 9P mount, gives one object (for the message that attaches), and is destroyed. All have
names of their own; mostly the next one stands where the last one was.
"""
import json

import pytest

from tests.support import matrix

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

TIMES, HELD = 5000, 1000
# At the end more at a time than slots are left for.
COMMANDS = ('read', *['run caches 500', 'read'] * 8, f'run caches {HELD} {HELD}', 'read')
SCRIPT = '''
driver >/out/log <<END
{commands}
END
'''


@pytest.fixture(scope='module', params=['slab-6.1', 'stats-6.12', 'stats-7'])
def kernel(request):
    return request.param


@pytest.fixture(scope='module')
def snapshots(guest, kernel):
    files = {**matrix.FILES, '/bin/caches': matrix.BUILD / 'tests/progs/caches'}
    result = guest(kernel, files, SCRIPT.format(commands='\n'.join(COMMANDS)), icount=True,
                        timeout=580, append='slab_nomerge')
    log = [json.loads(line) for line in (result.out / 'log').read_text().splitlines()]
    assert all(answer.get('status', 0) == 0 for answer in log), f'a load failed\n{result.console[-2000:]}'
    return [answer for answer in log if 'caches' in answer]


def counted(snapshots, what):
    """What was counted of these caches between the first snapshot and the last, as top would."""
    total, before = 0, {}
    for number, snapshot in enumerate(snapshots):
        now = {}
        for cache in matrix.caches(snapshot):
            if cache['name'].startswith('9p-fcall-cache'):
                now[cache['id']] = cache[what]
        total += sum(count - before.get(key, 0) for key, count in now.items()) if number else 0
        before = now
    return total


def test_caches_come_and_go(snapshots):
    lost = snapshots[-1]['lost'] - snapshots[0]['lost']
    notes = []
    for what in ('allocs', 'frees'):
        count = counted(snapshots, what)
        assert count <= TIMES <= count + lost, f'{what}: {count} counted and {lost} lost of {TIMES}'
        notes.append(f'{what} {count}')
    assert counted(snapshots, 'allocs') > TIMES / 2, 'most are lost'
    print(f'{", ".join(notes)} of {TIMES}, {lost} lost')
