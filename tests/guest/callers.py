"""Who is behind refills and grows, on a kernel of each allocator, by fentry and by kprobes."""
import json

import pytest

from tests.support.build import BUILD

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

FILES = {'/bin/slabscope': BUILD / 'slabscope', '/bin/kload': BUILD / 'tests/progs/kload'}
KERNELS = 'slab-6.1', 'debian-6.1', 'debian-7.3'
A_SECOND = 128      # sampled at most, of refills and of grows each
# What is watched must not be in a stack, nor anything before it.
WATCHED = ('cache_alloc_refill', 'cache_grow_begin', '___slab_alloc', '__pcs_replace_empty_main',
           'allocate_slab')

# Nothing runs but slabscope and the load, which begins when slabscope does no more than wait.
LOADED = '''
while grep -q cryptomgr /proc/[0-9]*/comm 2>/dev/null; do sleep 0.1; done
loaded() {
    name=$1
    shift
    "$@" >/out/$name &
    observer=$!
    while [ ! -s /out/$name ]; do usleep 10000; done
    kload files 4000 1000000 0 &
    echo $! >/out/pid.$name
    wait $observer || exit 1
    kill $(cat /out/pid.$name)
}
'''
SCRIPT = LOADED + '''
loaded any slabscope --json -n 4 -d 0.3 --callers
loaded kprobe env SLABSCOPE_ATTACH=kprobe slabscope --json -n 4 -d 0.3 --callers
'''
MORE = '''
loaded text slabscope --batch -n 4 -d 0.3 --callers -c filp
echo 2 >/proc/sys/kernel/kptr_restrict
loaded hidden slabscope --json -n 3 -d 0.1 --callers
'''


@pytest.fixture(scope='module', params=KERNELS)
def kernel(request):
    return request.param


@pytest.fixture(scope='module')
def out(guest, kernel):
    result = guest(kernel, FILES, SCRIPT + (MORE if kernel == KERNELS[0] else ''), icount=True, timeout=500)
    yield result.out


def last_round(out, name):
    return json.loads((out / name).read_text().splitlines()[-1])


def filp(found):
    return next(cache for cache in found['kernel']['caches'] if cache['name'] == 'filp')


def functions(caller):
    return [frame.partition('+')[0] for frame in caller['stack']]


@pytest.mark.parametrize('attach', ['any', 'kprobe'])
def test_by(out, attach):
    found = last_round(out, attach)
    pid = int((out / f'pid.{attach}').read_text())
    callers = filp(found)['callers']
    kload = [c for c in callers if c['pid'] == pid]
    assert kload and all(c['comm'] == 'kload' for c in kload), f'{pid} is not among {callers}'
    assert callers[0]['refills'] == max(c['refills'] for c in callers), 'the busiest is not the first'
    assert any(c['refills'] for c in kload) and any(c['grows'] for c in kload), f'{kload}'
    for caller in callers:
        names = functions(caller)
        assert not set(names[:4]) & set(WATCHED), f'the slow path is in {names}'
        assert all('+0x' in frame for frame in caller['stack']), f'without names: {caller["stack"]}'
    for caller in kload:
        names = functions(caller)
        assert 'alloc_empty_file' in names and any('openat' in name for name in names), f'{names}'
    assert sum(c['share'] for c in callers) <= 1.0001, 'shares of more than all'
    seconds = found['interval_s'] + 2       # it may touch one more at either end
    for what in ('refills', 'grows'):
        total = sum(c[what] for cache in found['kernel']['caches'] for c in cache['callers'] or [])
        assert total <= A_SECOND * seconds, f'{total} {what} were sampled in {seconds} s'
        assert sum(c[what] for c in callers) <= filp(found)[what] + 1, f'more {what} than there were'
    print(f'{len(callers)} callers; {callers[0]["refills"]} refills from {" < ".join(functions(kload[0])[:4])}')


@pytest.mark.parametrize('kernel', KERNELS[:1], indirect=True)
def test_in_text(out):
    lines = (out / 'text').read_text()
    assert 'kload' in lines and 'alloc_empty_file' in lines, lines


@pytest.mark.parametrize('kernel', KERNELS[:1], indirect=True)
def test_not_without_names(out):
    found = last_round(out, 'hidden')
    assert filp(found)['callers'] is None, 'callers without names'
    said = [row for row in found['kernel']['missing'] if 'callers' in row['what']]
    assert said and 'hidden' in said[0]['why'] and 'kptr_restrict' in said[0]['remedy'], (
        f'{found["kernel"]["missing"]}')
