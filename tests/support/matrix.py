"""What is tested on every kernel of the matrix, from one guest a kernel.

The guests are emulated, one nanosecond an instruction. Where two counts are compared that cannot be
read at one instant, one of them is read before and after the other: the middle value must lie
between the outer two.
"""
import functools
import json
import math
import re

import pytest

from tests.support import least
from tests.support.build import BUILD
from tests.vm import guests

FILES = {'/bin/slabscope': BUILD / 'slabscope', '/bin/driver': BUILD / 'tests/guest/driver',
         '/bin/kload': BUILD / 'tests/progs/kload',
         '/spin.bpf.o': BUILD / 'tests/guest/spin_slub.bpf.o'}
PROFILE = '/sys/kernel/tracing/kprobe_profile'
# The last one makes processes that live at the same time, for sheaves of areas and maple nodes, and
# a large kmalloc() each: what a sysctl is read into. What waits for RCU, slabs that slabinfo has taken off
# already among it, is freed by the time that each of the two readings around them is made.
LOADS = ('run kload files 500 20 0', 'run kload sockets 300 10 0', 'run kload messages 500 10 0',
         'run for i in $(seq 40); do (dd if=/proc/sys/kernel/ostype of=/dev/null bs=32k; sleep 2) & done'
         '; wait', 'run sleep 1')
END = 1 + len(LOADS)
COMMANDS = (f'between {PROFILE}', *LOADS, f'between {PROFILE}',
            'attach /spin.bpf.o', 'word', 'read', 'run kload files 6000 1 0', 'word', 'read', 'latencies')

# The oracle: kprobe events, whose hits the kernel counts; a function that takes none is left out.
SCRIPT = '''
cd /sys/kernel/tracing
for function in {functions}; do
    echo "p:$function $function" >>kprobe_events && echo 1 >events/kprobes/$function/enable
done 2>/dev/null
cd /
slabscope doctor --json >/out/doctor || exit 1
SLABSCOPE_SAMPLES=50000 driver >/out/log <<'END' || exit 1
read
run sleep 1
{commands}
END
(kload files 500 20 0; sleep 30) &
slabscope top --json -n 2 -d 1 >/out/top || exit 1
'''


@functools.cache
def guest(kernel, functions):
    """(the driver's answers, what doctor says, the last round of top, latencies one by one)"""
    script = SCRIPT.format(functions=' '.join(functions), commands='\n'.join(COMMANDS))
    result = guests.run(kernel, FILES, script, icount=True, timeout=580)
    # The first reading is for what slabscope looks up once, as other names of caches.
    log = [json.loads(line) for line in (result.out / 'log').read_text().splitlines()][2:]
    assert len(log) == len(COMMANDS), f'{len(log)} answers to {len(COMMANDS)} commands'
    for command, answer in zip(COMMANDS, log):
        assert not command.startswith('run') or answer['status'] == 0, f'{command}: {answer}'
    top = [json.loads(line) for line in (result.out / 'top').read_text().splitlines()]
    return log[:-1], json.loads((result.out / 'doctor').read_text()), top[-1], log[-1]


# ---- readings ----------------------------------------------------------------------------

def caches(snapshot, name=None):
    return [cache for cache in snapshot['caches'] if name in (None, cache['name'])]


def total(snapshot, what, name=None):
    return sum(cache[what] or 0 for cache in caches(snapshot, name))


def origin(snapshot, what, name=None):
    return sum(cache['origins'].get(what, 0) for cache in caches(snapshot, name))


def runs(snapshot):
    """Runs of the slow path, those that gave nothing included, and those that lost their pair."""
    return total(snapshot, 'refills') + origin(snapshot, 'failed') + snapshot['unpaired']


def large(snapshot):
    return total(snapshot, 'allocs', 'kmalloc-large')


def counts(what):
    return lambda snapshot: total(snapshot, what)


def bucket_of(ns):
    """The histogram's bucket, from its definition: 2^((i-1)/8) < ns <= 2^(i/8)."""
    bucket = 0
    while 2 ** (bucket / 8) < ns:
        bucket += 1
    return bucket


# Events that may be counted twice, where tasks take the CPU from programs: their second program, too,
# was interrupted.
TWICE = 2


class FarApart(AssertionError):
    """Something else went on between two readings: they prove nothing."""


def need_near(least, most, middle, what=''):
    if most - least > max(10, middle / 1000):
        raise FarApart(f'{what}{middle} within {least} and {most}: too far apart')


def once_more(test, forget):
    """test, and if its readings were too far apart, in another guest once more."""
    try:
        return test()
    except FarApart:
        forget()
        return test()


def check_between(begin, end, outer, inner, twice=0):
    """Between two answers to "between": what inner counted lies within what outer did."""
    least = outer(end['before']) - outer(begin['after'])
    most = outer(end['after']) - outer(begin['before'])
    middle = inner(end['text']) - inner(begin['text'])
    # What an interrupt did while it interrupted a program is not counted, and said to be lost.
    lost = end['after']['lost'] - begin['before']['lost']
    assert least - twice <= middle <= most + lost, f'{middle} is not within {least} and {most}, and {lost} are lost'
    need_near(least, most, middle)
    return f'{middle} within {least} and {most}'


# ---- the tests ---------------------------------------------------------------------------

class Kernel:
    """One kernel, {what: (the function that makes one, how many a snapshot has)}, and TWICE or 0."""

    def __init__(self, name, counted, twice=0):
        self.name, self.functions, self.twice = name, counted, twice

    def guest(self):
        return guest(self.name, tuple(function for function, _ in self.functions.values()))

    def hits(self, text, function):
        """Of one function, or of several names with a space between."""
        found = [re.search(rf'^\s*{re.escape(name)}\s+(\d+)\s+(\d+)', text, re.M) for name in function.split()]
        if not all(found):
            pytest.skip(f'this kernel takes no kprobe on {function}')
        # What is missed is counted, too: an interrupt came while another kprobe ran.
        return sum(int(match[1]) + int(match[2]) for match in found)

    def least(self):
        """doctor, top and the table agree on what can be seen."""
        _, doctor, top, _ = self.guest()
        return least.check(self.name, doctor, top)

    def counted(self, what):
        return once_more(functools.partial(self.counted_once, what), guest.cache_clear)

    def counted_once(self, what):
        log = self.guest()[0]
        begin, end = log[0], log[END]
        function, outer = self.functions[what]
        note = check_between(begin, end, outer, lambda text: self.hits(text, function), self.twice)
        assert outer(end['before']) - outer(begin['after']) > 20, f'the load made hardly any {what}'
        return note

    def sums(self):
        """Pairs, histograms and origins are counted at different places; they must add up."""
        log = self.guest()[0]
        return self.check_sums(log[-1])

    @staticmethod
    def check_sums(last, unpaired=2):
        refills = total(last, 'refills')
        assert last['unpaired'] <= unpaired, f'{last["unpaired"]} refills unpaired'
        for cache in caches(last):
            origins = sum(n for key, n in cache['origins'].items() if key != 'failed')
            timed = cache.get('refill_ns', {'count': 0})['count']
            assert cache['refills'] == origins == timed, (
                f'{cache["name"]}: {cache["refills"]} refills, {origins} origins, {timed} timed')
            if cache['allocs'] is not None:
                rest = cache['allocs'] - cache['refills'] - cache['bypasses']
                assert abs(rest - cache['hits']) <= 2, f'{cache["name"]} does not add up: {cache}'
        unexplained = origin(last, 'unexplained')
        assert unexplained <= refills / 1000, f'{unexplained} of {refills} refills are unexplained'
        return f'{refills} refills, {unexplained} unexplained, {last["lost"]} lost'

    def slabs(self):
        """What grew less what was given back is what slabinfo has more of."""
        log = self.guest()[0]
        first, last = log[0]['after'], log[END]['before']
        more = total(last, 'slabs') - total(first, 'slabs')
        made = total(last, 'grows') - total(first, 'grows')
        gone = total(last, 'slab_frees') - total(first, 'slab_frees')
        assert made > 50, f'only {made} grows'
        assert abs(made - gone - more) <= 2, f'{made} grows less {gone} given back; slabinfo has {more} more'
        return f'{made} grows less {gone} given back, {more} more in slabinfo'

    def spins(self):
        """Every tenth new slab takes 200 us longer: these refills, and no others, are that slow."""
        log = self.guest()[0]
        spun = log[END + 5]['word'] - log[END + 2]['word']
        first = bucket_of(200_000)
        slow = 0
        for cache in caches(log[-1]):
            now = cache.get('refill_ns', {'buckets': {}})['buckets']
            then = {}
            for old in caches(log[END + 3], cache['name']):
                then = old.get('refill_ns', {'buckets': {}})['buckets']
            slow += sum(count - then.get(key, 0) for key, count in now.items() if int(key) >= first)
        bypassed = total(log[-1], 'bypasses') - total(log[END + 3], 'bypasses')
        assert spun >= 5, f'only {spun} spins'
        # One or two may be that slow by themselves: an interrupt that frees what RCU held back.
        assert spun - bypassed <= slow <= spun + 2, f'{slow} refills took 200 us or more, {spun} were made to'
        return f'{slow} refills of {spun} spins'

    def percentiles(self):
        """Of all refills, as slabscope has them from its histograms and as they come out of the samples."""
        found = self.guest()[3]
        raw = sorted(found['raw'])
        assert len(raw) > 1000, f'only {len(raw)} samples'
        notes = []
        for name, share in (('p50', 0.5), ('p90', 0.9), ('p99', 0.99), ('p999', 0.999)):
            true = raw[math.ceil(share * len(raw)) - 1]
            assert abs(found[name] / true - 1) <= 0.0443 + 1 / true, f'{name} is {found[name]}, of the samples {true}'
            notes.append(f'{name} {found[name]:.0f} {true}')
        assert found['max'] == raw[-1], f'the longest is {found["max"]}, of the samples {raw[-1]}'
        return f'{len(raw)} samples: ' + ', '.join(notes)

    def tests(self):
        named = [('the least that it must show, by doctor and top', self.least)]
        for what in self.functions:
            named.append((f'{what} are what a kprobe event counts',
                          functools.partial(self.counted, what)))
        named += [('refills, origins, histograms and hits add up', self.sums),
                  ('grows and slabs given back are what slabinfo sees', self.slabs),
                  ('percentiles are those of the latencies one by one, within 4.43 %', self.percentiles),
                  ('refills made slow are found in their bucket, and no others', self.spins)]
        return [(f'{self.name}: {name}', test) for name, test in named]


def cases(kernels):
    """Parametrizes a test by the tests() of kernels: (name, function) pairs, whose names are the ids."""
    return pytest.mark.parametrize('case', [pytest.param(function, id=name) for kernel in kernels
                                            for name, function in kernel.tests()])


def run(case):
    """Runs one of the cases, and prints the note that it returns."""
    note = case()
    if note:
        print(note)
