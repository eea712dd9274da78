"""The command line: usage errors, a pipe, a full disk, privileges, JSON of a real run."""
import os
import re
import shutil
import subprocess
import tempfile

import pytest

from tests.support.build import SLABSCOPE
from tests.support.rounds import check_round, run, steady


def usage(*arguments, says=()):
    """One line on stderr that says all of this, nothing on stdout, status 2."""
    p = run(*arguments)
    line = p.stderr
    assert p.returncode == 2, f'{arguments}: status {p.returncode}: {line}'
    assert p.stdout == '', f'{arguments}: on stdout: {p.stdout}'
    assert line.startswith('slabscope: ') and line.count('\n') == 1, f'{arguments}: {line}'
    for text in says:
        assert text in line, f"{arguments}: no '{text}' in: {line}"


def command_names():
    """The commands that `slabscope help` lists, as an error message lists them."""
    names = re.findall(r'^  ([a-z]+)  ', run('help').stdout.split('Commands:\n')[1], re.M)
    return ', '.join(names[:-1]) + ' and ' + names[-1]


def test_unknown_options_and_commands():
    usage('--no-such-option', says=('--no-such-option', '--help'))
    usage('top', '--no-such-option', says=('slabscope top --help',))
    usage('top', '-x', says=('-x',))
    usage('demo', '--jsom', says=('--jsom', 'slabscope demo --help'))
    usage('doctor', '-d', '1', says=('slabscope doctor --help',))
    usage('topp', says=("'topp'", command_names()))
    usage('help', 'topp', says=("'topp'", command_names()))
    usage('top', '--max-size', '1M', says=('--max-size requires --log',))
    usage('top', 'extra', says=('extra', 'not expected'))
    usage('top', '-d', says=('-d', 'missing'))
    usage('top', '--json=yes', says=('takes no value',))
    usage('top', '--speed', '2', says=('--speed requires --from',))
    usage('top', '--from', '/tmp', '--speed', '0', says=('--speed 0', '0.01 to 10000'))
    usage('top', '--from', '/tmp', '--callers', says=('--from excludes',))
    usage('demo', '--from', '/tmp', says=('--from', 'there is no such option'))
    usage('replay', '/tmp', '--threads', '--sweep', 'limit=8', says=('--sweep and --threads exclude',))
    usage('replay', '/tmp', '--repeat', '3', says=('--repeat requires --threads',))
    usage('replay', '/tmp', '--threads', '--repeat', '0', says=('--repeat 0', '1 to 1000'))
    usage('top', '--batch', '--json', says=('--json and --csv exclude',))


def test_numbers_out_of_range():
    for value in ('0', '-1', '0.05', '3601', 'x', '', '1s', 'nan', 'inf', '0x10', '1e99', ' 1'):
        usage('top', '-d', value, says=('-d', 'from 0.1 to 3600'))
    for value in ('0', '-3', '1.5', 'many', '99999999999'):
        usage('top', '-n', value, says=('-n',))
    for value in ('0', '-1', 'init', '99999999999', '1.5'):
        usage('top', '-p', value, says=('-p',))


def test_a_process_that_is_not_there():
    p = run('top', '--json', '-n', '1', '-p', str(2**22 - 7))
    assert p.returncode == 1, f'status {p.returncode}: {p.stderr}'
    assert p.stdout == '' and p.stderr.count('\n') == 1, p.stdout + p.stderr
    assert str(2**22 - 7) in p.stderr, p.stderr


def test_help_and_version():
    for arguments in (['--help'], ['top', '--help'], ['demo', '--help'], ['doctor', '--help'], ['help'], ['help', 'record']):
        p = run(*arguments)
        assert p.returncode == 0 and p.stderr == '', f'{arguments}: {p.returncode} {p.stderr}'
        wide = [line for line in p.stdout.splitlines() if len(line) > 80]
        assert not wide, '\n'.join(wide)
        assert p.stdout.startswith('Usage: slabscope'), p.stdout
    for word in ('top', 'demo', 'doctor', '--help'):
        assert word in run('--help').stdout, word
    for word in ('--batch', '--json', '--rounds=COUNT', '--delay=SECONDS', '--pid=PID', 'n/a'):
        assert word in run('top', '--help').stdout, word
    assert run('--version').stdout.startswith('slabscope '), run('--version').stdout


def test_rounds_of_json():
    p = run('demo', '--json', '-n', '3', '-d', '0.3')
    assert p.returncode == 0 and p.stderr == '', f'{p.returncode} {p.stderr}'
    rounds = [check_round(line) for line in p.stdout.splitlines()]
    assert len(rounds) == 3, f'{len(rounds)} rounds'
    for r in rounds:
        assert 0.2 < r['interval_s'] < 3, r['interval_s']
        c = steady(r)
        assert c['allocs'] > 1000 and c['hits'] > 0 and c['refills'] > 0, c
        assert c['allocs'] == c['hits'] + c['refills'] + c['bypasses'], c
        assert 0.5 < c['hit_rate'] < 1, c['hit_rate']
        assert sum(v for k, v in c['origins'].items() if k != 'failed') == c['refills'], c
    assert len({r['time'] for r in rounds}) == 3, 'the time stands still'


def test_the_demo_in_a_pipe():
    p = run('demo')
    assert p.returncode == 0 and p.stderr == '', f'{p.returncode} {p.stderr}'
    assert p.stdout.count('slabscope  ') == 3, p.stdout
    assert p.stdout.count('reference  slabscope-load') == 3, p.stdout
    assert p.stdout.count('\nkernel ') == 3 and 'steady-64' in p.stdout, p.stdout
    assert '\x1b' not in p.stdout, 'escape sequences in a pipe'


def test_a_full_disk():
    with open('/dev/full', 'w') as full:
        p = subprocess.run([SLABSCOPE, 'top', '--json', '-n', '1', '-d', '0.1'], stdout=full,
                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60)
    assert p.returncode == 1 and 'No space left' in p.stderr and p.stderr.count('\n') == 1, (
        f'{p.returncode} {p.stderr}')


@pytest.mark.parametrize('command', ['--help', '--version', '--usage', 'help', 'doctor', 'doctor --json',
                                     'top --batch -n 1 -d 0.1'])
def test_output_that_finds_no_room(tmp_path, command):
    script = f'ulimit -f 0; {SLABSCOPE} {command} > {tmp_path}/limited'
    for script, cause in (script, 'File too large'), (f'{SLABSCOPE} {command} > /dev/full', 'No space left'):
        p = subprocess.run(['bash', '-c', script], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                           timeout=60)
        assert p.returncode == 1 and cause in p.stderr and p.stderr.count('\n') == 1, (script, p)


@pytest.mark.root
def test_without_privileges():
    if not shutil.which('setpriv'):
        pytest.skip('needs setpriv')
    user = ('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups')
    # The directory of the build may be closed to others: run a copy.
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        copy = shutil.copy(SLABSCOPE, directory)
        os.chmod(copy, 0o755)
        for arguments in (['demo', '--json', '-n', '2', '-d', '0.3'],
                          ['top', '--json', '-n', '1', '-d', '0.3']):
            p = subprocess.run([*user, copy, *arguments], stdin=subprocess.DEVNULL, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
            assert p.returncode == 0, f'{arguments}: {p.returncode} {p.stderr}'
            r = check_round(p.stdout.splitlines()[-1])
            assert r['kernel']['missing'], 'nothing is said to be missing'
            for m in r['kernel']['missing']:
                assert m['what'] and m['why'], m
            if arguments[0] == 'demo':
                c = steady(r)
                assert c['allocs'] > 1000 and c['hits'] > 0, c
                assert c['refill_ns'] is None, f"latency without privileges: {c['refill_ns']}"


def test_closed_descriptors():
    p = subprocess.run(f'{SLABSCOPE} top --json -n 1 -d 0.1 <&- >&- 2>&-; echo $?', shell=True,
                       text=True, stdout=subprocess.PIPE, timeout=60)
    assert p.stdout == '0\n', p.stdout
