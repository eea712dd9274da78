#!/usr/bin/env python3
# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""A recording is played: what its rounds add up to is what babeltrace2 counts, without any privilege; every
screen of text; keys that lead through it on a terminal; and what cannot be played says why."""
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import reference as ref  # noqa: E402
from terminal import Terminal, wait_until  # noqa: E402

STREAM = os.path.join(ref.BUILD, "tests/progs/stream")
COUNTS = {"alloc_hit": "hits", "alloc_bypass": "bypasses", "free": "frees", "refill": "refills", "flush": "flushes",
          "grow": "grows", "list_move": "list_moves", "slab_destroy": "slab_frees"}

ref.need_root()
tap = ref.Tap()
scratch = ref.scratch()
trace = os.path.join(scratch, "trace")
done = subprocess.run([ref.SLABSCOPE, "record", trace, "--", STREAM, "-n", "300000", "-t", "2"], text=True,
                      capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
tap.check(done.returncode == 0, "a recording to play", done)
subprocess.run(["chmod", "-R", "a+rX", scratch], check=True)


def top(*options, directory=trace, user=True):
    """As somebody who may nothing."""
    who = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if user else []
    return subprocess.run([*who, ref.SLABSCOPE, "top", "--from", directory, *options], text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=60)


# ---- rounds -------------------------------------------------------------------------------------------

done = top("--json", "-d", "0.1")
rounds = [json.loads(line) for line in done.stdout.splitlines()]
tap.check(done.returncode == 0 and len(rounds) > 3 and not done.stderr, "it is played without privileges", done)
text = subprocess.run(["babeltrace2", trace], text=True, capture_output=True, timeout=120).stdout
events = collections.Counter()
for line in text.splitlines():
    found = re.search(r"\) (\w+): .*?[{ ]cache = (\d+)", line)
    events[(int(found[2]), found[1])] += 1
names = {int(found[1]): found[2] for found in
         re.finditer(r"\) cache: .*?cache = (\d+).*?name = \"([^\"]*)\"", text)}
sums = collections.Counter()
by_cpu = collections.Counter()
for r in rounds:
    for process in r["reference"]:
        for cache in process["caches"]:
            for key in ("allocs", *COUNTS.values()):
                sums[(cache["name"], key)] += cache[key]
            sums[(cache["name"], "latencies")] += cache["refill_ns"]["count"]
            for cpu in cache["cpus"]:
                by_cpu[cache["name"]] += cpu["allocs"]
wrong = [f"{name} {key}: {sums[(name, key)]}, and babeltrace2 counts {events[(number, event)]}"
         for number, name in names.items() for event, key in COUNTS.items()
         if sums[(name, key)] != events[(number, event)]]
tap.check(not wrong and len(names) > 4 and sum(sums.values()) > 300000,
          "all rounds add up to what babeltrace2 counts", "\n".join(wrong))
wrong = [f"{name}: {sums[(name, 'latencies')]} latencies, {sums[(name, 'refills')]} refills, by CPU "
         f"{by_cpu[name]} of {sums[(name, 'allocs')]} allocations" for name in names.values()
         if sums[(name, "latencies")] != sums[(name, "refills")] or by_cpu[name] != sums[(name, "allocs")]]
tap.check(not wrong, "each refill has its latency, each allocation its CPU", "\n".join(wrong))
tap.check(all(abs(r["interval_s"] - 0.1) < 1e-6 for r in rounds[:-1]) and
          rounds[-1]["recording"]["at_s"] == rounds[-1]["recording"]["of_s"] and
          all(b["time"] > a["time"] for a, b in zip(rounds, rounds[1:])), "rounds are of the recording's time",
          [r["recording"] for r in rounds])
tap.check(all(r["self"]["cpu_percent"] is None and r["kernel"]["caches"] == [] and
              all(c["active_objects"] is None for p in r["reference"] for c in p["caches"]) for r in rounds),
          "what it does not say is null", rounds[-1])
few = top("--json", "-d", "0.1", "-n", "2", "-c", "stream-24", "--speed", "10")
few = [json.loads(line) for line in few.stdout.splitlines()]
tap.check(len(few) == 2 and [c["name"] for p in few[1]["reference"] for c in p["caches"]] == ["stream-24"],
          "only so many rounds, only this cache", few)

# ---- screens of text ----------------------------------------------------------------------------------

# Where the threads of the load ran, the machine has decided.
used = min(cpu["cpu"] for r in rounds for p in r["reference"] for c in p["caches"] for cpu in c["cpus"])
for screen, wanted in (("caches", "stream-5000"), ("cpus", f"cpu{used}"), ("latency", "p99"), ("origins", "partial"),
                       ("callers", "a recording has no stacks"), ("walk", "refill on cpu"), ("doctor", "n/a")):
    done = top("--batch", "-d", "0.1", "--screen", screen)
    tap.check(done.returncode == 0 and wanted in done.stdout and "no process with libslab  " not in done.stdout,
              f"{screen}, as text", done)

# ---- on a terminal ------------------------------------------------------------------------------------

if not shutil.which("tmux"):
    tap.skip("on a terminal", "there is no tmux")
else:
    def title(t):
        return t.screen()[0] if t.screen() else ""

    def sees(t, pattern, name, seconds=20):
        tap.check(wait_until(lambda: re.search(pattern, title(t)), seconds), name, t.all())

    of = rf"of {rounds[-1]['recording']['of_s']:.1f} s"
    slow = "--speed 0.02 -d 0.1"  # so slow that nothing happens but by keys
    with Terminal(f"{ref.SLABSCOPE} top --from {trace} {slow}", 120, 30) as t:
        sees(t, rf" 0\.0 {of} x0\.02", "it begins with the beginning")
        time.sleep(1)
        tap.check(re.search(rf" 0\.0 {of} x0\.02", title(t)), "a round of 0.1 s takes 5 s", t.all())
        t.keys(".")
        sees(t, rf"paused +0\.1 {of} x0\.02", ". is a round, and stands still")
        t.keys(".")
        sees(t, rf"0\.2 {of}", ". is one more")
        first = [line for line in t.screen() if "stream-24 " in line]
        t.keys(".")
        sees(t, rf"0\.3 {of}", "and one more")
        t.keys(",")
        sees(t, rf"0\.2 {of}", ", is one back")
        again = [line for line in t.screen() if "stream-24 " in line]
        # All but the trend, which knows less now.
        tap.check(first and [line[:100].split() for line in first] == [line[:100].split() for line in again],
                  "the same time, the same counts", (first, again))
        t.keys("$")
        sees(t, rf"end .*{of}", "$ is the end")
        t.see("the recording ends here")
        t.keys("^")
        sees(t, rf"0\.1 {of}", "^ is the beginning")
        t.keys("}")
        sees(t, rf"{0.1 + rounds[-1]['recording']['of_s'] / 10:.1f} {of}", "} is a tenth on")
        for _ in range(12):
            t.keys("]")
        sees(t, r"x81\.92", "] is twice as fast")
        t.keys("Space")
        sees(t, rf"end .*{of}", "and so it is soon over")
        for key, wanted in (("2", "cpu0"), ("3", "p99"), ("4", "REFILL/s ORIGINS"), ("5", "n/a"), ("7", "n/a")):
            t.keys(key)
            t.see(wanted)
        t.keys("6")
        t.keys("{")
        t.keys("{")
        t.see("refill on cpu")
        t.keys("q")
        t.ends(0)
    tap.check(True, "every screen, and it ends")

# ---- what cannot be played ----------------------------------------------------------------------------


def copy(name, change):
    directory = os.path.join(scratch, name)
    shutil.copytree(trace, directory)
    change(directory)
    return directory


def newer(directory):
    path = os.path.join(directory, "metadata")
    with open(path, encoding="utf-8") as f:
        changed = re.sub(r"slabscope_schema = \d+", "slabscope_schema = 9999", f.read())
    with open(path, "w", encoding="utf-8") as f:
        f.write(changed)


def emptied(directory):
    for name in os.listdir(directory):
        if name != "metadata":
            os.truncate(os.path.join(directory, name), 0)


def damaged(directory):
    for name in os.listdir(directory):
        if name != "metadata":
            with open(os.path.join(directory, name), "r+b") as f:
                f.write(b"\0" * 200)


for name, directory, wanted in (("no recording", "/usr", "not a recording"),
                                ("nothing there", os.path.join(scratch, "nothing"), "No such file"),
                                ("an empty recording", copy("empty", emptied), "nothing happened"),
                                ("a damaged recording", copy("damaged", damaged), "damaged"),
                                ("a newer recording", copy("newer", newer), "use a newer slabscope")):
    done = top("--json", directory=directory, user=False)
    tap.check(done.returncode == 1 and wanted in done.stderr and len(done.stderr.splitlines()) == 1, name, done)
part = copy("part", lambda d: os.truncate(os.path.join(d, "cpu_0"),
                                          os.path.getsize(os.path.join(d, "cpu_0")) // 2 + 7))
done = top("--json", directory=part, user=False)
last = json.loads(done.stdout.splitlines()[-1])
tap.check(done.returncode == 0 and any("rest of the recording" in m["what"] for m in last["kernel"]["missing"]),
          "one that is cut off is played as far as it goes, and says so", done)
tap.done()
