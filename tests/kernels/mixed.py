"""Kernels whose SLUB gives each CPU a slab, and sheaves to some caches (6.18, 6.19)."""
import pytest

from tests.support import matrix

pytestmark = [pytest.mark.guest, pytest.mark.matrix]


def of_sheaves(snapshot):
    return sum(matrix.total(snapshot, 'refills', name) + matrix.origin(snapshot, 'failed', name)
               for name in ('vm_area_struct', 'maple_node'))


# No kprobe fits on ___slab_alloc there, so that only refills of sheaves have an oracle.
def mixed(name):
    return matrix.Kernel(name, {
        'refills of sheaves': ('__pcs_replace_empty_main', of_sheaves),
        'grows': ('allocate_slab', matrix.counts('grows')),
        'slab frees': ('__free_slab', matrix.counts('slab_frees')),
        'large kmallocs': ('___kmalloc_large_node', matrix.large)})


@matrix.cases([mixed('debian-6.18'), mixed('debian-6.19')])
def test_kernel(case):
    matrix.run(case)
