"""slabscope in slabtop's place: -o beside slabtop -o on the same file, for each letter; its options. It prints the page
of procps 4.0.5 and later, character for character; the older page has the same numbers."""
import random
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support.build import SLABSCOPE
from tests.support.newer_slabtop import is_newer, newer_slabtop
from tests.vm.kernel import KernelError

LETTERS = 'abclvnopsu'
HEAD = '''slabinfo - version: 2.1
# name <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables : slabdata
'''


def table(*rows):
    """Rows of name, active, objects, size, objects a slab, pages, active slabs, slabs."""
    return HEAD + ''.join(
        f'{name:<17} {" ".join(map(str, numbers[:5]))} : tunables 0 0 0 : slabdata '
        f'{" ".join(map(str, numbers[5:]))} 0\n' for name, *numbers in rows)


TABLES = {
    'equals keep their order': table(
        *((name, 10, 20, 128, 32, 1, 1, 1) for name in ('zz', 'a', 'B', 'b-b', 'b_b', 'aa', 'A')),
        ('small', 10, 20, 64, 64, 1, 1, 1)),
    'whole per cents': table(
        ('p50.1', 501, 1000, 8, 512, 1, 2, 2), ('p50.9', 509, 1000, 8, 512, 1, 2, 2),
        ('p99.99', 9999, 10000, 8, 512, 1, 20, 20), ('p100', 1000, 1000, 8, 512, 1, 2, 2),
        ('p0.9', 9, 1000, 8, 512, 1, 2, 2), ('over', 1001, 1000, 8, 512, 1, 2, 2)),
    'empty caches': table(
        ('empty', 0, 0, 64, 64, 1, 0, 0), ('idle', 0, 64, 64, 64, 1, 0, 1),
        ('used', 1, 64, 192, 21, 1, 1, 1)),
    'nothing but an empty cache': table(('empty', 0, 0, 64, 64, 1, 0, 0)),
    'sizes': table(
        ('under_a_KiB', 3, 7, 40, 102, 1, 0, 0), ('a_PiB', 9, 9, 1024, 1, 1 << 20, 1, 1 << 18),
        *((f's{n}', n - 1, n, 1024, 1, 1, n, n) for n in (
            1, 2, 3, 255, 256, 257, 2559, 2560, 2561, 25599, 25600, 26112, 26214, 26215, 262143, 262144, 2621440,
            26214400, 268435456))),
    'random': table(*((f'r{n}', n // 2, n, 1024, 1, 1 + n % 32, n, n) for n in (
        int(10 ** random.Random(i).uniform(0, 7.4)) for i in range(80)))), # slabtop counts in 32 bits
    'nearly whole per cents': table(
        *((f'r{i}', max(0, 7 * i * i * (i % 101) // 100 - i % 2), 7 * i * i, 64, 1, 1, 1, 1) for i in range(2, 300))),
    'wider than the columns': table(
        ('a_name_that_is_longer_than_the_column', 1234567, 12345678, 4096, 8, 8, 1543210, 1543210),
        ('big', 123456789, 987654321, 100000, 1, 32, 987654321, 987654321),
        ('odd', 1, 3, 1, 3, 1, 1, 2)),
}


# What slabtop of procps 4.0.7 prints for the last of them; blanks at the ends of lines belong to it.
RECORDED = '\n'.join([
    ' Active / Total Objects (% used)    : 124691357 / 1000000002 (12.5%)',
    ' Active / Total Slabs (% used)      : 989197532 / 989197533 (100.0%)',
    ' Active / Total Caches (% used)     : 3 / 3 (100.0%)',
    ' Active / Total Size (% used)       : 12061265318 / 96499999997 (12.5%)',
    ' Minimum / Average / Maximum Object : 0.00K / 96.50K / 97.66K',
    '',
    '    OBJS   ACTIVE  USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME                 ',
    '987654321 123456789  12%   97.66K 987654321        1 126419753088 big                    ',
    '12345678  1234567   9%    4.00K 1543210        8   49382720 a_name_that_is_longer_than_the_column',
    '       3        1  33%    0.00K      2        3          8 odd                    ',
    '',
])


def under(path, *command):
    """The command's output where /proc/slabinfo is that file."""
    done = subprocess.run(
        ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /proc/slabinfo && exec "$@"', str(path), *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    if 'mount:' in done.stderr or 'unshare:' in done.stderr:
        pytest.skip(done.stderr.strip().split('\n')[0])
    assert done.returncode == 0, f'{command}: exit status {done.returncode}: {done.stderr}'
    return done.stdout


EACH = [['-o'], ['-o', '--human'], ['--once', '-s', 'c']]
ALL = [*EACH, *(['-o', '-s', letter] for letter in LETTERS), ['-o', '--sort=c', '--human'], ['-o', '--sort', 'n']]


def compare(text, slabtop, options, as_ours):
    """Compares the pages of a text. as_ours makes ours of a page of slabtop."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, 'slabinfo')
        path.write_text(text)
        for each in options:
            # Of nothing at all, slabtop says that -nan% is used.
            theirs = as_ours(under(path, *slabtop, *each).replace('-nan%', '0.0%'))
            ours = under(path, SLABSCOPE, *each)
            assert theirs.count('\n') > 6 and ours == theirs, f'{each}: slabtop:\n{theirs}slabscope:\n{ours}'


def from_older(page):
    """Makes the newer page of an older one, which has the same numbers: K behind sizes, and other widths."""
    lines = []
    for line in page.splitlines():
        row = re.fullmatch(r' *(\d+) +(\d+) +(\d+%) +([\d.]+K) +(\d+) +(\d+) +(\d+)K (.*)', line)
        if row:
            line = '{:>8} {:>8} {:>4} {:>8} {:>6} {:>8} {:>10} {}'.format(*row.groups())
        elif 'CACHE SIZE' in line:
            line = re.sub('OBJS ACTIVE', '  OBJS   ACTIVE', line)[:-2]
        elif 'Size' in line:
            line = re.sub(r'(\d+)\.\d+K', r'\1', line)
        lines.append(line + '\n')
    return ''.join(lines)


@pytest.fixture(scope='module')
def newer():
    try:
        return newer_slabtop()
    except KernelError as error:
        pytest.skip(f'there is no newer slabtop: {error}')


@pytest.fixture(scope='module')
def older():
    if not shutil.which('slabtop') or is_newer(['slabtop']):
        pytest.skip('there is no slabtop older than procps 4.0.5')
    return ['slabtop']


def this_machines_table():
    try:
        return Path('/proc/slabinfo').read_text()
    except OSError as error:
        pytest.skip(str(error))


@pytest.mark.root
def test_as_it_was_recorded(tmp_path):
    path = tmp_path / 'slabinfo'
    path.write_text(TABLES['wider than the columns'])
    assert under(path, SLABSCOPE, '-o') == RECORDED


@pytest.mark.root
@pytest.mark.parametrize('name', [*TABLES, None])
def test_as_the_newer_slabtop(newer, name):
    text = TABLES[name] if name else this_machines_table()
    compare(text, newer, ALL if name in ('random', 'equals keep their order') else EACH, lambda page: page)


@pytest.mark.root
@pytest.mark.parametrize('name', [*TABLES, None])
def test_as_the_older_slabtop(older, name):
    text = TABLES[name] if name else this_machines_table()
    compare(text, older, [['-o'], ['--once', '-s', 'u']], from_older)


def run(*arguments):
    return subprocess.run([SLABSCOPE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, stdin=subprocess.DEVNULL)


def test_options():
    for option in '-h', '--help':
        done = run(option)
        assert done.returncode == 0 and 'Usage: slabscope' in done.stdout, done
    for option in '-V', '--version':
        done = run(option)
        assert done.returncode == 0 and done.stdout.startswith('slabscope '), done
    done = run('-d', '2', '-s', 'a', '-n', '1', '--batch')
    assert done.returncode == 0 and 'ALLOC/s' in done.stdout, done
    for arguments, said in ((('-o', '-d', '2'), '-o and -d'), (('-s', 'z'), 'a letter of slabtop'),
                            (('-o', '-s', 'HIT%'), 'with -o'), (('-o', '-b'), 'no other option'),
                            (('--human',), '--human requires -o'), (('-s',), 'value is missing'), (('-d', '0'), '0.1 to 3600')):
        done = run(*arguments)
        assert done.returncode == 2 and said in done.stderr and done.stderr.count('\n') == 1, done


@pytest.mark.root
def test_a_table_that_makes_no_sense():
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, 'slabinfo')
        path.write_text('no such table\n')
        try:
            under(path, SLABSCOPE, '-o')
        except AssertionError as error:
            assert 'exit status 1' in str(error) and '/proc/slabinfo' in str(error), error
            return
        pytest.fail('nonsense was printed')
