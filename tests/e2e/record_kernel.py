# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""The running kernel recorded: what a load asks of it is in the recording, and what this kernel does not show is said,
and is unknown in a replay. How well a replay comes to what a kernel did, tests/kernels/replayed.py shows."""
import collections
import json
import os
import re
import subprocess
import time
from types import SimpleNamespace

import pytest

from tests.support.build import BUILD, SLABSCOPE

KLOAD = os.path.join(BUILD, "tests/progs/kload")
FILES = 2000

pytestmark = pytest.mark.root


def record(scratch, name, *options):
    directory = os.path.join(scratch, name)
    done = subprocess.run([SLABSCOPE, "record", directory, "--kernel", *options], text=True, timeout=120,
                          capture_output=True)
    return directory, done


def replay(directory, *options):
    done = subprocess.run([SLABSCOPE, "replay", directory, *options], text=True, capture_output=True,
                          timeout=120)
    return done.stdout


def partial_slabs(cache):
    """What SLUB says of them on all nodes; None: it is not SLUB."""
    try:
        with open(f"/sys/kernel/slab/{cache}/partial") as file:
            return int(file.read().split()[0])
    except OSError:
        return None


@pytest.fixture(scope="module")
def shown():
    """Whether this kernel shows refills, and whether slabscope infers them."""
    doctor = json.loads(subprocess.run([SLABSCOPE, "doctor", "--json"], text=True, capture_output=True).stdout)
    rows = [row for row in doctor["quantities"] if row["what"] == "refills" and row["seen"]]
    return bool(rows), any(row["inferred"] for row in rows)


@pytest.fixture(scope="module")
def loaded(scratch):
    """A recording of a load that opens files, and what it says."""
    partial = [partial_slabs("dentry")]
    directory, done = record(scratch, "files", "-c", "filp,dentry", "--", KLOAD, "files", str(FILES), "20", "0")
    partial.append(partial_slabs("dentry"))
    if done.returncode and "cannot record the kernel" in done.stderr:
        pytest.skip(done.stderr.strip())
    report = json.loads(replay(directory, "--json"))
    caches = {cache["name"]: cache for cache in report["caches"]}
    nothing = {"recorded": collections.Counter(), "replayed": collections.Counter()}
    return SimpleNamespace(directory=directory, done=done, partial=partial, report=report, caches=caches,
                           filp=caches.get("filp", nothing))


# ---- a load --------------------------------------------------------------------------------------------

def test_a_load(check, loaded):
    done, report, caches, filp = loaded.done, loaded.report, loaded.caches, loaded.filp
    check(done.returncode == 0, "a command is recorded until it ends", done.stderr)
    check(set(caches) == {"filp", "dentry"}, "only the chosen caches are in it", caches.keys())
    check(all(20 * FILES <= filp["recorded"][what] for what in ("allocs", "frees")),
          "every file that the load opens and closes", filp["recorded"])
    check(filp["replayed"]["allocs"] == filp["recorded"]["allocs"] and
          filp["freed_unseen"] <= filp["recorded"]["allocs"] / 200 and report["nonsense"] == report["torn"] == 0,
          "and all of it is replayed", filp)
    check(all(1 <= filp[key] for key in ("object_size", "objects_per_slab", "limit")),
          "it is the kernel's cache that is replayed", filp)


# ---- what this kernel does not show --------------------------------------------------------------------

def test_what_this_kernel_does_not_show(check, loaded, shown):
    refills, inferred = shown
    directory, done, filp = loaded.directory, loaded.done, loaded.filp
    said = [line for line in done.stderr.splitlines() if line.startswith("not recorded: ")]
    text = replay(directory)
    row = re.search(r"^filp +recorded +\d+ +(\S+) +(\S+)", text, re.M)
    if inferred:
        check("refills, hits and bypasses are inferred from" in done.stderr and
              any("origins" in line for line in said) and not any("refills" in line for line in said),
              "that refills are inferred is said, and that origins are not recorded", done.stderr)
        got = filp["recorded"]
        # A batch of so many files needs a slab or a sheaf, of some dozen objects, again and again.
        if got["refills"] is None:
            check(got["hits"] is got["bypasses"] is None and row and row.groups() == ("n/a", "n/a"),
                  "in doubt, as others used this cache in bulk meanwhile, they are unknown", (got, text))
            return
        check(filp["inferred"] and 20 * FILES / 200 < got["refills"] < 20 * FILES / 4 and
              got["hits"] == got["allocs"] - got["refills"] - got["bypasses"], "refills are recorded", got)
        check(all(n is None for n in got["origins"].values()) and got["flushes"] is got["grows"] is None,
              "what cannot be inferred is unknown, not none", got)
        check(row and re.fullmatch(r"~\d+(\.\d+)?", row[1]) and re.fullmatch(r"~\d+", row[2]),
              "they have a mark in the table", text)
    elif refills:
        check(not any("refills" in line for line in said) and filp["recorded"]["refills"] > 0,
              "refills are recorded", (said, filp["recorded"]))
        check(row and "n/a" not in row.groups(), "and in the table", text)
    else:
        check(any("refills" in line and ": this kernel " in line for line in said),
              "that refills are not recorded is said, and why", done.stderr)
        check(filp["recorded"]["refills"] is filp["recorded"]["hits"] is filp["recorded"]["hit_rate"] is None and
              row and row.groups() == ("n/a", "n/a"), "they are unknown, not none", (filp["recorded"], text))


# ---- babeltrace2 counts the same -----------------------------------------------------------------------

def test_babeltrace2_counts_the_same(check, loaded, shown):
    refills, inferred = shown
    directory, partial, report, caches, filp = (loaded.directory, loaded.partial, loaded.report, loaded.caches,
                                                loaded.filp)
    done = subprocess.run(["babeltrace2", directory], text=True, capture_output=True, timeout=300)
    kinds = collections.Counter(re.findall(r"^\[[^]]*\] \([^)]*\) (\w+): ", done.stdout, re.M))
    check.same("babeltrace2 counts the same events",
               all=(sum(kinds.values()), report["events"]),
               allocs=(sum(kinds[kind] for kind in ("alloc", "alloc_hit", "alloc_refill", "alloc_bypass")),
                       sum(cache["recorded"]["allocs"] for cache in caches.values())),
               frees=(kinds["free"], sum(cache["recorded"]["frees"] for cache in caches.values())))
    if refills and filp["recorded"]["refills"] is not None:
        # Too many may be in doubt, where others use the cache in bulk.
        number = re.search(r' cache: .* cache = (\d+), .*"filp"', done.stdout)[1]
        check.same("and of refills", refills=(len(re.findall(rf" refill: .*\{{ cache = {number},", done.stdout)),
                   filp["recorded"]["refills"]))
    check(kinds["inferred"] >= 2 if inferred else not kinds["inferred"], "which are marked where they are inferred", kinds)
    check(kinds["cache"] == kinds["node_state"] == 2 and kinds["array_state"] >= 2,
          "and what the caches held at the beginning", kinds)
    if partial[0] is not None:
        number = re.search(r' cache: .* cache = (\d+), .*"dentry"', done.stdout)[1]
        told = sum(int(nr) for nr in re.findall(rf" node_state: .* cache = {number}, .* slabs_partial = (\d+)", done.stdout))
        # Others work meanwhile.
        check(0.8 * min(partial) - 20 <= told <= 1.2 * max(partial) + 20 and (told or not min(partial)),
              "how many slabs are partial as well", (partial, told))
    text = re.findall(r"^.* cache: .*$", done.stdout, re.M)
    check(len(text) == 2 and all("kernel" in line for line in text), "they are the kernel's", text)


# ---- objects that are older than the recording ---------------------------------------------------------

def test_objects_that_are_older_than_the_recording(loaded, scratch):
    ready, go = os.path.join(scratch, "ready"), os.path.join(scratch, "go")
    holder = subprocess.Popen([KLOAD, "files", str(FILES), "1", "0",
                               f"touch {ready}; while [ ! -e {go} ]; do sleep 0.05; done"],
                              stdout=subprocess.DEVNULL)
    while not os.path.exists(ready) and holder.poll() is None:
        time.sleep(0.01)
    directory, done = record(scratch, "older", "-c", "filp", "--", "sh", "-c", f"touch {go}; sleep 2")
    holder.wait()
    report = json.loads(replay(directory, "--json"))
    filp = next((cache for cache in report["caches"] if cache["name"] == "filp"), {"live_before": 0})
    assert filp["live_before"] >= FILES, (done, filp)


# ---- what does not go together -------------------------------------------------------------------------

def test_one_process_of_the_kernels_is_refused(loaded, scratch):
    _, done = record(scratch, "nothing", "-p", "1")
    assert done.returncode == 2 and "--kernel" in done.stderr, done
