"""Kernels whose SLUB has sheaves in all caches (7.0 and later); one guest a kernel."""
import pytest

from tests.support import matrix

pytestmark = [pytest.mark.guest, pytest.mark.matrix]


def sheaves(name):
    return matrix.Kernel(name, {
        'refills': ('__pcs_replace_empty_main', matrix.runs),
        'flushes': ('__pcs_replace_full_main', matrix.counts('flushes')),
        'grows': ('allocate_slab', matrix.counts('grows')),
        'slab frees': ('__free_slab', matrix.counts('slab_frees')),
        'large kmallocs': ('___kmalloc_large_node', matrix.large)}, matrix.TWICE)


@matrix.cases(sheaves(name) for name in ('debian-7.0', 'debian-7.1', 'debian-7.2', 'debian-7.3'))
def test_kernel(case):
    matrix.run(case)
