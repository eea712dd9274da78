#!/usr/bin/python3
# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""Draws every screen of the tests' made-up machine as an SVG beside this file: `make pictures`.
tests/unit/screens writes the screens as ANSI text, python3-rich makes SVGs of them.
With --check it draws nothing, and exits with 1 where a picture is out of date."""
import argparse
import io
import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Span, Text

HERE = Path(__file__).resolve().parent
THEME = TerminalTheme((0, 0, 0), (0xdd, 0xdd, 0xdd), [(0, 0, 0)] * 8, [(0xff, 0xff, 0xff)] * 8)
# Rich's own format asks for a font by its address on the web. This one uses the reader's own.
FORMAT = '''<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<!-- make pictures; python3-rich ''' + version('rich') + ''' -->
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; }}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
'''


def screens_as_ansi(screens):
    """Returns the screens as {name: ANSI text}."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([screens], env={**os.environ, 'SCREENS_ANSI': folder}, cwd=HERE.parents[1],
                             stdout=subprocess.PIPE, text=True)
        texts = {path.stem: path.read_text() for path in sorted(Path(folder).glob('*.ansi')) if '-' not in path.stem}
    if not texts:
        sys.exit(f'draw.py: {screens} wrote no screen: {run.stdout}')
    return texts


def words_apart(line):
    """Returns the line as Text in which rich draws each word alone: blanks then need no exact font."""
    text = Text.from_ansi(line)
    text.spans += [Span(*word.span(), Style()) for word in re.finditer(r'\S+', text.plain)]
    return text


def svg(name, ansi):
    width = len(Text.from_ansi(ansi).plain.splitlines()[0])
    console = Console(record=True, file=io.StringIO(), width=width, force_terminal=True, color_system='truecolor',
                      legacy_windows=False)
    for line in ansi.splitlines():
        console.print(words_apart(line), overflow='crop', no_wrap=True, highlight=False)
    text = console.export_svg(title='slabscope', theme=THEME, code_format=FORMAT, font_aspect_ratio=0.602,
                              unique_id=name)
    text = re.sub(r' clip-path="[^"]*-line-\d+[^"]*"|<text[^>]*>\s*</text>', '', text)
    return ''.join(line.strip() + '\n' for line in text.replace('><', '>\n<').splitlines() if line.strip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--check', action='store_true')
    parser.add_argument('screens', nargs='?', default='build/tests/unit/screens')
    arguments = parser.parse_args()
    pictures = {f'{name}.svg': svg(name, ansi) for name, ansi in screens_as_ansi(Path(arguments.screens).resolve()).items()}
    kept = {path.name: path.read_text() for path in HERE.glob('*.svg')}
    if arguments.check:
        stale = sorted(name for name in pictures.keys() | kept.keys() if pictures.get(name) != kept.get(name))
        if stale:
            sys.exit(f'out of date: {" ".join(stale)}; run make pictures')
        return
    for name in kept.keys() - pictures.keys():
        (HERE / name).unlink()
    for name, text in pictures.items():
        (HERE / name).write_text(text)


main()
