"""The completions and the manual, which the build generates, have every command, option and screen of --help, command
by command, and nothing else. libslab(3) has every call."""
import re
import shutil
import subprocess

import pytest

from tests.support.build import BUILD, ROOT, SLABSCOPE

FILES = {'bash': 'slabscope.bash', 'zsh': '_slabscope', 'fish': 'slabscope.fish'}
GENERAL = {'help', 'usage', 'version'}


def output(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout


def commands():
    text = output(SLABSCOPE, '--help')
    found = re.findall(r'^  ([a-z]+)  ', text[text.index('Commands:'):], re.M)
    assert len(found) > 7, found
    return found


def options(command):
    """The long options of a command's --help."""
    found = set(re.findall(r'^\s+(?:-\S, )?--([a-z][a-z-]*)', output(SLABSCOPE, command, '--help'), re.M))
    assert found >= GENERAL, found
    return found


def screens():
    done = subprocess.run([SLABSCOPE, '--screen', '?'], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return re.search(r'one of ([a-z, ]+);', done.stderr)[1].split(', ')


def of_command(shell, text, command):
    """The options that a completion offers for a command."""
    if shell == 'fish':
        lines = re.findall(rf"__slabscope_is {command}'(.*)", text)
        return set(re.findall(r' -l ([a-z][a-z-]*)', '\n'.join(lines)))
    part = re.search(rf'^\t{command}\)\n(.*?);;$', text, re.M | re.S)[1] if shell == 'zsh' else \
        re.search(rf'^\t{command}\)\n(.*?)\n\t\tfi ;;$', text, re.M | re.S)[1]
    if shell == 'bash':
        part = re.search(r"-\* \]\]; then\n\t*_slabscope_reply -W '(.*)'", part)[1]
    return set(re.findall(r"--([a-z][a-z-]*)", re.sub(r'\[[^]]*\]', '', part)))


@pytest.mark.parametrize('shell', FILES)
def test_a_completion_offers_each_command_its_own_options(shell):
    text = (BUILD / 'completion' / FILES[shell]).read_text()
    for command in commands():
        assert of_command(shell, text, command) == options(command), command
    assert ' '.join(screens()) in text and 'HIT%' in text and 'sockets' in text
    assert text == output(SLABSCOPE, 'help', '--completion', shell), 'it is not up to date'


def manual_part(text, title):
    """The text below a heading of the manual; empty without such a heading."""
    found = re.search(rf'^\.S[sh] {title}\n(.*?)(?=^\.S[sh] |\Z)', text, re.M | re.S)
    return found[1] if found else ''


def test_the_manual_has_all_options_and_screens():
    text = (BUILD / 'slabscope.1').read_text()
    general = set(re.findall(r'^\.It Fl .*-([a-z][a-z-]*)', manual_part(text, 'DESCRIPTION'), re.M))
    assert general == GENERAL, general
    listed = {command: set(re.findall(r'^\.It (?:Fl \S+ , )?Fl -([a-z][a-z-]*)',
                                      manual_part(text, rf'Options of {command}[^\n]*'), re.M))
              for command in commands() if command != 'demo'}
    for command, found in listed.items():
        missing = found ^ (options(command) - GENERAL)
        assert not missing, f'{command}: {missing}: docs/slabscope.1.in needs .Ss Options of {command}, @options, @end'
    except_of_demo = {'once', 'human', 'from', 'speed'}
    assert options('demo') == options('top') - except_of_demo
    assert all(f'.Fl -{option}' in manual_part(text, 'Options of top and demo') for option in except_of_demo)
    for screen in screens():
        assert f'.It Cm {screen}\n' in text, screen


def test_the_synopsis_has_all_options():
    text = manual_part((BUILD / 'slabscope.1').read_text(), 'SYNOPSIS')
    parts = re.findall(r'^\.Nm slabscope\n\.(?:Op )?Cm (\w+)\n((?:(?!\.Nm).*\n)*)', text, re.M)
    assert [command for command, _ in parts] == commands()
    for command, part in parts:
        short = dict(re.findall(r'^\s+-(\S), --([a-z][a-z-]*)', output(SLABSCOPE, command, '--help'), re.M))
        found = set()
        for word, argument in re.findall(r'^\.Op Fl (\S+)( Ar \S+)?$', part, re.M):
            found |= {word} if argument or word.startswith('-') else set(word)
        wanted = {next((letter for letter, name in short.items() if name == option), '-' + option)
                  for option in options(command) - GENERAL}
        assert found == wanted, f'{command}: {found ^ wanted}'


def test_each_command_has_examples():
    """Each command has examples in its help and in the manual, and each of these names options that exist."""
    text = (BUILD / 'slabscope.1').read_text()
    for command in commands():
        part = output(SLABSCOPE, command, '--help').partition('Examples:\n')[2]
        lines = re.findall(r'^  (\S.*)$', part, re.M)
        assert lines, f'{command} has no examples: its struct command needs some'
        listed = manual_part(text, f'Examples of {command}').replace('\\-', '-').replace('\\e', '\\')
        for line in lines:
            assert f'.Dl {line}\n' in listed, line
            words = line.split(' -- ')[0].split(' | ')[0].split()
            if 'slabscope' in words and words[-1] != 'slabscope':
                name = words[1] if words[1] in commands() else 'top'
                used = {word[2:] for word in words if word.startswith('--')}
                assert used <= options(name), line


def test_help_explains_as_the_option_does():
    """help explains as --help does."""
    assert output(SLABSCOPE, 'help') == output(SLABSCOPE, '--help')
    for command in commands():
        assert output(SLABSCOPE, 'help', command) == output(SLABSCOPE, command, '--help'), command


def test_libslab_3_has_every_call():
    """Every call of the header stands in libslab(3), and nothing else does."""
    header = (ROOT / 'alloc' / 'slab.h').read_text()
    calls = set(re.findall(r'\b((?:kmem_cache|slab)_\w+|kmalloc|kfree|ksize)\([^()]*(?:\([^()]*\)[^()]*)*\)(?:;|\n\{)', header))
    inside = {'slab_alloc', 'slab_free', 'slab_cache_create_abi', 'slab_hit_alloc'} # behind the inlined calls
    text = (ROOT / 'docs' / 'libslab.3').read_text()
    listed = set(re.findall(r'^\.Fn (\w+)', text, re.M))
    assert len(calls) > 12, calls
    assert calls - inside <= listed, f'missing: {sorted(calls - inside - listed)}'
    assert listed <= calls, f'not calls: {sorted(listed - calls)}'


def test_bash_completes():
    if not shutil.which('bash'):
        pytest.skip('there is no bash')
    script = f'. {BUILD}/completion/slabscope.bash\n' \
        'try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _slabscope; echo "${COMPREPLY[@]}"; }\n'
    lines = output('bash', '-c', script + 'try slabscope d; try slabscope --screen wa; try slabscope demo --ma; '
                   'try slabscope doctor --; try slabscope -s HI; try slabscope workload so; '
                   'try slabscope help wo').split('\n')
    def begin(names, letters):
        return ' '.join(name for name in names if name.startswith(letters))
    assert lines[:7] == [begin(commands(), 'd'), begin(screens(), 'wa'), '--max-size --max-overhead',
                         '--json --btf --help --usage --version', 'HIT%', 'sockets', begin(commands(), 'wo')], lines
    for command in commands():
        words = output('bash', '-c', script + f'try slabscope {command} --').split()
        assert {word[2:] for word in words} == options(command), f'{command}: {words}'


def test_fish_completes():
    if not shutil.which('fish'):
        pytest.skip('there is no fish')
    script = f'source {BUILD}/completion/slabscope.fish; complete -C "slabscope %s"'
    for command in commands():
        lines = output('fish', '-c', script % f'{command} --').splitlines()
        assert {line.split('\t')[0][2:].rstrip('=') for line in lines} == options(command), f'{command}: {lines}'
    lines = output('fish', '-c', script % 'd').splitlines()
    assert {line.split('\t')[0] for line in lines} == {name for name in commands() if name[0] == 'd'}, lines


@pytest.mark.parametrize('shell', FILES)
def test_a_shell_reads_its_file(shell):
    if not shutil.which(shell):
        pytest.skip(f'there is no {shell}')
    subprocess.run([shell, '-n', str(BUILD / 'completion' / FILES[shell])], check=True)


def test_the_manual_formats_without_a_warning():
    if not shutil.which('man'):
        pytest.skip('there is no man')
    done = subprocess.run(['man', '--warnings', '-l', str(BUILD / 'slabscope.1')], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    if shutil.which('mandoc'):
        done = subprocess.run(['mandoc', '-Tlint', '-Wwarning', str(BUILD / 'slabscope.1')], capture_output=True, text=True)
        assert not done.stdout + done.stderr, done.stdout + done.stderr
