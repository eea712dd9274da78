# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""Recordings of several kinds of process, read by a plain parser: each process says what it did itself, and the
recording has the same."""
import collections
import dataclasses
import json
import os
import subprocess
import threading
import time
import types

import pytest

from tests.support import slab_model
from tests.support.build import BUILD, SLABSCOPE
from tests.support.ctf import Trace

FAMILY = os.path.join(BUILD, "tests/progs/family")
STREAM = os.path.join(BUILD, "tests/progs/stream")
OF_ARRAYS = {"alloc_hit", "alloc_refill", "free", "refill", "flush"}

pytestmark = [pytest.mark.root, pytest.mark.slow]


@pytest.fixture
def directory(tmp_path):
    return str(tmp_path / "trace")


def record(directory, *command, options=()):
    """Records a command. Returns what slabscope printed, and what each process said of itself, by its PID."""
    done = subprocess.run([SLABSCOPE, "record", *options, directory, "--", *map(str, command)], text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done, {each["pid"]: each for each in said if "pid" in each}


def by_process(trace):
    """Returns the numbers of events by PID, of the allocations together."""
    caches, counts = trace.caches(), collections.defaultdict(collections.Counter)
    for (cache, _), kinds in trace.counts().items():
        counts[caches[cache].pid].update(kinds)
    for kinds in counts.values():
        kinds["allocs"] = kinds["alloc_hit"] + kinds["alloc_refill"] + kinds["alloc_bypass"]
    return counts


def unexplained(trace):
    """What contradicts itself, a line each: refills are as many as allocations that they served, cache by cache and CPU
    by CPU, and no event of an array comes before its state."""
    wrong, seen = [], set()
    for event in trace.events:
        if event.name == "array_state":
            seen.add((event.cache, event.cpu))
        elif event.name in OF_ARRAYS and (event.cache, event.cpu) not in seen:
            wrong.append(f"{event} before the state of its array")
    wrong += [f"cache {cache} cpu {cpu}: {kinds['refill']} refills, {kinds['alloc_refill']} allocations by them"
              for (cache, cpu), kinds in trace.counts().items() if kinds["refill"] != kinds["alloc_refill"]]
    return "\n".join(wrong[:10])


def replayed(directory):
    done = subprocess.run([SLABSCOPE, "replay", "--json", directory], text=True, capture_output=True, timeout=60)
    assert not done.returncode, done
    return json.loads(done.stdout)


WAYS = pytest.mark.parametrize("options", [(), ("--probes",)], ids=["rings", "probes"])


@WAYS
def test_children_are_recorded_with_what_they_inherit(check, directory, options):
    """A child of fork() says itself which caches it has, and what they hold. So its replay refills as often."""
    done, said = record(directory, FAMILY, "-n", 20000, "-f", 6, options=options)
    trace = Trace(directory)
    counts = by_process(trace)
    check(len(said) == 7 and "0 lost" in done.stderr, "all processes ran", done)
    check.same("each process and child is recorded with all that it did",
               **{f"{pid} {what}": (counts[pid][event], each[what]) for pid, each in said.items()
                  for what, event in (("allocs", "allocs"), ("frees", "free"))})
    check(not unexplained(trace), "no event contradicts another", unexplained(trace))
    caches = trace.caches().values()
    check(len(caches) == 21 and all(cache.object_size and cache.fields["name"].startswith("family-")
                                    for cache in caches), "each cache is described", caches)
    report = replayed(directory)
    wrong = [(c["name"], c["pid"], key, c["recorded"][key], c["replayed"][key]) for c in report["caches"]
             for key in ("hits", "refills") if c["recorded"][key] != c["replayed"][key]]
    check(not wrong and report["nonsense"] == 0, "the replay hits and refills as often", wrong)


@WAYS
@pytest.mark.parametrize("program", ["family", "family.shared"])
def test_every_cache_is_described(directory, program, options):
    _, said = record(directory, os.path.join(BUILD, "tests/progs", program), "-c", 40, "-n", 0, options=options)
    caches = [(c.fields["name"], c.object_size, c.limit > 0) for c in Trace(directory).caches().values()]
    assert len(said) == 1
    assert (sorted(c for c in caches if not c[0].startswith("freelist-")) ==
            sorted((f"family-{i}", 40 + 24 * i, True) for i in range(40)))


def test_more_caches_than_the_registry_has_room_for(check, directory):
    """The registry lists 1,024 caches. The probe describes the others: all but their tunables."""
    _, said = record(directory, FAMILY, "-c", 1030, "-n", 20000)
    trace = Trace(directory)
    name = {number: c.fields["name"] for number, c in trace.caches().items()}
    described = sorted((name[number], c.object_size) for number, c in trace.caches().items() if "family" in name[number])
    check(described == sorted((f"family-{i}", 40 + 24 * (i % 40)) for i in range(1030)),
          "each cache has its name and size", described[-8:])
    counts = collections.defaultdict(collections.Counter)
    for (cache, _), kinds in trace.counts().items():
        counts[name[cache]].update(kinds)
    check(all(counts[f"family-{i}"]["alloc_refill"] for i in range(1015, 1030)), "the last ones have events",
          counts["family-1029"])
    # libslab allocates from other caches, too.
    (process,) = said.values()
    own = sum((kinds for cache, kinds in counts.items() if "family" in cache), collections.Counter())
    check.same("nothing is missing", frees=(own["free"], process["frees"]),
               allocs=(own["alloc_hit"] + own["alloc_refill"] + own["alloc_bypass"], process["allocs"]))


def test_what_comes_before_the_state_of_an_array_does_not_count(check, directory):
    """slabscope attaches one probe after the other, and meanwhile the process refills. Then it goes to another CPU."""
    process = subprocess.Popen([FAMILY, "-u"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pid = json.loads(process.stdout.readline())["ready"]
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(pid, cpus[:1])
    threading.Timer(0.6, os.sched_setaffinity, (pid, cpus[-1:])).start()
    done = subprocess.run([SLABSCOPE, "record", directory, "-p", str(pid), "-d", "1"], text=True,
                          capture_output=True, timeout=60)
    process.communicate("\n", timeout=60)
    trace = Trace(directory)
    counts = sum(by_process(trace).values(), collections.Counter())
    check(done.returncode == 0 and counts["refill"] > 20, "it refills while it is recorded", done, counts)
    check(slab_model.check(trace, late=True) > 10, "a plain model explains each of them")
    check(abs(counts["refill"] - counts["alloc_refill"]) <= 1, "each recorded refill has its allocation", counts, done,
          unexplained(trace))
    check(not [line for line in unexplained(trace).splitlines() if "before" in line],
          "a CPU's events count from the state of its array on", unexplained(trace))


def wait_for_events(directory):
    """Waits until a recording has events of a CPU."""
    for _ in range(1200):
        if os.path.isdir(directory) and any(name.startswith("cpu_") for name in os.listdir(directory)):
            return
        time.sleep(0.1)
    pytest.fail("nothing is recorded")


def test_a_program_in_a_wrapper_by_probes(check, directory):
    """The file of a program that the command starts is not known before. What is missing is said; then it is known."""
    process = subprocess.Popen([SLABSCOPE, "record", "--probes", directory, "--", "sh", "-c",
                                f"{FAMILY} -u; {FAMILY} -n 1000; exit 3"], text=True, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for_events(directory)  # the first one works until then
    out, told = process.communicate("\n", timeout=120)
    counts = by_process(Trace(directory))
    first, second = [said for said in map(json.loads, out.splitlines()) if "pid" in said]
    check(process.returncode == 3, "the status is that of the command", told)
    check(0 < counts[first["pid"]]["allocs"] < first["allocs"] and
          f"family ({first['pid']}): the first " in told and "are not recorded" in told,
          "the beginning of the first run is missing, and slabscope says so", told, counts)
    check.same("the second run is recorded as a whole", allocs=(counts[second["pid"]]["allocs"], second["allocs"]),
               frees=(counts[second["pid"]]["free"], second["frees"]))


@pytest.mark.parametrize("command", [("sh", "-c", "/bin/true; exit 0"), ("sh", "-c", "/bin/true; /bin/true; exit 0")])
def test_a_program_that_ends_too_soon_is_said_to_be_missing(directory, command):
    done, _ = record(directory, *command, options=("--probes",))
    assert "too soon to look for libslab" in done.stderr, done


# ---- a plain model of the algorithm -------------------------------------------------------------------

@WAYS
@pytest.mark.parametrize("command, least", [
    pytest.param((FAMILY,), 10, id="one thread"), pytest.param((FAMILY, "-n", 50), 3, id="short"),
    pytest.param((FAMILY + ".shared", "-c", 100), 100, id="a hundred caches"),
    pytest.param((FAMILY + ".static",), 10, id="static"),
    pytest.param((FAMILY, "-f", 5), 12, id="children"), pytest.param((FAMILY, "-k"), 9, id="kmalloc"),
    pytest.param((FAMILY, "-b"), 200, id="in bulk"), pytest.param((FAMILY, "-b", "-a"), 200, id="ageing"),
    pytest.param((STREAM, "-n", 15000), 300, id="large objects"),
    pytest.param((STREAM, "-n", 15000, "-x"), 300, id="new tunables and shrinking"),
    pytest.param((STREAM, "-n", 5000, "-t", 2, "-c", 0, "-c", 1), 300, id="two threads on two CPUs")])
def test_a_plain_model_explains_each_refill_and_flush(directory, command, least, options):
    done, said = record(directory, *command, options=options)
    trace = Trace(directory)
    assert "0 lost" in done.stderr and slab_model.check(trace) >= least, done
    counts = by_process(trace)
    if command[0] != STREAM and "-c" not in command:  # with large objects, libslab allocates for itself, too
        assert {pid: (counts[pid]["allocs"], counts[pid]["free"]) for pid in said} == {
            pid: (each["allocs"], each["frees"]) for pid, each in said.items()}


@WAYS
def test_eight_threads_get_each_object_once(check, directory, options):
    """Threads that share a CPU interrupt each other within a step."""
    done, said = record(directory, FAMILY, "-t", 8, "-n", 5000, options=options)
    trace = Trace(directory)
    counts = by_process(trace)
    (process,) = said.values()
    slab_model.check(trace, arrays=False)
    check("0 lost" in done.stderr and not unexplained(trace), "no event contradicts another", done, unexplained(trace))
    check.same("nothing is missing", allocs=(counts[process["pid"]]["allocs"], process["allocs"]),
               frees=(counts[process["pid"]]["free"], process["frees"]))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The events of a recording that the model explains."""
    path = str(tmp_path_factory.mktemp("recorded") / "trace")
    record(path, FAMILY, "-b", "-a", "-n", 2000)
    trace = Trace(path)
    slab_model.check(trace)
    return trace.events


@pytest.mark.parametrize("kind, change", [
    ("alloc_hit", None), ("alloc_refill", None), ("free", None), ("refill", None), ("flush", None), ("grow", None),
    ("refill", {"got": 59}), ("refill", {"requested": 16}), ("refill", {"origin": "remote"}), ("flush", {"count": 30}),
    ("reap", {"count": 300}), ("alloc_hit", {"object": 4096}), ("alloc_refill", {"object": 4096})])
def test_the_model_notices(recorded, kind, change):
    """One event is missing, or another than it was."""
    places = [i for i, event in enumerate(recorded) if event.name == kind]
    at = places[len(places) // 2]
    changed = [dataclasses.replace(recorded[at], fields={**recorded[at].fields, **change})] if change else []
    with pytest.raises(AssertionError):
        slab_model.check(types.SimpleNamespace(events=recorded[:at] + changed + recorded[at + 1:]))
