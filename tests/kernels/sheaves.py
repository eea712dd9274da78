#!/usr/bin/env python3
"""Kernels whose SLUB has sheaves in all caches (7.0 and later). TAP; one guest a kernel."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / 'support'))
import matrix   # noqa: E402


def sheaves(name):
    return matrix.Kernel(name, 'sheaves', {'list moves'}, '__pcs_replace_empty_main',
                         grows='allocate_slab', flushes='__pcs_replace_full_main',
                         slab_frees='__free_slab')


if __name__ == '__main__':
    matrix.run(sheaves('debian-7.0'), sheaves('debian-7.1'), sheaves('debian-7.2'),
               sheaves('debian-7.3'))
