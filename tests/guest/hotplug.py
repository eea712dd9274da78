"""CPU 1 of a guest goes and comes back while threads use libslab on it."""
import re

import pytest

from tests.support.build import BUILD

pytestmark = pytest.mark.guest

TIMES = 30


def test_cpu_1_goes_and_comes_back_every_object_once_every_count_exact(guest):
    result = guest('slab-6.1', {'/bin/hotplug': BUILD / 'tests/guest/hotplug'}, f'hotplug {TIMES}',
                     smp=2, timeout=240)
    assert f'CPU 1 went and came {TIMES} times' in result.console, result.console
    used = re.search(r'allocations (\d+) on CPU 0 (\d+) on CPU 1 (\d+)', result.console)
    assert used and int(used[3]) > 1000, f'CPU 1 was hardly used\n{result.console}'
    print(used[0])
