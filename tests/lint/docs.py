"""Links in the documentation lead somewhere: the file exists, and where the link's text is a name of the
code, `name()`, `struct name`, `enum name` or `NAME`, that file defines it. docs/refill.md names every step.
What pages repeat of the code is true. The pictures of the screens are up to date."""
import re
import subprocess

import pytest

from tests.lint.includes import TABLE
from tests.support.build import BUILD, ROOT

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


def test_broken_links_are_found():
    good = '[`cache_grow()`](../alloc/refill.c) [`struct slab`](../alloc/structs.h) [`BUG_ON()`](../alloc/structs.h)'
    bad = ('[`cache_grow()`](../alloc/refill.h)', '[`cache_grow()`](../alloc/nothing.c)',
           '[`slabs_destroy()`](../alloc/refill.c)', '[`struct slab`](../alloc/slab.h)',
           '[`SLAB_NONE_SUCH`](../alloc/slab.h)', '[nothing](nothing.md)')
    path = ROOT / 'docs/refill.md'
    assert not wrong_links(path, good), 'a good link was refused'
    for link in bad:
        assert len(wrong_links(path, link)) == 1, f'{link} was taken'


def test_docs_refill_md_names_every_step():
    linked = {name for name, target in LINK.findall((ROOT / 'docs/refill.md').read_text())}
    missing = [step for step in STEPS if f'`{step}()`' not in linked]
    assert not missing, 'not linked: ' + ', '.join(missing)


PAGES = sorted([*ROOT.glob('*.md'), *ROOT.glob('docs/*.md'), *ROOT.glob('tests/*/*.md')])


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page):
    wrong = wrong_links(page, page.read_text())
    assert not wrong, '\n'.join(wrong)


def test_the_readme_is_short():
    assert len((ROOT / 'README.md').read_text().splitlines()) <= 150


# ---- what the pages repeat of the code is true -----------------------------------------------------------------

UPWARD = 'record replay compare rounds screen report'.split()


def arrows(table):
    """The lines of CONTRIBUTING's picture, from what each folder may use: all use base, system, model."""
    return {name: {other for other in table[name].split() if other not in ('base', 'system', 'model')}
            for name in UPWARD}


def test_contributing_shows_which_folder_may_use_which():
    text = (ROOT / 'CONTRIBUTING.md').read_text()
    shown = {line[1]: set(line[2].split()) for line in re.finditer(r'^   (\w+) +──► +((?:\w+ *)+)$', text, re.M)}
    shown.pop('command')
    assert shown == arrows(TABLE)
    bare = {name for name in TABLE if name not in ('base', 'system', 'model') and 'system' not in TABLE[name].split()}
    assert bare == {'replay', 'compare'}


def test_json_md_has_every_name_of_the_json():
    words = set(re.findall(r'\w+', (ROOT / 'docs/json.md').read_text()))
    missing = {f'{path.name}: {name}' for path in (ROOT / 'tool').rglob('*json*.c')
               for name in re.findall(r'"([a-z][a-z_0-9]+)"', path.read_text()) if name not in words}
    assert not missing, ', '.join(sorted(missing))


def test_the_manual_lists_every_column():
    titles = re.findall(r'\[COLUMN_\w+\] =\s*\{\s*"([^"]+)"', (ROOT / 'tool/screen/columns.c').read_text())
    listed = (ROOT / 'docs/slabscope.1.in').read_text().split('The columns of Caches are:\n')[1].split('.El\n')[0]
    words = set(' '.join(re.findall(r'^\.It (.*)', listed, re.M)).split()) - {','}
    assert len(titles) > 20 and words == set(titles), f'"The columns of Caches" of the manual: {words ^ set(titles)}'


# ---- pictures --------------------------------------------------------------------------------------------------

DEBIAN_PYTHON = '/usr/bin/python3'     # which has Debian's python3-rich


def test_screens_md_shows_every_picture():
    shown = set(re.findall(r'\(pictures/([\w-]+\.svg)\)', (ROOT / 'docs/screens.md').read_text()))
    assert shown == {path.name for path in (ROOT / 'docs/pictures').glob('*.svg')}


def test_pictures_are_up_to_date():
    rich = subprocess.run([DEBIAN_PYTHON, '-c', 'from importlib.metadata import version; print(version("rich"))'],
                          capture_output=True, text=True)
    if rich.returncode:
        pytest.skip('python3-rich is not installed')
    if f'python3-rich {rich.stdout.strip()} ' not in (ROOT / 'docs/pictures/caches.svg').read_text():
        pytest.skip('the pictures were drawn by another version of python3-rich')
    done = subprocess.run([DEBIAN_PYTHON, ROOT / 'docs/pictures/draw.py', '--check', BUILD / 'tests/unit/screens'],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_pictures_are_small():
    large = [path.name for path in (ROOT / 'docs/pictures').glob('*.svg') if path.stat().st_size >= 100_000]
    assert not large


# ---- English ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('words', [r'\b(nobody|whoever|somebody)\b',
                                   'is told|comes to the same|so much does|of that very'])
def test_words_that_plain_english_does_not_need(words):
    pages = [ROOT / 'README.md', *(path for top in ('docs', 'tool', 'alloc', 'bpf')
                                   for path in sorted((ROOT / top).rglob('*')) if path.is_file())]
    found = [f'{page.relative_to(ROOT)}:{number}: {line.strip()}' for page in pages
             for number, line in enumerate(page.read_text(errors='replace').splitlines(), 1)
             if re.search(words, line, re.I)]
    assert not found, '\n'.join(found)
