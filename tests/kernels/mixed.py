#!/usr/bin/env python3
"""Kernels whose SLUB gives each CPU a slab, and sheaves to some caches (6.18, 6.19). TAP."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / 'support'))
import matrix   # noqa: E402


def mixed(name):
    return matrix.Kernel(name, 'mixed', {'list moves'}, '___slab_alloc', grows='allocate_slab',
                         slab_frees='__free_slab')


if __name__ == '__main__':
    matrix.run(mixed('debian-6.18'), mixed('debian-6.19'))
