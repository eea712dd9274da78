"""Each header of bpf/ and vmlinux/ includes what it uses: it compiles alone."""
import os
import shlex
import subprocess

import pytest

from tests.support.build import ROOT

CLANG = shlex.split(os.environ.get('CLANG', 'clang'))


def flags():
    """The flags with which the Makefile compiles BPF programs."""
    make = subprocess.run(['make', '-s', '--eval', 'print-flags: ; @echo $(BPF_CFLAGS)', 'print-flags'], cwd=ROOT,
                          capture_output=True, text=True, check=True)
    return make.stdout.split()


def errors(text, options):
    """The errors of compiling a text in bpf/."""
    run = subprocess.run([*CLANG, *options, '-Ibpf', '-Werror', '-Wno-unused-function', '-fsyntax-only', '-x', 'c', '-'],
                         cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    return [line for line in run.stderr.splitlines() if 'error' in line]


@pytest.fixture(scope='module')
def options():
    return flags()


def test_each_header_compiles_alone(options):
    headers = sorted([*(ROOT / 'bpf').glob('*.h'), *(ROOT / 'vmlinux').glob('*.h')])
    wrong = [line for header in headers for line in errors(f'#include "{header.relative_to(ROOT)}"\n', options)]
    assert len(headers) > 20 and not wrong, '\n'.join([f'{len(headers)} headers', *wrong])


def test_a_header_that_lacks_an_include_is_found(options):
    lines = (ROOT / 'bpf/kernel_pair.bpf.h').read_text().splitlines(keepends=True)
    lacking = ''.join(line for line in lines if '"kernel_slow.bpf.h"' not in line)
    assert errors(lacking, options)
