#!/usr/bin/env python3
"""Kernels whose SLUB gives each CPU a slab (to 6.17). TAP; one guest a kernel."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / 'support'))
import matrix   # noqa: E402


def slub(name, *unseen):
    return matrix.Kernel(name, 'slub', {'list moves', *unseen}, '___slab_alloc',
                         grows='allocate_slab', flushes='__slab_free', slab_frees='__free_slab')


if __name__ == '__main__':
    matrix.run(slub('debian-6.1'), slub('debian-6.12'), slub('debian-6.17'))
