#!/usr/bin/env python3
"""Kernels whose SLUB gives each CPU a slab (to 6.17). TAP; one guest a kernel."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / 'support'))
import matrix   # noqa: E402


def slub(name, large='___kmalloc_large_node'):
    return matrix.Kernel(name, {
        'refills': ('___slab_alloc', matrix.runs),
        'flushes': ('__slab_free', matrix.counts('flushes')),
        'grows': ('allocate_slab', matrix.counts('grows')),
        'slab frees': ('__free_slab', matrix.counts('slab_frees')),
        'large kmallocs': (large, matrix.large)})


if __name__ == '__main__':
    matrix.run(slub('debian-6.1', '__kmalloc_large_node'), slub('debian-6.12'), slub('debian-6.17'))
