#!/usr/bin/env python3
"""The inputs that libFuzzer found worth keeping, run once each: libslab and the model must agree. They
are hexadecimal text. TAP.

    corpus.py --unpack DIR    writes them as libFuzzer wants them
    corpus.py --pack DIR      replaces them by what is in DIR (after: fuzz -merge=1 DIR OTHERS)
"""
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import tap  # noqa: E402

BUILD = Path(os.environ.get('B') or HERE.parent.parent / 'build')
CORPUS = HERE / 'corpus'


def pack(directory):
    CORPUS.mkdir(exist_ok=True)
    for old in CORPUS.glob('*.hex'):
        old.unlink()
    for number, path in enumerate(sorted(directory.iterdir(), key=lambda path: path.stat().st_size)):
        text = path.read_bytes().hex()
        lines = [text[at:at + 96] for at in range(0, len(text), 96)]
        (CORPUS / f'{number:02}.hex').write_text('\n'.join(lines) + '\n')


def unpack(directory):
    for path in CORPUS.glob('*.hex'):
        (directory / path.stem).write_bytes(bytes.fromhex(path.read_text()))


def agree():
    inputs = sorted(CORPUS.glob('*.hex'))
    tap.need(inputs, 'there are no inputs')
    for path in inputs:
        result = subprocess.run([BUILD / 'tests/model/differential', '--input', path],
                                capture_output=True, text=True, timeout=60)
        tap.need(result.returncode == 0, f'{path.name}: {result.stdout}{result.stderr}')
    return f'{len(inputs)} inputs'


if sys.argv[1:2] == ['--pack']:
    pack(Path(sys.argv[2]))
elif sys.argv[1:2] == ['--unpack']:
    unpack(Path(sys.argv[2]))
else:
    tap.run([('libslab and the model agree on the fuzzer\'s inputs', agree)])
