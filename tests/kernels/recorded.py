"""Kernels recorded as if they let no function be watched: refills are inferred, and go into the recording.

The recorder may use tracepoints only. Another slabscope, which watches the functions, reads right before and after the
load, within the recording, and again before and after the recording: what was recorded lies between the two, but for
the one of a hundred that an inference may be wrong by.
"""
import functools
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

from tests.support import matrix
from tests.vm import guests

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

SLABSCOPE = matrix.BUILD / 'slabscope'
MANY = 500      # refills of a cache that is compared
LOADS = ('kload files 1500 40 0 & kload sockets 800 30 1 & kload messages 1500 40 1 & wait',
         # The kernel asks for nodes of trees in bulk then, which no tracepoint shows.
         'kload areas 1000 5 0')
SCRIPT = '''
cat >/load <<'LOAD'
unset SLABSCOPE_ATTACH
driver >/out/inner <<END || exit 1
read
{loads}
read
END
LOAD
driver >/out/outer <<'END' || exit 1
read
run SLABSCOPE_ATTACH=tracepoint slabscope record --kernel /trace -- sh /load 2>/out/said
run sleep 1
read
misses
END
tar cz -C / -f /out/trace.tar.gz trace || exit 1
'''.format(loads='\n'.join('run ' + load for load in LOADS))


class Recorded:
    """One kernel on two CPUs."""

    def __init__(self, kernel):
        self.kernel = kernel

    @functools.cache
    def run(self):
        """(what was said, the report of a replay, readings of the two)"""
        result = guests.run(self.kernel, matrix.FILES, SCRIPT, timeout=560, append='slab_nomerge', smp=2)
        self.keeper = tempfile.TemporaryDirectory(prefix='slabscope-traces-')
        self.trace = Path(self.keeper.name, 'trace')
        with tarfile.open(result.out / 'trace.tar.gz') as archive:
            archive.extractall(self.keeper.name)
        logs = [[json.loads(line) for line in (result.out / name).read_text().splitlines()]
                for name in ('inner', 'outer')]
        assert not any(answer.get('status') for log in logs for answer in log), logs
        readings = [[answer for answer in log if 'caches' in answer] for log in logs]
        assert all(len(pair) == 2 for pair in readings), [len(pair) for pair in readings]
        return (result.out / 'said').read_text(), json.loads(self.slabscope('replay', self.trace, '--json')), readings

    @staticmethod
    def slabscope(*arguments):
        done = subprocess.run([SLABSCOPE, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @functools.cache
    def caches(self):
        return {cache['name']: cache for cache in self.run()[1]['caches'] if cache['recorded']['allocs']}

    def bounds(self, name, what):
        """What the other slabscope counted at least and at most."""
        def value(snapshot):
            return sum(cache[what] or 0 for cache in matrix.caches(snapshot, name))
        return [value(end) - value(begin) for begin, end in self.run()[2]]

    def counts(self):
        notes = []
        for name, cache in self.caches().items():
            got = cache['recorded']
            # What slabscope asks for while it begins is within the recording or not.
            if got['refills'] is None or self.bounds(name, 'refills')[0] < MANY:
                continue
            for what in ('allocs', 'hits', 'refills', 'bypasses'):
                low, high = self.bounds(name, what)
                slack = 5 + self.run()[1]['discarded'] + (high / 100 if what == 'refills' else got['allocs'] / 1000)
                assert low - slack <= got[what] <= high + slack, (
                    f'{name}: {got[what]} {what} recorded, {low} to {high} counted')
            low, high = self.bounds(name, 'refills')
            assert high - low <= 30 + high / 20, f'{name}: {low} to {high} refills counted: too far apart'
            notes.append(f'{name} {got["refills"]} of {low} to {high}')
        assert len(notes) > 2, f'{len(notes)} caches refilled {MANY} times: {notes}'
        return ', '.join(notes)

    def marked(self):
        """It is said while recording, and is in the recording, of each cache."""
        said, report, _ = self.run()
        assert 'refills, hits and bypasses are inferred from' in said, said
        assert 'not recorded: ' in said and 'origins' in said, said
        assert report['caches'] and all(cache['inferred'] for cache in report['caches']), 'not all are inferred'
        for cache in self.caches().values():
            got = cache['recorded']
            assert all(got[what] is None for what in ('flushes', 'grows', 'slab_frees', 'list_moves')), got
            assert all(n is None for n in got['origins'].values()), got
            assert (got['refills'] is None) == (got['hits'] is None) == (got['hit_rate'] is None), got
        text = self.slabscope('replay', self.trace)
        assert re.search(r'^filp +recorded +\d+ +~\d\S* +~\d+ +n/a +n/a +n/a +n/a +n/a +n/a +n/a$', text, re.M), text

    def played(self):
        """top --from shows what replay reports as recorded, and nothing that was not seen."""
        last = json.loads(self.slabscope('top', '--from', self.trace, '--json', '-n', '1', '-d',
                                         '3600').splitlines()[-1])
        kernel = last['kernel']
        assert set(kernel['inferred']) == {'hits', 'refills', 'bypasses'}, kernel['inferred']
        shown = {cache['name']: cache for cache in kernel['caches']}
        for name, cache in self.caches().items():
            for what in ('allocs', 'hits', 'refills', 'bypasses'):
                assert shown[name][what] == cache['recorded'][what], f'{name} {what}: {shown[name]}'
            assert (all(n is None for n in (shown[name]['origins'] or {}).values()) and
                    not (shown[name]['refill_ns'] or {}).get('count')), shown[name]

    def doubtful(self):
        """A cache of which more is taken than is seen has no refills; those that are asked one by one have."""
        hidden = [name for name, cache in self.caches().items() if cache['recorded']['refills'] is None]
        assert 'filp' not in hidden, hidden
        text = self.slabscope('replay', self.trace)
        for name in hidden:
            assert f'{name}: refills cannot be inferred' in text, text
        if hidden:
            last = json.loads(self.slabscope('top', '--from', self.trace, '--json', '-n', '1', '-d',
                                             '3600').splitlines()[-1])
            assert (any(row['what'].startswith('inferred counts of') and hidden[0] in row['why']
                        for row in last['kernel']['missing'])), last['kernel']['missing']
        return f'not shown: {", ".join(hidden) or "none"}'

    def compared(self):
        caches = {cache['name']: cache
                  for cache in json.loads(self.slabscope('compare', self.trace, '--json', '-c', 'filp'))['caches']}
        filp = caches['filp']
        got, other = filp['recorded'], self.caches()['filp']['recorded']
        assert got['inferred'] and not filp['reference']['inferred'], filp
        assert got['refills'] == other['refills'] and got['hits'] == other['hits'], got
        assert got['origins'] is None and got['bytes_peak'] is None and got['refill_ns'] is None, got
        assert filp['verdict']['refills'] and 'the kernel ~' in filp['sentence'], filp['sentence']
        assert 'inferred' in got['latency_why_not'], got
        return filp['sentence']

    def tests(self):
        named = [('what is recorded is what another slabscope saw', self.counts),
                 ('it is marked as inferred', self.marked), ('top --from shows the same', self.played),
                 ('what cannot be inferred is not shown', self.doubtful), ('compare judges it', self.compared)]
        return [(f'{self.kernel}: {name}', test) for name, test in named]


KERNELS = [Recorded(name) for name in ('debian-6.1', 'debian-6.12', 'debian-6.18', 'debian-7.3')]


@matrix.cases(KERNELS)
def test_kernel(case):
    matrix.run(case)
