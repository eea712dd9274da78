# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""A recording is played: what its rounds add up to is what babeltrace2 counts, without any privilege; every
screen of text; keys that lead through it on a terminal; and what cannot be played says why."""
import collections
import json
import os
import re
import shutil
import subprocess
import time

import pytest

from tests.support.build import BUILD, SLABSCOPE
from tests.support.terminal import wait_until

STREAM = os.path.join(BUILD, "tests/progs/stream")
COUNTS = {"alloc_hit": "hits", "alloc_bypass": "bypasses", "free": "frees", "refill": "refills", "flush": "flushes",
          "grow": "grows", "list_move": "list_moves", "slab_destroy": "slab_frees"}

pytestmark = [pytest.mark.root, pytest.mark.slow]


@pytest.fixture(scope="module")
def trace(scratch):
    """The path of a recording to play: by probes, as it takes seconds then."""
    path = os.path.join(scratch, "trace")
    done = subprocess.run([SLABSCOPE, "record", "--probes", path, "--", STREAM, "-n", "300000", "-t", "2"], text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0, done
    subprocess.run(["chmod", "-R", "a+rX", scratch], check=True)
    return path


def top(directory, *options, user=True):
    """Plays a recording, as a user without privileges."""
    who = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if user else []
    return subprocess.run([*who, SLABSCOPE, "top", "--from", directory, *options], text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=60)


def test_a_recording_to_play(trace):
    assert os.listdir(trace)


# ---- rounds -------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def played(trace):
    """slabscope top --from, ended."""
    return top(trace, "--json", "-d", "0.1")


@pytest.fixture(scope="module")
def rounds(played):
    return [json.loads(line) for line in played.stdout.splitlines()]


def test_it_is_played_without_privileges(played, rounds):
    assert played.returncode == 0 and len(rounds) > 3 and not played.stderr, played


def test_rounds(check, trace, rounds):
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
    check(not wrong and len(names) > 4 and sum(sums.values()) > 300000,
          "all rounds add up to what babeltrace2 counts", "\n".join(wrong))
    wrong = [f"{name}: {sums[(name, 'latencies')]} latencies, {sums[(name, 'refills')]} refills, by CPU "
             f"{by_cpu[name]} of {sums[(name, 'allocs')]} allocations" for name in names.values()
             if sums[(name, "latencies")] != sums[(name, "refills")] or by_cpu[name] != sums[(name, "allocs")]]
    check(not wrong, "each refill has its latency, each allocation its CPU", "\n".join(wrong))
    check(all(abs(r["interval_s"] - 0.1) < 1e-6 for r in rounds[:-1]) and
          rounds[-1]["recording"]["at_s"] == rounds[-1]["recording"]["of_s"] and
          all(b["time"] > a["time"] for a, b in zip(rounds, rounds[1:])), "rounds are of the recording's time",
          [r["recording"] for r in rounds])
    check(all(r["self"]["cpu_percent"] is None and r["kernel"]["caches"] == [] and
              all(c["active_objects"] is None for p in r["reference"] for c in p["caches"]) for r in rounds),
          "what it does not say is null", rounds[-1])


def test_so_many_rounds_and_one_cache(trace):
    few = top(trace, "--json", "-d", "0.1", "-n", "2", "-c", "stream-24", "--speed", "10")
    few = [json.loads(line) for line in few.stdout.splitlines()]
    assert len(few) == 2 and [c["name"] for p in few[1]["reference"] for c in p["caches"]] == ["stream-24"], few


# ---- screens of text ----------------------------------------------------------------------------------

@pytest.mark.parametrize("screen, wanted", [
    ("caches", "stream-5000"), ("cpus", "cpu{used}"), ("latency", "p99"), ("origins", "partial"),
    ("callers", "a recording has no stacks"), ("walk", "refill on cpu"), ("doctor", "n/a")])
def test_screen_as_text(trace, rounds, screen, wanted):
    # Where the threads of the load ran, the machine has decided.
    used = min(cpu["cpu"] for r in rounds for p in r["reference"] for c in p["caches"] for cpu in c["cpus"])
    done = top(trace, "--batch", "-d", "0.1", "--screen", screen)
    assert done.returncode == 0 and wanted.format(used=used) in done.stdout, done
    assert "no process with libslab  " not in done.stdout, done


# ---- on a terminal ------------------------------------------------------------------------------------

def title(t):
    return t.screen()[0] if t.screen() else ""


def sees(check, t, pattern, name, seconds=20):
    check(wait_until(lambda: re.search(pattern, title(t)), seconds), name, t.all())


def test_on_a_terminal(check, terminal, trace, rounds):
    of = rf"of {rounds[-1]['recording']['of_s']:.1f} s"
    slow = "--speed 0.02 -d 0.1"  # so slow that nothing happens but by keys
    t = terminal(f"{SLABSCOPE} top --from {trace} {slow}", 120, 30)
    sees(check, t, rf" 0\.0 {of} x0\.02", "it begins with the beginning")
    time.sleep(1)
    check(re.search(rf" 0\.0 {of} x0\.02", title(t)), "a round of 0.1 s takes 5 s", t.all())
    t.keys(".")
    sees(check, t, rf"paused +0\.1 {of} x0\.02", ". is a round, and stands still")
    t.keys(".")
    sees(check, t, rf"0\.2 {of}", ". is one more")
    first = [line for line in t.screen() if "stream-24 " in line]
    t.keys(".")
    sees(check, t, rf"0\.3 {of}", "and one more")
    t.keys(",")
    sees(check, t, rf"0\.2 {of}", ", is one back")
    again = [line for line in t.screen() if "stream-24 " in line]
    # All but the trend, which knows less now.
    check(first and [line[:100].split() for line in first] == [line[:100].split() for line in again],
          "the same time, the same counts", (first, again))
    t.keys("$")
    sees(check, t, rf"end .*{of}", "$ is the end")
    t.see("the recording ends here")
    t.keys("^")
    sees(check, t, rf"0\.1 {of}", "^ is the beginning")
    t.keys("}")
    sees(check, t, rf"{0.1 + rounds[-1]['recording']['of_s'] / 10:.1f} {of}", "} is a tenth on")
    for _ in range(12):
        t.keys("]")
    sees(check, t, r"x81\.92", "] is twice as fast")
    t.keys("Space")
    sees(check, t, rf"end .*{of}", "and so it is soon over")
    for key, wanted in (("2", "cpu0"), ("3", "p99"), ("4", "REFILL/s ORIGINS"), ("5", "n/a"), ("7", "n/a")):
        t.keys(key)
        t.see(wanted)
    t.keys("6")
    t.keys("{")
    t.keys("{")
    t.see("refill on cpu")
    t.keys("q")
    t.ends(0)
    check(True, "every screen, and it ends")


# ---- what cannot be played ----------------------------------------------------------------------------

def copy(scratch, trace, name, change):
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


@pytest.mark.parametrize("change, wanted", [(emptied, "nothing happened"), (damaged, "damaged"),
                                            (newer, "use a newer slabscope")])
def test_a_changed_recording_is_refused(scratch, trace, change, wanted):
    done = top(copy(scratch, trace, change.__name__, change), "--json", user=False)
    assert done.returncode == 1 and wanted in done.stderr and len(done.stderr.splitlines()) == 1, done


@pytest.mark.parametrize("directory, wanted", [("/usr", "not a recording"), ("/nowhere/nothing", "No such file")])
def test_no_recording(directory, wanted):
    done = top(directory, "--json", user=False)
    assert done.returncode == 1 and wanted in done.stderr and len(done.stderr.splitlines()) == 1, done


def test_one_that_is_cut_off_is_played_as_far_as_it_goes(scratch, trace):
    part = copy(scratch, trace, "part", lambda d: os.truncate(os.path.join(d, "cpu_0"),
                                              os.path.getsize(os.path.join(d, "cpu_0")) // 2 + 7))
    done = top(part, "--json", user=False)
    last = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0 and any("rest of the recording" in m["what"] for m in last["kernel"]["missing"]), done
