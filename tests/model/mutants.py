"""Whether the comparison with the model can fail: libslab is broken on purpose, in a copy, one way at
a time, and the comparison must find each of them. A mutant whose text is no longer in the sources, or
that does not compile, fails the test. About a minute."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support.build import ROOT

OPERATIONS = '10000000'

# What is broken, the file, the text there (once, or all the same), what it becomes.
MUTANTS = (
    ('an untouched CPU gets one object too many', 'structs.h',
     '#define BATCHREFILL_LIMIT 16', '#define BATCHREFILL_LIMIT 17'),
    ('a refill never marks the CPU as touched', 'refill.c',
     '.touched, 1, __ATOMIC_RELAXED);', '.touched, 0, __ATOMIC_RELAXED);'),
    ('a refill stops after one slab', 'refill.c', 'while (batchcount > 0) {', 'if (batchcount > 0) {'),
    ('a grown slab is called a free one', 'refill.c', 'grown      ? SLAB_ORIGIN_GROWN',
     'grown      ? SLAB_ORIGIN_FREE'),
    ('the object that is handed out counts as pushed', 'refill.c', 'o->got - 1)', 'o->got)'),
    ('the shared array is not marked as touched', 'node.c', 'n->shared->touched = 1;',
     'n->shared->touched = 0;'),
    ('after taking, slabs go to the end of their list', 'refill.c',
     'fixup_slab_list(s, n, slabp, false);', 'fixup_slab_list(s, n, slabp, true);'),
    ('a flush gives the shared array nothing', 'node.c',
     'shared ? shared->limit - shared->avail : 0', 'shared && 0 ? 1 : 0'),
    ('a flush to the slabs gives one object too few', 'refill.c', 'given = batchcount - flushed;',
     'given = batchcount - flushed > 1 ? batchcount - flushed - 1 : 1;'),
    ('colours do not take turns', 'refill.c', 'n->colour_next = colour + 1 <',
     'n->colour_next = colour + 2 <'),
    ('free slabs come before partial ones', 'node.c', '*was_free = !slabp;',
     'if (n->slabs_free.first && !s->cachep->pfmemalloc_slabs) slabp = NULL; *was_free = !slabp;'),
    ('objects leave the shared array at its wrong end', 'refill.c',
     'objpp = shared->entry + shared->avail - nr;', 'objpp = shared->entry;'),
    ('ageing takes the newest objects of the shared array', 'node.c',
     'from->entry, nr * sizeof(void *));', 'from->entry + from->avail - nr, nr * sizeof(void *));'),
    ('a slab that gets an object back goes to the head of its list', 'node.c',
     'SLAB_LIST_PARTIAL, true, active - 1);', 'SLAB_LIST_PARTIAL, false, active - 1);'),
    ('a slab that became free stays on the partial list', 'node.c',
     'if (!slabp->active)\n\t\t\tslab_move(', 'if (!slabp->active && active == 1)\n\t\t\tslab_move('),
    ('free_limit is passed by one object', 'node.c', 'if (n->free_objects > n->free_limit)',
     'if (n->free_objects > n->free_limit + 1)'),
    ('one slab too few goes back above free_limit', 'node.c',
     'n->free_objects - n->free_limit + cachep->num - 1)', 'n->free_objects - n->free_limit)'),
    ('free_limit forgets a CPU', 'node.c', '(1 + cpus) * (unsigned long)cachep->batchcount',
     'cpus * (unsigned long)cachep->batchcount'),
    ('the newest free slab is given back first', 'node.c',
     '&& n->slabs_free.last) {\n\t\tstruct slab *slabp = &slab_pages.slab[n->slabs_free.last];',
     '&& n->slabs_free.last) {\n\t\tstruct slab *slabp = &slab_pages.slab[n->slabs_free.first];'),
    ('the shared array holds one object more', 'node.c', 'array_make(sharedfactor * batchcount,',
     'array_make(sharedfactor * batchcount + 1,'),
    ('a fresh slab hands out its last object first', 'slab_desc.c',
     'set_free_obj(index_size, freelist, i, i);',
     'set_free_obj(index_size, freelist, i, num - 1 - i);'),
    ('a chain begins at its second object', 'slab_desc.c', 'slabp->active = slabp->free = 0;',
     'slabp->active = 0, slabp->free = num > 1;'),
    ('an object that comes back to a chain goes behind the first one', 'slab_desc.h',
     'bufctl[index] = (kmem_bufctl_t)free;\n\treturn index;',
     'if (free >= 0xfffe)\n\t\treturn bufctl[index] = (kmem_bufctl_t)free, index;\n'
     '\tbufctl[index] = bufctl[free], bufctl[free] = (kmem_bufctl_t)index;\n\treturn free;'),
    ('slabs may waste a quarter', 'slab_desc.c', 'left * 8 <= bytes', 'left * 4 <= bytes'),
    ('shrinking forgets the shared arrays', 'cache.c', 'step_drain_shared(cachep, node, UINT32_MAX);',
     '(void)node;'),
    ('shrinking empties alien arrays into shared arrays that it has emptied', 'cache.c',
     'step_drain_aliens(cachep, node);', 'step_drain_aliens(cachep, (int)cachep->nr_nodes - 1 - node), '
     'step_drain_shared(cachep, node, 1);'),
    ('an alien array is emptied one object early', 'alien.c',
     'if (alien->avail < alien->limit)', 'if (alien->avail + (alien->limit > 1) < alien->limit)'),
    ('alien objects go home past the shared array', 'alien.c',
     'shared = put_to_shared(&on, n, objpp, nr);', 'shared = 0;'),
    ('a hit does not mark the CPU as touched', 'percpu.c',
     '__atomic_store_n(&ac->touched, 1, __ATOMIC_RELAXED);', ''),
    ('the reserve serves every task', 'percpu.c', '*only_reserve = !ac_find_obj(ac, avail);',
     '*only_reserve = false;'),
    ('the reserve\'s slabs serve every task', 'node.c', '!(s->flags & SLAB_MEMALLOC))\n\t\twhile',
     '!(s->flags & ~s->flags))\n\t\twhile (0)\n\t\t\twhile'),
    ('a refill without the reserve gives up before the shared array', 'refill.c',
     'return nr > 0;', 'return nr > s->cachep->limit;'),
    ('a refill that found only objects of the reserve gives up before the lists', 'refill.c',
     'if (!x && !node_has_objects(s, n) &&', 'if (!x && (force_refill || !node_has_objects(s, n)) &&'),
    ('memory of other nodes is taken from the last one first', 'refill.c',
     'step_on_node(s, node);', 'step_on_node(s, (int)cachep->nr_nodes - 1 - node);'),
    ('ageing takes a quarter', 'reap.c', '(limit + 4) / 5;', '(limit + 3) / 4;'),
    ('ageing takes from arrays that are in use', 'reap.c', 'touched, 0, __ATOMIC_RELAXED))',
     'touched, 0, __ATOMIC_RELAXED) && 0)'),
    ('ageing looks at the shared array in every pass', 'reap.c', 'if (n->reap_due) {', 'if (1) {'),
    ('ageing gives back free slabs that are wanted', 'reap.c', 'if (!touched)', 'if (1)'),
    ('tuning forgets free_limit', 'tune.c', 'node_adopt(cachep, node, plan);',
     '{ unsigned long was = n->free_limit; node_adopt(cachep, node, plan); n->free_limit = was; }'),
    ('taking past the arrays is not counted', 'step.c', '->bypasses, 1);', '->bypasses, 0);'),
)

PROGRAM = 'build/tests/model/differential'

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def copy():
    """A copy of what the comparison is built from."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        for name in ('alloc', 'tests/model'):
            shutil.copytree(ROOT / name, path / name)
        shutil.copy(ROOT / 'Makefile', path)
        shutil.copy(ROOT / 'tests/tests.mk', path / 'tests')
        (path / 'tests/unit').mkdir()
        shutil.copy(ROOT / 'tests/unit/unwatched.h', path / 'tests/unit')
        yield path


def build(copy):
    # What make was told for the project's own build (a sanitizer, a directory) is not for this one.
    environment = {k: v for k, v in os.environ.items() if k not in ('MAKEFLAGS', 'MAKEOVERRIDES', 'B')}
    made = subprocess.run(['make', '-s', 'CFLAGS=-O1', PROGRAM], cwd=copy, text=True, capture_output=True,
                          env=environment)
    assert made.returncode == 0, made.stdout + made.stderr


def compare(copy):
    return subprocess.run([copy / PROGRAM, OPERATIONS, '1'], capture_output=True, text=True, timeout=60)


def test_as_it_is_it_agrees_with_the_model(copy):
    build(copy)
    result = compare(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize('file, old, new', [pytest.param(*mutant, id=what) for what, *mutant in MUTANTS])
def test_a_mutant_is_found(copy, file, old, new):
    path = copy / 'alloc' / file
    text = path.read_text()
    assert old in text, f'alloc/{file} no longer has: {old}'
    path.write_text(text.replace(old, new))
    try:
        build(copy)
        result = compare(copy)
        assert result.returncode != 0, 'not found out'
        said = re.search(r'^(mismatch: .*|.*BUG.*)$', result.stderr, re.M)
        step = re.search(r'^at operation \d+', result.stderr, re.M)
        print(' '.join(match[0] for match in (said, step) if match) or f'exit {result.returncode}')
    finally:
        path.write_text(text)
