# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""What `slabscope top --json` counts of the reference, summed over its rounds, against the load's own
tally and the allocator's own counters: exactly, per CPU where threads are pinned."""
import pytest

from tests.support.reference import Load, Top, registry

pytestmark = pytest.mark.root

TOTALS = "allocs frees hits refills bypasses grows flushes list_moves slab_frees".split()


@pytest.fixture(scope="module")
def top():
    """slabscope top --json, running."""
    running = Top()
    yield running
    running.stop()


def of_all_cpus(counters, key):
    return sum(c[key] for c in counters.values())


def check_cpus(check, top, load, cache, counters):
    for cpu in sorted({t["cpu"] for t in load.tally}):
        shown = {k: top.sum_cpu(load.pid, k, cache, cpu)
                 for k in ("allocs", "frees", "hits", "refills")}
        check.same(f"{cache} on cpu {cpu} is what the load did there",
                   allocs=(shown["allocs"], load.sum("allocs", cache, cpu)),
                   frees=(shown["frees"], load.sum("frees", cache, cpu)),
                   hits=(shown["hits"], load.sum("hits", cache, cpu)),
                   refills=(shown["refills"], load.sum("misses", cache, cpu)))
        check.same(f"{cache} on cpu {cpu} is what the allocator counted there",
                   **{k: (v, counters[cpu][k]) for k, v in shown.items()})


def check_cache(check, top, load, cache, counters, when):
    check.same(f"{cache} {when} is what the allocator counted",
               **{k: (top.sum(load.pid, k, cache), of_all_cpus(counters, k)) for k in TOTALS})
    check.same(f"{cache} {when}: origins are what the allocator counted",
               **{k: (top.sum_origin(load.pid, k, cache),
                      sum(c["origins"][k] for c in counters.values()))
                  for k in ("shared", "partial", "free", "grown", "failed", "unexplained")})
    refills = top.sum(load.pid, "refills", cache)
    check.same(f"{cache} {when}: every refill was timed",
               timed=(top.sum_latency(load.pid, cache), refills))


@pytest.mark.parametrize("name, options", [
    ("pin", ("-C", 2, "-n", 200000, "-b", 333)),
    ("alone", ("-S", "-n", 100000, "-b", 1000, "-s", 700))], ids=["pin", "alone"])
def test_pinned(check, top, name, options):
    load = Load("-c", "0,1", "-t", 2, "-N", name, *options)
    top.until(lambda r: top.times(load.pid), "the load to be timed")
    load.run()
    top.next(2)
    counters = registry(load.pid)
    for cache in sorted(counters):
        check_cache(check, top, load, cache, counters[cache], "while it lives")
        if cache not in {t["cache"] for t in load.tally}:
            continue  # where libslab keeps the indexes of large objects' slabs
        check_cpus(check, top, load, cache, counters[cache])
        check.same(f"{cache}: flushes are what the load found full",
                   flushes=(top.sum(load.pid, "flushes", cache), load.sum("full", cache)))
    load.end()
    top.until(lambda r: not top.sees(load.pid), "the load to go")
    for cache in sorted(counters):
        check_cache(check, top, load, cache, counters[cache], "after its end")
    check(sum(c["list_moves"] for c in top.caches(load.pid)) > 0, f"{name}: lists moved")


def test_migrating(check, top):
    load = Load("-c", "0,1", "-m", "-t", 4, "-N", "mig", "-n", 200000, "-b", 150)
    top.until(lambda r: top.times(load.pid), "the load to be timed")
    load.run()
    top.next(2)
    counters = registry(load.pid)["mig0"]
    check.same("migrating threads: in total what the load did",
               allocs=(top.sum(load.pid, "allocs"), load.sum("allocs")),
               frees=(top.sum(load.pid, "frees"), load.sum("frees")))
    check_cache(check, top, load, "mig0", counters, "with migrating threads")
    load.end()


def test_destroyed(check, top):
    load = Load("-c", "0", "-N", "gone", "-d", "-C", 3)
    top.until(lambda r: top.times(load.pid), "the load to be timed")
    load.run()
    load.end()
    top.until(lambda r: not top.sees(load.pid), "the load to go")
    for cache in ("gone0", "gone1", "gone2"):
        check.same(f"{cache}, destroyed, is what the load did",
                   allocs=(top.sum(load.pid, "allocs", cache), load.sum("allocs", cache)),
                   frees=(top.sum(load.pid, "frees", cache), load.sum("frees", cache)),
                   refills=(top.sum(load.pid, "refills", cache), load.sum("misses", cache)))
    check(top.sum(load.pid, "slab_frees") > 0, "destroying gave slabs back")
    check.same("destroying gave every slab back",
               slab_frees=(top.sum(load.pid, "slab_frees"), top.sum(load.pid, "grows")))


def test_gauges(check, top):
    load = Load("-c", "0", "-N", "kept", "-k", "-n", 1000, "-b", 1000, "-s", 100)
    top.until(lambda r: top.times(load.pid), "the load to be timed")
    load.run()
    top.next(2)
    cache = [c for c in top.caches(load.pid)][-1]
    check.same("what is in use is what the load kept",
               active=(cache["active_objects"], load.sum("allocs") - load.sum("frees")),
               size=(cache["object_size"], 100))
    check(cache["objects"] == cache["slabs"] * (cache["objects"] // cache["slabs"]) and
          cache["objects"] >= cache["active_objects"] + cache["cached_objects"] and
          cache["bytes"] >= cache["objects"] * 100 and cache["limit"] >= cache["batchcount"] > 0,
          "objects, slabs and bytes fit together", cache)
    load.end()


def test_nothing_was_lost(top):
    assert top.rounds[-1]["self"]["lost"] == top.rounds[-1]["self"]["unpaired"] == 0


def test_it_ends_when_it_is_asked_to_not_by_accident(top):
    assert top.stop() in (0, 1)
