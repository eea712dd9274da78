"""Each header of bpf/ and vmlinux/ compiles alone; all variants of the object have the variables that the tool maps."""
import os
import re
import shlex
import subprocess

import pytest

from tests.support.build import BUILD, ROOT

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


def variables(variant):
    """{name: (address, size)} of the global variables in an object's .bss and .rodata, which its skeleton maps."""
    path = BUILD / f'bpf/{variant}.bpf.o'
    sections = subprocess.run(['readelf', '-SW', path], capture_output=True, text=True, check=True).stdout
    mapped = {number for number, name in re.findall(r'^ *\[ *(\d+)\] (\.bss|\.rodata) ', sections, re.M)}
    symbols = subprocess.run(['readelf', '-sW', path], capture_output=True, text=True, check=True).stdout
    return {name: (address, size) for address, size, section, name in
            re.findall(r'^ *\d+: ([0-9a-f]+) +(\d+) OBJECT +GLOBAL +DEFAULT +(\d+) (\w+)$', symbols, re.M)
            if section in mapped}


@pytest.mark.parametrize('variant', ['kernel_untyped', 'kernel_old'])
def test_a_variant_has_the_same_variables(variant):
    wanted = variables('kernel')
    assert len(wanted) > 10 and variables(variant) == wanted
