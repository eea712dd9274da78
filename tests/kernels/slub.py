"""Kernels whose SLUB gives each CPU a slab (to 6.17); one guest a kernel."""
import pytest

from tests.support import matrix

pytestmark = [pytest.mark.guest, pytest.mark.matrix]


def slub(name, large='___kmalloc_large_node'):
    return matrix.Kernel(name, {
        'refills': ('___slab_alloc', matrix.runs),
        'flushes': ('__slab_free', matrix.counts('flushes')),
        'grows': ('allocate_slab', matrix.counts('grows')),
        'slab frees': ('__free_slab', matrix.counts('slab_frees')),
        'large kmallocs': (large, matrix.large)})


@matrix.cases([slub('debian-5.10', 'kmalloc_order kmalloc_large_node'), slub('debian-6.1', '__kmalloc_large_node'),
                slub('debian-6.12'), slub('debian-6.16'), slub('debian-6.17')])
def test_kernel(case):
    matrix.run(case)
