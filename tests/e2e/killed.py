"""slabscope killed by SIGKILL: nothing that it had attached or loaded stays."""
import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.build import SLABSCOPE
from tests.support.terminal import is_running

SECONDS = 20    # taking a probe back takes the kernel a tenth of a second, each


def held(pid):
    """{('prog', id), ('link', id), ('map', id)} of all descriptors of a process."""
    found = set()
    for path in Path(f'/proc/{pid}/fdinfo').iterdir():
        try:
            found |= set(re.findall(r'^(prog|link|map)_id:\t(\d+)', path.read_text(), re.M))
        except FileNotFoundError:
            pass
    return found


def listed():
    """The same of the whole machine, as bpftool sees it."""
    found = set()
    for kind in ('prog', 'link', 'map'):
        done = subprocess.run(['bpftool', '-j', kind, 'list'], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f'bpftool {kind}: {done.stderr.strip() or done.stdout.strip()}')
        found |= {(kind, str(row['id'])) for row in json.loads(done.stdout)}
    return found


@pytest.mark.root
def test_killed_it_leaves_nothing_behind():
    if not shutil.which('bpftool'):
        pytest.skip('needs bpftool')
    top = subprocess.Popen([SLABSCOPE, 'demo', '--json', '-d', '0.5'], stdout=subprocess.PIPE, text=True)
    for _ in range(3):
        assert top.stdout.readline(), 'it ended by itself'
    mine = held(top.pid)
    children = Path(f'/proc/{top.pid}/task/{top.pid}/children').read_text().split()
    assert len(children) == 2, f'not a load and a helper: {children}'
    kinds = {kind for kind, _ in mine}
    assert kinds >= {'prog', 'map'} and len(mine) > 20, f'it holds only {sorted(mine)}'
    assert mine <= listed(), f'bpftool does not list {sorted(mine - listed())}'
    top.kill()
    top.wait()
    end = time.monotonic() + SECONDS
    while mine & listed() and time.monotonic() < end:
        time.sleep(0.2)
    left = mine & listed()
    assert not left, f'{SECONDS} s after its end there are still {sorted(left)}'
    left = [child for child in children if is_running(int(child))]
    assert not left, f'its helper or its load is left: {left}'
    print(f'{len(mine)} programs, links and maps')
