#!/usr/bin/env python3
"""One `top --json` in a guest with CONFIG_SLAB shows its kernel and the reference, both refilling. TAP."""

import functools
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / 'vm'), str(HERE.parent / 'kernels/support')]
import least    # noqa: E402
import tap      # noqa: E402
import vm       # noqa: E402
from tap import need    # noqa: E402

BUILD = Path(os.environ.get('B') or HERE.parent.parent / 'build')
FILES = {'/bin/slabscope': BUILD / 'slabscope', '/bin/load': BUILD / 'tests/progs/load',
         '/bin/kload': BUILD / 'tests/progs/kload'}
SCRIPT = '''
load -g -f -P 500 >/dev/null & reference=$!
(while kload files 500 1 && kload messages 500 1; do usleep 2000; done) >/dev/null 2>&1 & kernel=$!
SLABSCOPE_ATTACH={attach} slabscope top --json -n 3 -d 0.5 >/out/rounds
status=$?
kill $reference $kernel
slabscope doctor >/out/doctor && slabscope doctor --json >/out/doctor.json || exit 1
exit $status
'''


@functools.cache
def guest(attach):
    result = vm.boot('slab-6.1', FILES, SCRIPT.format(attach='any' if attach == 'fentry' else attach), icount=True, timeout=500)
    need(result.exit_status == 0, f'exit status {result.exit_status}\n{result.console[-2000:]}')
    return [json.loads(line) for line in (result.out / 'rounds').read_text().splitlines()], result


def check_cache(cache, slack=0):
    """What must hold of one cache in one round. slack: refills that may happen between the reading of
    the counters and that of the latencies, which do not stand in one place in the reference."""
    name = cache['name']
    need(cache['refills'] > 0, f'{name} did not refill')
    need(0 < cache['hit_rate'] < 1, f'{name}: hit rate {cache["hit_rate"]}')
    need(cache['allocs'] == cache['hits'] + cache['refills'] + cache['bypasses'],
         f'{name}: allocs are not hits, refills and bypasses: {cache}')
    origins = sum(n or 0 for key, n in cache['origins'].items() if key != 'failed')
    need(origins == cache['refills'] and abs(origins - cache['refill_ns']['count']) <= slack,
         f'{name}: {origins} origins, {cache["refills"]} refills, {cache["refill_ns"]["count"]} timed')
    need(0 < cache['refill_ns']['p50'] <= cache['refill_ns']['p99'], f'{name}: {cache["refill_ns"]}')
    for what in ('allocs', 'frees', 'hits', 'refills'):
        need(sum(cpu[what] for cpu in cache['cpus']) == cache[what], f'{name}: {what} of its CPUs')


def both_refill(attach):
    rounds, _ = guest(attach)
    need(len(rounds) == 3, f'{len(rounds)} rounds')
    for line in rounds:
        kernel = line['kernel']
        need((kernel['allocator'], kernel['probes']) == ('slab', attach), f'{kernel["probes"]}')
        filp = [cache for cache in kernel['caches'] if cache['name'] == 'filp']
        need(len(filp) == 1, f'{len(filp)} caches are named filp')
        need(filp[0]['limit'] and filp[0]['batchcount'] and filp[0]['cached_objects'] is not None,
             f'filp has no limit, batchcount or cached objects: {filp}')
        check_cache(filp[0])
        need(len(line['reference']) == 1, f'{len(line["reference"])} reference processes')
        reference = line['reference'][0]['caches'][0]
        check_cache(reference, slack=reference['refills'] // 50)
        need(line['self']['unpaired'] <= 1, f'unpaired: {line["self"]}')
    cache, other = filp[0], rounds[-1]['reference'][0]['caches'][0]
    return ' and '.join(f'{c["name"]} {c["refills"]} refills, p50 {c["refill_ns"]["p50"]:.0f} ns'
                        for c in (cache, other))


def doctor():
    """Its text fits a terminal, and agrees with its JSON; that with the table of kernels, and with top."""
    rounds, result = guest('fentry')
    text = (result.out / 'doctor').read_text()
    found = json.loads((result.out / 'doctor.json').read_text())
    wide = [line for line in text.splitlines() if len(line) > 80]
    need(not wide, f'wider than 80 columns: {wide}')
    for row in found['quantities']:
        need(row['what'] in text, f'the text does not speak of {row["what"]}')
    return least.check('slab-6.1', found, rounds[-1])


if __name__ == '__main__':
    tap.run([('kernel (fentry) and reference in one table', functools.partial(both_refill, 'fentry')),
             ('kernel (kprobe) and reference in one table', functools.partial(both_refill, 'kprobe')),
             ('doctor', doctor)])
