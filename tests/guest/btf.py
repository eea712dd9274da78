"""A kernel that does not show its types, and a file that does: --btf."""
import json
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support.build import BUILD

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

# Its allocator, and what is not seen: by kprobes an object's cache must be found, for which Debian's kernel
# has no addresses of data in kallsyms, and without BTF no function.
KERNELS = {'slab-6.1': ('slab', set()),
           'debian-7.3': ('sheaves', {'kmalloc caches', 'bypasses', 'hits'})}
SCRIPT = '''
cp /sys/kernel/btf/vmlinux /own.btf
mount -t tmpfs none /sys/kernel/btf
slabscope doctor --json >/out/without || exit 1
slabscope doctor --json --btf /own.btf >/out/with || exit 1
slabscope demo --json -n 4 -d 2 --btf /own.btf >/out/top & top=$!
until [ -s /out/top ]; do sleep 0.2; done
kload files 500 4 0
wait $top || exit 1
# Whatever is in the file: an exit status of 1 and a line, or what it says.
size=$(stat -c %s /own.btf)
for n in 0 1 8 23 24 1000 $((size / 2)) $((size - 1)); do
    head -c $n /own.btf >/broken
    slabscope doctor --btf /broken >/dev/null 2>/tmp/line
    echo "cut $n: $? $(wc -l </tmp/line) $(grep -c -e --btf /tmp/line)"
done >/out/broken
for n in $(seq 12); do
    cp /own.btf /broken
    for i in 1 2 3 4; do
        dd if=/dev/urandom of=/broken bs=1 count=1 conv=notrunc \\
            seek=$(((n * 977 + i * 48271) * 131 % size)) 2>/dev/null
    done
    slabscope doctor --json --btf /broken >/tmp/out 2>/tmp/line
    echo "changed: $? $(wc -l </tmp/line) $(grep -c -e --btf /tmp/line)"
done >>/out/broken
[ -f /others.btf ] || exit 0
slabscope doctor --btf /others.btf >/dev/null 2>/out/others; echo $? >>/out/others
'''


FILES = {'/bin/slabscope': BUILD / 'slabscope', '/bin/kload': BUILD / 'tests/progs/kload'}


@pytest.fixture(scope='module', params=KERNELS)
def kernel(request):
    return request.param


@pytest.fixture(scope='module')
def out(guest, kernel):
    result = guest(kernel, FILES, SCRIPT, timeout=500)
    yield result.out


def quantities(out, file):
    doctor = json.loads((out / file).read_text())
    return {row['what']: row for row in doctor['quantities']}


def test_with_btf_it_sees_what_it_did_not(out, kernel):
    without, seen = quantities(out, 'without'), quantities(out, 'with')
    assert not any(row['seen'] for what, row in without.items() if what != 'objects and sizes'), f'{without}'
    assert '--btf FILE' in without['allocs']['remedy'], f'{without["allocs"]}'
    for what in ('allocs', 'frees', 'kmalloc caches', 'bulk calls', 'refills', 'hits', 'latency', 'origins',
                 'bypasses', 'grows', 'flushes', 'cached objects'):
        assert seen[what]['seen'] == (what not in KERNELS[kernel][1]), f'{what} with --btf: {seen[what]}'
        assert 'fentry' not in (seen[what]['how'] or ''), (
            f'without BTF of its own a kernel has no fentry: {seen[what]}')


def test_what_it_counts_is_right(out, kernel):
    rounds = [json.loads(line) for line in (out / 'top').read_text().splitlines()]
    for top in rounds:
        seen = top['kernel']
        assert (seen['allocator'], seen['probes']) == (KERNELS[kernel][0], 'kprobe'), f'{seen["probes"]}'
    filp = [cache for top in rounds for cache in top['kernel']['caches'] if cache['name'] == 'filp']
    made = {key: sum(cache[key] or 0 for cache in filp) for key in ('allocs', 'refills', 'hits', 'bypasses')}
    assert 2000 <= made['allocs'] < 4000, f'{made} for 2,000 files'
    timed = sum((cache['refill_ns'] or {'count': 0})['count'] for cache in filp)
    assert made['refills'] == timed > 10, f'{timed} timed: {made}'
    assert 'hits' in KERNELS[kernel][1] or abs(made['hits'] + made['refills'] + made['bypasses'] - made['allocs']) <= 2, (
        f'{made}')
    assert (any((cache['refill_ns'] or {'count': 0})['count'] for top in rounds for side in top['reference']
                for cache in side['caches'])), 'no latency of the reference'


def test_broken_files_are_no_crash(out):
    lines = (out / 'broken').read_text().splitlines()
    assert len(lines) == 20, f'{lines}'
    for line in lines:
        what, rest = line.split(': ')
        assert rest == '1 1 1' or (what == 'changed' and rest == '0 0 0'), f'{line}'
    assert all(line.endswith('1 1 1') for line in lines if line.startswith('cut')), f'{lines}'
    print(f'{sum(line == "changed: 1 1 1" for line in lines)} of 12 changed files were found out')


def test_another_kernels_types(guest):
    """The types of this machine's kernel, in an ELF file's section, given to another one."""
    if not Path('/sys/kernel/btf/vmlinux').exists():
        pytest.skip('this kernel describes no types')
    with tempfile.TemporaryDirectory() as work:
        elf = f'{work}/types'
        subprocess.run(['objcopy', '--add-section', '.BTF=/sys/kernel/btf/vmlinux',
                        BUILD / 'tool/base/failure.o', elf], check=True, capture_output=True)
        own = subprocess.run([BUILD / 'slabscope', 'doctor', '--json', '--btf', elf], capture_output=True, text=True)
        assert own.returncode == 0, f'its own types in an ELF file: {own.stderr}'
        result = guest('slab-6.1', {**FILES, '/others.btf': elf}, SCRIPT, timeout=500)
    text, status = (result.out / 'others').read_text().splitlines()
    assert status == '1' and 'another kernel' in text, text
