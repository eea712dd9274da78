# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""The large maps of libslab's probes are there once a process with libslab is, and not before."""
import subprocess
from pathlib import Path

import pytest

from tests.support.reference import Load, Top

pytestmark = pytest.mark.root

PAIR = 416  # sizeof(struct ref_pair), the elements of the one
HIST = 8 * (3 + 280)  # sizeof(struct ref_hist), and of the other


def large_maps(pid):
    """Bytes of the process' maps of such elements, and how many maps."""
    sizes = {}
    for entry in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            lines = entry.read_text().splitlines()
        except FileNotFoundError:
            continue
        row = dict(line.split(":", 1) for line in lines if ":" in line)
        if "map_id" in row and int(row["value_size"]) in (PAIR, HIST):
            sizes[row["map_id"]] = int(row["memlock"])
    return len(sizes), sum(sizes.values())


def test_large_maps(check):
    other = subprocess.Popen(["sleep", "600"])
    top = Top("-p", other.pid)
    top.next(2)
    check.same("no process with libslab: none of them", maps=(large_maps(top.process.pid), (0, 0)))
    top.stop()
    other.kill()
    other.wait()
    load = Load("-c", "0", "-n", 50000, "-N", "maps")
    top = Top("-p", load.pid)
    top.until(lambda r: top.times(load.pid), "it to be timed")
    count, size = large_maps(top.process.pid)
    check(count == 2 and size > 1024 * HIST, "a process with libslab: both", f"{count} of {size} bytes")
    load.run()
    top.next(2)
    check.same("what it does is counted in them", timed=(top.sum_latency(load.pid), top.sum(load.pid, "refills")),
               allocs=(top.sum(load.pid, "allocs"), load.sum("allocs")))
    load.end()
    top.stop()
