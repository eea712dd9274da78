"""SLAB's tunables changed while it is recorded, by a write to /proc/slabinfo: the recording says so, and a replay does
the same.

With probes the change stands where it happened, and a replay refills as often as the kernel did, before and after it;
without, it is found within a second.
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
LIMIT, BATCHCOUNT, SHARED = TUNABLES = (12, 4, 2)
SCRIPT = '''
cat >/load <<'LOAD'
kload files 1500 20 0
echo "filp {tunables}" >/proc/slabinfo || exit 1
sleep 2
kload files 1500 20 0
LOAD
for attach in any kprobe tracepoint; do
    SLABSCOPE_ATTACH=$attach slabscope record --kernel /$attach -c filp -- sh /load 2>/out/$attach.said || exit 1
    tar cz -C / -f /out/$attach.tar.gz $attach || exit 1
    echo "filp 40 20 8" >/proc/slabinfo || exit 1
done
'''.format(tunables=' '.join(map(str, TUNABLES)))


class Tuned:
    """A kernel on one CPU, recorded in each way."""

    def __init__(self, kernel):
        self.kernel = kernel

    @functools.cache
    def directory(self):
        result = guests.run(self.kernel, matrix.FILES, SCRIPT, timeout=560, icount=True)
        self.keeper = tempfile.TemporaryDirectory(prefix='slabscope-traces-')
        for attach in ('any', 'kprobe', 'tracepoint'):
            with tarfile.open(result.out / f'{attach}.tar.gz') as archive:
                archive.extractall(self.keeper.name)
        return Path(self.keeper.name)

    def replay(self, attach, *options):
        done = subprocess.run([SLABSCOPE, 'replay', '--json', self.directory() / attach, *options],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)['caches'][0]

    def events(self, attach):
        """What of the tunables is in the recording, and the times of the first and the last free around it."""
        text = subprocess.run(['babeltrace2', '--clock-seconds', self.directory() / attach], capture_output=True,
                              text=True, check=True).stdout
        tunes = re.findall(r'^\[([\d.]+)\].* tune: .*limit = (\d+), batchcount = (\d+), sharedfactor = (\d+)', text, re.M)
        assert len(tunes) == 1 and tuple(map(int, tunes[0][1:])) == TUNABLES, tunes
        when = float(tunes[0][0])
        frees = [float(time) for time in re.findall(r'^\[([\d.]+)\].* free: ', text, re.M)]
        return max(t for t in frees if t < when), when, min(t for t in frees if t > when)

    def told(self, attach):
        """It stands between the two loads, which are two seconds apart."""
        before, when, after = self.events(attach)
        assert when - before < 1.9 and after > when, (before, when, after)
        return f'{when - before:.3f} s after the last free before it'

    def replayed(self, attach):
        cache = self.replay(attach)
        assert (cache['limit'], cache['batchcount'], cache['sharedfactor']) == TUNABLES, cache
        if attach == 'tracepoint':
            return f'{cache["replayed"]["refills"]} refills'
        ours, theirs = cache['replayed']['refills'], cache['recorded']['refills']
        assert theirs > 1000 and abs(ours - theirs) <= 0.05 * theirs, f'{ours} replayed, the kernel {theirs}'
        # With the first tunables all the way, and with the last ones, it would be others.
        for other in (('--limit', '40', '--batchcount', '20', '--sharedfactor', '8'),
                      [word for pair in zip(('--limit', '--batchcount', '--sharedfactor'), map(str, TUNABLES))
                       for word in pair]):
            wrong = self.replay(attach, *other)['replayed']['refills']
            assert abs(wrong - theirs) > 0.2 * theirs, f'{other}: {wrong}, the kernel {theirs}'
        return f'{ours} refills, the kernel {theirs}'

    def tests(self):
        return [(f'{self.kernel}, {attach}: {name}', functools.partial(test, attach))
                for attach in ('any', 'kprobe', 'tracepoint')
                for name, test in (('other tunables are told', self.told), ('and honoured by replay', self.replayed))]


KERNELS = [Tuned('slab-6.1')]


@matrix.cases(KERNELS)
def test_kernel(case):
    matrix.run(case)
