"""Walk on a living process: complete refills of the reference, whose steps lead to the lists shown."""
import json
import os
import re
import subprocess

import pytest

from tests.support.build import SLABSCOPE

pytestmark = pytest.mark.slow

MOVE = re.compile(r'slab (\d+): (\w+) (?:->|→) (\w+), (\d+) in use')
LISTS = ('full', 'partial', 'free')


def rounds(*options):
    done = subprocess.run([SLABSCOPE, 'demo', '--batch', '--screen', 'walk', '-n', '6', '-d', '0.5', *options],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, 'LC_ALL': 'C.UTF-8'})
    assert done.returncode == 0, done.stderr
    if 'it takes libslab' in done.stdout:
        pytest.skip('not privileged to attach probes')
    return [part for part in done.stdout.split('\n\n') if 'done:' in part], done.stdout


def consistent(part):
    """The slabs that moved are on the lists that their last step names; returns how many moved."""
    last = {}
    for slab, _, to, inuse in MOVE.findall(part):
        last[slab] = to, inuse
    lists = {name: re.search(rf'^  {name} +(\d+) ?(.*)$', part, re.M) for name in LISTS}
    assert all(lists.values()), part
    for name in LISTS:
        count, boxes = int(lists[name][1]), lists[name][2]
        assert boxes.count('[') <= count, f'{name} holds {count}:\n{part}'
        for slab, inuse in re.findall(r'\[(\d+) (\d+)\]', boxes):
            assert slab not in last or last[slab] == (name, inuse), (
                f'slab {slab} is on {name} with {inuse}, its steps say {last.get(slab)}\n{part}')
    return len(last)


def test_complete_refills_and_their_slabs():
    shown, text = rounds('-s', 'l') # the cache with the most slabs
    assert shown, f'no refill was complete:\n{text}'
    moved = 0
    for part in shown:
        refill = part[part.index('its array is empty'):]
        assert refill.count('done:') == 1, part
        got, wanted = map(int, re.search(r'done: (\d+) of (\d+) objects', part).groups())
        assert 0 < got <= wanted, part
        moved += consistent(part)
    assert moved, f'no slab moved:\n{text}'
    print(f'{len(shown)} refills, {moved} slabs moved')


def test_the_same_as_json():
    """Each step begins where the ones before it left its slab; counts of objects are those of one refill."""
    done = subprocess.run([SLABSCOPE, 'demo', '--json', '--screen', 'walk', '-c', 'churn-192', '-n', '6', '-d', '0.5'],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line)['walk'] for line in done.stdout.splitlines()]
    assert len(found) == 6, done.stdout
    walks = [walk for walk in found if walk]
    if not walks and 'probes' in done.stdout:
        pytest.skip('not privileged to attach probes')
    assert walks and not found[0], f'no refill was complete, or one before the first round: {found}'
    moved = 0
    for walk in walks:
        assert walk['cache'] == 'churn-192' and walk['pid'] > 0 and walk['steps_lost'] == 0, walk
        lists = {slab['slab']: slab['list'] for slab in walk['slabs_before']}
        *steps, last = walk['steps']
        assert last['step'] == 'refill_done' and 0 < last['got'] <= last['requested'], last
        for step in steps:
            if step['step'] == 'list_move':
                moved += 1
                assert lists.get(step['slab'], step['from']) == step['from'], f'{step} of {walk}'
                lists[step['slab']] = step['to']
    assert moved, f'no slab moved: {walks}'
    assert walks[-1]['refills_seen'] > walks[0]['refills_seen'] or len(walks) == 1, walks
    print(f'{len(walks)} refills, {moved} moves')


def test_forward_and_back(terminal):
    t = terminal(f'{SLABSCOPE} demo -d 0.2 --screen walk -s l', 80, 24)
    t.see('GROW/s')
    t.see('step 0 of', 'its array is empty')
    t.keys('g')
    t.see('g stands')
    t.keys('r')
    t.see('> ', 'step 0 of')
    t.keys('Right')
    t.see('step 1 of')
    t.keys('Left')
    t.see('step 0 of')
    t.keys('1')
    t.see('TREND' if t.shows('TREND', 0) else 'ALLOC/s')
    t.keys('q')
    t.ends(0)
