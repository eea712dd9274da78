#!/usr/bin/env python3
"""Links in the documentation lead somewhere: the file exists, and where the link's text is a name of the
code, `name()`, `struct name`, `enum name` or `NAME`, that file defines it. docs/refill.md names every step."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))
import tap  # noqa: E402

LINK = re.compile(r'\[([^\]]+)\]\(([^)\s]+)\)')
# The steps of the descriptions that refill.md goes through; each is to be linked to its definition.
STEPS = '''cache_alloc_refill check_irq_off numa_mem_id refill_batchcount get_node check_spinlock_acquired
    transfer_objects get_first_slab slab_get_obj slab_bufctl index_to_obj check_slabp fixup_slab_list
    cache_grow ac_get_obj cache_flusharray free_block slab_put_obj slabs_destroy cache_free_alien
    cache_reap drain_array kmem_cache_tune slab_slabinfo slab_slabinfo_write kmem_cache_get_stats'''.split()


def defined(name, text):
    """Whether C source text defines what a link calls it."""
    kind = re.fullmatch(r'(struct|enum) (\w+)', name)
    if kind:
        return re.search(rf'^{kind[1]} {kind[2]} \{{', text, re.M)
    function = re.fullmatch(r'(\w+)\(\)', name)
    if function:
        word = function[1]
        # At the line's beginning or after its type; a body follows the arguments, and no semicolon.
        return (re.search(rf'^(?:\w[\w \t*()]*[ *])?{word}\([^;{{}}]*\)\n\{{', text, re.M) or
                re.search(rf'^#define {word}\(', text, re.M))
    return re.search(rf'^(?:#define {name}\b|\t{name}(?:,| =))', text, re.M)


def wrong_links(path, text):
    wrong = []
    for name, target in LINK.findall(text):
        if '://' in target or target.startswith('#'):
            continue
        file = (path.parent / target.split('#')[0]).resolve()
        code = re.fullmatch(r'`([^`]+)`', name)
        if not file.exists():
            wrong.append(f'{path.name}: {target} does not exist')
        elif code and file.suffix in ('.c', '.h') and not defined(code[1], file.read_text()):
            wrong.append(f'{path.name}: {target} does not define {code[1]}')
    return wrong


def links(path):
    wrong = wrong_links(path, path.read_text())
    tap.need(not wrong, '\n'.join(wrong))


def finds_broken_links():
    good = '[`cache_grow()`](../alloc/refill.c) [`struct slab`](../alloc/structs.h) [`BUG_ON()`](../alloc/structs.h)'
    bad = ('[`cache_grow()`](../alloc/refill.h)', '[`cache_grow()`](../alloc/nothing.c)',
           '[`slabs_destroy()`](../alloc/refill.c)', '[`struct slab`](../alloc/slab.h)',
           '[`SLAB_NONE_SUCH`](../alloc/slab.h)', '[nothing](nothing.md)')
    path = ROOT / 'docs/refill.md'
    tap.need(not wrong_links(path, good), 'a good link was refused')
    for link in bad:
        tap.need(len(wrong_links(path, link)) == 1, f'{link} was taken')


def names_every_step():
    linked = {name for name, target in LINK.findall((ROOT / 'docs/refill.md').read_text())}
    missing = [step for step in STEPS if f'`{step}()`' not in linked]
    tap.need(not missing, 'not linked: ' + ', '.join(missing))


PAGES = sorted([*ROOT.glob('*.md'), *ROOT.glob('docs/*.md'), *ROOT.glob('tests/*/*.md')])
tap.run([('broken links are found', finds_broken_links), ('docs/refill.md names every step', names_every_step),
         *[(f'links of {page.relative_to(ROOT)}', lambda page=page: links(page)) for page in PAGES]])
