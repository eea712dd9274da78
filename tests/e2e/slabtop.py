"""slabscope in slabtop's place: -o beside slabtop -o on the same file, for each letter; its options."""
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support.build import SLABSCOPE

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
    'wider than the columns': table(
        ('a_name_that_is_longer_than_the_column', 1234567, 12345678, 4096, 8, 8, 1543210, 1543210),
        ('big', 123456789, 987654321, 100000, 1, 32, 987654321, 987654321),
        ('odd', 1, 3, 1, 3, 1, 1, 2)),
}


# What slabtop of procps 4.0.2 prints for the last of them; blanks at the ends of lines belong to it.
RECORDED = '\n'.join([
    ' Active / Total Objects (% used)    : 124691357 / 1000000002 (12.5%)',
    ' Active / Total Slabs (% used)      : 989197532 / 989197533 (100.0%)',
    ' Active / Total Caches (% used)     : 3 / 3 (100.0%)',
    ' Active / Total Size (% used)       : 12061265318.78K / 96499999997.16K (12.5%)',
    ' Minimum / Average / Maximum Object : 0.00K / 96.50K / 97.66K',
    '',
    '  OBJS ACTIVE  USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME                   ',
    '987654321 123456789  12%   97.66K 987654321        1 126419753088K big                    ',
    '12345678 1234567   9%    4.00K 1543210        8  49382720K a_name_that_is_longer_than_the_column',
    '     3      1  33%    0.00K      2        3         8K odd                    ',
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


def compare(text):
    if not shutil.which('slabtop'):
        pytest.skip('there is no slabtop')
    if '--human' in subprocess.run(['slabtop', '--help'], capture_output=True, text=True).stdout:
        pytest.skip('this slabtop prints another page: only the recorded one is compared')
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, 'slabinfo')
        path.write_text(text)
        rows = 0
        for options in [[], *(['-s', letter] for letter in LETTERS), ['--sort=c'],
                        ['--sort', 'n']]:
            for once in '-o', '--once':
                theirs = under(path, 'slabtop', once, *options)
                ours = under(path, SLABSCOPE, once, *options)
                rows += theirs.count('\n')
                # Of nothing at all, slabtop says that -nan% is used.
                theirs = theirs.replace('-nan%', '0.0%')
                assert ours == theirs, f'{options}: slabtop:\n{theirs}slabscope:\n{ours}'
        assert rows, 'slabtop printed nothing'
        print(f'{rows} lines compared')


@pytest.mark.root
def test_as_it_was_recorded(tmp_path):
    path = tmp_path / 'slabinfo'
    path.write_text(TABLES['wider than the columns'])
    assert under(path, SLABSCOPE, '-o') == RECORDED


@pytest.mark.root
@pytest.mark.parametrize('name', TABLES)
def test_as_slabtop(name):
    compare(TABLES[name])


@pytest.mark.root
def test_this_machines_table_as_slabtop():
    try:
        text = Path('/proc/slabinfo').read_text()
    except OSError as error:
        pytest.skip(str(error))
    compare(text)


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
                            (('-s',), 'value is missing'), (('-d', '0'), '0.1 to 3600')):
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
