#!/usr/bin/env python3
"""What slabscope says and still shows where a kernel hides something from it. TAP.

One guest with CONFIG_SLAB, from which one thing after another is taken; another with SLUB.
"""

import functools
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / 'vm')]
import tap      # noqa: E402
import vm       # noqa: E402
from tap import need    # noqa: E402

BUILD = Path(os.environ.get('B') or HERE.parent.parent / 'build')
FILES = {'/bin/slabscope': BUILD / 'slabscope', '/bin/kload': BUILD / 'tests/progs/kload',
         '/bin/driver': BUILD / 'tests/guest/driver',
         '/spin.bpf.o': BUILD / 'tests/guest/spin.bpf.o'}
SCRIPT = '''
look() {
    slabscope doctor --json >/out/$1.doctor && slabscope doctor >/out/$1.text || exit 1
    printf 'read\\nrun kload files 500 4\\nread\\n' | driver >/out/$1.log || exit 1
}
look whole
umount /sys/kernel/tracing /sys/kernel/debug 2>/dev/null
look tracefs
echo 2 >/proc/sys/kernel/kptr_restrict
look addresses
echo 0 >/proc/sys/kernel/kptr_restrict
mount --bind /dev/null /proc/kallsyms && look kallsyms
umount /proc/kallsyms
mount -t tmpfs none /sys/kernel/btf && look types
umount /sys/kernel/btf
mount --bind /dev/null /proc/slabinfo && look slabinfo
umount /proc/slabinfo
# As many programs as fit on one function, and slabscope among them.
cat >/crowded <<'END'
unset SLABSCOPE_ATTACH
slabscope doctor --json >/out/crowd.doctor && slabscope doctor >/out/crowd.text || exit 1
printf 'read\nrun kload files 500 4\nread\n' | driver >/out/crowd.log
END
(for i in $(seq 38); do echo attach /spin.bpf.o; done; echo run sh /crowded) |
    SLABSCOPE_ATTACH=none driver >/out/crowd
tail -1 /out/crowd | grep -q '"status":0' || exit 1
'''
SLUB = SCRIPT.split('umount')[0]


@functools.cache
def guest(kernel, script):
    result = vm.boot(kernel, FILES, script, timeout=500)
    need(result.exit_status == 0, f'exit status {result.exit_status}\n{result.console[-2000:]}')
    return result


def case(name, kernel='slab-6.1', script=SCRIPT):
    """(unseen quantities and their reasons, what two readings of filp differ by, the last reading)"""
    result = guest(kernel, script)
    doctor = json.loads((result.out / f'{name}.doctor').read_text())
    wide = [line for line in (result.out / f'{name}.text').read_text().splitlines() if len(line) > 80]
    need(not wide, f'doctor is wider than 80 columns: {wide}')
    unseen = {row['what']: row['why'] for row in doctor['quantities'] if not row['seen']}
    for row in doctor['quantities']:
        need(row['how'] if row['seen'] else row['why'], f'no reason: {row}')
    lines = [json.loads(line) for line in (result.out / f'{name}.log').read_text().splitlines()]
    first, _, last = lines
    filp = [[cache for cache in line['caches'] if cache['name'] == 'filp'] for line in (first, last)]
    made = {}
    for key in ('allocs', 'frees', 'hits', 'refills', 'flushes', 'grows'):
        was = filp[0][0][key] if filp[0] else 0
        now = filp[1][0][key] if filp[1] else None
        made[key] = None if now is None else now - (was or 0)
    return unseen, made, last


def need_counts(made, *unknown):
    """2,000 files were opened and closed, in batches that refill."""
    for key, count in made.items():
        if key in unknown:
            need(count is None, f'{key} is {count}, though it cannot be known')
        else:
            need(count is not None, f'{key} is unknown')
    if 'allocs' not in unknown:
        need(2000 <= made['allocs'] < 3000, f'{made["allocs"]} allocs for 2,000 files')
    if 'refills' not in unknown:
        need(made['refills'] > 10, f'{made["refills"]} refills')


HIDDEN_NEVER = {'list moves', 'slab frees'}


def nothing_hidden():
    unseen, made, _ = case('whole')
    need(set(unseen) == HIDDEN_NEVER, f'{unseen}')
    need_counts(made)


def no_tracefs():
    unseen, made, last = case('tracefs')
    need(set(unseen) == HIDDEN_NEVER, f'{unseen}')
    need(last['probes'] == 'fentry', last['probes'])
    need_counts(made)


def no_addresses():
    unseen, made, _ = case('addresses')
    need(set(unseen) == HIDDEN_NEVER | {'kmalloc caches', 'flushes', 'callers'}, f'{unseen}')
    need_counts(made, 'flushes')


def no_symbols():
    unseen, made, last = case('kallsyms')
    need('refills' in unseen and '/proc/kallsyms' in unseen['refills'], f'{unseen}')
    need(last['probes'] == 'tracepoint', last['probes'])
    need_counts(made, 'hits', 'refills', 'flushes', 'grows')


def no_types():
    unseen, made, last = case('types')
    need('allocs' in unseen and '/sys/kernel/btf/vmlinux' in unseen['allocs'], f'{unseen}')
    need('objects and sizes' not in unseen, f'{unseen}')
    need(last['probes'] == 'none', last['probes'])
    need_counts(made, *made)


def no_slabinfo():
    unseen, made, last = case('slabinfo')
    need(set(unseen) == HIDDEN_NEVER | {'objects and sizes'}, f'{unseen}')
    need_counts(made)
    filp = next(cache for cache in last['caches'] if cache['name'] == 'filp')
    need(filp['objects'] is None and filp['slabs'] is None, f'{filp}')


def one_refused():
    """No fentry fits on cache_grow_begin any more: a kprobe there, and the others as they were."""
    unseen, made, last = case('crowd')
    programs = json.loads((guest('slab-6.1', SCRIPT).out / 'crowd.doctor').read_text())['programs']
    need('E2BIG' in (programs.get('slab_grow_fentry'), programs.get('slab_grow_fexit')), f'{programs}')
    need(programs.get('slab_grow_kprobe') == programs.get('slab_grow_kretprobe') == 'ok', f'{programs}')
    need(programs.get('slab_refill_fentry') == programs.get('slab_refill_fexit') == 'ok', f'{programs}')
    need(set(unseen) == HIDDEN_NEVER, f'{unseen}')
    need_counts(made)
    filp = next(cache for cache in last['caches'] if cache['name'] == 'filp')
    need(filp['origins']['grown'] == filp['grows'] > 0, f'{filp}')


def slub():
    unseen, made, last = case('whole', 'debian-6.1', SLUB)
    need(set(unseen) == {'list moves'}, f'{unseen}')
    need((last['allocator'], last['probes']) == ('slub', 'fentry'), f'{last["probes"]}')
    need_counts(made)


if __name__ == '__main__':
    tap.run([('nothing hidden', nothing_hidden), ('without tracefs', no_tracefs),
             ('without addresses of symbols', no_addresses), ('without symbols', no_symbols),
             ('without types', no_types), ('without /proc/slabinfo', no_slabinfo),
             ('one program refused', one_refused), ('SLUB: nothing hidden', slub)])
