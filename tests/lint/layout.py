"""The layout of C: clang-format changes nothing, except in files that are laid out by hand."""
import shutil
import subprocess

import pytest

from tests.support.build import ROOT


def c_files():
    """The files that `make format` lays out: the Makefile's list."""
    make = subprocess.run(['make', '-s', '--eval', 'print-files: ; @echo $(FORMATTED)', 'print-files'], cwd=ROOT,
                          capture_output=True, text=True, check=True)
    return make.stdout.split()


def complaints(*arguments, text=None):
    """The names of the files that clang-format would change."""
    run = subprocess.run(['clang-format', '--dry-run', '-Werror', *arguments], cwd=ROOT, input=text,
                         capture_output=True, text=True, check=False)
    return sorted({line.split(':')[0] for line in run.stderr.splitlines() if ': error:' in line})


@pytest.fixture(autouse=True)
def needs_clang_format():
    if not shutil.which('clang-format'):
        pytest.skip('needs clang-format')


def test_clang_format_changes_nothing():
    files = c_files()
    wrong = complaints(*files)
    assert len(files) > 300 and not wrong, ' '.join(['run `make format`; it changes', *wrong])


def test_a_line_out_of_place_is_found():
    assert complaints('--assume-filename=x.c', text='int f(void)\n{\n    return 0;\n}\n')


def test_no_line_is_over_100_columns():
    """clang-format does not wrap comments."""
    files = [path for name in ('alloc', 'bpf', 'vmlinux', 'tool', 'tests') for path in (ROOT / name).rglob('*.[ch]')]
    wrong = [f'{path.relative_to(ROOT)}:{number}' for path in sorted(files)
             for number, line in enumerate(path.read_text().expandtabs(8).splitlines(), 1) if len(line) > 100]
    assert len(files) > 300 and not wrong, '\n'.join(wrong)
