#!/usr/bin/env python3
"""Each header of bpf/ and vmlinux/ includes what it uses: it compiles alone."""
import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))
import tap  # noqa: E402
from tap import check as ok  # noqa: E402

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


def main():
    options = flags()
    headers = sorted([*(ROOT / 'bpf').glob('*.h'), *(ROOT / 'vmlinux').glob('*.h')])
    wrong = [line for header in headers for line in errors(f'#include "{header.relative_to(ROOT)}"\n', options)]
    ok(len(headers) > 20 and not wrong, 'each header compiles alone', f'{len(headers)} headers', *wrong)

    lines = (ROOT / 'bpf/kernel_pair.bpf.h').read_text().splitlines(keepends=True)
    lacking = ''.join(line for line in lines if '"kernel_slow.bpf.h"' not in line)
    ok(errors(lacking, options), 'a header that lacks an include is found')
    tap.finish()


main()
