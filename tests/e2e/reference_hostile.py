# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""Processes that lie in their registry or through their probes, beside an honest one: slabscope must
neither crash nor hang nor grow without bound, and the honest one must still be counted."""
import os
import subprocess
import time

import pytest

from tests.support.build import BUILD
from tests.support.reference import Load, Top

pytestmark = [pytest.mark.root, pytest.mark.slow]

MEMORY_MAX = 400 << 20


@pytest.fixture(scope="module")
def top():
    """slabscope top --json, running."""
    running = Top(delay=0.3)
    yield running
    running.stop()


def names(top, pid):
    return {c["name"] for s in top.rounds[-1]["reference"] if s["pid"] == pid for c in s["caches"]}


def start_liar(kind):
    liar = subprocess.Popen([os.path.join(BUILD, "tests/progs/fake_registry"), kind],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    liar.stdout.readline()
    return liar


@pytest.mark.parametrize("kinds", [("wild", "cpus", "names", "stuck", "churn"), ("full",), ("flood",)], ids="-".join)
def test_beside_an_honest_one(check, top, kinds):
    liars = {kind: start_liar(kind) for kind in kinds}
    what = ", ".join(kinds)
    load = Load("-c", "0", "-n", 20000, "-N", "honest-load")
    top.until(lambda r: top.sees(load.pid), "the honest load to be seen")
    load.run()
    top.next(3)
    check.same(f"{what}: the honest process is counted beside it",
               allocs=(top.sum(load.pid, "allocs"), load.sum("allocs")))
    check(top.rounds[-1]["self"]["rss_bytes"] < MEMORY_MAX, f"{what}: memory is bounded",
          top.rounds[-1]["self"])
    began = time.monotonic()
    top.next(3)
    check(time.monotonic() - began < 6, f"{what}: rounds go on")
    for kind, liar in liars.items():
        shown = names(top, liar.pid)
        check(all(n.isprintable() for n in shown), f"{kind}: names are printable", shown)
        if kind not in ("full", "flood"):
            check("honest" in shown, f"{kind}: what the liar says truly is shown", shown)
        liar.communicate()
    load.end()
    top.until(lambda r: not any(map(top.sees, [load.pid, *(x.pid for x in liars.values())])),
              "all to go")
    check(top.alive(), f"{what}: slabscope has survived it")


def test_it_ends_when_it_is_asked_to_not_by_accident(top):
    assert top.stop() in (0, 1)
