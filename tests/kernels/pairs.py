"""Refills on two CPUs whose ends are hard to bring together: each is paired, or counted as unpaired.

A test-only program, the witness, counts what happened to refills while they lasted; the load goes on
until it has seen everything. How many refills there were, a kprobe event counts.
"""
import functools
import json

import pytest

from tests.support import least, matrix
from tests.vm import guests

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

SEEN = ('of kernel threads', 'nested in a refill of the same task', 'slept',
        'nested in an interrupt in a refill', 'migrated', 'reclaimed memory')

# Of the programs' names, by that of the witness.
PREFIXES = {'slab': 'slab', 'slub': 'slub', 'sheaves': 'sheaf'}

# Several tasks that migrate, two that are pinned.
LOAD = ('kload files 400 25 & kload files 700 15 & kload sockets 200 15 & kload sockets 300 10 & '
        'kload files 500 20 0 & kload messages 500 10 1; wait')
# Memory is short: all but some megabytes are filled, names are remembered until they must go, and a task that
# needs a page when few are left reclaims some first. Tasks are sent to and fro;
# interrupts allocate; crashes make kernel threads begin a program.
HARD = '''#!/bin/sh
for pass in 1 2 3; do for i in 1 2 3 4; do sh -c 'kill -SEGV $$'; done; usleep 100000; done 2>/dev/null &
for task in 1 2 3; do kload names 80000 1 & done >/dev/null
KLOAD_INTERRUPTS=40 kload files 700 12 0 >/dev/null &
KLOAD_INTERRUPTS=40 kload files 700 12 >/dev/null &
kload sockets 300 8 >/dev/null &
for turn in $(seq 60); do
    for pid in $(pidof kload); do taskset -p $((1 + turn % 2)) $pid; done >/dev/null 2>&1
    usleep 20000
done
wait
'''
PLUG = ('kload files 400 40 >/dev/null & kload sockets 200 20 >/dev/null & for turn in $(seq 8); do '
        'for on in 0 1; do echo $on >/sys/devices/system/cpu/cpu1/online || exit 1; usleep 50000; done; '
        'done; wait')
SCRIPT = '''
cat >/bin/hard <<'END'
{hard}
END
chmod +x /bin/hard
echo '|/bin/true' >/proc/sys/kernel/core_pattern
mount -o remount,size=100% /dev/shm
# A task that wants memory then has to reclaim it, rather than leave that to a kernel thread.
echo 1 >/proc/sys/vm/watermark_scale_factor
echo 1 >/proc/sys/vm/zone_reclaim_mode
echo 0 >/proc/sys/vm/min_slab_ratio
cd /sys/kernel/tracing
echo "p:{function} {function}" >>kprobe_events && echo 1 >events/kprobes/{function}/enable
cd /
slabscope doctor --json >/out/doctor || exit 1
(kload files 500 20 0; sleep 30) >/dev/null &
slabscope top --json -n 2 -d 1 >/out/top || exit 1
driver >/out/log <<'END' || exit 1
read
between {profile}
run {load}
attach /witness.bpf.o
run dd if=/dev/zero of=/dev/shm/fill bs=1M count=$(awk '/MemAvailable/ {{print int($2 / 1024) - 20}}' /proc/meminfo)
provoke {wanted} 150 hard
run rm /dev/shm/fill
run sleep 1
between {profile}
run {plug}
run sleep 1
between {profile}
misses
END
'''


class Pairs:
    """One kernel; wanted: so many of SEEN the load must bring about."""

    def __init__(self, kernel, witness, function, wanted=len(SEEN)):
        self.kernel, self.witness, self.function = kernel, witness, function
        self.wanted = wanted

    @functools.cache
    def guest(self):
        files = {**matrix.FILES,
                 '/witness.bpf.o': matrix.BUILD / f'tests/guest/witness_{self.witness}.bpf.o'}
        script = SCRIPT.format(function=self.function, profile=matrix.PROFILE, load=LOAD, hard=HARD,
                               plug=PLUG, wanted=self.wanted)
        result = guests.run(self.kernel, files, script, smp=2, memory='320M', timeout=500)
        log = [json.loads(line) for line in (result.out / 'log').read_text().splitlines()]
        self.doctor = json.loads((result.out / 'doctor').read_text())
        self.top = json.loads((result.out / 'top').read_text().splitlines()[-1])
        assert all(answer.get('status', 0) == 0 for answer in log), f'a load failed\n{result.console[-2000:]}'
        return log

    def between(self, first, last):
        """The count of the kernel's own equals refills + failed + unpaired."""
        readings = [answer for answer in self.guest() if 'before' in answer]
        begin, end = readings[first], readings[last]
        here = matrix.Kernel(self.kernel, {})
        least = matrix.runs(end['before']) - matrix.runs(begin['after'])
        most = matrix.runs(end['after']) - matrix.runs(begin['before'])
        middle = here.hits(end['text'], self.function) - here.hits(begin['text'], self.function)
        # One that an interrupt made while it interrupted the programs at both ends is lost.
        missed = self.missed()
        assert least <= middle <= most + missed, f'{middle} is not within {least} and {most}; {missed} were missed'
        return (f'{middle} within {least} and {most}, {missed} missed, '
                f'{end["after"]["unpaired"]} unpaired')

    def missed(self):
        """How often the programs at a refill's ends, or where its frame is parked, were left out, because they
        would have nested."""
        prefix = PREFIXES[self.witness]
        return sum(n for name, n in self.guest()[-1]['misses'].items()
                   if name.startswith((f'{prefix}_refill', f'{prefix}_barn')))

    def provoked(self):
        words = next(answer for answer in self.guest() if 'words' in answer)['words']
        seen = dict(zip(SEEN, words))
        assert all(words[:self.wanted]), f'not provoked: {seen}'
        return ', '.join(f'{n} {what}' for what, n in seen.items())

    def sums(self):
        last = [answer for answer in self.guest() if 'before' in answer][-1]['after']
        for cpu in ('0', '1'):
            refills = sum(cache['cpus'].get(cpu, {'refills': 0})['refills'] for cache in matrix.caches(last))
            assert refills > 200, f'CPU {cpu} had only {refills} refills'
        # Unpaired is what lost one end, and the refill that it interrupted at that moment: it may have taken
        # that one's frame along. Two may be those that tracing began in.
        return matrix.Kernel.check_sums(last, unpaired=2 * self.missed() + 2)

    def least(self):
        self.guest()
        return least.check(self.kernel, self.doctor, self.top)

    def tests(self):
        named = (('the least that it must show, by doctor and top', self.least),
                 ('two CPUs, what is hard was provoked', self.provoked),
                 ('two CPUs, all of it: what a kprobe event counts', functools.partial(self.between, 0, 1)),
                 ('a CPU goes and comes: what a kprobe event counts', functools.partial(self.between, 1, 2)),
                 ('two CPUs: refills, origins, histograms and hits add up', self.sums))
        return [(f'{self.kernel}: {name}', test) for name, test in named]


# With several nodes SLAB refills with interrupts off, and without reclaiming: mm/slab.c, gfp_exact_node().
KERNELS = (Pairs('slab-6.1', 'slab', 'cache_alloc_refill', wanted=1),
           Pairs('debian-6.1', 'slub', '___slab_alloc'),
           Pairs('debian-6.12', 'slub', '___slab_alloc'),
           Pairs('debian-7.0', 'sheaves', '__pcs_replace_empty_main'),
           Pairs('debian-7.3', 'sheaves', '__pcs_replace_empty_main'))


@matrix.cases(KERNELS)
def test_kernel(case):
    matrix.run(case)
