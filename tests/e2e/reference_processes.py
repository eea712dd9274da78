# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""Processes on libslab that come and go while `slabscope top --json` runs: short-lived ones, killed
ones, forked ones, ones that run exec() or load libslab late, in other namespaces, deleted files."""
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from tests.support.build import BUILD, SLABSCOPE
from tests.support.reference import Load, Top, build_load, quiet, registry, wait_for_quiet, wait_until

pytestmark = pytest.mark.slow

SHORT = ("-c", "0,1", "-t", "2", "-g", "-n", "2000", "-P", "30000")  # lives 0.3 s


def run_short(program, *options):
    """Runs a load to its end, while no other program keeps the kernel from attaching probes. Returns its
    pid, its tally, and how long it lived."""
    for _ in range(10):
        wait_for_quiet()
        began = time.monotonic()
        out = subprocess.run([program, *SHORT, *options], stdout=subprocess.PIPE, text=True,
                             check=True)
        lived = time.monotonic() - began
        if quiet():
            break
        program = shutil.copy(program, program + "-again")  # a new file once more
    lines = [json.loads(line) for line in out.stdout.splitlines()]
    return lines[0]["ready"], [t for t in lines if "cache" in t], lived


def expect_short(check, top, what, pid, tally):
    top.next(2)
    for key, mine in (("allocs", "allocs"), ("frees", "frees"), ("refills", "misses"),
                      ("hits", "hits"), ("flushes", "full")):
        total = sum(t[mine] for t in tally)
        if not check(top.sum(pid, key) == total, f"{what}: {key} in full",
                     f"{top.sum(pid, key)} instead of {total}"):
            return
    for cpu in (0, 1):
        check.same(f"{what}: cpu {cpu} in full", allocs=(
                   sum(top.sum_cpu(pid, "allocs", c, cpu) for c in {t["cache"] for t in tally}),
                   sum(t["allocs"] for t in tally if t["cpu"] == cpu)))


@pytest.fixture(scope="module")
def old():
    """A load that has worked before slabscope begins."""
    load = Load("-c", "0", "-n", 100000, "-N", "old")
    load.run()
    yield load
    load.end()


@pytest.fixture(scope="module")
def deleted(scratch):
    """A load that is there before slabscope, and whose file is deleted."""
    program = build_load(scratch, "plain")
    load = Load("-n", 20000, "-b", 150, program=program)
    os.unlink(program)
    yield load
    load.end()


@pytest.fixture(scope="module")
def top(old, deleted):
    """slabscope top --json, running."""
    running = Top()
    yield running
    running.stop()


def test_already_there(check, old, deleted, top):
    """What a process did before slabscope came is not shown as its doing now; its file may be gone."""
    top.until(lambda r: top.times(old.pid) and top.times(deleted.pid), "what was there to be timed")
    check.same("a process that was there before: its past is not counted",
               allocs=(top.sum(old.pid, "allocs"), 0), list_moves=(top.sum(old.pid, "list_moves"), 0))
    deleted.run()
    top.next(2)
    check.same("a file that was deleted before", allocs=(top.sum(deleted.pid, "allocs"),
                                                         deleted.sum("allocs")),
               timed=(top.sum_latency(deleted.pid), top.sum(deleted.pid, "refills")))


def test_deleted_now(check, top, scratch):
    program = build_load(scratch, "static")
    load = Load("-n", 20000, "-b", 150, program=program)
    top.until(lambda r: top.times(load.pid), "the load to be timed")
    os.unlink(program)
    load.run()
    top.next(2)
    check.same("a file that was deleted meanwhile", allocs=(top.sum(load.pid, "allocs"),
                                                            load.sum("allocs")),
               timed=(top.sum_latency(load.pid), top.sum(load.pid, "refills")))
    load.end()


def test_short_lived(check, top, scratch):
    """With files that are known to contain libslab, and with files that have never run before."""
    known = os.path.join(BUILD, "tests/progs/load")
    first = Load(program=known)
    top.until(lambda r: top.times(first.pid), "a load to be timed")
    pid, tally, lived = run_short(known)
    check(lived < 0.6, f"the load is short-lived: {lived:.2f} s")
    expect_short(check, top, "0.3 s in a known file", pid, tally)
    check.same("0.3 s in a known file: every refill was timed",
               timed=(top.sum_latency(pid), top.sum(pid, "refills")))
    first.end()
    for kind in ("plain", "shared", "static"):
        program = build_load(scratch, kind)
        top.next()
        pid, tally, _ = run_short(program)
        expect_short(check, top, f"0.3 s in a new file, {kind}", pid, tally)
        check(top.sum_latency(pid) > 0, f"0.3 s in a new file, {kind}: refills were timed")
    pid, tally, _ = run_short(build_load(scratch, "shared"), "-d")
    expect_short(check, top, "0.3 s in a new file, caches destroyed", pid, tally)


def test_killed(check, top):
    """Killed between two readings: the probes have counted to the end."""
    load = Load("-f", "-c", "0", "-P", 1000)
    top.until(lambda r: top.times(load.pid), "the load to be timed")
    load.go()
    top.until(lambda r: top.sum(load.pid, "refills") > 20, "some refills")
    top.next()
    time.sleep(0.05)
    os.kill(load.pid, signal.SIGSTOP)
    wait_until(lambda: open(f"/proc/{load.pid}/stat").read().rsplit(")")[1].split()[0] == "T",
               "the load to stop")
    counters = registry(load.pid)["load0"][0]
    os.kill(load.pid, signal.SIGKILL)
    load.process.wait()
    top.until(lambda r: not top.sees(load.pid), "the killed load to go")
    shown = {k: top.sum(load.pid, k) for k in ("allocs", "hits", "frees", "refills", "flushes",
                                               "grows", "list_moves")}
    check.same("a killed process: its slow steps to the last",
               **{k: (shown[k], counters[k]) for k in ("refills", "flushes", "grows", "list_moves")})
    for key in ("allocs", "hits", "frees"):
        check(counters[key] - 300 <= shown[key] <= counters[key],
              f"a killed process: {key} up to about its last refill or flush",
              f"{shown[key]} of {counters[key]}")
    check(top.alive(), "slabscope goes on after a kill")


def test_killed_early(top):
    """Killed before any reading of its registry could be sure to happen."""
    load = Load("-f", "-c", "1", "-P", 1000)
    load.go()
    time.sleep(0.1)
    load.process.kill()
    load.process.wait()
    top.next(2)
    refills, allocs, frees = (top.sum(load.pid, k) for k in ("refills", "allocs", "frees"))
    # Allocations are known up to about the last refill, frees up to about the last flush: see above.
    assert refills > 0 and allocs > refills and abs(allocs - frees) <= 400, f"{refills} {allocs} {frees}"


def test_two_at_once(check, top):
    loads = [Load("-c", "0", "-n", 50000 * n, "-N", f"two{n}") for n in (1, 2)]
    only = Top("-p", loads[0].pid)
    top.until(lambda r: all(top.times(load.pid) for load in loads), "both to be timed")
    only.until(lambda r: only.times(loads[0].pid), "the chosen one to be timed")
    for load in loads:
        load.run()
    top.next(2)
    only.next(2)
    for load in loads:
        check.same("two at once: each has its own", allocs=(top.sum(load.pid, "allocs"),
                   load.sum("allocs")))
    check([{s["pid"] for s in r["reference"]} for r in only.rounds][-1] == {loads[0].pid},
          "with -p only that process is shown")
    check.same("with -p it is counted in full", allocs=(only.sum(loads[0].pid, "allocs"),
                                                       loads[0].sum("allocs")),
               timed=(only.sum_latency(loads[0].pid), only.sum(loads[0].pid, "refills")))
    for load in loads:
        load.end()
    only.until(lambda r: not only.sees(loads[0].pid), "the chosen process to go")
    check(only.alive(), "with -p slabscope goes on after that process' end")
    only.stop()


def test_no_such_process(check):
    gone = subprocess.Popen(["true"])
    gone.wait()
    for pid, why in ((gone.pid, "no process"), (2 ** 22 - 1, "no process")):
        out = subprocess.run([SLABSCOPE, "top", "--json", "-n", "1", "-p", str(pid)],
                             capture_output=True, text=True)
        check(out.returncode == 1 and why in out.stderr and str(pid) in out.stderr and
              out.stderr.count("\n") == 1,
              f"-p {pid}: one line says that there is none", out.stderr)


def test_run_in_place(check, top):
    """exec() by a program with libslab of itself: two sets of counts under one pid."""
    load = Load("-c", "0", "-n", 30000, "-N", "before", "-E", "after", "-P", 1000)
    load.run()
    load.process.stdin.close()
    second = Tally(load.process.stdout)
    load.process.wait()
    top.next(2)
    check.same("exec in place: the first program", allocs=(top.sum(load.pid, "allocs", "before0"),
               load.sum("allocs", "before0")))
    check.same("exec in place: the second program", allocs=(top.sum(load.pid, "allocs", "after0"),
               second.allocs))
    check.same("exec in place: nothing else", names=({c["name"] for c in top.caches(load.pid)},
               {"before0", "after0"}))


class Tally:
    """What a load that goes at once says until it ends."""

    def __init__(self, stream):
        self.lines = [json.loads(line) for line in stream]
        self.allocs = sum(t["allocs"] for t in self.lines if "cache" in t)


def test_loaded_late(check, top):
    late = subprocess.Popen([os.path.join(BUILD, "tests/progs/late"),
                             os.path.join(BUILD, "libslab.so"), "54321"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    late.stdout.readline()
    top.next(4)
    check(not top.sees(late.pid), "a program without libslab is not shown")
    late.stdin.write("\n")
    late.stdin.flush()
    late.stdout.readline()
    top.until(lambda r: top.sees(late.pid), "libslab to be found")
    top.next()
    check.same("libslab loaded late is counted in full", allocs=(top.sum(late.pid, "allocs"), 54321),
               frees=(top.sum(late.pid, "frees"), 54321))
    late.communicate()


def test_without_first_thread(top):
    load = Load("-f", "-c", "0", "-x", "-P", 1000)
    load.go()
    wait_until(lambda: "Z" in open(f"/proc/{load.pid}/stat").read().rsplit(")")[1].split()[0],
               "main() to end")
    top.next(2)
    before = top.sum(load.pid, "allocs")
    top.next(3)
    assert top.sees(load.pid) and top.sum(load.pid, "allocs") > before
    load.process.kill()
    load.process.wait()


def test_in_other_namespaces(check, top, scratch):
    """In a pid namespace of its own, on a file system that no other process has, then deleted."""
    program = build_load(scratch, "static")
    script = ('mount -t tmpfs none "$1" && cp "$2" "$1/load" && exec 3<"$1/load" && '
              'exec "$1/load" -n 20000 -b 100 -N inner')
    hidden = os.path.join(scratch, "hidden")
    os.mkdir(hidden)
    try:
        load = Load(hidden, program,
                    prefix=("unshare", "-mpf", "--mount-proc", "--kill-child"), shell=script)
    except (RuntimeError, OSError) as e:
        pytest.skip(str(e))
    check.same("the load is in a pid namespace of its own", pid=(load.pid, 1))
    children = open(f"/proc/{load.process.pid}/task/{load.process.pid}/children").read().split()
    pid = int(children[0])
    top.until(lambda r: top.times(pid), "the hidden load to be timed")
    load.run()
    top.next(2)
    check.same("a process in other namespaces is counted, under the pid that it has here",
               allocs=(top.sum(pid, "allocs"), load.sum("allocs")),
               timed=(top.sum_latency(pid), top.sum(pid, "refills")))
    load.end()
    top.until(lambda r: not top.sees(pid), "the hidden load to go")
    check.same("and to its end", allocs=(top.sum(pid, "allocs"), load.sum("allocs")))


def test_from_within(check):
    """slabscope itself in a pid namespace: it sees what is there, by the numbers of there."""
    script = ('"$1" -n 20000 -c 0 -P 20000 -g -N within > /dev/null & '
              'exec "$0" top --json -n 4 -d 0.4')
    out = subprocess.run(["unshare", "-pf", "--mount-proc", "sh", "-c", script, SLABSCOPE,
                          os.path.join(BUILD, "tests/progs/load")], capture_output=True, text=True)
    sides = [s for line in out.stdout.splitlines() for s in json.loads(line)["reference"]]
    mine = [s for s in sides if s["caches"][0]["name"] == "within0"]
    check(mine and all(0 < s["pid"] < 10 for s in mine),
          "slabscope in a pid namespace: pids are those of the namespace",
          out.stderr or [s["pid"] for s in sides])
    check(len(mine) == len(sides), "slabscope in a pid namespace: only what is visible there")
    check(any(c["refill_ns"] and c["refill_ns"]["count"] for s in mine for c in s["caches"]),
          "slabscope in a pid namespace: refills are timed")


def test_slabscope_has_lived_through_all_of_it(top):
    assert top.alive()


def test_it_ends_when_it_is_asked_to_not_by_accident(top):
    assert top.stop() in (0, 1)
