# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""Running slabscope, and what every round of its JSON must have."""
import json
import subprocess

from tests.support.build import SLABSCOPE


def run(*arguments, prefix=(), timeout=60, **options):
    return subprocess.run([*prefix, SLABSCOPE, *arguments], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                          **options)


def start(*arguments, **options):
    return subprocess.Popen([SLABSCOPE, *arguments], stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


CACHE = {'name', 'aliases', 'object_size', 'objects', 'active_objects', 'cached_objects', 'slabs', 'bytes', 'limit',
         'batchcount', 'active_slabs', 'slab_pages', 'slabinfo_active', 'allocs', 'frees', 'hits', 'hit_rate', 'doubtful',
         'refills', 'bypasses', 'failed', 'grows', 'flushes', 'list_moves', 'slab_frees', 'origins', 'refill_ns',
         'refill_buckets', 'cpus'}


def check_round(line):
    r = json.loads(line)
    assert set(r) == {'schema', 'time', 'interval_s', 'self', 'kernel', 'reference'}, sorted(r)
    assert r['schema'] == 'slabscope.top/1', r['schema']
    assert set(r['kernel']) == {'release', 'allocator', 'probes', 'missing', 'inferred', 'caches'}, r['kernel']
    assert (set(r['self']) == {'cpu_percent', 'rss_bytes', 'bpf_ns_per_event',
                            'bpf_cpu_percent', 'unpaired', 'lost'}), r['self']
    for cache in r['kernel']['caches'] + [c for s in r['reference'] for c in s['caches']]:
        assert set(cache) == CACHE, sorted(CACHE ^ set(cache))
        known = all(cache[k] is not None for k in ('allocs', 'hits', 'refills', 'bypasses'))
        if known and cache['cpus']:
            assert cache['hits'] == sum(c['hits'] for c in cache['cpus']), cache
    return r


def steady(r):
    """The cache of the load that is hit most."""
    side, = r['reference']
    return next(c for c in side['caches'] if c['name'] == 'steady-64')
