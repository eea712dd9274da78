# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""What the end-to-end tests of the reference share: the load and its own tally, a
reader of registries that owes nothing to slabscope's, and slabscope itself."""
import json
import os
import queue
import shutil
import signal
import struct
import subprocess
import threading
import time

from tests.support.build import BUILD, ROOT, SLABSCOPE

LIMIT_S = 30  # for anything that should take a moment


def build_load(directory, kind):
    """Builds a load program in a new file and returns its path. kind: static, shared, plain."""
    out = os.path.join(directory, f"load-{kind}-{time.monotonic_ns()}")
    source = os.path.join(ROOT, "tests/progs/load.c")
    flags = ["-O2", "-D_GNU_SOURCE", "-I" + os.path.join(ROOT, "alloc"), "-o", out, source]
    if kind == "shared":
        library = os.path.join(directory, f"lib-{time.monotonic_ns()}")
        os.mkdir(library)
        shutil.copy(os.path.join(BUILD, "libslab.so"), os.path.join(library, "libslab.so.2"))
        flags += [os.path.join(library, "libslab.so.2"), "-Wl,-rpath," + library, "-pthread"]
    else:
        flags += ["-static"] if kind == "static" else []
        flags += [os.path.join(BUILD, "libslab.a"), "-pthread"]
    subprocess.run([os.environ.get("CC", "gcc")] + flags, check=True)
    return out


def wait_until(condition, what, limit=LIMIT_S):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {limit} s for {what}")
        time.sleep(0.01)


class Load:
    """A running load program: see tests/progs/load.c."""

    def __init__(self, *args, program=os.path.join(BUILD, "tests/progs/load"), prefix=(), shell=""):
        """prefix: what runs the program. shell: a script that does, with args as $1 and so on."""
        command = ["sh", "-c", shell, "sh"] if shell else [program]
        self.process = subprocess.Popen([*prefix, *command, *map(str, args)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.tally = []
        self.pid = self.say()["ready"]

    def say(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the load ended: {self.process.wait()}")
        return json.loads(line)

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def finish(self):
        """Reads the tally up to the line that says it is done."""
        while True:
            message = self.say()
            if "done" in message:
                return self.tally
            self.tally.append(message)

    def run(self):
        self.go()
        return self.finish()

    def end(self):
        self.process.stdin.close()
        self.process.wait(LIMIT_S)

    def sum(self, key, cache=None, cpu=None):
        return sum(t[key] for t in self.tally
                   if cache in (None, t["cache"]) and cpu in (None, t["cpu"]))


# ---- the registry, read from /proc/PID/mem --------------------------------------------------------

COUNTERS = ("refills bypasses pushed taken slow_frees flushes grows slab_frees list_moves transfers "
            "transferred - -").split()
ORIGINS = ("shared partial free cpu_slab cpu_partial spare barn remote grown failed "
           "unexplained").split()


def find_note(path):
    """Returns the address and the registry's distance of the note's descriptor, and its segments."""
    with open(path, "rb") as f:
        head = f.read(64)
        offset, size, number = *struct.unpack_from("<Q", head, 32), *struct.unpack_from("<HH", head, 54)
        f.seek(offset)
        table = f.read(size * number)
        segments = [struct.unpack_from("<IIQQQQQQ", table, i * size) for i in range(number)]
        for kind, _, at, address, _, length, _, align in segments:
            if kind != 4:
                continue
            f.seek(at)
            notes, pos = f.read(length), 0
            pad = 8 if align == 8 else 4
            while pos + 12 <= len(notes):
                n, d, t = struct.unpack_from("<III", notes, pos)
                desc = (pos + 12 + n + pad - 1) // pad * pad
                if notes[pos + 12:pos + 12 + n] == b"slabscope\0" and t == 1:
                    return address + desc, struct.unpack_from("<q", notes, desc + 8)[0], segments
                pos = (desc + d + pad - 1) // pad * pad
    return None


def registry_address(pid):
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        for line in maps:
            part = line.split(None, 5)
            if part[1][2] != "x" or len(part) < 6 or not part[5].startswith("/"):
                continue
            start = int(part[0].split("-")[0], 16)
            offset = int(part[2], 16)
            found = find_note(f"/proc/{pid}/map_files/" + "-".join(
                f"{int(a, 16):x}" for a in part[0].split("-")))
            if not found:
                continue
            at, distance, segments = found
            for kind, _, seg_at, address, _, length, _, _ in segments:
                if kind == 1 and seg_at & ~4095 <= offset < seg_at + length:
                    return start - offset + seg_at - address + at + distance
    return None


def registry(pid):
    """Returns {cache name: {cpu: {counter: value}}} as the process has it now."""
    base = registry_address(pid)
    caches = {}
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        def read(at, size):
            memory.seek(at)
            return memory.read(size)
        _, _, _, _, used = struct.unpack_from("<QIIII", read(base, 120))
        for i in range(used):
            entry = read(base + 120 + i * 128, 128)
            _, state, _, cpus_at, _, nr = struct.unpack_from("<IIQqqI", entry)
            if state != 1:
                continue
            cpus = {}
            for cpu in range(nr):
                block = read(base + cpus_at + cpu * 256, 256)
                word = struct.unpack_from("<Q", block, 8)[0]
                value = dict(zip(COUNTERS, struct.unpack_from("<13Q", block, 64)))
                value["origins"] = dict(zip(ORIGINS, struct.unpack_from("<11Q", block, 64 + 13 * 8)))
                value["limit"] = struct.unpack_from("<H", block, 16)[0]  # 0: calls come out of line
                value["hits"], value["avail"] = word >> 16, word & 0xffff
                value["allocs"] = value["hits"] + value["refills"] + value["bypasses"]
                value["frees"] = (value["slow_frees"] + value["avail"] + value["hits"] +
                                  value["taken"] - value["pushed"])
                if value["allocs"] or value["frees"]:
                    cpus[cpu] = value
            caches[entry[64:96].split(b"\0")[0].decode()] = cpus
    return caches


# ---- slabscope ------------------------------------------------------------------------------------

def quiet():
    """Whether no process is detaching probes: the kernel takes a tenth of a second for each, and
    attaching others has to wait for that."""
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as f:
                if f.read().rsplit(")")[1].split()[0] != "D":
                    continue
            with open(f"/proc/{entry}/stack", encoding="ascii") as f:
                if "perf_" in f.read():
                    return False
        except OSError:
            continue
    return True


def wait_for_quiet():
    """Waits until no process has detached probes for a moment."""
    since = time.monotonic()
    for _ in range(1000):
        if not quiet():
            since = time.monotonic()
        if time.monotonic() - since > 0.15:
            return
        time.sleep(0.02)


class Top:
    """`slabscope top --json`, running; its rounds are collected as they come."""

    def __init__(self, *args, delay=0.2, prefix=()):
        if not prefix:  # else it has no probes
            wait_for_quiet()
        self.process = subprocess.Popen([*prefix, SLABSCOPE, "top", "--json", "-d", str(delay),
                                         "-n", "100000", *map(str, args)],
                                        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.rounds = []
        self.lines = queue.Queue()
        self.collector = threading.Thread(target=self.collect, daemon=True)
        self.collector.start()
        self.next(1)

    def collect(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def next(self, n=1):
        """Waits for n more rounds, after those that have ended already. Returns the last one."""
        while not self.lines.empty():
            self.take()
        for _ in range(n):
            self.take()
        return self.rounds[-1]

    def take(self):
        line = self.lines.get(timeout=LIMIT_S)
        if line is None:
            raise RuntimeError("slabscope ended: " + self.process.stderr.read())
        self.rounds.append(json.loads(line))

    def until(self, condition, what):
        """Waits for a round of which the condition is true, and returns it."""
        end = time.monotonic() + LIMIT_S
        while not condition(self.next()):
            if time.monotonic() > end:
                raise TimeoutError(f"waited for {what}")
        return self.rounds[-1]

    def caches(self, pid, name=None):
        for r in self.rounds:
            for side in r["reference"]:
                if side["pid"] == pid:
                    yield from (c for c in side["caches"] if name in (None, c["name"]))

    def times(self, pid):
        """Whether the process' refills are being timed: its probes are attached."""
        return any(side["pid"] == pid and all(c["refill_ns"] for c in side["caches"])
                   for side in self.rounds[-1]["reference"])

    def sees(self, pid):
        return any(side["pid"] == pid for side in self.rounds[-1]["reference"])

    def sum(self, pid, key, name=None):
        return sum(c[key] or 0 for c in self.caches(pid, name))

    def sum_origin(self, pid, origin, name=None):
        return sum(c["origins"][origin] or 0 for c in self.caches(pid, name))

    def sum_latency(self, pid, name=None):
        return sum(c["refill_ns"]["count"] for c in self.caches(pid, name) if c["refill_ns"])

    def sum_cpu(self, pid, key, name, cpu):
        return sum(row[key] or 0 for c in self.caches(pid, name) for row in c["cpus"]
                   if row["cpu"] == cpu)

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        """Ends it as a user would. Returns its exit status: 1, or negative when it crashed."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(LIMIT_S)
        self.collector.join(LIMIT_S)
        self.process.stdout.close()
        self.process.stderr.close()
        return status
