#!/usr/bin/env python3
"""Whether the comparison with the model can fail: libslab is broken on purpose, in a copy, one way at
a time, and the comparison must find each of them. A mutant whose text is no longer in the sources, or
that does not compile, fails the test. About a minute. TAP."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))
import tap  # noqa: E402

OPERATIONS = '10000000'

# What is broken, the file, the text there (once, or all the same), what it becomes.
MUTANTS = (
    ('an untouched CPU gets one object too many', 'cache.h',
     '#define BATCHREFILL_LIMIT 16', '#define BATCHREFILL_LIMIT 17'),
    ('a refill never marks the CPU as touched', 'refill.c',
     '.touched, 1, __ATOMIC_RELAXED);', '.touched, 0, __ATOMIC_RELAXED);'),
    ('a refill stops after one slab', 'refill.c', 'while (batchcount > 0) {', 'if (batchcount > 0) {'),
    ('a grown slab is called a free one', 'refill.c', 'grown      ? SLAB_ORIGIN_GROWN',
     'grown      ? SLAB_ORIGIN_FREE'),
    ('the object that is handed out counts as pushed', 'refill.c', 'o->got - 1)', 'o->got)'),
    ('the shared array is not marked as touched', 'refill.c', 'n->shared->touched = 1;',
     'n->shared->touched = 0;'),
    ('after taking, slabs go to the end of their list', 'refill.c',
     'fixup_slab_list(s, n, slabp, false);', 'fixup_slab_list(s, n, slabp, true);'),
    ('a flush gives the shared array nothing', 'refill.c',
     'shared ? shared->limit - shared->avail : 0', 'shared && 0 ? 1 : 0'),
    ('a flush to the slabs gives one object too few', 'refill.c', 'flushed = batchcount;',
     'flushed = batchcount > 1 ? batchcount - 1 : 1;'),
    ('colours do not take turns', 'refill.c', 'n->colour_next = colour + 1 <',
     'n->colour_next = colour + 2 <'),
    ('free slabs come before partial ones', 'node.c', 'uint32_t page = n->slabs_partial.first;',
     'uint32_t page = n->slabs_free.first ? 0 : n->slabs_partial.first;'),
    ('objects leave the shared array at its wrong end', 'node.c',
     'from->entry + from->avail - nr, nr', 'from->entry, nr'),
    ('a slab that gets an object back goes to the head of its list', 'node.c',
     'fixup_slab_list(s, n, slabp, slabp->active != 0);', 'fixup_slab_list(s, n, slabp, false);'),
    ('a slab that became free stays on the partial list', 'node.c',
     'if (!slabp->active)\n\t\t\t\tfixup_slab_list(s, n, slabp, false);',
     'if (!slabp->active)\n\t\t\t\tfixup_slab_list(s, n, slabp, true);'),
    ('free_limit is passed by one object', 'node.c', 'if (n->free_objects > n->free_limit)',
     'if (n->free_objects > n->free_limit + 1)'),
    ('one slab too few goes back above free_limit', 'node.c',
     'n->free_objects - n->free_limit + cachep->num - 1)', 'n->free_objects - n->free_limit)'),
    ('free_limit forgets a CPU', 'node.c', '(1 + cpus) * (unsigned long)cachep->batchcount',
     'cpus * (unsigned long)cachep->batchcount'),
    ('the newest free slab is given back first', 'node.c',
     '&& n->slabs_free.last) {\n\t\tstruct slab *slabp = &slab_pages.slab[n->slabs_free.last];',
     '&& n->slabs_free.last) {\n\t\tstruct slab *slabp = &slab_pages.slab[n->slabs_free.first];'),
    ('the shared array holds one object more', 'node.c', 'cachep->shared * cachep->batchcount;',
     'cachep->shared * cachep->batchcount + 1;'),
    ('a fresh slab hands out its last object first', 'slab_desc.c',
     'set_free_obj(cachep, slabp->freelist, i, i);',
     'set_free_obj(cachep, slabp->freelist, i, cachep->num - 1 - i);'),
    ('slabs may waste a quarter', 'slab_desc.c', 'left * 8 <= bytes', 'left * 4 <= bytes'),
    ('shrinking forgets the shared arrays', 'cache.c', 'step_drain_shared(cachep, (int)node);',
     '(void)node;'),
)

directory = tempfile.TemporaryDirectory()
copy = Path(directory.name)
for name in ('alloc', 'tests/model'):
    shutil.copytree(ROOT / name, copy / name)
shutil.copy(ROOT / 'Makefile', copy)
PROGRAM = copy / 'build/tests/model/differential'


def build():
    # What make was told for the project's own build (a sanitizer, a directory) is not for this one.
    environment = {k: v for k, v in os.environ.items() if k not in ('MAKEFLAGS', 'MAKEOVERRIDES', 'B')}
    made = subprocess.run(['make', '-s', str(PROGRAM.relative_to(copy))], cwd=copy, text=True,
                          capture_output=True, env=environment)
    tap.need(made.returncode == 0, made.stdout + made.stderr)


def compare():
    return subprocess.run([PROGRAM, OPERATIONS, '1'], capture_output=True, text=True, timeout=60)


def unbroken():
    build()
    result = compare()
    tap.need(result.returncode == 0, result.stdout + result.stderr)


def broken(file, old, new):
    path = copy / 'alloc' / file
    text = path.read_text()
    tap.need(old in text, f'alloc/{file} no longer has: {old}')
    path.write_text(text.replace(old, new))
    try:
        build()
        result = compare()
        tap.need(result.returncode != 0, 'not found out')
        said = re.search(r'^(mismatch: .*|.*BUG.*)$', result.stderr, re.M)
        step = re.search(r'^at operation \d+', result.stderr, re.M)
        return ' '.join(match[0] for match in (said, step) if match) or f'exit {result.returncode}'
    finally:
        path.write_text(text)


tap.run([('as it is, it agrees with the model', unbroken)] +
        [(what, lambda mutant=mutant: broken(*mutant)) for what, *mutant in MUTANTS])
