"""Counting only some caches, one process, or one cgroup, on a kernel of each allocator."""
import json

import pytest

from tests.support.build import BUILD

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

FILES = {'/bin/driver': BUILD / 'tests/guest/driver', '/bin/slabscope': BUILD / 'slabscope',
         '/bin/kload': BUILD / 'tests/progs/kload', '/bin/load': BUILD / 'tests/progs/load'}
KERNELS = 'slab-6.1', 'debian-6.1', 'debian-7.3'
OTHERS, CHOSEN = 4000, 10000    # files that are opened

# A shell waits for a word in a fifo, and then becomes, or starts, the load that is to be counted.
SCRIPT = f'''
mkfifo /go /done
others='run kload files 400 {OTHERS // 400} 0'
chosen='run echo go >/go; cat /done'
observe() {{ printf 'read\\n%s\\nread\\n%s\\nread\\n' "$others" "$chosen"; }}

sh -c 'read word </go; exec kload files 500 {CHOSEN // 500} 0 >/done' &
observe | driver -p $! >/out/pid || exit 1

mkdir -p /sys/fs/cgroup/top/below /sys/fs/cgroup/topmost
sh -c 'echo $$ >/sys/fs/cgroup/top/below/cgroup.procs; read word </go; kload files 500 {CHOSEN // 500} 0 >/done' &
sh -c 'echo $$ >/sys/fs/cgroup/topmost/cgroup.procs; exec sleep 1000' &
observe | driver -g top >/out/cgroup || exit 1
observe() {{ printf 'read\\n%s\\nread\\n' "$others"; }}
observe | driver -g /sys/fs/cgroup/top >/out/nobody || exit 1

observe | driver -c 'filp,sock*' -c 'no-such-?' >/out/caches || exit 1
slabscope --json -n 4 -d 0.3 --cgroup top >/out/top.json &
observer=$!
while [ ! -s /out/top.json ]; do usleep 10000; done
for cgroup in top topmost; do
    sh -c "echo \\$\\$ >/sys/fs/cgroup/$cgroup/cgroup.procs; exec load -n 4000000000" &
done
wait $observer || exit 1
kill $(pidof load)
slabscope --json -n 1 -d 0.1 -c 'no-such-?,filp' >/out/globs.json || exit 1
slabscope --json -n 1 --cgroup nowhere >/out/nowhere 2>&1 && exit 1
true
'''


@pytest.fixture(scope='module', params=KERNELS)
def kernel(request):
    return request.param


@pytest.fixture(scope='module')
def out(guest, kernel):
    result = guest(kernel, FILES, SCRIPT, icount=True, timeout=500)
    yield result.out


def readings(out, name):
    lines = [json.loads(line) for line in (out / name).read_text().splitlines()]
    return [line for line in lines if 'caches' in line]


def filp(snapshot):
    return next(cache for cache in snapshot['caches'] if cache['name'] == 'filp')


def check_adds_up(snapshot):
    for cache in snapshot['caches']:
        origins = sum(n for key, n in cache['origins'].items() if key != 'failed')
        assert cache['refills'] == origins, f'{cache["name"]}: {cache["refills"]} refills, {origins} origins'
        assert cache['allocs'] == cache['hits'] + cache['refills'] + cache['bypasses'], f'{cache}'
    assert snapshot['unpaired'] <= 2, f'{snapshot["unpaired"]} unpaired'


@pytest.mark.parametrize('name', ['pid', 'cgroup'])
def test_only(out, name):
    """What others do is not counted; what is chosen is, on the fast path and on the slow one."""
    first, second, third = readings(out, name)
    for key in ('allocs', 'refills', 'hits'):
        assert filp(second)[key] == filp(first)[key], f'{key} of others: {filp(first)} {filp(second)}'
    made = filp(third)['allocs'] - filp(second)['allocs']
    refills = filp(third)['refills'] - filp(second)['refills']
    assert CHOSEN <= made <= CHOSEN + 50, f'{made} allocations for {CHOSEN} files'
    assert refills > CHOSEN / 500, f'{refills} refills for {CHOSEN} files'
    check_adds_up(third)
    print(f'{made} allocations, {refills} refills')


def test_an_empty_cgroup(out):
    """A cgroup without processes: no count, although others open files."""
    first, last = readings(out, 'nobody')
    assert not any(cache['allocs'] for cache in last['caches']), 'something is counted'


def test_caches(out):
    first, last = readings(out, 'caches')
    names = {cache['name'] for cache in last['caches']}
    assert 'filp' in names and all(name == 'filp' or name.startswith('sock') for name in names), f'{names}'
    made = filp(last)['allocs'] - filp(first)['allocs']
    assert OTHERS <= made <= OTHERS + 50, f'{made} allocations for {OTHERS} files'
    check_adds_up(last)
    print(f'{sorted(names)}')


# The reference has nothing to do with the kernel's allocator.
@pytest.mark.parametrize('kernel', KERNELS[:1], indirect=True)
def test_the_reference_and_what_is_reported(out):
    top = json.loads((out / 'top.json').read_text().splitlines()[-1])
    assert len(top['reference']) == 1, f'{[side["pid"] for side in top["reference"]]} are in the cgroup'
    said = json.loads((out / 'globs.json').read_text())['kernel']['missing'][0]
    assert 'no-such-?' in said['what'] and 'no cache' in said['why'], f'{said}'
    error = (out / 'nowhere').read_text()
    assert error.count('\n') == 1 and 'nowhere' in error and '/sys/fs/cgroup' in error, error
