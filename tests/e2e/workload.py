# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""The built-in workloads: each makes the kernel allocate, without privileges, ends by a signal or in time, and
leaves no queue, file or process behind."""
import os
import re
import signal
import subprocess
import time

import pytest

from tests.support.build import SLABSCOPE

pytestmark = pytest.mark.slow

KINDS = ("files", "sockets", "pipes", "messages", "inodes", "threads")
nobody = {"user": 65534, "group": 65534} if not os.geteuid() else {}


def queues():
    """Returns the message queues of the user that runs the workload."""
    with open("/proc/sysvipc/msg", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return {row[1] for row in rows if not nobody or row[7] == "65534"}


def run(*args, seconds=20):
    return subprocess.run([SLABSCOPE, "workload", *args], text=True, capture_output=True, timeout=seconds,
                          stdin=subprocess.DEVNULL, **nobody)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return file.read().split()


def switches(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return re.search(r"Cpus_allowed_list:\s*(\S+)", file.read())[1]


@pytest.mark.parametrize("kind", [*KINDS, "all"])
def test_kind(check, kind):
    before, began = queues(), time.monotonic()
    done = run(kind, "-d", "0.4")
    took = time.monotonic() - began
    check(done.returncode == 0 and not done.stderr and not done.stdout and 0.35 < took < 8,
          "ends in time, and says nothing", (done, took))
    check(queues() <= before, "leaves no queue", queues() - before)


ENDS = {"a signal": lambda process: process.send_signal(signal.SIGTERM), "SIGKILL": lambda process: process.kill()}


# It ends by a signal, or when its parent is killed, and so do its workers.
@pytest.mark.parametrize("what", ENDS)
def test_ended_by(check, what):
    before = queues()
    process = subprocess.Popen([SLABSCOPE, "workload", "messages", "-d", "60"], **nobody)
    for _ in range(100):
        time.sleep(0.02)
        workers = children(process.pid)
        if len(workers) == min(4, len(os.sched_getaffinity(0))):
            break
    time.sleep(0.3)
    pinned = {switches(w) for w in workers}
    check(len(workers) == len(pinned), "each worker has a CPU of its own", pinned)
    ENDS[what](process)
    status = process.wait(10)
    for _ in range(200):
        left = [w for w in workers if os.path.exists(f"/proc/{w}")]
        if not left:
            break
        time.sleep(0.02)
    check(not left, "no worker is left", left)
    check(queues() <= before, "no queue is left", queues() - before)
    if what == "a signal":
        check(status == 0, "and that is no failure", status)


# It is the kernel that works: what files and sockets are made of goes up and down in its own table.
@pytest.mark.root
def test_sockets_are_made_in_the_kernel():
    def active(name):
        with open("/proc/slabinfo", encoding="ascii") as table:
            return max((int(line.split()[1]) for line in table if line.startswith(name + " ")), default=0)

    process = subprocess.Popen([SLABSCOPE, "workload", "sockets", "-d", "1.5"], **nobody)
    seen = []
    while process.poll() is None:
        seen.append(active("sock_inode_cache"))
    assert len(seen) > 20 and max(seen) > 100, seen[:20]


@pytest.mark.parametrize("args", [(), ("fires",), ("files", "pipes"), ("files", "-d", "0")],
                         ids=["no name", "an unknown one", "too many", "no time"])
def test_a_usage_error_is_one_line(args):
    done = run(*args)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done


def test_without_descriptors_it_fails_and_says_why():
    done = subprocess.run(["sh", "-c", f"ulimit -n 4; exec {SLABSCOPE} workload files -d 0.2"], text=True,
                          capture_output=True, timeout=20)
    assert done.returncode == 1 and "failed: Too many open files" in done.stderr, done
