# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""Without privileges: processes of the same user are counted through their registries, exactly;
latencies are not known and not 0, and slabscope says why and what to do."""
import os
import shutil
import subprocess

import pytest

from tests.support.build import BUILD, SLABSCOPE
from tests.support.reference import Load, Top, registry

pytestmark = pytest.mark.root  # to drop privileges

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all",
          "--inh-caps=-all", "--no-new-privs")


def may_read_own():
    """Whether this system lets a process read another of the same user."""
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope", encoding="ascii") as f:
            return f.read().strip() == "0"
    except FileNotFoundError:
        return True


@pytest.fixture(scope="module", autouse=True)
def readable():
    if not may_read_own():
        pytest.skip("yama keeps processes of one user from reading each other")


def test_counted(check, scratch):
    program = shutil.copy(BUILD / "tests/progs/load", scratch)
    early = Load("-c", "0", "-n", 5000, "-N", "early", program=program, prefix=NOBODY)
    early.run()
    top = Top(prefix=NOBODY)
    load = Load("-c", "0,1", "-t", 2, "-n", 50000, program=program, prefix=NOBODY)
    other = Load("-c", "0", "-n", 5000, "-N", "roots")
    top.until(lambda r: top.sees(load.pid), "the load of the same user to be seen")
    load.run()
    other.run()
    top.next(2)
    counters = registry(load.pid)["load0"]
    check.same("a process of the same user is counted",
               **{k: (top.sum(load.pid, k), sum(c[k] for c in counters.values()))
                  for k in ("allocs", "frees", "hits", "refills", "flushes", "list_moves")})
    check.same("one that was there before shows nothing of its past",
               seen=(top.sees(early.pid), True), allocs=(top.sum(early.pid, "allocs"), 0))
    check(all(c["refill_ns"] is None or c["refill_ns"]["count"] is None
              for c in top.caches(load.pid)), "latencies are null, not 0",
          [c["refill_ns"] for c in top.caches(load.pid)][-1:])
    check(not top.sees(other.pid), "another user's process is not shown")
    missing = {m["what"]: m for m in top.rounds[-1]["kernel"]["missing"]}
    latency = missing.get("refill latency of the reference", {})
    check("CAP_BPF" in latency.get("why", "") and "sudo" in latency.get("remedy", ""),
          "it says why latencies are missing and what to do", missing)
    check(any("other users" in what for what in missing), "it says that others are not shown")
    for load_ in (load, early, other):
        load_.end()
    top.until(lambda r: not top.sees(load.pid), "the load to go")
    check(top.alive(), "slabscope goes on after the process' end")
    top.stop()


# Root in a container: its default set has none of the privileges that slabscope needs.
CONTAINER = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
NAMESPACE = ("unshare", "--user", "--map-root-user")


@pytest.mark.parametrize("prefix", (CONTAINER, NAMESPACE), ids=("container", "namespace"))
def test_root_without_capabilities(check, scratch, prefix):
    if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode:
        pytest.skip(f"{prefix[0]} is not permitted here")
    program = shutil.copy(BUILD / "tests/progs/load", scratch)
    other = Load("-c", "0", "-n", 5000, "-N", "other", program=program, prefix=NOBODY)
    top = Top(prefix=prefix)
    top.next(2)
    missing = {m["what"]: m for m in top.rounds[-1]["kernel"]["missing"]}
    check(not top.sees(other.pid), "another user's process is not shown")
    check("CAP_SYS_PTRACE" in missing.get("reference in other users' processes", {}).get("remedy", ""),
          "it says that others are not shown, and what to give", missing)
    remedies = [m["remedy"] or "" for m in missing.values()]
    check(not any("run as root" in remedy or "sudo" in remedy for remedy in remedies), "root is not told to run as root",
          remedies)
    doctor = subprocess.run([*prefix, SLABSCOPE, "doctor"], capture_output=True, text=True, check=True).stdout
    doctor = " ".join(doctor.split())
    check("run as root" not in doctor and "give it CAP_BPF and CAP_PERFMON" in doctor, "doctor neither", doctor)
    other.end()
    top.stop()


def test_destroyed(check, scratch):
    """Without probes the last counts are unknown: slabscope keeps those that it has read."""
    program = os.path.join(scratch, "load")
    top = Top(prefix=NOBODY)
    load = Load("-c", "0", "-n", 20000, "-d", program=program, prefix=NOBODY)
    top.until(lambda r: top.sees(load.pid), "the load to be seen")
    load.run()
    top.next(2)
    load.end()
    top.until(lambda r: not top.sees(load.pid), "the load to go")
    check.same("what was read last stands", allocs=(top.sum(load.pid, "allocs"), load.sum("allocs")),
               frees=(top.sum(load.pid, "frees"), load.sum("frees")))
    top.stop()


def test_hidden(scratch):
    """A /proc that hides other users' processes."""
    proc = os.path.join(scratch, "proc")
    os.mkdir(proc)
    script = ('mount --bind "$1" "$1" && mount -t proc -o hidepid=2 none /proc && shift && exec "$@"')
    out = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", proc, *NOBODY, SLABSCOPE, "top",
                          "--json", "-n", "2", "-d", "0.2"], capture_output=True, text=True)
    if out.returncode and "mount" in out.stderr:
        pytest.skip(out.stderr)
    assert out.returncode == 0 and out.stdout.count("\n") == 2, out.stderr
