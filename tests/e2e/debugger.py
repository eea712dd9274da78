"""gdb's single steps leave a hit, although each of them aborts the sequence."""
import re
import shutil
import subprocess

import pytest

from tests.support.build import BUILD, ROOT

SOURCE = '''
#include "slab.h"
int main(void)
{
	struct kmem_cache *cachep = kmem_cache_create("debugged", 64, 0, 0, NULL);
	void *objp[3] = {0};

	objp[0] = kmem_cache_alloc(cachep, 0);
	kmem_cache_free(cachep, objp[0]);
	objp[1] = kmem_cache_alloc(cachep, 0); /* first */
	kmem_cache_free(cachep, objp[1]);
	objp[2] = kmem_cache_alloc(cachep, 0);
	kmem_cache_free(cachep, objp[2]);
	return objp[1] != objp[2];             /* last */
}
'''


@pytest.fixture(scope='module')
def program(tmp_path_factory):
    if not shutil.which('gdb'):
        pytest.skip('gdb is not installed')
    directory = tmp_path_factory.mktemp('debugger')
    source, program = directory / 'debugged.c', directory / 'debugged'
    source.write_text(SOURCE)
    # -Og: the calls are inlined, and the lines keep their order.
    subprocess.run(['gcc', '-g', '-Og', f'-I{ROOT}/alloc', source, BUILD / 'libslab.a', '-pthread', '-o', program],
                   check=True)
    return program


def line_of(mark):
    return next(i for i, line in enumerate(SOURCE.splitlines(), 1) if mark in line)


def gdb(program, *commands):
    """What gdb prints for these commands, from the line "first" on."""
    options = [arg for command in (f'break {line_of("first")}', 'run', *commands) for arg in ('-ex', command)]
    done = subprocess.run(['gdb', '-nx', '-batch', '-ex', 'set debuginfod enabled off', *options, program],
                          capture_output=True, text=True, timeout=250)
    return done.stdout + done.stderr


def reached(text):
    """The lines of main() that gdb showed."""
    return [int(line) for line in re.findall(r'^(\d+)\t', text, re.M)]


def test_next_goes_from_line_to_line(program):
    first, last = line_of('first'), line_of('last')
    text = gdb(program, *['next'] * (last - first), 'print objp[1] == objp[2]', 'continue')
    assert reached(text) == list(range(first, last + 1)), text
    assert '$1 = 1' in text and 'exited normally' in text, text


def test_stepi_leaves_a_hit(program):
    text = gdb(program, 'stepi 60', 'info symbol $pc', f'tbreak {program}.c:{line_of("last")}', 'continue',
               'continue')
    symbol = re.search(r'^(\w+).* in section', text, re.M)
    assert symbol and symbol.group(1) != 'main', text
    assert reached(text)[-1] == line_of('last') and 'exited normally' in text, text


def test_single_steps_end(program):
    text = gdb(program, 'stepi 3000000')
    assert 'exited normally' in text, text
