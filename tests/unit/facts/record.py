"""Records the facts of kernels for plan_recorded.c: boots each, and keeps what doctor says it found.

    python3 -m tests.unit.facts.record NAME...     kernels of tests/vm/kernel.py, or "host"
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.build import SLABSCOPE
from tests.vm import vm

HERE = Path(__file__).resolve().parent


def doctor(name):
    if name == 'host':
        return subprocess.run([SLABSCOPE, 'doctor', '--json'], capture_output=True, check=True).stdout
    result = vm.boot(name, {'/bin/slabscope': SLABSCOPE}, 'slabscope doctor --json >/out/doctor')
    return (result.out / 'doctor').read_bytes()


for kernel in sys.argv[1:]:
    facts = json.loads(doctor(kernel))['facts']
    symbols = facts.pop('symbols')
    rows = [f'"{key}": {json.dumps(value)}' for key, value in facts.items()]
    rows.append('"symbols": {\n' + ',\n'.join(f'"{key}": {json.dumps(value)}' for key, value in symbols.items()) + '\n}')
    (HERE / f'{kernel}.json').write_text('{\n' + ',\n'.join(rows) + '\n}\n')
    print(kernel, facts['release'])
