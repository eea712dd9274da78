"""Refills inferred on kernels as if they let no function be watched, beside what they are.

A driver that may use tracepoints only reads before and after another one, which watches the functions
(and is proved right elsewhere), and before and after the kernel's own counters where it has some. One guest
with one CPU, emulated by instructions, under loads one after another; one with two CPUs, under loads
that are pinned, and then under some that move from one to the other. What is inferred may be
wrong by one of a hundred, or by the first allocation in a CPU's cache, of which nothing is known.
"""
import functools
import json

import pytest

from tests.support import least, matrix
from tests.support.matrix import caches
from tests.vm import guests

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

FILES = {**matrix.FILES, '/pass.bpf.o': matrix.BUILD / 'tests/guest/pass.bpf.o'}
LOADS = {'files': 'kload files 500 40 0', 'sockets': 'kload sockets 300 20 0',
         'messages': 'kload messages 500 40 0', 'processes': 'for i in $(seq 60); do sleep 1 & done; wait',
         # The kernel asks for nodes of trees in bulk then, or has sheaves filled ahead.
         'areas': 'kload areas 1000 5'}
# Not more loads: in an emulator, where a refill takes a good part of a task's time on the CPU, others would
# then fill and empty sheaves in the middle of it, and no trace of it be left.
MOVING = ('kload files 500 40 & kload sockets 300 20 & kload messages 500 40 & '
          'for i in $(seq 300); do for p in $(pidof kload); do taskset -p $((1 + i % 2)) $p; done; done; wait')
PINNED = ('kload files 500 20 0 & kload files 400 25 1 & kload sockets 300 10 1 & kload sockets 200 10 0 & '
          'kload messages 500 20 1 & wait')
TWO = {'pinned': PINNED, 'moving': MOVING}
MANY = 100    # refills of a cache of which one of a hundred can be said
CACHES = ('filp', 'dentry', 'sock_inode_cache', 'vm_area_struct', 'msg_msg-96', 'kmalloc-cg-96')

SCRIPT = '''
export SLABSCOPE_ATTACH=tracepoint
files=
cd /sys/kernel/slab || exit 1
for cache in {caches}; do
    for counter in alloc_fastpath alloc_slowpath; do
        [ -f $cache/$counter ] && files="$files /sys/kernel/slab/$cache/$counter"
    done
done
cd /
echo $files >/out/files
slabscope doctor --json >/out/doctor || exit 1
driver >/out/log <<END || exit 1
hold $files
oracle
read
between $files
{commands}
END
'''
# Of two loads on one CPU one is chosen: what the other one does to the CPU's caches must not mislead.
CHOSEN = '''
(while [ ! -f /go ]; do sleep 0.1; done; exec kload files 500 40 0) &
driver -p $! >/out/chosen <<END || exit 1
oracle
read
between
run touch /go; kload files 300 60 0; kload sockets 200 10 0
run sleep 2
between
END
(kload files 500 20 0; sleep 30) &
slabscope top --json -n 2 -d 1 >/out/top || exit 1
'''


def commands(loads):
    lines = []
    for load in loads:
        lines += [f'run {load}', 'run sleep 1', 'between $files']
    return '\n'.join(lines).replace('$(', '\\$(').replace('$p', '\\$p').replace('$((', '\\$((')


class Inferred:
    """
    One kernel. equal: {the kernel's counter: what of slabscope it must equal}, where it has any.
    """

    def __init__(self, name, equal=None):
        self.name, self.equal = name, equal or {}

    def boot(self, loads, more='', **options):
        script = SCRIPT.format(caches=' '.join(CACHES), commands=commands(loads.values())) + more
        result = guests.run(self.name, FILES, script, timeout=580, append='slab_nomerge', **options)
        log = [json.loads(line) for line in (result.out / 'log').read_text().splitlines()]
        assert not any(answer.get('status') for answer in log), f'{[a for a in log if a.get("status")]}'
        readings = [answer for answer in log if 'oracle' in answer]
        assert len(readings) == len(loads) + 1, f'{len(readings)} readings'
        return readings, result

    @functools.cache
    def one_cpu(self):
        readings, result = self.boot(LOADS, CHOSEN, icount=True)
        chosen = [json.loads(line) for line in (result.out / 'chosen').read_text().splitlines()]
        top = [json.loads(line) for line in (result.out / 'top').read_text().splitlines()]
        return (readings, (result.out / 'files').read_text().split(),
                [answer for answer in chosen if 'oracle' in answer],
                json.loads((result.out / 'doctor').read_text()), top[-1])

    @functools.cache
    def two_cpus(self):
        readings, result = self.boot(TWO, smp=2)
        return readings, (result.out / 'files').read_text().split()

    @staticmethod
    def check_caches(begin, end, cpus=(None,)):
        """What was inferred of each cache, and of all together, beside what the other driver saw."""
        totals, compared, hidden = {}, [], []
        for last in caches(end['oracle']):
            rows = [find(reading, last['name'], last['id']) for reading in
                    (begin['before'], begin['oracle'], begin['after'], end['before'], end['after'])]
            if None in rows:
                continue
            if rows[-1]['refills'] is None:
                hidden.append(last['name'])
                continue
            for cpu in cpus:
                before, first, after, early, late = (at(row, cpu) for row in rows)
                now = at(last, cpu)
                seen = {key: now[key] - first[key] for key in ('refills', 'bypasses', 'allocs')}
                # What only calls in bulk took is in no count of allocs here.
                if abs(seen['allocs'] - (late['allocs'] - before['allocs'])) > 10 + seen['allocs'] / 100:
                    continue
                for key in ('bypasses', 'refills'):
                    low, high = early[key] - after[key], late[key] - before[key]
                    slack = SLACK[key] + allowed(key, seen)
                    assert low - slack <= seen[key] <= high + slack, (
                        f'{last["name"]}, CPU {cpu}: {seen[key]} {key}, {low} to {high} inferred')
                    add(totals, key, seen[key], low, high)
                add(totals, 'allocs', seen['allocs'])
                if seen['refills'] >= MANY:
                    compared.append(f'{last["name"]} {seen["refills"]}~{low}')
        together = {key: row[0] for key, row in totals.items()}
        for key in ('bypasses', 'refills'):
            seen, low, high = totals[key]
            slack = 5 + allowed(key, together)
            assert low - slack <= seen <= high + slack, f'all: {seen} {key}, {low} to {high} inferred'
        assert together['refills'] >= MANY, f'only {together["refills"]} refills'
        compared.append(f'all {together["refills"]}~{totals["refills"][1]}')
        return f'{", ".join(compared)}; not shown: {", ".join(hidden) or "none"}', hidden

    def loads(self, load):
        readings = self.one_cpu()[0]
        number = list(LOADS).index(load)
        note, hidden = self.check_caches(readings[number], readings[number + 1])
        # What is not used in bulk is there, at least until the load that is.
        assert load == 'areas' or not set(hidden) & set(CACHES), f'not shown: {hidden}'
        return note

    def two(self, load):
        readings = self.two_cpus()[0]
        number = list(TWO).index(load)
        return self.check_caches(readings[number], readings[number + 1],
                                 ('0', '1') if load == 'pinned' else (None,))[0]

    def chosen(self):
        begin, end = self.one_cpu()[2]
        files = [find(reading, 'filp')['allocs'] for reading in (begin['after'], end['before'])]
        assert 20000 <= files[1] - files[0] < 21000, f'{files[1] - files[0]} files of the chosen process'
        return self.check_caches(begin, end)[0]

    def counters(self, key, two=False):
        """Beside the kernel's own, of which there is one for each cache."""
        readings, files = self.two_cpus() if two else self.one_cpu()[:2]
        notes, compared = [], 0
        for number, load in enumerate(TWO if two else LOADS):
            begin, end = readings[number:number + 2]
            for row, (old, new) in enumerate(zip(begin['text'].splitlines(), end['text'].splitlines())):
                cache, counter = files[row].split('/')[-2:]
                if counter != key or find(end['before'], cache)['refills'] is None:
                    continue
                kernel = int(new.split()[0]) - int(old.split()[0])
                low, high = (sum(find(reading[1], cache)[what] - find(reading[0], cache)[what]
                                 for what in self.equal[key].split())
                             for reading in ((begin['after'], end['before']), (begin['before'], end['after'])))
                allocs = find(end['after'], cache)['allocs'] - find(begin['before'], cache)['allocs']
                slack = 3 + max(kernel / 100, allocs / 1000)
                assert low - slack <= kernel <= high + slack, (
                    f'{load}, {cache}: {key} is {kernel}, {low} to {high} inferred')
                compared += 1
                if kernel >= MANY:
                    notes.append(f'{load} {cache} {kernel}~{low}')
        assert compared >= len(TWO if two else LOADS), f'{compared} values of {key}'
        return ', '.join(notes)

    def least(self):
        _, _, _, doctor, top = self.one_cpu()
        return least.check(f'{self.name}:tracepoint', doctor, top)

    def tests(self):
        named = [('what is inferred, by doctor and top', self.least)]
        named += [(f'refills and bypasses, {load}', functools.partial(self.loads, load)) for load in LOADS]
        named += [('of two processes one is chosen', self.chosen)]
        named += [(f'refills and bypasses, on two CPUs, {load}', functools.partial(self.two, load)) for load in TWO]
        for key in self.equal:
            named += [(f'{key} in every cache, under each load', functools.partial(self.counters, key)),
                      (f'{key} on two CPUs', functools.partial(self.counters, key, True))]
        return [(f'{self.name}: {name}', test) for name, test in named]


def allowed(key, seen):
    """One of a hundred refills; bypasses that make hits wrong by one of a thousand allocations."""
    return max(seen[key] / 100, seen['allocs'] / 1000 if key == 'bypasses' else 0)


def add(totals, key, *counts):
    sums = totals.setdefault(key, [0] * len(counts))
    for i, n in enumerate(counts):
        sums[i] += n


SLACK = {'refills': 2, 'bypasses': 5} # in one cache, however little it does
NOTHING = {'allocs': 0, 'refills': 0, 'bypasses': 0, 'hits': 0}


def find(snapshot, name, identity=None):
    for cache in caches(snapshot, name):
        if identity in (None, cache['id']):
            return cache
    return None


def at(cache, cpu):
    return cache if cpu is None else cache['cpus'].get(cpu, NOTHING)


KERNELS = (
    Inferred('debian-6.1'),
    Inferred('stats-6.12', {'alloc_slowpath': 'refills bypasses', 'alloc_fastpath': 'hits'}),
    Inferred('debian-6.18'), Inferred('debian-6.19'), Inferred('debian-7.0'), Inferred('debian-7.3'),
    Inferred('stats-7', {'alloc_fastpath': 'hits refills', 'alloc_slowpath': 'bypasses'}))


@matrix.cases(KERNELS)
def test_kernel(case):
    matrix.run(case)
