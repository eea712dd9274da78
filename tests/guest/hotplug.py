#!/usr/bin/env python3
"""CPU 1 of a guest goes and comes back while threads use libslab on it. TAP."""
import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / 'vm')]
import tap      # noqa: E402
import vm       # noqa: E402
from tap import need    # noqa: E402

BUILD = Path(os.environ.get('B') or HERE.parent.parent / 'build')
TIMES = 30


def goes_and_comes():
    result = vm.boot('slab-6.1', {'/bin/hotplug': BUILD / 'tests/guest/hotplug'}, f'hotplug {TIMES}',
                     smp=2, timeout=240)
    need(result.exit_status == 0, result.console)
    need(f'CPU 1 went and came {TIMES} times' in result.console, result.console)
    used = re.search(r'allocations (\d+) on CPU 0 (\d+) on CPU 1 (\d+)', result.console)
    need(used and int(used[3]) > 1000, f'CPU 1 was hardly used\n{result.console}')
    return used[0]


tap.run([('CPU 1 goes and comes back: every object once, every count exact', goes_and_comes)])
