#!/usr/bin/env python3
"""Caches of several names, caches that are being debugged, and lists that nobody can watch. TAP."""

import functools
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / 'vm')]
import guests    # noqa: E402
import tap      # noqa: E402
from tap import need    # noqa: E402

BUILD = Path(os.environ.get('B') or HERE.parent.parent / 'build')
FILES = {'/bin/slabscope': BUILD / 'slabscope', '/bin/kload': BUILD / 'tests/progs/kload'}
DEBUGGED = 'dentry'
FILES_MADE = 2000

SCRIPT = f'''
ls -l /sys/kernel/slab | awk '$(NF - 1) == "->" {{ print $(NF - 2), $NF }}' >/out/links
grep -E 'partial|_full|slab_list|kmem_cache_alloc' /proc/kallsyms | awk '{{ print $3 }}' >/out/symbols
# An alias that slabinfo does not know.
awk 'NR == FNR {{ known[$1] = 1; next }} !known[$1] {{ print $1; exit }}' /proc/slabinfo /out/links >/out/alias
slabscope --json -n 4 -d 0.2 >/out/top &
observer=$!
while [ ! -s /out/top ]; do usleep 10000; done
kload files 500 {FILES_MADE // 500} 0
ls -lR /proc/self /sys/kernel/slab >/dev/null 2>&1
wait $observer || exit 1
alias=$(cat /out/alias)
[ -z "$alias" ] || slabscope --json -n 1 -d 0.1 -c "${{alias}}x,$alias" >/out/chosen || exit 1
'''


@functools.cache
def guest(kernel):
    return guests.run(kernel, FILES, SCRIPT, icount=True, timeout=500,
                      append=f'slub_debug=FZ,{DEBUGGED}')


def read(kernel, name):
    return (guest(kernel).out / name).read_text()


def links(kernel):
    """{name: the cache it leads to}"""
    return dict(line.split() for line in read(kernel, 'links').splitlines())


def rounds(kernel, name='top'):
    return [json.loads(line)['kernel'] for line in read(kernel, name).splitlines()]


def top(kernel, name='top'):
    return rounds(kernel, name)[-1]


def counted(kernel, name):
    """What was counted of a cache in all rounds."""
    found = {'allocs': 0, 'hits': 0, 'refills': 0, 'bypasses': 0}
    for one in rounds(kernel):
        for cache in one['caches']:
            for key in found:
                found[key] += (cache[key] or 0) * (cache['name'] == name)
    return found


def all_names(kernel):
    """Every link is told as a name or an alias of one row, together with those that lead to the same."""
    target = links(kernel)
    told = {}
    for cache in top(kernel)['caches']:
        for name in (cache['name'], *cache['aliases']):
            told.setdefault(name, set()).update((cache['name'], *cache['aliases']))
    for name, cache in target.items():
        same = {other for other, where in target.items() if where == cache}
        need(told.get(name) == same, f'{name}: told {told.get(name)}, not {same}')
    merged = [cache['name'] for cache in top(kernel)['caches'] if cache['aliases']]
    need(merged, 'nothing is merged in this kernel')
    return f'{len(target)} names, {len(merged)} caches have several'


def by_alias(kernel):
    alias = read(kernel, 'alias').strip()
    found = top(kernel, 'chosen')
    need(len(found['caches']) == 1 and alias in found['caches'][0]['aliases'],
         f'{alias}: {[(cache["name"], cache["aliases"]) for cache in found["caches"]]}')
    missing = [row['what'] for row in found['missing'] if row['what'].startswith('caches ')]
    need(missing == [f'caches {alias}x'], f'{missing}')
    return f'{alias} is {found["caches"][0]["name"]}'


def debugged(kernel):
    """Its allocations are bypasses, which is said."""
    cache = counted(kernel, DEBUGGED)
    need(cache['allocs'] > 20 and cache['bypasses'] >= cache['allocs'] - 2 and cache['hits'] <= 2, f'{cache}')
    said = [row['what'] for row in top(kernel)['missing'] if 'slab_debug' in row['what']]
    need(said == ['hits of 1 caches (slab_debug)'], f'{top(kernel)["missing"]}')
    return f'{cache["allocs"]} allocs, {cache["bypasses"]} bypasses'


def none_on_slab(kernel):
    """SLAB merges too, and forgets the names: nobody can know."""
    need(all(cache['aliases'] is None for cache in top(kernel)['caches']), 'aliases of SLAB')


def lists(kernel):
    """It is said that no function shows a slab changing lists: there is none that does."""
    symbols = read(kernel, 'symbols').split()
    need('kmem_cache_alloc' in ' '.join(symbols), 'no symbols were read')
    inlined = {'add_partial', '__add_partial', 'remove_partial', 'add_full', 'remove_full',
               'fixup_slab_list', 'slab_list_add'}
    need(not inlined & set(symbols), f'{inlined & set(symbols)} could be watched')
    said = [row['why'] for row in top(kernel)['missing'] if 'list moves' in row['what']]
    need(said and 'change lists' in said[0], f'{top(kernel)["missing"]}')


TESTS = [('slab-6.1', 'aliases cannot be known', none_on_slab), ('slab-6.1', 'list moves', lists)]
for each in ('debian-6.1', 'debian-7.3'):
    TESTS += [(each, 'all names of a cache', all_names), (each, 'chosen by another name', by_alias),
              (each, 'a cache that is debugged', debugged), (each, 'list moves', lists)]

if __name__ == '__main__':
    tap.run([(f'{kernel}: {name}', functools.partial(test, kernel)) for kernel, name, test in TESTS
             if os.environ.get('KERNEL') in (None, kernel)])
