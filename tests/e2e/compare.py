#!/usr/bin/env python3
# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""Comparisons of a real recording: what slabscope says of the recorded side is recomputed from what babeltrace2
prints of it, intervals with draws of our own; the reference's side is what replay counts."""
import collections
import json
import math
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import reference as ref  # noqa: E402
from terminal import Terminal  # noqa: E402

STREAM = os.path.join(ref.BUILD, "tests/progs/stream")
SLICES = 40
QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
BUCKET = 2 ** (1 / 16) * 1.001  # the middle of a bucket is at most so far from what lies in it

ref.need_root()
tap = ref.Tap()
scratch = ref.scratch()
directory = os.path.join(scratch, "trace")


def slabscope(*args, **more):
    return subprocess.run([ref.SLABSCOPE, *args], text=True, capture_output=True, timeout=120, **more)


def compare(*options):
    done = slabscope("compare", directory, "--json", *options)
    return json.loads(done.stdout) if not done.returncode else {"failed": done.stderr}


# ---- a recording, and what babeltrace2 says is in it --------------------------------------------------------

process = subprocess.Popen([ref.SLABSCOPE, "record", directory, "--", STREAM, "-n", "150000", "-c", "0", "-x"],
                           text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
for line in process.stdout:
    if "done" in line:
        break
process.communicate("\n\n", timeout=60)

text = subprocess.run(["babeltrace2", "--clock-seconds", directory], text=True, capture_output=True, timeout=120)
EVENT = re.compile(r"^\[(\d+)\.(\d+)\] \([^)]*\) (\w+): (.*)$", re.M)
FIELD = re.compile(r'\b(\w+) = (?:\( "(\w+)" : [^)]*\)|"([^"]*)"|(0x[0-9A-Fa-f]+|\d+))')


def parse():
    for seconds, fraction, name, rest in EVENT.findall(text.stdout):
        fields = {k: a or b or int(c, 0) for k, a, b, c in FIELD.findall(rest)}
        yield int(seconds) * 10**9 + int(fraction), name, fields


names, counts, refills = {}, {}, {}
first = last = None
events = list(parse())
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
report = compare()

tap.check(text.returncode == 0 and "failed" not in report, "there is a recording, and a comparison",
          (text.stderr, report.get("failed")))
if "failed" in report:
    tap.done()
tap.same("everything is in it", events=(report["recording"]["events"], len(events)),
         caches=({c["name"] for c in report["caches"]}, set(names.values())),
         slices=(report["slices"], SLICES), schema=(report["schema"], "slabscope.compare/1"))


# ---- values: exactly ----------------------------------------------------------------------------------------

def allocs(c):
    return c["alloc_hit"] + c["alloc_refill"] + c["alloc_bypass"]


def total(number):
    return sum(counts[number], collections.Counter())


def near(a, b, by=1e-9):
    return a is not None and b is not None and abs(a - b) <= by * max(abs(a), abs(b), 1e-12)


wrong = []
for c in report["caches"]:
    n, r = total(numbers[c["name"]]), c["recorded"]
    for key, got, want in (("allocs", r["allocs"], allocs(n)), ("hits", r["hits"], n["alloc_hit"]),
                           ("frees", r["frees"], n["free"]),
                           ("hit_rate", r["hit_rate"]["value"], n["alloc_hit"] / allocs(n))):
        if not near(got, want):
            wrong.append(f"{c['name']} {key}: {got} instead of {want}")
    for origin, share in r["origins"].items():
        if share["count"] != n["from " + origin]:
            wrong.append(f"{c['name']} from {origin}: {share['count']} instead of {n['from ' + origin]}")
tap.check(not wrong, "counts, hit rates and origins are those that babeltrace2 reads", "\n".join(wrong))


def percentile(values, q):
    return sorted(values)[max(math.ceil(q * len(values)), 1) - 1]


wrong, clock = [], report["clock_pair_ns"]["value"]
for c in report["caches"]:
    values = sum(refills[numbers[c["name"]]], [])
    for key, q in QUANTILES.items():
        got, want = c["recorded"]["refill_ns"][key]["value"] + clock, percentile(values, q)
        if not want / BUCKET <= got <= want * BUCKET:
            wrong.append(f"{c['name']} {key}: {got} instead of {want}")
    if c["recorded"]["refill_ns"]["max"] != max(values) - clock or c["recorded"]["refill_ns"]["count"] != len(values):
        wrong.append(f"{c['name']}: most {max(values)}, {len(values)} of them")
    if sum(n for _, n in c["recorded"]["refill_ns"]["buckets"]) != len(values):
        wrong.append(f"{c['name']}: the histogram has not all of them")
tap.check(not wrong, "percentiles are within a bucket of the exact ones", "\n".join(wrong))


# ---- intervals: with other draws, about the same ------------------------------------------------------------

rng = random.Random(7)
draws = [[rng.randrange(SLICES) for _ in range(SLICES)] for _ in range(2000)]


def drawn(statistic):
    return sorted(v for v in map(statistic, draws) if v is not None)


def interval(statistic):
    values = drawn(statistic)
    return values[int(0.025 * len(values))], values[int(0.975 * len(values))]


def quotient(number, above):
    def statistic(draw):
        below = sum(allocs(counts[number][i]) for i in draw)
        return sum(above(counts[number][i]) for i in draw) / below if below else None
    return statistic


wrong = []
for c in report["caches"]:
    number = numbers[c["name"]]
    for key, above, scale in (("hit_rate", lambda n: n["alloc_hit"], 1),
                              ("refills_per_1000", lambda n: n["alloc_refill"], 1000)):
        low, high = (scale * v for v in interval(quotient(number, above)))
        got, width = c["recorded"][key], high - low
        if abs(got["low"] - low) > 0.15 * width or abs(got["high"] - high) > 0.15 * width:
            wrong.append(f"{c['name']} {key}: {got} instead of {low} to {high}")
tap.check(not wrong, "intervals are those of 2,000 draws of our own, within 15 % of their width", "\n".join(wrong))

wrong = []
for c in report["caches"]:
    parts = refills[numbers[c["name"]]]
    if sum(map(len, parts)) < 200:
        continue
    values = drawn(lambda draw: percentile(sum((parts[i] for i in draw), []), 0.5))
    got = c["recorded"]["refill_ns"]["p50"]
    got = {"low": got["low"] + report["clock_pair_ns"]["high"], "high": got["high"] + report["clock_pair_ns"]["low"]}
    # Where refills are of two kinds a median jumps between them: the ranks must be about the same.
    for got_bound, least, most in ((got["low"], 0.005, 0.08), (got["high"], 0.92, 0.995)):
        least, most = (values[int(share * len(values))] for share in (least, most))
        if not least / BUCKET**2 <= got_bound <= most * BUCKET**2:
            wrong.append(f"{c['name']}: {got_bound} instead of {least} to {most}")
tap.check(not wrong, "and so are the medians', by their ranks among our draws", "\n".join(wrong))

# ---- the reference ------------------------------------------------------------------------------------------

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
tap.check(not wrong, "the reference's counts and memory are what replay says", "\n".join(wrong))

# Recorded from its first instruction on one CPU, it did what the reference does.
wrong = [c["sentence"] for c in report["caches"]
         if c["verdict"]["refills"] not in ("same", None) or
         abs(c["difference"]["refills_per_1000"]["value"]) > 1e-9]
tap.check(not wrong, "with its own tunables, nothing differs", "\n".join(wrong))
wrong = [f"{c['name']}: {c['recorded']['bytes_peak']} and {c['reference']['bytes_peak']}" for c in report["caches"]
         if c["recorded"]["bytes_peak"] != c["reference"]["bytes_peak"]]
tap.check(not wrong, "it took as much memory", "\n".join(wrong))

small = compare("--limit", "10", "-c", "stream-64")
tap.check(len(small["caches"]) == 1 and small["caches"][0]["verdict"]["refills"] == "more" and
          small["caches"][0]["difference"]["refills_per_1000"]["low"] > 0 and
          small["caches"][0]["tunables"]["limit"] == 10,
          "a smaller limit refills more often, by more than noise", small["caches"])

wrong = [c["name"] for c in report["caches"] if c["reference"]["refills"] > 100 and not
         (c["reference"]["refill_ns"] and c["reference"]["refill_ns"]["count"] >= 4 * c["reference"]["refills"] and
          0 <= c["reference"]["refill_ns"]["p50"]["low"] <= c["reference"]["refill_ns"]["p50"]["value"] <=
          c["reference"]["refill_ns"]["p50"]["high"])]
tap.check(not wrong and report["runs"] == 5, "its latencies are those of five runs, with an interval", wrong)
one = compare("--repeat", "1", "-c", "stream-1024")
tap.check(one["runs"] == 1 and one["caches"][0]["reference"]["refill_ns"]["p50"]["low"] is None and
          one["caches"][0]["verdict"]["latency_why_not"] == "a single run has no interval",
          "of one run there is no interval, and no verdict", one)

# ---- text ---------------------------------------------------------------------------------------------------

done = slabscope("compare", directory)
tap.check(done.returncode == 0 and not done.stderr and
          all(c["sentence"].split(";")[0] in done.stdout and f"\n{c['name']}, " in done.stdout for c in report["caches"]),
          "the text has every cache, and its sentence", done.stdout + done.stderr)
again = slabscope("compare", directory)
counts = [re.findall(r"(?:hit rate|refills of|from ).*", text.stdout) for text in (done, again)]
tap.check(len(counts[0]) > 20 and counts[0] == counts[1], "counts and their intervals repeat", counts)
for what, args in (("no recording", ("/nowhere",)), ("no such workload", ("--workload", "fires")), ("a bad clock", (directory, "--clock", "x")),
                   ("two tunables that exclude each other", (directory, "--limit", "4", "--batchcount", "8"))):
    done = slabscope("compare", *args)
    tap.check(done.returncode == (1 if args == ("/nowhere",) else 2) and len(done.stderr.splitlines()) == 1,
              f"{what}: one line says so", done)

# ---- the screen ---------------------------------------------------------------------------------------------

most = max(report["caches"], key=lambda c: c["recorded"]["allocs"])
other = sorted(report["caches"], key=lambda c: -c["recorded"]["allocs"])[1]


def screen():
    with Terminal(f"{ref.SLABSCOPE} compare {directory} --tui", 120, 36) as t:
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


try:
    screen()
    tap.check(True, "the screen shows it, and the others both sides")
except AssertionError as why:
    tap.check(False, "the screen shows it, and the others both sides", why)
done = slabscope("compare", directory, "--tui", stdin=subprocess.DEVNULL)
tap.check(done.returncode == 1 and "cannot use the terminal" in done.stderr, "without a terminal it says so", done)
done = slabscope("compare", directory, "--tui", "--json")
tap.check(done.returncode == 2, "and not both at once", done)

# ---- live: the kernel, whatever it lets be seen -------------------------------------------------------------

env = {**os.environ, "TMPDIR": scratch}
for what, args, left in (("kept", ("--workload", "sockets", os.path.join(scratch, "kept")), {"kept", "trace"}),
                         ("removed", ("--workload", "files"), {"kept", "trace"})):
    done = slabscope("compare", *args, "-d", "1", "-c", "filp", "--json", "--repeat", "2", env=env)
    live = json.loads(done.stdout) if not done.returncode else {"caches": []}
    c = {c["name"]: c for c in live["caches"]}.get("filp")
    if not tap.check(c, "the kernel is recorded and compared", done.stderr):
        continue
    tap.check(c["side"] == "kernel" and c["recorded"]["allocs"] > 1000 and
              c["reference"]["allocs"] == c["recorded"]["allocs"] and c["reference"]["refills"] > 10,
              "both sides served the same allocations", c)
    seen = c["recorded"]["refills"] is not None
    tap.check(not c["recorded"]["inferred"] or
              (seen and c["recorded"]["origins"] is c["recorded"]["refill_ns"] is None and
               c["verdict"]["refills"] and "the kernel ~" in c["sentence"]),
              "what was inferred is marked, and judged", c)
    tap.check(seen or (c["recorded"]["hit_rate"] is c["recorded"]["origins"] is c["recorded"]["refill_ns"] is None and
                       c["verdict"]["refills"] is None and "does not show its refills" in c["sentence"]),
              "what the kernel does not show is null, and there is no verdict on it", c)
    tap.check(set(os.listdir(scratch)) == left, f"the recording is {what}", os.listdir(scratch))
tap.done()
