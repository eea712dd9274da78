#!/usr/bin/env python3
# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""The built-in workloads: each makes the kernel allocate, for anybody, ends when it is told to, and leaves
nothing behind: no queue, no file, no process."""
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import reference as ref  # noqa: E402

KINDS = ("files", "sockets", "pipes", "messages", "inodes", "threads")
tap = ref.Tap()
nobody = {"user": 65534, "group": 65534} if not os.geteuid() else {}


def queues():
    """Those of the kernel that are of the user who runs the workload."""
    with open("/proc/sysvipc/msg", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return {row[1] for row in rows if not nobody or row[7] == "65534"}


def run(*args, seconds=20):
    return subprocess.run([ref.SLABSCOPE, "workload", *args], text=True, capture_output=True, timeout=seconds,
                          stdin=subprocess.DEVNULL, **nobody)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return file.read().split()


def switches(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return re.search(r"Cpus_allowed_list:\s*(\S+)", file.read())[1]


for kind in (*KINDS, "all"):
    before, began = queues(), time.monotonic()
    done = run(kind, "-d", "0.4")
    took = time.monotonic() - began
    tap.check(done.returncode == 0 and not done.stderr and not done.stdout and 0.35 < took < 8,
              f"{kind}: ends in time, and says nothing", (done, took))
    tap.check(queues() <= before, f"{kind}: leaves no queue", queues() - before)

# Told to end, or left alone by whoever started it: it goes, and so do its workers.
for what, end in (("a signal", lambda p: p.send_signal(signal.SIGTERM)), ("SIGKILL", lambda p: p.kill())):
    before = queues()
    process = subprocess.Popen([ref.SLABSCOPE, "workload", "messages", "-d", "60"], **nobody)
    for _ in range(100):
        time.sleep(0.02)
        workers = children(process.pid)
        if len(workers) == min(4, len(os.sched_getaffinity(0))):
            break
    time.sleep(0.3)
    pinned = {switches(w) for w in workers}
    tap.check(len(workers) == len(pinned), f"{what}: each worker has a CPU of its own", pinned)
    end(process)
    status = process.wait(10)
    for _ in range(200):
        left = [w for w in workers if os.path.exists(f"/proc/{w}")]
        if not left:
            break
        time.sleep(0.02)
    tap.check(not left, f"{what}: no worker is left", left)
    tap.check(queues() <= before, f"{what}: no queue is left", queues() - before)
    if what == "a signal":
        tap.check(status == 0, "and that is no failure", status)

# It is the kernel that works: what files and sockets are made of goes up and down in its own table.
if not os.geteuid() and os.path.exists("/proc/slabinfo"):
    def active(name):
        with open("/proc/slabinfo", encoding="ascii") as table:
            return max((int(line.split()[1]) for line in table if line.startswith(name + " ")), default=0)

    process = subprocess.Popen([ref.SLABSCOPE, "workload", "sockets", "-d", "1.5"], **nobody)
    seen = []
    while process.poll() is None:
        seen.append(active("sock_inode_cache"))
    tap.check(len(seen) > 20 and max(seen) > 100, "sockets are made in the kernel", seen[:20])

for what, args in (("no name", ()), ("an unknown one", ("fires",)), ("too many", ("files", "pipes")),
                   ("no time", ("files", "-d", "0"))):
    done = run(*args)
    tap.check(done.returncode == 2 and len(done.stderr.splitlines()) == 1, f"{what}: one line says so", done)

# One that can do nothing says why: no descriptor is to be had.
done = subprocess.run(["sh", "-c", f"ulimit -n 4; exec {ref.SLABSCOPE} workload files -d 0.2"], text=True,
                      capture_output=True, timeout=20)
tap.check(done.returncode == 1 and "could do nothing: Too many open files" in done.stderr,
          "without descriptors it says so", done)
tap.done()
