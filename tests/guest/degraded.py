"""What slabscope says and still shows where a kernel hides something from it.

One guest with CONFIG_SLAB, from which one thing after another is taken; another with SLUB.
"""
import json

import pytest

from tests.support.build import BUILD

pytestmark = pytest.mark.guest

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


@pytest.fixture(scope='module')
def slab(guest):
    return guest('slab-6.1', FILES, SCRIPT, timeout=500)


def case(result, name):
    """(unseen quantities and their reasons, what two readings of filp differ by, the last reading)"""
    doctor = json.loads((result.out / f'{name}.doctor').read_text())
    wide = [line for line in (result.out / f'{name}.text').read_text().splitlines() if len(line) > 80]
    assert not wide, f'doctor is wider than 80 columns: {wide}'
    unseen = {row['what']: row['why'] for row in doctor['quantities'] if not row['seen']}
    for row in doctor['quantities']:
        assert row['how'] if row['seen'] else row['why'], f'no reason: {row}'
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
            assert count is None, f'{key} is {count}, though it cannot be known'
        else:
            assert count is not None, f'{key} is unknown'
    if 'allocs' not in unknown:
        assert 2000 <= made['allocs'] < 3000, f'{made["allocs"]} allocs for 2,000 files'
    if 'refills' not in unknown:
        assert made['refills'] > 10, f'{made["refills"]} refills'


HIDDEN_NEVER = {'list moves', 'slab frees'}


def test_nothing_hidden(slab):
    unseen, made, _ = case(slab, 'whole')
    assert set(unseen) == HIDDEN_NEVER, f'{unseen}'
    need_counts(made)


def test_without_tracefs(slab):
    unseen, made, last = case(slab, 'tracefs')
    assert set(unseen) == HIDDEN_NEVER, f'{unseen}'
    assert last['probes'] == 'fentry', last['probes']
    need_counts(made)


def test_without_addresses_of_symbols(slab):
    unseen, made, _ = case(slab, 'addresses')
    assert set(unseen) == HIDDEN_NEVER | {'kmalloc caches', 'flushes', 'callers'}, f'{unseen}'
    need_counts(made, 'flushes')


def test_without_symbols(slab):
    unseen, made, last = case(slab, 'kallsyms')
    assert 'refills' in unseen and '/proc/kallsyms' in unseen['refills'], f'{unseen}'
    assert last['probes'] == 'tracepoint', last['probes']
    need_counts(made, 'hits', 'refills', 'flushes', 'grows')


def test_without_types(slab):
    unseen, made, last = case(slab, 'types')
    assert 'allocs' in unseen and '/sys/kernel/btf/vmlinux' in unseen['allocs'], f'{unseen}'
    assert 'objects and sizes' not in unseen, f'{unseen}'
    assert last['probes'] == 'none', last['probes']
    need_counts(made, *made)


def test_without_proc_slabinfo(slab):
    unseen, made, last = case(slab, 'slabinfo')
    assert set(unseen) == HIDDEN_NEVER | {'objects and sizes'}, f'{unseen}'
    need_counts(made)
    filp = next(cache for cache in last['caches'] if cache['name'] == 'filp')
    assert filp['objects'] is None and filp['slabs'] is None, f'{filp}'


def test_one_program_refused(slab):
    """No fentry fits on cache_grow_begin any more: a kprobe there, and the others as they were."""
    unseen, made, last = case(slab, 'crowd')
    programs = json.loads((slab.out / 'crowd.doctor').read_text())['programs']
    assert 'E2BIG' in (programs.get('slab_grow_fentry'), programs.get('slab_grow_fexit')), f'{programs}'
    assert programs.get('slab_grow_kprobe') == programs.get('slab_grow_kretprobe') == 'ok', f'{programs}'
    assert programs.get('slab_refill_fentry') == programs.get('slab_refill_fexit') == 'ok', f'{programs}'
    assert set(unseen) == HIDDEN_NEVER, f'{unseen}'
    need_counts(made)
    filp = next(cache for cache in last['caches'] if cache['name'] == 'filp')
    assert filp['origins']['grown'] == filp['grows'] > 0, f'{filp}'


def test_slub_nothing_hidden(guest):
    unseen, made, last = case(guest('debian-6.1', FILES, SLUB, timeout=500), 'whole')
    assert set(unseen) == {'list moves'}, f'{unseen}'
    assert (last['allocator'], last['probes']) == ('slub', 'fentry'), f'{last["probes"]}'
    need_counts(made)
