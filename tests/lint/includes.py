#!/usr/bin/env python3
"""Who may use whom: alloc/ knows nothing of the rest, vmlinux/ neither, bpf/ knows vmlinux/, tool/ knows bpf/ and
alloc/ by its public headers. Inside tool/ a folder uses itself and those that TABLE names, by includes and by calls.
No file includes itself in a circle, one file includes ncurses, and only some folders know libbpf."""
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))
import tap  # noqa: E402
from tap import check as ok  # noqa: E402

BUILD = ROOT / os.environ.get('BUILD', 'build')
FOLDERS = ('alloc', 'vmlinux', 'bpf', 'tool')
MAY = {'alloc': set(), 'vmlinux': set(), 'bpf': {'vmlinux'}, 'tool': {'bpf', 'alloc'}}
PUBLIC = {'slab.h', 'slab_registry.h', 'virtual.h', 'measure.h'}
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


def main():
    graph = includes(FILES)
    for top in FOLDERS:
        wrong = [f'{a} includes {b}' for a, bs in graph.items() if a.parts[0] == top for b in bs
                 if b.parts[0] != top and b.parts[0] not in MAY[top]]
        ok(not wrong, f'{top}/ includes only what it may', *wrong)
    wrong = [f'{a} includes {b}' for a, bs in graph.items() if a.parts[0] == 'tool' for b in bs
             if b.parts[0] == 'alloc' and b.name not in PUBLIC]
    ok(not wrong, 'tool/ knows alloc/ by its public headers', *wrong)

    folders = {p.name for p in (ROOT / 'tool').iterdir()}
    ok(folders == set(TABLE), 'tool/ has the folders of the table and nothing else', folders ^ set(TABLE))
    wrong = wrong_includes(FILES)
    ok(not wrong, 'includes of tool/ follow the table', *wrong)
    objects, pairs = calls(BUILD)
    wrong = against_table(pairs, 'calls')
    ok(objects > 100 and len(pairs) > 100 and not wrong, 'calls of tool/ follow the table', f'{objects} objects',
       *wrong)

    # The same check finds a file that lies in a wrong folder.
    here, there = Path('tool/screen/header.c'), Path('tool/base/header.c')
    moved = {there if path == here else path: text for path, text in FILES.items()}
    wrong = wrong_includes(moved)
    ok(any(line.startswith(f'{there} includes ') for line in wrong), 'a file moved to a wrong folder is found', *wrong)
    moved = {(there if a == here else a, there if b == here else b) for a, b in pairs}
    ok(against_table(moved, 'calls'), 'so are its calls')

    found = cycle(graph)
    ok(not found, 'no file includes itself in a circle', ' -> '.join(map(str, found or [])))
    curses = [str(p) for p, text in FILES.items() if re.search(r'#\s*include\s+<(n?curses)', text)]
    ok(curses == ['tool/screen/tui.c'], 'one file includes ncurses', curses)
    bpf = [str(p) for p, text in FILES.items() if p.parts[0] == 'tool' and folder(p) not in LIBBPF and
           re.search(r'#\s*include\s+(<bpf/|".*\.skel\.h")', text)]
    ok(not bpf, 'only sources know libbpf', *bpf)
    tap.finish()


main()
