"""Who may use whom: alloc/ knows nothing of the rest, vmlinux/ neither, bpf/ knows vmlinux/, tool/ knows bpf/ and
alloc/ by its public headers. Inside tool/ a folder uses itself and those that TABLE names, by includes and by calls.
No file includes itself in a circle, one file includes ncurses, and only some folders know libbpf."""
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.build import BUILD, ROOT

FOLDERS = ('alloc', 'vmlinux', 'bpf', 'tool')
MAY = {'alloc': set(), 'vmlinux': set(), 'bpf': {'vmlinux'}, 'tool': {'bpf', 'alloc'}}
PUBLIC = {'slab.h', 'slab_registry.h', 'slab_ring.h', 'virtual.h', 'measure.h'}
SOURCES = 'base system model kernel reference trace'
TABLE = {
    'base': '', 'system': 'base', 'model': 'base system',
    'kernel': 'base system model', 'reference': 'base system model', 'trace': 'base system model',
    'rounds': SOURCES, 'replay': 'base model trace', 'record': SOURCES,
    'compare': 'base model trace replay record', 'screen': 'base system model compare',
    'report': 'base system model screen',
}
TABLE['command'] = ' '.join(TABLE)
LIBBPF = {'kernel', 'reference', 'record', 'system', 'command'}


def sources(root):
    return {p.relative_to(root): p.read_text() for d in FOLDERS for p in sorted((root / d).rglob('*.[ch]'))}


def resolve(files, path, name):
    """The project's own file that an include names, or None."""
    for candidate in (path.parent / name, Path(name), Path('tool') / name, Path('alloc') / name, Path('vmlinux') / name,
                      Path('bpf') / name):
        candidate = Path(os.path.normpath(candidate))
        if candidate in files:
            return candidate
    return None


def includes(files):
    graph = {}
    for path, text in files.items():
        names = re.findall(r'^\s*#\s*include\s+["<]([^">]+)[">]', text, re.M)
        graph[path] = {found for found in (resolve(files, path, name) for name in names) if found}
    return graph


def folder(path):
    return path.parts[1] if len(path.parts) > 2 else None


def against_table(pairs, verb):
    """What is not in the table, of pairs of files of tool/."""
    wrong = []
    for a, b in sorted(pairs):
        if folder(a) != folder(b) and folder(b) not in TABLE.get(folder(a), '').split():
            wrong.append(f'{a} {verb} {b}')
    return wrong


def wrong_includes(files):
    graph = includes(files)
    return against_table(((a, b) for a, bs in graph.items() if a.parts[0] == 'tool' for b in bs
                          if b.parts[0] == 'tool'), 'includes')


def calls(build):
    """Pairs of sources of tool/: whose object needs a symbol, and whose defines it."""
    objects = [p for p in (build / 'tool').rglob('*.o') if p.with_suffix('.c').relative_to(build) in FILES]
    defined, needed = {}, []
    text = subprocess.run(['nm', '-A', *objects], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        path, rest = line.split(':', 1)
        source = Path(path).with_suffix('.c').relative_to(build)
        kind, name = rest.split()[-2:]
        if kind == 'U':
            needed.append((source, name))
        elif kind.isupper():
            defined[name] = source
    return len(objects), {(a, defined[name]) for a, name in needed if name in defined}


def cycle(graph):
    done = set()

    def visit(path, trail):
        if path in trail:
            return trail[trail.index(path):] + [path]
        if path in done:
            return None
        for other in graph[path]:
            found = visit(other, trail + [path])
            if found:
                return found
        done.add(path)
        return None
    return next(filter(None, (visit(path, []) for path in graph)), None)


FILES = sources(ROOT)


@pytest.fixture(scope='module')
def graph():
    return includes(FILES)


@pytest.fixture(scope='module')
def called():
    """How many objects of tool/ there are, and their calls of each other."""
    return calls(BUILD)


@pytest.mark.parametrize('top', FOLDERS)
def test_a_folder_includes_only_what_it_may(graph, top):
    wrong = [f'{a} includes {b}' for a, bs in graph.items() if a.parts[0] == top for b in bs
             if b.parts[0] != top and b.parts[0] not in MAY[top]]
    assert not wrong, '\n'.join(wrong)


def test_tool_knows_alloc_by_its_public_headers(graph):
    wrong = [f'{a} includes {b}' for a, bs in graph.items() if a.parts[0] == 'tool' for b in bs
             if b.parts[0] == 'alloc' and b.name not in PUBLIC]
    assert not wrong, '\n'.join(wrong)


def test_tool_has_the_folders_of_the_table_and_nothing_else():
    folders = {p.name for p in (ROOT / 'tool').iterdir()}
    assert folders == set(TABLE), folders ^ set(TABLE)


def test_includes_of_tool_follow_the_table():
    wrong = wrong_includes(FILES)
    assert not wrong, '\n'.join(wrong)


def test_calls_of_tool_follow_the_table(called):
    objects, pairs = called
    wrong = against_table(pairs, 'calls')
    assert objects > 100 and len(pairs) > 100 and not wrong, '\n'.join([f'{objects} objects', *wrong])


HERE, THERE = Path('tool/screen/header.c'), Path('tool/base/header.c')


def test_a_file_moved_to_a_wrong_folder_is_found():
    moved = {THERE if path == HERE else path: text for path, text in FILES.items()}
    wrong = wrong_includes(moved)
    assert any(line.startswith(f'{THERE} includes ') for line in wrong), '\n'.join(wrong)


def test_so_are_its_calls(called):
    moved = {(THERE if a == HERE else a, THERE if b == HERE else b) for a, b in called[1]}
    assert against_table(moved, 'calls')


def test_no_file_includes_itself_in_a_circle(graph):
    found = cycle(graph)
    assert not found, ' -> '.join(map(str, found))


def test_one_file_includes_ncurses():
    curses = [str(p) for p, text in FILES.items() if re.search(r'#\s*include\s+<(n?curses)', text)]
    assert curses == ['tool/screen/tui.c'], curses


def test_only_sources_know_libbpf():
    bpf = [str(p) for p, text in FILES.items() if p.parts[0] == 'tool' and folder(p) not in LIBBPF and
           re.search(r'#\s*include\s+(<bpf/|".*\.skel\.h")', text)]
    assert not bpf, bpf
