#!/usr/bin/env python3
"""Walk on a living process: complete refills of the reference, whose steps lead to the lists shown."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import tap
from tap import Skip, need
from terminal import SLABSCOPE, Terminal

MOVE = re.compile(r'slab (\d+): (\w+) (?:->|→) (\w+), (\d+) in use')
LISTS = ('full', 'partial', 'free')


def rounds(*options):
    done = subprocess.run([SLABSCOPE, 'demo', '--batch', '--screen', 'walk', '-n', '6', '-d', '0.5', *options],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, 'LC_ALL': 'C.UTF-8'})
    need(done.returncode == 0, done.stderr)
    if 'it takes libslab' in done.stdout:
        raise Skip('not privileged to attach probes')
    return [part for part in done.stdout.split('\n\n') if 'done:' in part], done.stdout


def consistent(part):
    """The slabs that moved are on the lists that their last step names; returns how many moved."""
    last = {}
    for slab, _, to, inuse in MOVE.findall(part):
        last[slab] = to, inuse
    lists = {name: re.search(rf'^  {name} +(\d+) ?(.*)$', part, re.M) for name in LISTS}
    need(all(lists.values()), part)
    for name in LISTS:
        count, boxes = int(lists[name][1]), lists[name][2]
        need(boxes.count('[') <= count, f'{name} holds {count}:\n{part}')
        for slab, inuse in re.findall(r'\[(\d+) (\d+)\]', boxes):
            need(slab not in last or last[slab] == (name, inuse),
                 f'slab {slab} is on {name} with {inuse}, its steps say {last.get(slab)}\n{part}')
    return len(last)


def slabs_move():
    shown, text = rounds('-s', 'l') # the cache with the most slabs
    need(shown, f'no refill was complete:\n{text}')
    moved = 0
    for part in shown:
        refill = part[part.index('its array is empty'):]
        need(refill.count('done:') == 1, part)
        got, wanted = map(int, re.search(r'done: (\d+) of (\d+) objects', part).groups())
        need(0 < got <= wanted, part)
        moved += consistent(part)
    need(moved, f'no slab moved:\n{text}')
    return f'{len(shown)} refills, {moved} slabs moved'


def as_json():
    """Each step begins where the ones before it left its slab; counts of objects are those of one refill."""
    done = subprocess.run([SLABSCOPE, 'demo', '--json', '--screen', 'walk', '-c', 'churn-192', '-n', '6', '-d', '0.5'],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    need(done.returncode == 0, done.stderr)
    found = [json.loads(line)['walk'] for line in done.stdout.splitlines()]
    need(len(found) == 6, done.stdout)
    walks = [walk for walk in found if walk]
    if not walks and 'probes' in done.stdout:
        raise Skip('not privileged to attach probes')
    need(walks and not found[0], f'no refill was complete, or one before the first round: {found}')
    moved = 0
    for walk in walks:
        need(walk['cache'] == 'churn-192' and walk['pid'] > 0 and walk['steps_lost'] == 0, walk)
        lists = {slab['slab']: slab['list'] for slab in walk['slabs_before']}
        *steps, last = walk['steps']
        need(last['step'] == 'refill_done' and 0 < last['got'] <= last['requested'], last)
        for step in steps:
            if step['step'] == 'list_move':
                moved += 1
                need(lists.get(step['slab'], step['from']) == step['from'], f'{step} of {walk}')
                lists[step['slab']] = step['to']
    need(moved, f'no slab moved: {walks}')
    need(walks[-1]['refills_seen'] > walks[0]['refills_seen'] or len(walks) == 1, walks)
    return f'{len(walks)} refills, {moved} moves'


def replay():
    with Terminal(f'{SLABSCOPE} demo -d 0.2 --screen walk -s l', 80, 24) as t:
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


tap.run([('complete refills and their slabs', slabs_move), ('the same as JSON', as_json), ('forward and back', replay)])
