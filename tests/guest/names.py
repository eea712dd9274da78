"""Caches of several names, caches that are being debugged, and lists that cannot be watched."""
import json

import pytest

from tests.support.build import BUILD

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

FILES = {'/bin/slabscope': BUILD / 'slabscope', '/bin/kload': BUILD / 'tests/progs/kload'}
SLUB = 'debian-6.1', 'debian-7.3'
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


@pytest.fixture(scope='module', params=['slab-6.1', *SLUB])
def kernel(request):
    return request.param


@pytest.fixture(scope='module')
def out(guest, kernel):
    result = guest(kernel, FILES, SCRIPT, icount=True, timeout=500, append=f'slub_debug=FZ,{DEBUGGED}')
    yield result.out


on_slab = pytest.mark.parametrize('kernel', ['slab-6.1'], indirect=True)
on_slub = pytest.mark.parametrize('kernel', SLUB, indirect=True)


def read(out, name):
    return (out / name).read_text()


def links(out):
    """{name: the cache it leads to}"""
    return dict(line.split() for line in read(out, 'links').splitlines())


def rounds(out, name='top'):
    return [json.loads(line)['kernel'] for line in read(out, name).splitlines()]


def top(out, name='top'):
    return rounds(out, name)[-1]


def counted(out, name):
    """What was counted of a cache in all rounds."""
    found = {'allocs': 0, 'hits': 0, 'refills': 0, 'bypasses': 0}
    for one in rounds(out):
        for cache in one['caches']:
            for key in found:
                found[key] += (cache[key] or 0) * (cache['name'] == name)
    return found


@on_slub
def test_all_names_of_a_cache(out):
    """slabscope shows every link as a name or an alias of one row, with all links to the same cache."""
    target = links(out)
    told = {}
    for cache in top(out)['caches']:
        for name in (cache['name'], *cache['aliases']):
            told.setdefault(name, set()).update((cache['name'], *cache['aliases']))
    for name, cache in target.items():
        same = {other for other, where in target.items() if where == cache}
        assert told.get(name) == same, f'{name}: told {told.get(name)}, not {same}'
    merged = [cache['name'] for cache in top(out)['caches'] if cache['aliases']]
    assert merged, 'nothing is merged in this kernel'
    print(f'{len(target)} names, {len(merged)} caches have several')


@on_slub
def test_chosen_by_another_name(out):
    alias = read(out, 'alias').strip()
    found = top(out, 'chosen')
    assert len(found['caches']) == 1 and alias in found['caches'][0]['aliases'], (
        f'{alias}: {[(cache["name"], cache["aliases"]) for cache in found["caches"]]}')
    missing = [row['what'] for row in found['missing'] if row['what'].startswith('caches ')]
    assert missing == [f'caches {alias}x'], f'{missing}'
    print(f'{alias} is {found["caches"][0]["name"]}')


@on_slub
def test_a_cache_that_is_debugged(out):
    """Its allocations are bypasses, which is said."""
    cache = counted(out, DEBUGGED)
    assert cache['allocs'] > 20 and cache['bypasses'] >= cache['allocs'] - 2 and cache['hits'] <= 2, f'{cache}'
    said = [row['what'] for row in top(out)['missing'] if 'slab_debug' in row['what']]
    assert said == ['hits of 1 caches (slab_debug)'], f'{top(out)["missing"]}'
    print(f'{cache["allocs"]} allocs, {cache["bypasses"]} bypasses')


@on_slab
def test_aliases_cannot_be_known(out):
    """SLAB merges caches too, and forgets the names."""
    assert all(cache['aliases'] is None for cache in top(out)['caches']), 'aliases of SLAB'


def test_list_moves(out):
    """It is said that no function shows a slab changing lists: there is none that does."""
    symbols = read(out, 'symbols').split()
    assert 'kmem_cache_alloc' in ' '.join(symbols), 'no symbols were read'
    inlined = {'add_partial', '__add_partial', 'remove_partial', 'add_full', 'remove_full',
               'fixup_slab_list', 'slab_list_add'}
    assert not inlined & set(symbols), f'{inlined & set(symbols)} could be watched'
    said = [row['why'] for row in top(out)['missing'] if 'list moves' in row['what']]
    assert said and 'change lists' in said[0], f'{top(out)["missing"]}'
