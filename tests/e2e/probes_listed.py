"""Every probe is there for the usual tools: readelf -n and bpftrace -l, in the shared library and in a
static executable; and each has a semaphore and arguments that a tracer can read."""
import re
import subprocess

import pytest

from tests.support.build import BUILD

PROBES = {'refill_start': 4, 'refill_done': 8, 'grow': 8, 'list_move': 8, 'transfer': 6, 'flush': 6,
          'slab_destroy': 5, 'cache_create': 4, 'totals': 3, 'cache_destroy': 3, 'exit': 3,
          'reap': 4, 'shrink': 1, 'tune': 4, 'events': 6, 'inherited': 9, 'alloc': 6, 'free': 4, 'notes_lost': 3}
# What libbpf's parser takes: a register, a constant, or a register's memory with an offset.
ARGUMENT = re.compile(r'-?8@(%\w+|\$-?\d+|-?\d*\(%\w+\))$')


def note(binary):
    """Probe -> (semaphore, arguments), as readelf prints the notes."""
    text = subprocess.run(['readelf', '-n', binary], capture_output=True, text=True).stdout
    found = re.findall(r'Provider: slab\s+Name: (\w+)\s+Location: \w+, Base: \w+, Semaphore: (\w+)'
                       r'\s+Arguments: (.*)', text)
    return {name: (int(semaphore, 16), arguments.split()) for name, semaphore, arguments in found}


@pytest.mark.parametrize('name', ['libslab.so', 'slabscope'])
def test_probes_are_listed(check, name):
    binary = BUILD / name
    notes = note(binary)
    check(set(notes) == set(PROBES), 'readelf -n shows every probe', sorted(notes))
    check(all(semaphore for semaphore, _ in notes.values()), 'each has a semaphore')
    wrong = [name for name, (_, arguments) in notes.items()
             if len(arguments) != PROBES.get(name) or not all(map(ARGUMENT.match, arguments))]
    check(not wrong, 'arguments in number and form', wrong)
    listed = subprocess.run(['bpftrace', '-l', f'usdt:{binary}:slab:*'], capture_output=True,
                            text=True)
    names = {line.rsplit(':', 1)[-1] for line in listed.stdout.split()}
    check(names == set(PROBES), 'bpftrace -l shows every probe', listed.stdout,
          listed.stderr)
