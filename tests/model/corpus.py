#!/usr/bin/env python3
"""The inputs that libFuzzer found worth keeping, run once each: libslab and the model must agree. They
are lines of hexadecimal text, a few thousand bytes a file. TAP.

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
    files = ['']
    for path in sorted(directory.iterdir(), key=lambda path: path.stat().st_size):
        line = path.read_bytes().hex() + '\n'
        if len(files[-1]) + len(line) > 8000:
            files.append('')
        files[-1] += line
    for number, text in enumerate(files):
        (CORPUS / f'{number:02}.hex').write_text(text)


def unpack(directory):
    for path in CORPUS.glob('*.hex'):
        for number, line in enumerate(path.read_text().split()):
            (directory / f'{path.stem}-{number:03}').write_bytes(bytes.fromhex(line))


def agree(path):
    result = subprocess.run([BUILD / 'tests/model/differential', '--input', path],
                            capture_output=True, text=True, timeout=60)
    tap.need(result.returncode == 0, result.stdout + result.stderr)
    return result.stdout


if sys.argv[1:2] == ['--pack']:
    pack(Path(sys.argv[2]))
elif sys.argv[1:2] == ['--unpack']:
    unpack(Path(sys.argv[2]))
else:
    tap.run([(f'libslab and the model agree: {path.name}', lambda path=path: agree(path))
             for path in sorted(CORPUS.glob('*.hex'))])
