"""slabscope beside the kernel's own counters, on kernels that were built with them.

Two guests a kernel, without merged caches: one with one CPU, emulated by instructions, under three
loads, and one with two CPUs and pinned tasks. Counters are read between two snapshots of slabscope,
from files that are held open (to open one would allocate); the kernel's value must lie within them.
"""
import functools
import json
import re

import pytest

from tests.support import least, matrix
from tests.support.matrix import TWICE
from tests.vm import guests

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

FILES = {**matrix.FILES, '/bin/stress-ng': '/usr/bin/stress-ng',
         '/pass.bpf.o': matrix.BUILD / 'tests/guest/pass.bpf.o'}
# Messages lie in one of the two before the last one.
CACHES = ('filp', 'dentry', 'sock_inode_cache', 'vm_area_struct', 'maple_node', 'pid', 'msg_msg-96',
          'kmalloc-cg-96', 'skbuff_head_cache')
# Where kmalloc() has many caches of a size; which one it takes is another matter in each boot.
RANDOM = ('kmalloc-rnd-*-64',)
# Of prefilled sheaves the barn is asked too, without a refill; and no counter has their objects.
PREFILLED = ('maple_node',)
# These the kernel asks for in bulk: then the barn is asked, too.
BULK = ('maple_node', 'skbuff_head_cache')

LOADS = {
    'batches': ('run kload files 500 20 0', 'run kload sockets 300 10 0', 'run kload messages 500 10 0',
                'run for i in $(seq 40); do sleep 1 & done; wait'),
    'stress-ng': ('run cd /tmp && stress-ng --quiet --seed 1 --oomable --dentry 1 --dentry-ops 2000 '
                  '--dentries 500 --sockpair 1 --sockpair-ops 50 --fork 1 --fork-ops 50 --msg 1 '
                  '--msg-ops 500 --open 1 --open-ops 2000',),
    'bulk': ('run kload areas 1000 5', 'packets /pass.bpf.o 6400', 'run kload areas 3000 2')}
PINNED = ('run kload files 500 20 0 & kload files 400 25 1 & kload sockets 300 10 1 & '
          'kload sockets 200 10 0 & kload messages 500 20 1 & wait')

SCRIPT = '''
cd /sys/kernel/tracing
for function in {functions}; do echo $function >>set_ftrace_filter; done
echo 1 >function_profile_enabled
files={files}
if [ "$files" = stats ]; then
    cd /sys/kernel/slab || exit 1
    files=
    for cache in {caches}; do
        for counter in {counters}; do
            [ -f $cache/$counter ] && files="$files /sys/kernel/slab/$cache/$counter"
        done
    done
fi
echo $files >/out/files
cd /
slabscope doctor --json >/out/doctor || exit 1
taskset 1 driver >/out/log <<END || exit 1
hold $files
read
{commands}
misses
END
(kload files 500 20 0; sleep 30) &
slabscope top --json -n 2 -d 1 >/out/top || exit 1
'''


def commands(loads):
    """between, a load, between, ...; and what the function profiler says at either end.

    The sleep is for what is freed later: sockets, and what waits for RCU.
    """
    profile = '/sys/kernel/tracing/trace_stat/function0'
    lines = [f'between {profile}', 'between $files']
    for load in loads:
        lines += [*load, 'run sleep 1', 'between $files']
    return [line.replace('$(', '\\$(') for line in [*lines, f'between {profile}']]


class Counters:
    """One kernel with counters of its own.

    functions   {function: what of slabscope the function profiler's count must equal, of all caches}
    equal       {the kernel's counter: what of slabscope it must equal, of a cache}
    but         {counter: the caches where it does not}
    twice       events that may be counted twice on one CPU, where programs are preempted
    per_cpu     it counts on each CPU
    """
    files, per_cpu = 'stats', True

    def __init__(self, name, functions, equal, but=None, twice=0):
        self.name, self.functions, self.equal, self.but = name, functions, equal, but or {}
        self.twice = twice

    def boot(self, loads, **options):
        lines = commands(loads)
        script = SCRIPT.format(functions=' '.join(self.functions), caches=' '.join(CACHES + RANDOM),
                               counters=' '.join(self.equal), files=self.files,
                               commands='\n'.join(lines))
        result = guests.run(self.name, FILES, script, timeout=580, append='slab_nomerge', **options)
        log = [json.loads(line) for line in (result.out / 'log').read_text().splitlines()]
        for line, answer in zip(lines, log[2:]):
            assert answer.get('status', 0) == 0, f'{line}: {answer}'
        return log, result

    @functools.cache
    def one_cpu(self):
        log, result = self.boot(LOADS.values(), icount=True)
        doctor = json.loads((result.out / 'doctor').read_text())
        top = json.loads((result.out / 'top').read_text().splitlines()[-1])
        return log, (result.out / 'files').read_text().split(), doctor, top

    @functools.cache
    def two_cpus(self):
        log, result = self.boot([(PINNED,)], smp=2)
        return log, (result.out / 'files').read_text().split()

    def values(self, text, files):
        """{(cache, counter): {None: the total, CPU: its share, ...}}"""
        lines = text.splitlines()
        assert len(lines) == len(files), f'{len(lines)} values of {len(files)} counters'
        values = {}
        for path, line in zip(files, lines):
            words = line.split()
            shares = dict(re.findall(r'C(\d+)=(\d+)', line))
            values[tuple(path.split('/')[-2:])] = {
                None: int(words[0]), '0': int(shares.get('0', 0)), '1': int(shares.get('1', 0))}
        return values

    def compare(self, key, begin, end, files, cpu=None, slack=0):
        """Of each cache: what the kernel counted lies within what slabscope did."""
        old, new = self.values(begin['text'], files), self.values(end['text'], files)
        notes = []
        for cache in sorted(cache for cache, counter in new if counter == key):
            if cache in self.but.get(key, ()) or (cache not in CACHES and 'kmalloc-rnd-' not in cache):
                continue
            inner = new[cache, key][cpu] - old[cache, key][cpu]
            read = [sum_of(self.equal[key], cache, snapshot, cpu) for snapshot in
                    (begin['before'], begin['after'], end['before'], end['after'])]
            least, most = read[2] - read[1], read[3] - read[0]
            unexplained = [sum_of('origin:unexplained', cache, snapshot, cpu)
                           for snapshot in (begin['before'], end['after'])]
            # Where an origin is unexplained, it is missing elsewhere.
            most_lost = slack + (unexplained[1] - unexplained[0] if 'origin:' in self.equal[key] else 0)
            assert least - most_lost <= inner <= most + most_lost, (
                f'{cache}: {key} is {inner}, not within {least} and {most}')
            matrix.need_near(least, most, inner, f'{cache}: ')
            notes.append((cache, inner))
        assert notes, 'no cache has it'
        return notes

    def check(self, key):
        """Load by load."""
        log, files, _, _ = self.one_cpu()
        readings = [answer for answer in log if 'before' in answer][1:-1]
        assert len(readings) == len(LOADS) + 1, f'{len(readings)} readings'
        notes = []
        for load, begin, end in zip(LOADS, readings, readings[1:]):
            # What came while it interrupted one of slabscope's programs is said to be lost; where its
            # second program was interrupted too, it may be counted twice.
            lost = end['after']['lost'] - begin['before']['lost']
            found = self.compare(key, begin, end, files, slack=lost + self.twice)
            notes.append(f'{load}: ' + ', '.join(f'{cache} {n}' for cache, n in found if n))
        return '; '.join(notes)

    def check_cpus(self, key):
        log, files = self.two_cpus()
        begin, end = [answer for answer in log if 'before' in answer][1:-1]
        lost = end['after']['lost'] - begin['before']['lost']
        notes = []
        for cpu in ('0', '1') if self.per_cpu else (None,):
            found = self.compare(key, begin, end, files, cpu, slack=lost + TWICE)
            notes.append(f'CPU {cpu}: ' + ', '.join(f'{cache} {n}' for cache, n in found if n))
        return '; '.join(notes) + f'; {lost} lost'

    def profiled(self, function):
        log = self.one_cpu()[0]
        begin, *_, end = [answer for answer in log if 'before' in answer]

        def hits(text):
            return sum(int(n) for n in re.findall(rf'^\s+{function}\s+(\d+)\s', text, re.M))
        return matrix.check_between(begin, end, self.functions[function], hits, self.twice)

    def sums(self):
        log = self.one_cpu()[0]
        return matrix.Kernel.check_sums([answer for answer in log if 'before' in answer][-1]['after'])

    def least(self):
        _, _, doctor, top = self.one_cpu()
        return least.check(self.name, doctor, top)

    def tests(self):
        named = [('the least that it must show, by doctor and top', self.least)]
        named += [(f'{key} in every cache, under each load', functools.partial(self.check, key))
                  for key in self.equal]
        named += [(f'{function} by the profiler', functools.partial(self.profiled, function))
                  for function in self.functions]
        named += [('refills, origins, histograms and hits add up', self.sums)]
        named += [(f'{key} on two CPUs, {"each" if self.per_cpu else "together"}',
                   functools.partial(self.check_cpus, key)) for key in self.equal]
        return [(f'{self.name}: {name}', functools.partial(matrix.once_more, test, self.forget))
                for name, test in named]

    @staticmethod
    def forget():
        Counters.one_cpu.cache_clear()
        Counters.two_cpus.cache_clear()


class Slabinfo(Counters):
    """Counters that stand in /proc/slabinfo, of all CPUs together."""
    files, per_cpu = '/proc/slabinfo', False
    NAMES = {'globalstat': ('allocated', 'high', 'grown', 'reaped', 'errors', 'max_freeable',
                            'node_allocs', 'node_frees', 'overflows'),
             'cpustat': ('allochit', 'allocmiss', 'freehit', 'freemiss')}

    def values(self, text, files):
        values = {}
        for line in text.splitlines():
            for kind, names in self.NAMES.items():
                match = re.search(rf': {kind}([\s\d]+)', line)
                for counter, number in zip(names, match[1].split() if match else ()):
                    values[line.split()[0], counter] = {None: int(number)}
        return values


def sum_of(mine, name, snapshot, cpu):
    """mine: counts and origins, with their signs, as "hits refills -origin:spare"."""
    total = 0
    for word in mine.split():
        sign, word = (-1, word[1:]) if word[0] == '-' else (1, word)
        for cache in matrix.caches(snapshot, name):
            counts = cache if cpu is None else cache['cpus'].get(cpu)
            if counts:
                total += sign * (counts['origins'][word[7:]] if word.startswith('origin:')
                                 else counts[word])
    return total


GROWS = matrix.counts('grows')
SLAB = {
    # No freemiss: in these kernels the compiler put all that a flush calls into its callers.
    'allochit': 'hits', 'allocmiss': 'refills origin:failed', 'grown': 'grows', 'node_allocs': 'bypasses'}
KERNELS = (
    Slabinfo('debug-slab-6.1', {'cache_alloc_refill': matrix.runs, 'cache_grow_begin': GROWS}, SLAB),
    Counters('stats-6.12', {'___slab_alloc': matrix.runs, 'allocate_slab': GROWS}, {
        'alloc_slowpath': 'refills bypasses origin:failed', 'alloc_fastpath': 'hits',
        'alloc_slab': 'grows', 'alloc_from_partial': 'origin:partial origin:remote',
        'cpu_partial_alloc': 'origin:cpu_partial', 'alloc_refill': 'origin:cpu_slab',
        'free_slab': 'slab_frees', 'free_slowpath': 'flushes'}),
    Counters('stats-7', {'__pcs_replace_empty_main': matrix.runs, 'allocate_slab': GROWS,
                         '__pcs_replace_full_main': matrix.counts('flushes')}, {
        'alloc_fastpath': 'hits refills', 'alloc_slowpath': 'bypasses', 'alloc_slab': 'grows',
        'free_slab': 'slab_frees', 'barn_get': 'origin:barn',
        'barn_get_fail': 'origin:partial origin:remote origin:grown origin:failed'},
             {'alloc_slowpath': PREFILLED, 'barn_get': BULK, 'barn_get_fail': BULK}, TWICE))


@matrix.cases(KERNELS)
def test_kernel(case):
    matrix.run(case)
