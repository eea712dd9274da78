#!/usr/bin/env python3
"""A kernel that does not show its types, and a file that does: --btf. TAP."""

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / 'vm')]
import guests    # noqa: E402
import tap      # noqa: E402
from tap import need    # noqa: E402

BUILD = Path(os.environ.get('B') or HERE.parent.parent / 'build')
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


@functools.cache
def guest(name, *others):
    files = {'/bin/slabscope': BUILD / 'slabscope', '/bin/kload': BUILD / 'tests/progs/kload'}
    files.update({'/others.btf': path for path in others})
    return guests.run(name, files, SCRIPT, timeout=500)


def quantities(name, file):
    doctor = json.loads((guest(name).out / file).read_text())
    return {row['what']: row for row in doctor['quantities']}


def described(name):
    without, seen = quantities(name, 'without'), quantities(name, 'with')
    need(not any(row['seen'] for what, row in without.items() if what != 'objects and sizes'), f'{without}')
    need('--btf FILE' in without['allocs']['remedy'], f'{without["allocs"]}')
    for what in ('allocs', 'frees', 'kmalloc caches', 'bulk calls', 'refills', 'hits', 'latency', 'origins',
                 'bypasses', 'grows', 'flushes', 'cached objects'):
        need(seen[what]['seen'] == (what not in KERNELS[name][1]), f'{what} with --btf: {seen[what]}')
        need('fentry' not in (seen[what]['how'] or ''), f'without BTF of its own a kernel has no fentry: {seen[what]}')


def counted(name):
    rounds = [json.loads(line) for line in (guest(name).out / 'top').read_text().splitlines()]
    for top in rounds:
        kernel = top['kernel']
        need((kernel['allocator'], kernel['probes']) == (KERNELS[name][0], 'kprobe'), f'{kernel["probes"]}')
    filp = [cache for top in rounds for cache in top['kernel']['caches'] if cache['name'] == 'filp']
    made = {key: sum(cache[key] or 0 for cache in filp) for key in ('allocs', 'refills', 'hits', 'bypasses')}
    need(2000 <= made['allocs'] < 4000, f'{made} for 2,000 files')
    timed = sum((cache['refill_ns'] or {'count': 0})['count'] for cache in filp)
    need(made['refills'] == timed > 10, f'{timed} timed: {made}')
    need('hits' in KERNELS[name][1] or abs(made['hits'] + made['refills'] + made['bypasses'] - made['allocs']) <= 2, f'{made}')
    need(any((cache['refill_ns'] or {'count': 0})['count'] for top in rounds for side in top['reference']
             for cache in side['caches']), 'no latency of the reference')


def broken(name):
    lines = (guest(name).out / 'broken').read_text().splitlines()
    need(len(lines) == 20, f'{lines}')
    for line in lines:
        what, rest = line.split(': ')
        need(rest == '1 1 1' or (what == 'changed' and rest == '0 0 0'), f'{line}')
    need(all(line.endswith('1 1 1') for line in lines if line.startswith('cut')), f'{lines}')
    return f'{sum(line == "changed: 1 1 1" for line in lines)} of 12 changed files were found out'


def of_another():
    """The types of this machine's kernel, in an ELF file's section, given to another one."""
    if not Path('/sys/kernel/btf/vmlinux').exists():
        raise tap.Skip('this kernel describes no types')
    with tempfile.TemporaryDirectory() as work:
        elf = f'{work}/types'
        subprocess.run(['objcopy', '--add-section', '.BTF=/sys/kernel/btf/vmlinux',
                        BUILD / 'tool/base/failure.o', elf], check=True, capture_output=True)
        own = subprocess.run([BUILD / 'slabscope', 'doctor', '--json', '--btf', elf], capture_output=True, text=True)
        need(own.returncode == 0, f'its own types in an ELF file: {own.stderr}')
        result = guest('slab-6.1', elf)
    text, status = (result.out / 'others').read_text().splitlines()
    need(status == '1' and 'another kernel' in text, text)


if __name__ == '__main__':
    tap.run([(f'{kernel}: {text}', functools.partial(test, kernel)) for kernel in KERNELS
             for text, test in (('with --btf it sees what it did not', described),
                                ('what it counts is right', counted),
                                ('broken files are no crash', broken))] +
            [("another kernel's types", of_another)])
