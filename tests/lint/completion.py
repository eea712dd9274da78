"""Completions and the manual know every option and screen of --help, and nothing that is not there."""
import re
import shutil
import subprocess

import pytest

from tests.support.build import ROOT, SLABSCOPE

FILES = {'bash': 'slabscope.bash', 'zsh': '_slabscope', 'fish': 'slabscope.fish'}


def commands():
    text = subprocess.run([SLABSCOPE, '--help'], stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.findall(r'^  ([a-z]+)  ', text[text.index('Commands:'):], re.M)


def options(*of):
    found = set()
    for command in of or commands():
        text = subprocess.run([SLABSCOPE, command, '--help'], stdout=subprocess.PIPE, text=True, check=True).stdout
        found |= set(re.findall(r'^\s+(?:-\S, )?(--[a-z][a-z-]*)', text, re.M))
    assert len(found) > 3, found
    return found


def screens():
    done = subprocess.run([SLABSCOPE, '--screen', '?'], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return set(re.search(r'one of ([a-z, ]+);', done.stderr)[1].split(', '))


@pytest.mark.parametrize('kind', FILES)
def test_completion_knows_all_options_and_screens(kind):
    text = (ROOT / 'completion' / FILES[kind]).read_text()
    known = set(re.findall(r'-l ([a-z][a-z-]*)' if kind == 'fish' else r'--([a-z][a-z-]*)', text))
    wanted = {option[2:] for option in options()}
    assert wanted <= known, f'unknown to {kind}: {sorted(wanted - known)}'
    assert known <= wanted, f'not options: {sorted(known - wanted)}'
    for word in commands():
        assert re.search(rf'\b{word}\b', text), f'{kind} does not know the command {word}'
    for screen in screens():
        assert re.search(rf'\b{screen}\b', text), f'{kind} does not know the screen {screen}'


def test_the_manual_knows_all_options_and_screens():
    text = (ROOT / 'docs' / 'slabscope.1').read_text()
    for option in options():
        assert re.search(rf'^\.It Fl .*-{option[2:]}\b', text, re.M), f'the manual does not tell of {option}'
    for screen in screens():
        assert f'.Cm {screen}' in text, f'the manual does not tell of the screen {screen}'


def test_libslab_3_has_every_call():
    """Every call of the header stands in libslab(3), and nothing else does."""
    header = (ROOT / 'alloc' / 'slab.h').read_text()
    calls = set(re.findall(r'\b((?:kmem_cache|slab)_\w+|kmalloc|kfree|ksize)\([^()]*(?:\([^()]*\)[^()]*)*\)(?:;|\n\{)', header))
    inside = {'slab_alloc', 'slab_free', 'slab_cache_create_abi', 'slab_hit_alloc'} # what the inlined calls come down to
    text = (ROOT / 'docs' / 'libslab.3').read_text()
    told = set(re.findall(r'^\.Fn (\w+)', text, re.M))
    assert len(calls) > 12, calls
    assert calls - inside <= told, f'not told of: {sorted(calls - inside - told)}'
    assert told <= calls, f'not calls: {sorted(told - calls)}'


def test_bash_completes():
    if not shutil.which('bash'):
        pytest.skip('there is no bash')
    script = f'''. {ROOT}/completion/slabscope.bash
try() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _slabscope; echo "${{COMPREPLY[@]}}"; }}
try slabscope d; try slabscope --screen wa; try slabscope demo --ma; try slabscope doctor --; try slabscope -s HI'''
    lines = subprocess.run(['bash', '-c', script], stdout=subprocess.PIPE, text=True, check=True).stdout.split('\n')
    assert (lines[:5] == ['demo doctor', 'walk', '--max-size --max-overhead', '--json --btf --help --usage --version',
                          'HIT%']), lines
    for command in commands():
        done = subprocess.run(['bash', '-c', script.split('\n')[0] + '\n' + script.split('\n')[1]
                               + f'\ntry slabscope {command} --'], stdout=subprocess.PIPE, text=True, check=True)
        assert set(done.stdout.split()) == options(command), f'{command}: {done.stdout}'


@pytest.mark.parametrize('shell', ['zsh', 'fish'])
def test_shell_reads_its_file(shell):
    if not shutil.which(shell):
        pytest.skip(f'there is no {shell}')
    subprocess.run([shell, '-n', str(ROOT / 'completion' / FILES[shell])], check=True)
