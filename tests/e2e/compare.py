# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""Comparisons of a real recording: what slabscope says of the recorded side is recomputed from what babeltrace2
prints of it, intervals by their description; the reference's side is what replay counts."""
import collections
import json
import math
import os
import pty
import re
import signal
import subprocess
import time
from types import SimpleNamespace

import pytest

from tests.support import pipes
from tests.support.build import BUILD, SLABSCOPE

STREAM = os.path.join(BUILD, "tests/progs/stream")
SLICES, PARTS = 240, 40
QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
BUCKET = 2 ** (1 / 16) * 1.001  # the middle of a bucket is at most so far from what lies in it

pytestmark = [pytest.mark.root, pytest.mark.slow]


def slabscope(*args, **more):
    return subprocess.run([SLABSCOPE, *args], text=True, capture_output=True, timeout=120, **more)


def compare(directory, *options):
    done = slabscope("compare", directory, "--json", *options)
    return json.loads(done.stdout) if not done.returncode else {"failed": done.stderr}


# ---- a recording, and what babeltrace2 says is in it --------------------------------------------------------

EVENT = re.compile(r"^\[(\d+)\.(\d+)\] \([^)]*\) (\w+): (.*)$", re.M)
FIELD = re.compile(r'\b(\w+) = (?:\( "(\w+)" : [^)]*\)|"([^"]*)"|(0x[0-9A-Fa-f]+|\d+))')


def parse(text):
    for seconds, fraction, name, rest in EVENT.findall(text):
        fields = {k: a or b or int(c, 0) for k, a, b, c in FIELD.findall(rest)}
        yield int(seconds) * 10**9 + int(fraction), name, fields


@pytest.fixture(scope="module")
def directory(scratch):
    """The path of a recording."""
    path = os.path.join(scratch, "trace")
    process = subprocess.Popen([SLABSCOPE, "record", path, "--", STREAM, "-n", "150000", "-c", "0", "-x"],
                               text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for line in process.stdout:
        if "done" in line:
            break
    process.communicate("\n\n", timeout=60)
    return path


@pytest.fixture(scope="module")
def read(directory):
    """What babeltrace2 reads in it: counts and durations of refills by cache and slice of time."""
    text = subprocess.run(["babeltrace2", "--clock-seconds", directory], text=True, capture_output=True, timeout=120)
    assert text.returncode == 0, text.stderr
    names, counts, refills = {}, {}, {}
    first = last = None
    events = list(parse(text.stdout))
    for ns, name, f in events:
        if name == "cache":
            names[f["cache"]] = f["name"]
        elif "cpu_id" in f:
            first = ns if first is None else first
            last = ns
    span = last + 1 - first
    for cache in names:
        counts[cache] = [collections.Counter() for _ in range(SLICES)]
        refills[cache] = [[] for _ in range(SLICES)]
    for ns, name, f in events:
        if "cpu_id" not in f or f.get("cache") not in names:
            continue
        part = (ns - first) * SLICES // span
        counts[f["cache"]][part][name] += 1
        if name == "refill":
            refills[f["cache"]][part].append(f["ns"])
            counts[f["cache"]][part]["from " + f["origin"]] += 1
    numbers = {name: number for number, name in names.items()}
    return SimpleNamespace(events=events, names=names, numbers=numbers, counts=counts, refills=refills)


@pytest.fixture(scope="module")
def report(directory):
    return compare(directory)


def test_there_is_a_recording_and_a_comparison(report, read):
    assert "failed" not in report, report


def test_everything_is_in_it(report, read):
    assert report["recording"]["events"] == len(read.events)
    assert {c["name"] for c in report["caches"]} == set(read.names.values())
    assert report["slices"] == SLICES and report["parts"] == PARTS and report["schema"] == "slabscope.compare/1"


# ---- values: exactly ----------------------------------------------------------------------------------------

def allocs(c):
    return c["alloc_hit"] + c["alloc_refill"] + c["alloc_bypass"]


def total(parts):
    return sum(parts, collections.Counter())


def near(a, b, by=1e-9):
    return a is not None and b is not None and abs(a - b) <= by * max(abs(a), abs(b), 1e-12)


def percentile(values, q):
    return sorted(values)[max(math.ceil(q * len(values)), 1) - 1]


def test_counts_hit_rates_and_origins_are_those_that_babeltrace2_reads(report, read):
    numbers, counts = read.numbers, read.counts
    wrong = []
    for c in report["caches"]:
        n, r = total(counts[numbers[c["name"]]]), c["recorded"]
        for key, got, want in (("allocs", r["allocs"], allocs(n)), ("hits", r["hits"], n["alloc_hit"]),
                               ("frees", r["frees"], n["free"]),
                               ("hit_rate", r["hit_rate"]["value"], n["alloc_hit"] / allocs(n))):
            if not near(got, want):
                wrong.append(f"{c['name']} {key}: {got} instead of {want}")
        for origin, share in r["origins"].items():
            if share["count"] != n["from " + origin]:
                wrong.append(f"{c['name']} from {origin}: {share['count']} instead of {n['from ' + origin]}")
    assert not wrong, "\n".join(wrong)


def test_percentiles_are_within_a_bucket_of_the_exact_ones(report, read):
    numbers, refills = read.numbers, read.refills
    wrong, clock = [], report["clock_pair_ns"]["value"]
    for c in report["caches"]:
        values = sum(refills[numbers[c["name"]]], [])
        for key, q in QUANTILES.items():
            if not c["recorded"]["refill_ns"][key]:
                continue  # too few values
            got, want = c["recorded"]["refill_ns"][key]["value"] + clock, percentile(values, q)
            if not want / BUCKET <= got <= want * BUCKET:
                wrong.append(f"{c['name']} {key}: {got} instead of {want}")
        if c["recorded"]["refill_ns"]["max"] != max(values) - clock or c["recorded"]["refill_ns"]["count"] != len(values):
            wrong.append(f"{c['name']}: most {max(values)}, {len(values)} of them")
        if sum(n for _, n in c["recorded"]["refill_ns"]["buckets"]) != len(values):
            wrong.append(f"{c['name']}: the histogram has not all of them")
    assert not wrong, "\n".join(wrong)


# ---- intervals: computed again, from their description -------------------------------------------------------

STUDENT_5 = 2.571  # 97.5 %, 5 degrees of freedom


def half_of_interval(deviations):
    """Of a mean, from the deviations of parts, by slow cosines, where neighbours are correlated."""
    n = len(deviations)
    squares = sum(d * d for d in deviations)
    r = sum(a * b for a, b in zip(deviations, deviations[1:])) / squares if squares else 0
    r = min(max(r + (1 + 4 * r) / n, 0), 1)
    r = min(r + math.sqrt((1 - r * r) / n), 0.9)
    covariance = [[r ** abs(i - j) if i != j else 1 for j in range(n)] for i in range(n)]
    of_mean = sum(map(sum, covariance)) / n
    variance = 0
    for number in range(1, 6):
        wave = [math.sqrt(2 / n) * math.cos(math.pi * number * (i + 0.5) / n) for i in range(n)]
        seen = sum(wave[i] * wave[j] * covariance[i][j] for i in range(n) for j in range(n))
        variance += sum(w * d for w, d in zip(wave, deviations)) ** 2 * of_mean / seen / 5
    return STUDENT_5 * math.sqrt(variance / n)


def make_parts(slices, allocations):
    """Slices that follow each other make parts with about as many allocations."""
    parts, before = [0] * PARTS, 0
    for value, here in zip(slices, allocations):
        parts[min(before * PARTS // sum(allocations), PARTS - 1)] += value
        before += here
    return parts


def interval(above, allocations):
    """Of sum(above) / sum(allocations), a share; None: of too few parts."""
    above, below = make_parts(above, allocations), make_parts(allocations, allocations)
    total = sum(below)
    value = sum(above) / total
    if not 0 < value < 1 or total ** 2 / sum(b * b for b in below) < 10:
        return None
    parts = [(a, b) for a, b in zip(above, below) if b]
    half = half_of_interval([(a - value * b) / total * len(parts) / (1 - b / total) for a, b in parts])
    return max(value - half, 0), min(value + half, 1)


def wrong_interval(got, want, scale):
    if got["low"] is None or want is None:
        return got["low"] is not want is not None
    width = scale * (want[1] - want[0])
    return any(abs(a - scale * b) > 1e-6 * width + 1e-9 for a, b in zip((got["low"], got["high"]), want))


def test_intervals_are_those_of_their_description(report, read):
    numbers, counts = read.numbers, read.counts
    wrong, known = [], 0
    for c in report["caches"]:
        parts = counts[numbers[c["name"]]]
        refills = [n["refill"] - n["from failed"] for n in parts]
        for key, above, scale in (("hit_rate", [n["alloc_hit"] for n in parts], 1), ("refills_per_1000", refills, 1000)):
            want = interval(above, [allocs(n) for n in parts])
            known += want is not None
            if wrong_interval(c["recorded"][key], want, scale):
                wrong.append(f"{c['name']} {key}: {c['recorded'][key]} instead of {want}")
    assert not wrong, "\n".join(wrong)
    assert known > 2


def test_medians_lie_in_their_intervals_without_the_error_of_measuring(report, read):
    wrong, clock = [], report["clock_pair_ns"]
    for c in report["caches"]:
        for side in ("recorded", "reference"):
            latency = c[side]["refill_ns"]
            if not latency:
                continue
            error, p50 = latency["error"], latency["p50"]
            if not near(error["below"], clock["high"] - clock["value"]) or \
               not near(error["above"], clock["value"] - clock["low"]) or not 0.044 < error["bucket"] < 0.045:
                wrong.append(f"{c['name']} {side}: {error}")
            if p50 and p50["low"] is not None and not p50["low"] <= p50["value"] <= p50["high"]:
                wrong.append(f"{c['name']} {side}: {p50}")
    assert not wrong, "\n".join(wrong)


def test_a_percentile_needs_values_enough(report, read):
    wrong = []
    for c in report["caches"]:
        latency = c["recorded"]["refill_ns"]
        for key, q in QUANTILES.items():
            if (latency[key] is None) != (latency["count"] * (1 - q) < 3 - 1e-9):
                wrong.append(f"{c['name']}: {key} of {latency['count']} refills: {latency[key]}")
    assert not wrong, "\n".join(wrong)


def test_a_process_has_no_verdict_on_latencies(report):
    """Its own work, and the recording, come between its refills; nothing does in the replay."""
    for c in report["caches"]:
        assert c["verdict"]["latency"] is None and "other work between" in c["verdict"]["latency_why_not"], c["verdict"]


# ---- the reference ------------------------------------------------------------------------------------------

def test_the_reference(check, directory, report):
    replay = json.loads(slabscope("replay", directory, "--json").stdout)
    replayed = {c["name"]: c for c in replay["caches"]}
    wrong = []
    for c in report["caches"]:
        other = replayed[c["name"]]
        for key in ("allocs", "hits", "refills", "frees", "bypasses"):
            if c["reference"][key] != other["replayed"][key]:
                wrong.append(f"{c['name']} {key}: {c['reference'][key]} instead of {other['replayed'][key]}")
        if c["reference"]["bytes_peak"] != other["peak_bytes"]:
            wrong.append(f"{c['name']} bytes_peak")
    check(not wrong, "the reference's counts and memory are what replay says", "\n".join(wrong))

    # Recorded from its first instruction on one CPU, it did what the reference does.
    wrong = [c["sentence"] for c in report["caches"]
             if c["verdict"]["refills"] not in ("same", None) or
             abs(c["difference"]["refills_per_1000"]["value"]) > 1e-9]
    check(not wrong, "with its own tunables, nothing differs", "\n".join(wrong))
    wrong = [f"{c['name']}: {c['recorded']['bytes_peak']} and {c['reference']['bytes_peak']}" for c in report["caches"]
             if c["recorded"]["bytes_peak"] != c["reference"]["bytes_peak"]]
    check(not wrong, "it took as much memory", "\n".join(wrong))

    small = compare(directory, "--limit", "10", "-c", "stream-64")
    check(len(small["caches"]) == 1 and small["caches"][0]["verdict"]["refills"] == "more" and
          small["caches"][0]["difference"]["refills_per_1000"]["low"] > 0 and
          small["caches"][0]["tunables"]["limit"] == 10,
          "a smaller limit refills more often, by more than noise", small["caches"])

    wrong = [c["name"] for c in report["caches"] if c["reference"]["refills"] > 100 and not
             (c["reference"]["refill_ns"] and c["reference"]["refill_ns"]["count"] >= 4 * c["reference"]["refills"] and
              0 <= c["reference"]["refill_ns"]["p50"]["low"] <= c["reference"]["refill_ns"]["p50"]["value"] <=
              c["reference"]["refill_ns"]["p50"]["high"])]
    check(not wrong and report["runs"] == 5, "its latencies are those of five runs, with an interval", wrong)
    one = compare(directory, "--repeat", "1", "-c", "stream-1024")
    check(one["runs"] == 1 and one["caches"][0]["reference"]["refill_ns"]["p50"]["low"] is None,
          "of one run there is no interval", one)


# ---- text ---------------------------------------------------------------------------------------------------

def test_text(check, directory, report):
    done = slabscope("compare", directory)
    check(done.returncode == 0 and not done.stderr and
          all(c["sentence"].split(";")[0] in done.stdout and f"\n{c['name']}, " in done.stdout for c in report["caches"]),
          "the text has every cache, and its sentence", done.stdout + done.stderr)
    again = slabscope("compare", directory)
    found = [re.findall(r"(?:hit rate|refills of|from ).*", text.stdout) for text in (done, again)]
    check(len(found[0]) > 20 and found[0] == found[1], "counts and their intervals repeat", found)
    for what, args in (("no recording", ("/nowhere",)), ("no such workload", ("--workload", "fires")), ("a bad clock", (directory, "--clock", "x")),
                       ("two tunables that exclude each other", (directory, "--limit", "4", "--batchcount", "8"))):
        done = slabscope("compare", *args)
        check(done.returncode == (1 if args == ("/nowhere",) else 2) and len(done.stderr.splitlines()) == 1,
              f"{what}: one line says so", done)


@pytest.mark.parametrize("arguments", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("command", ["compare", "replay"])
def test_output_without_a_reader_and_on_a_full_disk(directory, command, arguments):
    pipes.check_reader_may_leave(command, directory, *arguments)
    pipes.check_full_disk_is_reported(command, directory, *arguments)


def test_text_obeys_the_width_and_begins_with_the_verdicts(directory, report):
    for columns in (40, 80, 132):
        done = slabscope("compare", directory, "--repeat", "1", env={**os.environ, "COLUMNS": str(columns)})
        lines = done.stdout.splitlines()
        assert not done.returncode and not done.stderr, done
        assert max(map(len, lines)) <= columns, [line for line in lines if len(line) > columns]
        assert lines[0].split()[-2:] == ["REFILLS", "TIMES"], lines[0]
        assert [line.split()[-2:] for line in lines[1:1 + len(report["caches"])]] == [
            [c["verdict"]["refills"] or "-", "-"] for c in report["caches"]]


def test_progress_on_a_terminal(directory):
    ours, theirs = pty.openpty()
    process = subprocess.Popen([SLABSCOPE, "compare", directory, "--repeat", "10"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # how a terminal ends
        pass
    os.close(ours)
    assert process.wait(60) == 0
    assert re.search(rb"\rrunning it on real threads: \d+ %\x1b\[K", shown), shown
    assert shown.endswith(b"\r\x1b[K"), shown


# ---- the screen ---------------------------------------------------------------------------------------------

def test_the_screen_shows_it_and_the_others_both_sides(terminal, directory, report):
    most = max(report["caches"], key=lambda c: c["recorded"]["allocs"])
    other = sorted(report["caches"], key=lambda c: -c["recorded"]["allocs"])[1]
    t = terminal(f"{SLABSCOPE} compare {directory} --tui", 120, 36)
    t.see("8 Compare", f"> {most['name']}", "REFERENCE", "refills of 1,000", "times per 1,000")
    t.keys("Down")
    t.see(f"> {other['name']}", f"  {other['name']} ")
    t.keys("L")
    t.see("P99.9", f"{other['name']}, replay")
    t.never("different workloads")
    t.resize(60, 20)
    t.keys("V")
    t.see("times per 1,000")
    t.keys("q")
    t.ends(0)


def test_without_a_terminal(check, directory):
    done = slabscope("compare", directory, "--tui", stdin=subprocess.DEVNULL)
    check(done.returncode == 1 and "cannot use the terminal" in done.stderr, "without a terminal it says so", done)
    done = slabscope("compare", directory, "--tui", "--json")
    check(done.returncode == 2, "and not both at once", done)


# ---- live: the kernel, by what it shows -------------------------------------------------------------

@pytest.mark.parametrize("what, args", [("kept", ("--workload", "sockets", "{scratch}/kept")),
                                        ("removed", ("--workload", "files"))], ids=["kept", "removed"])
def test_live(check, scratch, directory, what, args):
    done = slabscope("compare", *(word.format(scratch=scratch) for word in args), "-d", "1", "-c", "filp", "--json",
                     "--repeat", "2", env={**os.environ, "TMPDIR": scratch})
    live = json.loads(done.stdout) if not done.returncode else {"caches": []}
    c = {c["name"]: c for c in live["caches"]}.get("filp")
    assert check(c, "the kernel is recorded and compared", done.stderr), done.stderr
    check(c["side"] == "kernel" and c["recorded"]["allocs"] > 1000 and
          c["reference"]["allocs"] == c["recorded"]["allocs"] and c["reference"]["refills"] > 10,
          "both sides served the same allocations", c)
    seen = c["recorded"]["refills"] is not None
    # They may be in doubt, where others use this cache meanwhile.
    check(not seen or not c["recorded"]["inferred"] or
          (c["recorded"]["origins"] is c["recorded"]["refill_ns"] is None and
           c["verdict"]["refills"] and "the kernel ~" in c["sentence"]),
          "what was inferred is marked, and judged", c)
    check(seen or (c["recorded"]["hit_rate"] is c["recorded"]["origins"] is c["recorded"]["refill_ns"] is None and
                   c["verdict"]["refills"] is None and "does not show its refills" in c["sentence"]),
          "what the kernel does not show is null, and there is no verdict on it", c)
    check(set(os.listdir(scratch)) == {"kept", "trace"}, f"the recording is {what}", os.listdir(scratch))


@pytest.mark.parametrize("wait", [0, 0.5, 1.5, 2.5, 4], ids=str)
def test_a_signal_leaves_nothing_behind(scratch, wait):
    """At any time: before, while and after the kernel is recorded."""
    tmp = os.path.join(scratch, f"tmp-{wait}")
    os.mkdir(tmp)
    process = subprocess.Popen([SLABSCOPE, "compare", "--workload", "files", "-d", "1", "--repeat", "100"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env={**os.environ, "TMPDIR": tmp})
    time.sleep(wait)
    for _ in range(600):
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    process.communicate(timeout=60)
    left = os.listdir(tmp)
    os.rmdir(tmp)
    assert not left, left
