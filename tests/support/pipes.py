# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""Commands whose output goes where it cannot."""
import os
import subprocess

from tests.support.build import SLABSCOPE


def run(arguments, stdout):
    return subprocess.run([SLABSCOPE, *arguments], stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
                          text=True, timeout=120)


def check_reader_may_leave(*arguments):
    """As 'slabscope ... | head' does: this is no failure, and nothing is said."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run(arguments, writer)
    finally:
        os.close(writer)
    assert done.returncode == 0 and not done.stderr, f'{arguments}: status {done.returncode}: {done.stderr}'


def check_full_disk_is_reported(*arguments):
    with open('/dev/full', 'w') as full:
        done = run(arguments, full)
    assert done.returncode == 1 and 'No space left' in done.stderr and done.stderr.count('\n') == 1, (
        f'{arguments}: status {done.returncode}: {done.stderr}')
