"""The kernel recorded under load, and replayed through libslab.

With SLAB the two are the same algorithm, and must come to the same: the refills that the kernel itself counted
(DEBUG_SLAB's allocmiss), and the origins that slabscope saw; with the kernel's tunables and with others, on one CPU
and on two. Of every kernel babeltrace2 reads as many events of each kind as slabscope says that it wrote, and what
is in a recording is what slabscope counts.
"""
import collections
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
ORIGINS = ('shared', 'partial', 'free', 'grown', 'unexplained')
# The events that each count of a replay's report is made of.
KINDS = {'failed': ('alloc_failed',), 'frees': ('free',), 'flushes': ('flush',), 'grows': ('grow',),
         'slab_frees': ('slab_destroy',), 'bypasses': ('alloc_bypass',),
         'allocs': ('alloc', 'alloc_hit', 'alloc_refill', 'alloc_bypass')}
LEAST = 1000        # refills of a cache that counts

SCRIPT = '''
[ "{tunables}" ] && grep -v '^slabinfo\\|^#' /proc/slabinfo | while read cache rest; do
    echo "$cache {tunables}" >/proc/slabinfo || exit 1
done
cat >/load <<LOAD
{load}
LOAD
slabscope record --kernel /trace{number} -- sh /load 2>/out/said{number} || exit 1
tar cz -C / -f /out/trace{number}.tar.gz trace{number} || exit 1
'''


# What runs while it is recorded: the loads between two readings, of the kernel's own table, or of another slabscope.
ALONE = '''cat /proc/slabinfo >/out/begin{number}
{loads}
cat /proc/slabinfo >/out/end{number}'''
WATCHED = '''driver >/out/log{number} <<END
read
{loads}
run sleep 1
read
misses
END'''


def loads(cpus, files, sockets, messages):
    """Three loads; on two CPUs at once."""
    lines = [f'kload files {files} 40 0', f'kload sockets {sockets} 40 {cpus - 1}',
             f'kload messages {messages} 40 {cpus - 1}']
    return ' & '.join(lines) + ' & wait' if cpus > 1 else '; '.join(lines)


# Tunables, and loads that refill often enough with them.
RUNS = {'with its own tunables': ('', (500, 300, 500)),
        'with 120 60 8': ('120 60 8', (1600, 800, 1600))}


class Recording:
    """What one run in a guest left behind, and its replay."""

    def __init__(self, directory, out, number):
        with tarfile.open(out / f'trace{number}.tar.gz') as archive:
            archive.extractall(directory)
        self.trace = Path(directory, f'trace{number}')
        self.said = (out / f'said{number}').read_text()
        log = out / f'log{number}'
        self.log = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        self.tables = [path.read_text() for path in (out / f'begin{number}', out / f'end{number}') if path.exists()]
        done = subprocess.run([SLABSCOPE, 'replay', '--json', self.trace], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        self.report = json.loads(done.stdout)
        self.caches = {cache['name']: cache for cache in self.report['caches'] if cache['recorded']['allocs']}

    def busy(self):
        """The caches that refilled often enough."""
        found = {name: cache for name, cache in self.caches.items() if cache['recorded']['refills'] >= LEAST}
        assert len(found) > 2, f'{len(found)} caches have {LEAST} refills'
        return found

    def allocmiss(self, name):
        """What the kernel itself counted."""
        begin, end = (re.search(rf'^{re.escape(name)} .*: cpustat\s+\d+\s+(\d+)', table, re.M)
                      for table in self.tables)
        assert begin and end, f'{name} has no allocmiss'
        return int(end[1]) - int(begin[1])

    def events(self, *kinds):
        """(kind, {field: number or text}) of each one, by babeltrace2."""
        line = re.compile(rf'\[[^]]*\] \([^)]*\) ({"|".join(kinds)}): .*{{ (cache = .*) }}$')
        field = re.compile(r'(\w+) = (?:(0x[0-9A-Fa-f]+|\d+)|"([^"]*)"|[^,]*)')
        text = subprocess.run(['babeltrace2', self.trace], capture_output=True, text=True, check=True).stdout
        return [(match[1], {found[1]: int(found[2], 0) if found[2] else found[3]
                            for found in field.finditer(match[2])})
                for match in map(line.match, text.splitlines()) if match]

    def counted(self, name, what):
        """
        What another slabscope counted during the load. What the cache had not been asked for by the first reading
        is null there.
        """
        def value(snapshot):
            return sum((cache['origins'][what[7:]] if what.startswith('origin:') else cache[what]) or 0
                       for cache in matrix.caches(snapshot, name))
        return value(self.log[-2]) - value(self.log[0])


class Guest:
    """A kernel on so many CPUs; each of the runs in turn."""

    def __init__(self, kernel, cpus, runs=RUNS, proof=True):
        self.proof = proof
        self.kernel, self.cpus, self.runs = kernel, cpus, runs

    @functools.cache
    def recordings(self):
        script = ''
        for number, (tunables, sizes) in enumerate(self.runs.values()):
            text = loads(self.cpus, *sizes)
            load = (ALONE.format(number=number, loads=text) if self.proof else
                    WATCHED.format(number=number, loads='run ' + text))
            script += SCRIPT.format(tunables=tunables, number=number, load=load)
        result = guests.run(self.kernel, matrix.FILES, script, timeout=560, append='slab_nomerge',
                            smp=self.cpus)
        self.keeper = tempfile.TemporaryDirectory(prefix='slabscope-traces-')
        return {name: Recording(self.keeper.name, result.out, number)
                for number, name in enumerate(self.runs)}

    # ---- the proof: SLAB is what libslab is --------------------------------------------------

    def allocmiss(self, run):
        """The kernel's own count of refills, beside the replay's."""
        recording = self.recordings()[run]
        return '; '.join(self.near(name, cache['replayed']['refills'], recording.allocmiss(name), 0.05)
                         for name, cache in recording.busy().items())

    def refills(self, run):
        """The refills that were recorded, beside the replay's."""
        return '; '.join(self.near(name, cache['replayed']['refills'], cache['recorded']['refills'], 0.05)
                         for name, cache in self.recordings()[run].busy().items())

    def origins(self, run):
        """
        On two CPUs the order of steps that overlap is not known; where it decides which slab keeps an object, that shows
        in each round of the load. Then another recording is asked.
        """
        try:
            return self.from_where(run)
        except AssertionError as error:
            if self.cpus > 1:
                raise matrix.FarApart(str(error)) from error
            raise

    def from_where(self, run):
        return '; '.join(self.near(f'{name} {origin}', cache['replayed']['origins'][origin],
                                   cache['recorded']['origins'][origin], 0.1)
                         for name, cache in self.recordings()[run].busy().items() for origin in ORIGINS
                         if cache['recorded']['origins'][origin] or cache['replayed']['origins'][origin])

    @staticmethod
    def near(what, replayed, kernel, share):
        assert abs(replayed - kernel) <= max(20, share * kernel), f'{what}: replayed {replayed}, the kernel {kernel}'
        return f'{what} {replayed} of {kernel}'

    def partial(self, run):
        """
        Of each node's partial slabs what is free in them, one by one, and the free slabs, add up to what the node itself
        says is free; but where it changed while it was read.
        """
        said = collections.defaultdict(list)
        for kind, fields in self.recordings()[run].events('cache', 'partial_slab', 'node_state'):
            said[kind].append(fields)
        per_slab = {cache['cache']: cache['objects_per_slab'] for cache in said['cache']}
        told = collections.defaultdict(dict)
        for slab in said['partial_slab']:
            assert 0 < slab['inuse'] < per_slab[slab['cache']], slab
            told[slab['cache'], slab['node']][slab['first_object']] = slab['inuse']
        off = []
        for node in said['node_state']:
            slabs, num = told[node['cache'], node['node']], per_slab[node['cache']]
            free = sum(num - inuse for inuse in slabs.values()) + node['slabs_free'] * num
            if len(slabs) != node['slabs_partial'] or free != node['free_objects']:
                off.append((node, free, slabs))
        assert len(said['partial_slab']) > 50, f'only {len(said["partial_slab"])} partial slabs'
        assert len(off) <= len(said['node_state']) / 20, off
        return f'{len(said["partial_slab"])} partial slabs of {len(told)} nodes, {len(off)} off'

    # ---- every kernel ------------------------------------------------------------------------

    def complete(self, run):
        """What is lost is said, and little; nothing makes no sense; what was free is not given out twice."""
        recording = self.recordings()[run]
        report = recording.report
        # A program misses what interrupts it, or, where it may lose its CPU, what another task does.
        assert report['discarded'] <= report['events'] / 100, f'{recording.said}{recording.log[-1:]}'
        assert f', {report["discarded"]} lost,' in recording.said, (
            f'{report["discarded"]} events discarded: {recording.said}')
        assert not report['torn'] and not report['nonsense'], {key: report[key] for key in ('torn', 'nonsense')}
        allocs = sum(cache['recorded']['allocs'] for cache in recording.caches.values())
        lost = {name: cache['freed_unseen'] for name, cache in recording.caches.items() if cache['freed_unseen']}
        unseen = sum(lost.values())
        assert all(cache['replayed'] for cache in recording.caches.values()), (
            [cache['why_not'] for cache in recording.caches.values()])
        # A free that was not seen is a lost event.
        assert allocs > 100000 and unseen <= report['discarded'] + allocs / 2000, (
            f'{unseen} of {allocs} freed unseen, {report["discarded"]} events lost: {lost}')
        return f'{allocs} allocations, {unseen} freed unseen, {report["discarded"]} lost'

    def counted(self, run):
        """What is in the recording is what another slabscope counted meanwhile."""
        recording = self.recordings()[run]
        report = recording.report
        notes = []
        for name, cache in recording.busy().items():
            got = cache['recorded']
            if recording.counted(name, 'refills') < LEAST:
                continue    # the observer used it before and after the load
            # The recording is longer: the other one loads its programs in it, before it counts.
            for what, number in [(what, got[what]) for what in ('allocs', 'frees', 'hits', 'refills', 'bypasses',
                                                                'grows')] + [
                    ('origin:' + origin, number) for origin, number in got['origins'].items()]:
                counted = recording.counted(name, what)
                assert counted - report['discarded'] - 20 <= number <= counted + max(150, counted / 10), (
                    f'{name}: {number} {what} recorded, {counted} counted')
            notes.append(f'{name} {got["refills"]}')
        assert len(notes) > 2, f'{len(notes)} caches were asked enough by the load'
        return '; '.join(notes)

    def babeltrace(self, run):
        recording = self.recordings()[run]
        with subprocess.Popen(['babeltrace2', recording.trace], text=True, stdout=subprocess.PIPE) as reader:
            kinds = collections.Counter(match[1] for match in map(
                re.compile(r'\[[^]]*\] \([^)]*\) (\w+): ').match, reader.stdout) if match)
        assert reader.returncode == 0, 'babeltrace2 fails'
        wrote = int(re.search(r'^\W*(?:\[K)?(\d+) events,', recording.said.splitlines()[-1], re.M)[1])
        assert sum(kinds.values()) == wrote == recording.report['events'], (
            f'{sum(kinds.values())} events by babeltrace2, {wrote} written, {recording.report["events"]} read')
        for what, names in KINDS.items():
            ours = sum(cache['recorded'][what] or 0 for cache in recording.report['caches'])
            theirs = sum(kinds[name] for name in names)
            assert ours == theirs, f'{what}: {ours} by slabscope, {theirs} by babeltrace2'
        ours = sum(sum(cache['recorded']['origins'].values()) for cache in recording.caches.values()
                   if cache['recorded']['refills'] is not None)
        assert ours == kinds['refill'], f'refills: {ours} by slabscope, {kinds["refill"]} by babeltrace2'
        return ', '.join(f'{name} {number}' for name, number in sorted(kinds.items()))

    # ---- the tests ---------------------------------------------------------------------------

    def tests(self):
        named = []
        for run in self.runs:
            if self.kernel.startswith('debug'):
                named.append((f'replayed {run}, it refills as often as the kernel says', self.allocmiss, run))
            if self.proof:
                named += [(f'replayed {run}, it refills as often as it did', self.refills, run),
                          (f'replayed {run}, from where it did', self.origins, run),
                          (f'recorded {run}: what is free in partial slabs adds up', self.partial, run)]
            else:
                named.append((f'recorded {run}: what slabscope counts', self.counted, run))
            named += [(f'recorded {run}: what is lost is said', self.complete, run),
                      (f'recorded {run}: babeltrace2 counts the same events of each kind', self.babeltrace,
                       run)]
        where = f'{self.kernel}, {self.cpus} CPU{"s" if self.cpus > 1 else ""}'
        return [(f'{where}: {name}', functools.partial(matrix.once_more, functools.partial(test, run),
                                                       Guest.recordings.cache_clear))
                for name, test, run in named]


LONG = '''
KLOAD_KEEP=10 kload files 90000 1 0 'sleep 1; slabscope record --kernel -c filp -d 1 /trace0 2>/out/said0' || exit 1
tar cz -C / -f /out/trace0.tar.gz trace0 || exit 1
'''
PARTIAL_MAX = 4096  # that are told of a cache on a node


@pytest.mark.parametrize('kernel', ['slab-6.1'])
def test_a_partial_list_longer_than_what_is_recorded_of_it(kernel):
    """More slabs on a partial list than are told one by one: those that come first are, and the others counted."""
    result = guests.run(kernel, matrix.FILES, LONG, timeout=300, append='slab_nomerge')
    with tempfile.TemporaryDirectory(prefix='slabscope-traces-') as directory:
        recording = Recording(directory, result.out, 0)
        events = recording.events('cache', 'partial_slab', 'node_state')
    said = re.search(rf'^(\d+) of (\d+) partial slabs are recorded one by one, at most {PARTIAL_MAX} ', recording.said,
                     re.M)
    assert said, recording.said
    node, = (fields for kind, fields in events if kind == 'node_state')
    told = {fields['first_object'] for kind, fields in events if kind == 'partial_slab'}
    assert len(told) == int(said[1]) == PARTIAL_MAX, f'{len(told)} told, {said[0]}'
    assert node['slabs_partial'] == int(said[2]) > 5000, f'{node}, {said[0]}'
    print(said[0])


OWN = {'as it is': ('', (700, 400, 2000))}
GUESTS = [Guest('slab-6.1', 2), Guest('debug-slab-6.1', 1), Guest('debug-slab-6.1', 2)]
GUESTS += [Guest(kernel, 2, OWN, proof=False) for kernel in ('debian-6.1', 'debian-6.18', 'debian-7.3')]


@matrix.cases(GUESTS)
def test_kernel(case):
    matrix.run(case)
