"""The table of what each kernel must show at least, and what is held to it: doctor and top."""
import functools
import re

from tests.support.build import ROOT
from tests.vm import kernel as kernels

TABLE = ROOT / 'tests/kernels/least.txt'
# What doctor calls it, and the key of a cache in top's JSON. The others have none of their own.
KEYS = {'objects and sizes': 'objects', 'allocs': 'allocs', 'frees': 'frees', 'hits': 'hits',
        'refills': 'refills', 'latency': 'refill_ns', 'origins': 'origins', 'bypasses': 'bypasses',
        'grows': 'grows', 'flushes': 'flushes', 'list moves': 'list_moves',
        'slab frees': 'slab_frees', 'cached objects': 'cached_objects', 'failed': 'failed'}


@functools.cache
def table():
    """{kernel: (allocator, {quantity: yes, inf (inferred) or no})}"""
    text = TABLE.read_text()
    names = re.findall(r'^# +\d+ (.*)$', text, re.M)
    rows = {}
    for line in text.splitlines():
        words = line.split()
        if line.startswith('#') or len(words) != len(names) + 2:
            continue
        assert set(words[2:]) <= {'yes', 'no', 'inf'}, f'{TABLE.name}: not "yes", "inf" or "no": {line}'
        rows[words[0]] = words[1], dict(zip(names, words[2:]))
    return rows


def is_null(cache, key):
    value = cache[key]
    return value is None or (key == 'origins' and all(count is None for count in value.values()))


def check(kernel, doctor, top):
    """The last line of "top --json" and all of "doctor --json", taken in one guest."""
    named = {name.split(':')[0] for name in table()}
    assert named == set(kernels.KERNELS), f'{TABLE.name} and the kernels differ in {named ^ set(kernels.KERNELS)}'
    allocator, words = table()[kernel]
    wanted = {what: word != 'no' for what, word in words.items()}
    seen = {row['what']: row['seen'] for row in doctor['quantities']}
    assert seen == wanted, (
        f'doctor and {TABLE.name} differ in '
        f'{sorted(what for what in {*seen, *wanted} if seen.get(what) != wanted.get(what))}')
    for row in doctor['quantities']:
        assert row['how'] if row['seen'] else row['why'], f'no reason: {row}'
    guessed = {what for what, word in words.items() if word == 'inf'}
    said = {line['what'] for line in doctor['quantities'] if line['inferred']}
    assert said == guessed, f'doctor has {said} as inferred'
    side = top['kernel']
    assert set(side['inferred']) == {KEYS[what] for what in guessed}, f'top has {side["inferred"]} as inferred'
    assert side['allocator'] == doctor['allocator'] == allocator, (
        f'top says {side["allocator"]}, doctor {doctor["allocator"]}, not {allocator}')
    assert side['probes'] == doctor['probes'], f'probes: {side["probes"]} and {doctor["probes"]}'
    missing = {what for row in side['missing'] for what in row['what'].removeprefix('kernel ').split(', ')}
    for what, shown in wanted.items():
        # A list that is too long ends with dots.
        assert what not in missing if shown else {what, '...'} & missing, (
            f'{what}: top says that there are missing: {missing}')
    filp = next(cache for cache in side['caches'] if cache['name'] == 'filp')
    assert filp['allocs'] > 0, 'top counted no files'
    for what, key in KEYS.items():
        assert is_null(filp, key) != wanted[what], f'{what}: top has {filp[key]}'
    return f'probes: {side["probes"]}'
