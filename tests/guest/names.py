#!/usr/bin/env python3
"""Caches of several names, of names dealt out at random, and caches that are being debugged. TAP."""

import functools
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / 'vm')]
import kernel as kernels    # noqa: E402
import tap      # noqa: E402
import vm       # noqa: E402
from tap import Skip, need    # noqa: E402

BUILD = Path(os.environ.get('B') or HERE.parent.parent / 'build')
FILES = {'/bin/slabscope': BUILD / 'slabscope', '/bin/driver': BUILD / 'tests/guest/driver',
         '/bin/kload': BUILD / 'tests/progs/kload'}
DEBUGGED = 'dentry'
FILES_MADE = 2000

SCRIPT = f'''
for name in /sys/kernel/slab/*; do
    [ -L $name ] && echo $(basename $name) $(readlink $name)
done >/out/links
cat /proc/slabinfo >/out/slabinfo
grep -E 'partial|_full|slab_list|valid_first|kmem_cache_alloc' /proc/kallsyms | awk '{{ print $3 }}' >/out/symbols
slabscope --json -n 1 -d 0.1 >/out/top || exit 1
slabscope doctor --json >/out/doctor || exit 1
slabscope doctor >/out/text || exit 1
# An alias that slabinfo does not know.
while read alias rest; do
    grep -q "^$alias " /proc/slabinfo || break
done </out/links
echo $alias >/out/alias
slabscope --json -n 1 -d 0.1 -c "$alias" >/out/chosen || exit 1
printf 'read\\nrun kload files 500 {FILES_MADE // 500} 0\\nread\\n' | driver >/out/log || exit 1
'''


@functools.cache
def guest(kernel):
    try:
        result = vm.boot(kernel, FILES, SCRIPT, icount=True, timeout=280,
                         append=f'slub_debug=FZ,{DEBUGGED}')
    except kernels.GoneError as gone:
        raise tap.Skip(str(gone)) from None
    need(result.exit_status == 0, f'the script ended with {result.exit_status}\n{result.console[-2000:]}')
    return result


def read(kernel, name):
    return (guest(kernel).out / name).read_text()


def links(kernel):
    """{name: the cache it leads to}"""
    return dict(line.split() for line in read(kernel, 'links').splitlines())


def top(kernel, name='top'):
    return json.loads(read(kernel, name))['kernel']


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
    need(not any(alias in row['what'] for row in found['missing']), 'it is said to be missing')
    return f'{alias} is {found["caches"][0]["name"]}'


def debugged(kernel):
    """Its allocations are bypasses, which is said."""
    _, _, last = [json.loads(line) for line in read(kernel, 'log').splitlines()]
    cache = next(cache for cache in last['caches'] if cache['name'] == DEBUGGED)
    need(cache['allocs'] > 0 and cache['bypasses'] >= cache['allocs'] - 2 and cache['hits'] <= 2, f'{cache}')
    remarks = json.loads(read(kernel, 'doctor'))['remarks']
    need(len(remarks) == 1 and 'slab_debug' in remarks[0]['what'] and ' 1 caches' in remarks[0]['what'], f'{remarks}')
    need('slab_debug' in read(kernel, 'text'), 'the text of doctor does not say it')
    need(any('slab_debug' in row['what'] for row in top(kernel)['missing']), f'{top(kernel)["missing"]}')
    return f'{cache["allocs"]} allocs, {cache["bypasses"]} bypasses'


def random_names(kernel):
    """CONFIG_RANDOM_KMALLOC_CACHES: many caches of a size, each with its own counts."""
    rows = [line.split()[0] for line in read(kernel, 'slabinfo').splitlines() if line.startswith('kmalloc-rnd-')]
    if not rows:
        raise Skip('this kernel has no kmalloc-rnd caches')
    found = {cache['name']: cache for cache in json.loads(read(kernel, 'log').splitlines()[-1])['caches']}
    used = [name for name in rows if found[name]['allocs']]
    need(len(used) > 4, f'only {used} are counted')
    for name in used:
        cache = found[name]
        need(abs(cache['hits'] + cache['refills'] + cache['bypasses'] - cache['allocs']) <= 2, f'{cache}')
    return f'{len(used)} of {len(rows)} caches were used'


def none_on_slab(kernel):
    """SLAB merges too, and forgets the names: nobody can know."""
    need(all(cache['aliases'] is None for cache in top(kernel)['caches']), 'aliases of SLAB')


def lists(kernel):
    """doctor says that no function shows a slab changing lists: there is none that does."""
    symbols = read(kernel, 'symbols').split()
    need('kmem_cache_alloc' in ' '.join(symbols), 'no symbols were read')
    inlined = {'add_partial', '__add_partial', 'remove_partial', 'add_full', 'remove_full',
               'fixup_slab_list', 'get_valid_first_slab', 'slab_list_add'}
    need(not inlined & set(symbols), f'{inlined & set(symbols)} could be watched')
    unseen = {row['what']: row['why'] for row in json.loads(read(kernel, 'doctor'))['quantities'] if not row['seen']}
    need('change lists' in unseen['list moves'], f'{unseen}')


TESTS = [('slab-6.1', 'aliases cannot be known', none_on_slab), ('slab-6.1', 'list moves', lists)]
for each in ('debian-6.1', 'debian-7.3'):
    TESTS += [(each, 'all names of a cache', all_names), (each, 'chosen by another name', by_alias),
              (each, 'a cache that is debugged', debugged), (each, 'names at random', random_names),
              (each, 'list moves', lists)]

if __name__ == '__main__':
    tap.run([(f'{kernel}: {name}', functools.partial(test, kernel)) for kernel, name, test in TESTS
             if os.environ.get('KERNEL') in (None, kernel)])
