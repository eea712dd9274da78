#!/usr/bin/env python3
"""Tasks that move between two CPUs while they refill: still every refill has its pair. TAP."""

import functools
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / 'support'))
import matrix   # noqa: E402
from matrix import need, tap, vm    # noqa: E402

LOAD = ('kload files 400 25 & kload files 700 15 & kload sockets 200 15 & kload sockets 300 10 & '
        'kload files 500 20 0 & kload messages 500 10 1; wait')
SCRIPT = """
cd /sys/kernel/tracing
for function in {functions}; do
    echo "p:$function $function" >>kprobe_events && echo 1 >events/kprobes/$function/enable
done
cd /
driver >/out/log <<'END' || exit 1
between {profile}
run {load}
between {profile}
END
"""


def two_cpus(kernel, function):
    script = SCRIPT.format(functions=function, profile=matrix.PROFILE, load=LOAD)
    try:
        result = vm.boot(kernel, matrix.FILES, script, smp=2, timeout=280)
    except matrix.kernels.GoneError as gone:
        raise tap.Skip(str(gone)) from None
    need(result.exit_status == 0, f'{result.exit_status}\n{result.console[-2000:]}')
    begin, load, end = [json.loads(line) for line in (result.out / 'log').read_text().splitlines()]
    need(load['status'] == 0, f'{load}')
    here = matrix.Kernel(kernel, '', (), {})
    least = matrix.runs(end['before']) - matrix.runs(begin['after'])
    most = matrix.runs(end['after']) - matrix.runs(begin['before'])
    lost = end['after']['lost'] - begin['before']['lost']
    middle = here.hits(end['text'], function) - here.hits(begin['text'], function)
    need(least <= middle <= most + lost, f'{middle} is not within {least} and {most}; {lost} lost')
    for cpu in ('0', '1'):
        refills = sum(cache['cpus'].get(cpu, {'refills': 0})['refills']
                      for cache in matrix.caches(end['after']))
        need(refills > 200, f'CPU {cpu} had only {refills} refills')
    note = here.check_sums(end['after'])
    return f'{middle} within {least} and {most}; {note}'


if __name__ == '__main__':
    only = os.environ.get('KERNEL')
    tap.run([(f'{kernel}: two CPUs', functools.partial(two_cpus, kernel, function))
             for kernel, function in (('debian-6.1', '___slab_alloc'),
                                      ('debian-6.12', '___slab_alloc'),
                                      ('debian-7.0', '__pcs_replace_empty_main'),
                                      ('debian-7.3', '__pcs_replace_empty_main'))
             if only in (None, kernel)])
