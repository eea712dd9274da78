#!/usr/bin/env python3
"""Who may include whom: alloc/ knows nothing of the rest, vmlinux/ neither, bpf/ knows vmlinux/,
tool/ knows bpf/ and alloc/ by its public headers; inside a folder there is no cycle; only one file
includes ncurses, and only sources and their parts include libbpf."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))
import tap  # noqa: E402
from tap import check as ok  # noqa: E402

FOLDERS = ('alloc', 'vmlinux', 'bpf', 'tool')
MAY = {'alloc': set(), 'vmlinux': set(), 'bpf': {'vmlinux'}, 'tool': {'bpf', 'alloc'}}
PUBLIC = {'slab.h', 'slab_registry.h', 'virtual.h', 'measure.h'}

files = {p.relative_to(ROOT): p.read_text() for d in FOLDERS for p in sorted((ROOT / d).glob('*.[ch]'))}
where = {}
for path in files:
    where.setdefault(path.name, []).append(path)


def included(path):
    """The project's own files that a file includes, as paths."""
    for name in re.findall(r'^\s*#\s*include\s+["<]([^">]+)[">]', files[path], re.M):
        base = Path(name).name
        if base.endswith('.skel.h'):
            continue
        here = Path(path.parent, base)
        if name.startswith('../') or '/' in name:
            parts = [p for p in Path(name).parts if p != '..']
            candidate = Path(*parts)
            if candidate in files:
                yield candidate
        elif here in files:
            yield here
        else:
            others = where.get(base, [])
            if others and not (name == 'bpf/bpf_helpers.h'):
                yield others[0]


graph = {path: set(included(path)) for path in files}
for folder in FOLDERS:
    wrong = [f'{a} includes {b}' for a, bs in graph.items() if a.parts[0] == folder for b in bs
             if b.parts[0] != folder and b.parts[0] not in MAY[folder]]
    ok(not wrong, f'{folder}/ includes only what it may', *wrong)
wrong = [f'{a} includes {b}' for a, bs in graph.items() if a.parts[0] == 'tool' for b in bs
         if b.parts[0] == 'alloc' and b.name not in PUBLIC]
ok(not wrong, 'tool/ knows alloc/ by its public headers', *wrong)


def cycle():
    state = {}

    def visit(path, trail):
        if state.get(path) == 'done':
            return None
        if path in trail:
            return trail[trail.index(path):] + [path]
        for other in graph[path]:
            found = visit(other, trail + [path])
            if found:
                return found
        state[path] = 'done'
        return None
    for path in graph:
        found = visit(path, [])
        if found:
            return found
    return None


found = cycle()
ok(not found, 'no file includes itself in a circle', ' -> '.join(map(str, found or [])))
curses = [str(p) for p, text in files.items() if re.search(r'#\s*include\s+<(n?curses)', text)]
ok(len(curses) == 1, 'one file includes ncurses', curses)
allowed = re.compile(r'tool/(source_|kernel_|reference_|record_|targets|facts|types|privileges|main)')
bpf = [str(p) for p, text in files.items() if p.parts[0] == 'tool' and
       re.search(r'#\s*include\s+(<bpf/|".*\.skel\.h")', text) and not allowed.match(str(p))]
ok(not bpf, 'only sources know libbpf', *bpf)
tap.finish()
