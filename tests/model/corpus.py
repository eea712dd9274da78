"""The inputs that libFuzzer found worth keeping, run once each: libslab and the model must agree. They
are lines of hexadecimal text, a few thousand bytes a file.

    python3 -m tests.model.corpus --unpack DIR    writes them as libFuzzer wants them
    python3 -m tests.model.corpus --pack DIR      replaces them by what is in DIR (after: fuzz -merge=1 DIR OTHERS)
"""
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.build import BUILD

HERE = Path(__file__).resolve().parent

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


@pytest.mark.parametrize('path', sorted(CORPUS.glob('*.hex')), ids=lambda path: path.name)
def test_libslab_and_the_model_agree(path):
    result = subprocess.run([BUILD / 'tests/model/differential', '--input', path],
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    print(result.stdout)


if __name__ == '__main__':
    if sys.argv[1] == '--pack':
        pack(Path(sys.argv[2]))
    else:
        unpack(Path(sys.argv[2]))
