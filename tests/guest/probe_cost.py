#!/usr/bin/env python3
"""The mean duration of the reference's refills with every probe attached is within 10 % of that with
refill_done alone: no probe's cost is inside any duration. Emulated, one nanosecond an instruction.
"""
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / 'vm')]
import tap  # noqa: E402
import vm   # noqa: E402

BUILD = Path(os.environ.get('B') or HERE.parent.parent / 'build')


def probe_cost():
    script = '\n'.join(f'probe_cost /probes.bpf.o {which} >/out/{which}-{i} || exit 1'
                       for i in (0, 1) for which in ('done', 'all'))
    result = vm.boot('slab-6.1', {'/bin/probe_cost': BUILD / 'tests/guest/probe_cost',
                                  '/probes.bpf.o': BUILD / 'tests/guest/probes.bpf.o'},
                     script, icount=True, timeout=200)
    tap.need(result.exit_status == 0, result.console[-2000:])
    done, every = ([json.loads((result.out / f'{which}-{i}').read_text()) for i in (0, 1)]
                   for which in ('done', 'all'))
    tap.need(all(run['refills'] == done[0]['refills'] > 5000 for run in done + every),
             f'the loads differ: {done} {every}')
    tap.need(all(run['others'] == 0 for run in done), f'more was attached than asked for: {done}')
    tap.need(all(run['others'] > done[0]['refills'] for run in every), f'probes are missing: {every}')
    low = min(run['mean_ns'] for run in done)
    high = max(run['mean_ns'] for run in every)
    tap.need(high <= low * 1.10, f'mean {low} with refill_done alone, {high} with every probe')
    return f'{done[0]["refills"]} refills: mean {low} instructions with refill_done alone, {high} with all'


tap.run([('probes cost nothing inside a refill', probe_cost)])
