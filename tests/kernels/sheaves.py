#!/usr/bin/env python3
"""Kernels whose SLUB has sheaves in all caches (7.0 and later). TAP; one guest a kernel."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / 'support'))
import matrix   # noqa: E402


def sheaves(name):
    return matrix.Kernel(name, {
        'refills': ('__pcs_replace_empty_main', matrix.runs),
        'flushes': ('__pcs_replace_full_main', matrix.counts('flushes')),
        'grows': ('allocate_slab', matrix.counts('grows')),
        'slab frees': ('__free_slab', matrix.counts('slab_frees')),
        'large kmallocs': ('___kmalloc_large_node', matrix.large)}, matrix.TWICE)


if __name__ == '__main__':
    matrix.run(sheaves('debian-7.0'), sheaves('debian-7.1'), sheaves('debian-7.2'),
               sheaves('debian-7.3'))
