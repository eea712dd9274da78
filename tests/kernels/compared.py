# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""compare on the kernels of an allocator each: records the kernel under built-in workloads, and says how the
reference differs on the same stream.

In a guest that counts instructions these are what durations are in, and there is a verdict on them; in one that is
emulated without counting there is none. SLAB is what the reference is: their refills differ by a few in a hundred.
COMPARED_OUT=DIR keeps what the guests print, for the README.
"""
import functools
import json
import os
from pathlib import Path

import pytest

from tests.support import matrix
from tests.vm import guests

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

SLABSCOPE = matrix.BUILD / 'slabscope'
CACHES = {'slab': 'filp,sock_inode_cache,kmalloc-cg-64', 'slub': 'filp,sock_inode_cache,msg_msg-64'}
COUNTING = '''
slabscope compare /trace --workload all -d 3 -c '{caches}' --clock instructions --json >/out/report 2>/out/said || exit 1
slabscope compare /trace --json >/out/plain || exit 1
slabscope compare /trace --clock instructions >/out/text || exit 1
slabscope replay /trace --json >/out/replay || exit 1
ls /tmp >/out/left
# Without types of its own a kernel has no fentry; kprobes it has.
cp /sys/kernel/btf/vmlinux /own.btf
mount -t tmpfs none /sys/kernel/btf
slabscope record /probed --kernel --btf /own.btf -c '{caches}' -- slabscope workload all -d 2 2>/out/probed.said || exit 1
slabscope compare /probed --clock instructions --json >/out/probed || exit 1
'''


class Guest:
    """A kernel in a guest that counts instructions, on one CPU."""

    def __init__(self, kernel, kind):
        self.kernel, self.kind = kernel, kind

    @functools.cache
    def result(self):
        script = COUNTING.format(caches=CACHES[self.kind])
        keep = os.environ.get('COMPARED_OUT')
        return guests.run(self.kernel, {'/bin/slabscope': SLABSCOPE}, script, timeout=560, icount=True,
                          append='slab_nomerge', out=Path(keep, self.kernel) if keep else None)

    def out(self):
        return self.result().out

    @functools.cache
    def report(self, name='report'):
        return json.loads((self.out() / name).read_text())

    def busy(self, name='report'):
        found = [c for c in self.report(name)['caches'] if (c['recorded']['refills'] or 0) >= 100]
        assert found, f'no cache has refilled often: {self.report(name)["caches"]}'
        return found

    def sides(self):
        """Both have the same allocations, and the recorded side is what a replay says was recorded."""
        replayed = {c['name']: c for c in self.report('replay')['caches']}
        notes = []
        for c in self.busy():
            r, other = c['recorded'], replayed[c['name']]['recorded']
            assert c['side'] == 'kernel' and r['allocs'] == c['reference']['allocs'] == other['allocs'], c
            assert r['refills'] == other['refills'] and r['hits'] == other['hits'], (r, other)
            assert r['hit_rate']['low'] <= r['hit_rate']['value'] <= r['hit_rate']['high'], r
            notes.append(f'{c["name"]} {r["refills"]} of {r["allocs"]}')
        return ', '.join(notes)

    def pair(self):
        """The kernel's probes were measured, and are shown."""
        pair = self.report()['probe_pair_ns']
        assert pair and 20 < pair['low'] <= pair['value'] <= pair['high'] < 20000, self.report()['probe_pair_ns']
        assert 'kernel: an empty pair of probes takes' in (self.out() / 'text').read_text(), 'the text says nothing'
        return f'{pair["value"]:.0f} instructions ({pair["low"]:.0f} to {pair["high"]:.0f})'

    def kprobes(self):
        """Where there is no fentry, refills are timed by kprobes, and so is the pair: they cost more."""
        said = (self.out() / 'probed.said').read_text()
        assert 'cannot measure the duration' not in said and 'not recorded: refills' not in said, said
        pair, fentry = self.report('probed')['probe_pair_ns'], self.report()['probe_pair_ns']
        assert pair and fentry['high'] < pair['low'] <= pair['value'] <= pair['high'] < 20000, (pair, fentry)
        notes = []
        for c in self.busy('probed'):
            mine = c['recorded']['refill_ns']
            assert mine and c['verdict']['latency'], c['verdict']
            # Less the pair, a median refill takes about as long as by fentry.
            other = [o['recorded']['refill_ns'] for o in self.busy() if o['name'] == c['name']]
            notes.append(f'{c["name"]} {mine["p50"]["value"]:.0f}, by fentry '
                         f'{other[0]["p50"]["value"]:.0f}' if other else c['name'])
        return f'{pair["value"]:.0f} instructions, by fentry {fentry["value"]:.0f}; median refills: {", ".join(notes)}'

    def instructions(self):
        """Durations are instructions, labelled so, and judged."""
        assert self.report()['clock'] == 'instructions' and self.report()['recording']['emulated'], self.report()
        assert 'refill p50, insn' in (self.out() / 'text').read_text(), 'the text has no label'
        notes = []
        for c in self.busy():
            assert c['verdict']['latency'], c['verdict']
            assert 0 < c['recorded']['refill_ns']['p50']['value'] < 100000, c['recorded']['refill_ns']
            notes.append(c['sentence'])
        return '\n'.join(notes)

    def emulated(self):
        """Without --clock slabscope does not judge them as time."""
        for c in self.busy('plain'):
            assert c['verdict']['latency'] is None and 'emulated' in c['verdict']['latency_why_not'], c['verdict']
        assert self.report('plain')['clock'] == 'ns', self.report('plain')['clock']

    def same_algorithm(self):
        """SLAB refills as often as the reference does."""
        notes = []
        for c in self.busy():
            ours, theirs = c['reference']['refills'], c['recorded']['refills']
            assert abs(ours - theirs) <= max(20, 0.05 * theirs), f'{c["name"]}: {ours}, the kernel {theirs}'
            notes.append(f'{c["name"]} {ours} of {theirs}')
        return ', '.join(notes)

    def clean(self):
        assert not (self.out() / 'left').read_text().strip(), 'something is left in /tmp'

    def tests(self):
        each = [('both sides serve the same stream', self.sides), ('the pair of probes is measured', self.pair),
                ('so it is by kprobes', self.kprobes),
                ('instructions are labelled, and judged', self.instructions),
                ('an emulated CPU gets no verdict on time', self.emulated), ('nothing is left behind', self.clean)]
        if self.kind == 'slab':
            each.append(('SLAB refills as often as the reference', self.same_algorithm))
        return [(f'{self.kernel}: {name}', test) for name, test in each]


KERNELS = [Guest('slab-6.1', 'slab'), Guest('debian-6.12', 'slub'), Guest('debian-7.3', 'slub')]


@matrix.cases(KERNELS)
def test_kernel(case):
    matrix.run(case)
