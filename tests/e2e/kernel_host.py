"""The running kernel's allocations and frees, as slabscope counts them and as others do.

Others use the allocator too while this runs, so one count is taken before and after the other: the
middle value lies between the outer two, but for what slabscope itself says that it lost.
"""
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support.build import BUILD, SLABSCOPE

pytestmark = pytest.mark.root

DRIVER, KLOAD = BUILD / 'tests/guest/driver', BUILD / 'tests/progs/kload'
NOBODY = ('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all',
          '--inh-caps=-all')
# perf reads the tracepoints through tracefs: mounted for perf alone, and gone with it.
PERF = ('unshare', '-m', 'sh', '-c', 'mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; '
        'exec perf stat -x, -a -e kmem:kmem_cache_alloc --filter "ptr != 0" '
        '-e kmem:kmalloc --filter "ptr != 0 && bytes_alloc <= 8192" '
        '-e kmem:kmem_cache_free -e kmem:kfree --filter "ptr != 0" -- sh -c '
        '"echo begun; read go"')


class Driver:
    """tests/guest/driver, asked line by line."""

    def __init__(self, **env):
        self.child = subprocess.Popen([DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True, env={**os.environ, **env})

    def ask(self, line):
        self.child.stdin.write(line + '\n')
        self.child.stdin.flush()
        answer = self.child.stdout.readline()
        assert answer, f'the driver ended at "{line}"'
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.wait(timeout=20)


def need_counts(driver):
    snapshot = driver.ask('read')
    if snapshot['probes'] == 'none':
        pytest.skip(f'this kernel does not let us count: {snapshot["missing"]}')
    return snapshot


def total(snapshot, what):
    return sum(cache[what] or 0 for cache in snapshot['caches'])


def perf_counts(text):
    return {name: int(count) for count, name in re.findall(r'^(\d+),[^,]*,kmem:(\w+)', text, re.M)}


def test_allocations_and_frees_are_what_perf_counts():
    if not shutil.which('perf'):
        pytest.skip('perf is not installed')
    with Driver() as driver:
        snapshots = [need_counts(driver)]
        if any('kmalloc caches' in what for what in snapshots[0]['missing']):
            pytest.skip('this kernel does not let us count kmalloc()')
        perf = subprocess.Popen(PERF, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        if perf.stdout.readline() != 'begun\n':
            pytest.skip(f'perf does not count here: {perf.communicate()[1].strip()[:200]}')
        snapshots.append(driver.ask('read'))
        assert driver.ask(f'run {KLOAD} files 500 100 >/dev/null')['status'] == 0, 'the load failed'
        assert driver.ask(f'run {KLOAD} messages 500 50 >/dev/null')['status'] == 0, 'the load failed'
        snapshots.append(driver.ask('read'))
        counts = perf_counts(perf.communicate('\n')[1])
        snapshots.append(driver.ask('read'))
    least = total(snapshots[2], 'allocs') - total(snapshots[1], 'allocs')
    most = total(snapshots[3], 'allocs') - total(snapshots[0], 'allocs')
    lost = snapshots[3]['lost'] - snapshots[0]['lost']
    middle = counts['kmem_cache_alloc'] + counts['kmalloc']
    assert least > 100_000, f'only {least} allocations'
    assert least <= middle <= most + lost, f'allocs: {middle} not within {least} and {most} (lost {lost})'
    # kfree() is also given what no cache owns, so it only bounds.
    least = total(snapshots[2], 'frees') - total(snapshots[1], 'frees')
    assert least <= counts['kmem_cache_free'] + counts['kfree'], f'frees: {least}, more than {counts}'
    most = total(snapshots[3], 'frees') - total(snapshots[0], 'frees')
    assert counts['kmem_cache_free'] <= most + lost, f'frees: {most}, fewer than {counts}'
    print(f'{middle} allocations, lost {lost}')


def test_active_objects_are_in_use():
    """Files that are closed are free in CPU caches, and not active, whatever slabinfo says."""
    with Driver() as driver:
        need_counts(driver)
        assert driver.ask(f'run {KLOAD} files 500 20 >/dev/null')['status'] == 0, 'the load failed'
        caches = driver.ask('read')['caches']
    known = [cache for cache in caches if cache['cached_objects'] is not None and cache['slabinfo_active'] is not None]
    if not known:
        pytest.skip('cached objects are not known here')
    for cache in known:
        assert cache['active_objects'] == max(cache['slabinfo_active'] - cache['cached_objects'], 0), cache
    assert any(cache['cached_objects'] for cache in known)
    for cache in caches:
        assert cache in known or cache['active_objects'] is None, cache


def test_a_pinned_load_is_counted_on_its_cpu():
    """A load that is pinned is counted on its CPU."""
    cpu = max(os.sched_getaffinity(0))
    made = 100_000

    def filp(snapshot):
        found = [cache for cache in snapshot['caches'] if cache['name'] == 'filp']
        assert len(found) == 1, 'there is no cache filp'
        return {'allocs': 0, 'frees': 0, **found[0]['cpus'].get(str(cpu), {})}

    with Driver() as driver:
        before = need_counts(driver)
        assert driver.ask(f'run {KLOAD} files 500 {made // 500} {cpu} >/dev/null')['status'] == 0, 'the load failed'
        after = driver.ask('read')
    lost = after['lost'] - before['lost']
    for what in ('allocs', 'frees'):
        count = filp(after)[what] - filp(before)[what]
        # Files are freed a little later, and others open files too.
        assert made * 0.99 - lost <= count <= made * 1.5, f'{what} on CPU {cpu}: {count} for {made} files'
    print(f'{filp(after)["allocs"] - filp(before)["allocs"]} allocs on CPU {cpu} for {made} files' +
            refilled(filp(before), filp(after)))


def refilled(before, after):
    """Seen or inferred: files in batches of 500, of which a slab or a sheaf holds 10 to 100, refill that often."""
    if after.get('refills') is None:
        return ''
    allocs = after['allocs'] - before['allocs']
    refills = after['refills'] - (before.get('refills') or 0)
    assert allocs / 200 <= refills <= allocs / 5, f'{refills} refills of {allocs} allocations'
    assert after['hits'] - (before.get('hits') or 0) >= allocs - refills - allocs / 100, f'too few hits: {after}'
    return f', {refills} refills'


def test_without_privileges():
    """No error, an explanation for everything, and a remedy."""
    for command in ('doctor --json', 'top --json -n 1 -d 0.2'):
        done = subprocess.run([*NOBODY, SLABSCOPE, *command.split()], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 0, f'{command}: exit status {done.returncode}: {done.stderr}'
        found = json.loads(done.stdout.splitlines()[0])
        if command.startswith('doctor'):
            assert not any(row['seen'] for row in found['quantities']), 'a user without privileges sees something'
            assert all('root' in row['remedy'] for row in found['quantities']), 'a remedy is missing'
        else:
            assert found['kernel']['probes'] == 'none', f'without privileges there is {found["kernel"]["probes"]}'
            assert any('privileges' in row['why'] for row in found['kernel']['missing']), (
                f'it is not said that privileges are missing: {found["kernel"]["missing"]}')


def test_without_privileges_text_names_the_command():
    """Instead of an empty table, one line: what to type, and why; and a failure."""
    for form in ('--batch', '--csv'):
        done = subprocess.run([*NOBODY, SLABSCOPE, form, '-n', '1', '-d', '0.2'], capture_output=True, text=True,
                              timeout=60)
        if '\nreference  ' in done.stdout:
            pytest.skip('another process uses libslab')
        wanted = 'no caches; run as root: sudo slabscope'
        assert done.returncode == 1, f'{form}: exit status {done.returncode}: {done.stderr}'
        assert wanted in done.stderr and '/proc/slabinfo is not readable' in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
        if form == '--batch':
            assert wanted in done.stdout and 'ALLOC/s' not in done.stdout, done.stdout


def test_without_bpf_programs():
    """What /proc/slabinfo says is shown without any BPF program, and counts are unknown, not 0."""
    with Driver(SLABSCOPE_ATTACH='none') as driver:
        snapshot = driver.ask('read')
    assert snapshot['probes'] == 'none', snapshot['probes']
    assert len(snapshot['caches']) > 20, f'{len(snapshot["caches"])} caches'
    names = [line.split()[0] for line in Path('/proc/slabinfo').read_text().splitlines()[2:]]
    assert sorted(names) == sorted(cache['name'] for cache in snapshot['caches']), 'other caches'
    for cache in snapshot['caches']:
        assert cache['objects'] is not None and cache['bytes'] is not None, f'no sizes: {cache}'
        assert cache['allocs'] is None and cache['hits'] is None, f'counts without programs: {cache}'


def run_rounds(*arguments, prefix=(), program=SLABSCOPE):
    done = subprocess.run([*prefix, program, '--json', *arguments], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 0, f'{arguments}: {done.returncode} {done.stderr}'
    return [json.loads(line) for line in done.stdout.splitlines()]


def run_json(*arguments, **how):
    return run_rounds(*arguments, **how)[-1]


def test_what_is_chosen_and_its_cost():
    """One process out of two, one cache of all; and what the programs cost."""
    with Driver() as driver:
        need_counts(driver)
    busy = subprocess.Popen([KLOAD, 'files', '500', '1000000'], stdout=subprocess.DEVNULL)
    idle = subprocess.Popen(['sleep', '1000'])
    try:
        mine = run_json('-n', '2', '-d', '0.5', '-p', str(busy.pid), '-c', 'fil?,no-such-cache')
        other = run_json('-n', '2', '-d', '0.5', '-p', str(idle.pid), '-c', 'filp')
    finally:
        busy.kill()
        idle.kill()
    names = [cache['name'] for cache in mine['kernel']['caches']]
    assert names == ['filp'], f'{names}'
    assert mine['kernel']['caches'][0]['allocs'] > 1000, f'{mine["kernel"]["caches"]}'
    assert other['kernel']['caches'][0]['allocs'] == 0, f'{other["kernel"]["caches"]}'
    assert 'no-such-cache' in mine['kernel']['missing'][0]['what'], f'{mine["kernel"]["missing"][0]}'
    cost = mine['self']['bpf_ns_per_event']
    if cost is None:
        said = [row for row in mine['kernel']['missing'] if 'own cost' in row['what']]
        assert said, 'the cost is not known, and nothing is said'
        print(said[0]['why'])
        return
    assert 1 < cost < 100_000, f'{cost} ns an event'
    print(f'{cost} ns an event')


def test_the_cost_without_its_privilege():
    """Programs, but not CAP_SYS_ADMIN: counts, and that their cost cannot be known."""
    caps = '-all,+bpf,+perfmon'
    some = ('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', f'--inh-caps={caps}',
            f'--ambient-caps={caps}', f'--bounding-set={caps}')
    with tempfile.TemporaryDirectory() as directory:    # the build's may be closed to others
        os.chmod(directory, 0o755)
        copy = shutil.copy(SLABSCOPE, directory)
        os.chmod(copy, 0o755)
        found = run_json('-n', '1', '-d', '0.2', '--max-overhead', '1', prefix=some, program=copy)
    if found['kernel']['probes'] == 'none':
        pytest.skip(f'this kernel does not let us count: {found["kernel"]["missing"]}')
    assert found['self']['bpf_ns_per_event'] is None, f'{found["self"]}'
    said = [row for row in found['kernel']['missing'] if 'own cost' in row['what']]
    assert (len(said) == 1 and '--max-overhead' in said[0]['what'] and 'EPERM' in said[0]['why'] and
            'CAP_SYS_ADMIN' in said[0]['remedy']), f'{found["kernel"]["missing"]}'


def test_what_is_inferred_can_be_given_up():
    """What is inferred costs too much: it goes before the counts of allocations do, and says why."""
    doctor = json.loads(subprocess.run([SLABSCOPE, 'doctor', '--json'], capture_output=True, text=True, check=True).stdout)
    if not any(row['inferred'] for row in doctor['quantities']):
        pytest.skip('nothing is inferred on this kernel')
    with subprocess.Popen([KLOAD, 'files', '500', '2000'], stdout=subprocess.DEVNULL) as load:
        done = subprocess.run([SLABSCOPE, 'top', '--json', '-n', '6', '-d', '0.5', '--max-overhead', '0.01'],
                              capture_output=True, text=True, check=True)
        load.kill()
    rounds = [json.loads(line)['kernel'] for line in done.stdout.splitlines()]
    without = [found for found in rounds if not found['inferred']]
    assert without, f'in no round had it been given up: {[found["inferred"] for found in rounds]}'
    for found in without:
        assert all(cache['refills'] is None and cache['hits'] is None for cache in found['caches']), (
            'refills without a source')
        said = [row for row in found['missing'] if 'refills' in row['what']]
        assert said and '--max-overhead 0.01' in said[0]['why'], f'{said}'
        assert not any('inferred' in row['what'] for row in found['missing']), f'{found["missing"]}'
    print(f'{len(without)} of {len(rounds)} rounds without')


def test_many_possible_cpus():
    """With 2,048 possible CPUs everything is shown that is with the machine's own."""
    with tempfile.NamedTemporaryFile('w') as possible:
        possible.write('0-2047\n')
        possible.flush()
        prefix = ('unshare', '-m', 'sh', '-c',
                  'mount --bind "$0" /sys/devices/system/cpu/possible && exec "$@"', possible.name)
        if subprocess.run([*prefix, 'true'], capture_output=True).returncode:
            pytest.skip('no file of /sys can be mounted over here')
        runs = [run_rounds('-n', '6', '-d', '0.2', '-c', 'filp', prefix=p) for p in ((), prefix)]
    # In one interval or another, counts may be in doubt, as others use this cache, too.
    known = [sorted({key for round in rounds for key, value in round['kernel']['caches'][0].items() if value is not None})
             for rounds in runs]
    missing = [set.intersection(*({row['what'] for row in round['kernel']['missing']} for round in rounds))
               for rounds in runs]
    assert known[0] == known[1], f'known of a cache with few and with many CPUs: {known}'
    assert missing[0] == missing[1], f'missing with few and with many CPUs: {missing}'
    print(', '.join(known[1]))


BULK = """
import ctypes, mmap, os, struct
libc = ctypes.CDLL(None, use_errno=True)
rings = []
for _ in range(100):
    params = ctypes.create_string_buffer(120)
    ring = libc.syscall(425, 8, params)
    if ring < 0:
        raise SystemExit(77)
    tail, array = (struct.unpack_from('I', params, at)[0] for at in (44, 64))
    queue, entries = mmap.mmap(ring, 4096), mmap.mmap(ring, 4096, offset=0x10000000)
    struct.pack_into('I', queue, array, 0)
    struct.pack_into('I', queue, tail, 1)
    if libc.syscall(426, ring, 1, 0, 0, None, 0) != 1:
        raise SystemExit(77)
    rings.append((ring, queue, entries))
"""


def test_a_cache_that_is_used_in_bulk_alone_is_not_idle():
    """io_uring allocates its requests eight at once, and each ring keeps them."""
    with Driver(SLABSCOPE_ATTACH='tracepoint') as driver:
        need_counts(driver)
        code = f'{BULK}print(flush=True); input()'
        with subprocess.Popen(['python3', '-c', code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as user:
            user.stdout.readline()
            rows = [cache for cache in driver.ask('read')['caches'] if cache['name'] == 'io_kiocb']
            user.communicate(b'\n', timeout=20)
    if user.returncode or not rows:
        pytest.skip(f'this machine lets us use no io_uring, or it has no cache of its own ({user.returncode})')
    assert rows[0]['objects'] >= 800 and rows[0]['allocs'] != 0, f'{rows[0]}'


def test_counts_are_unknown_where_the_programs_cannot_be_loaded():
    """The kernel is out of memory when slabscope, which knows what the kernel permits, loads its programs."""
    if not shutil.which('strace'):
        pytest.skip('there is no strace')
    found = run_json('-n', '1', '-d', '0.2', prefix=('strace', '-f', '-o', '/dev/null', '-e', 'trace=bpf', '-e',
                                                     'inject=bpf:error=ENOMEM:when=14+'))['kernel']
    assert found['probes'] == 'none' and any('counts' in row['what'] for row in found['missing']), f'{found["missing"]}'
    wrong = [cache['name'] for cache in found['caches'] if any(cache[key] is not None for key in ('allocs', 'frees', 'hits'))]
    assert found['caches'] and not wrong, f'known without programs: {wrong}'
