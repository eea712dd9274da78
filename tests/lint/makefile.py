"""What the Makefile promises: the flags of the user win, their change rebuilds, and every folder gives the same bytes."""
import os
import shutil
import subprocess

import pytest

from tests.support.build import ROOT

# An archive, a shared library, BPF objects in skeletons, and a program that includes one.
MADE = ('libslab.a', 'libslab.so', 'bpf/pair.skel.h', 'bpf/kernel.skel.h', 'tests/bench/feed')
# A make that runs this test has flags and a folder of its own.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ('MAKEFLAGS', 'MAKEOVERRIDES', 'B')}


def make(source, *arguments):
    """Returns what make prints."""
    run = subprocess.run(['make', '-j2', *arguments], cwd=source, capture_output=True, text=True, check=False,
                         env=ENVIRONMENT)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture
def copy(tmp_path):
    for name in ('alloc', 'bpf', 'vmlinux', 'tests/bench'):
        shutil.copytree(ROOT / name, tmp_path / 'copy' / name)
    for name in ('Makefile', 'tests/tests.mk'):
        shutil.copy(ROOT / name, tmp_path / 'copy' / name)
    return tmp_path / 'copy'


def test_the_flags_of_the_user_win(copy):
    target = ('V=1', 'build/tests/bench/libempty.so')
    flags = ('CFLAGS=-O0', 'CPPFLAGS=-DOF_THE_USER', 'LDFLAGS=-Wl,-O1')
    compiled, linked = (line.split() for line in make(copy, *target, *flags).splitlines()
                        if 'empty' in line)
    assert compiled.index('-O0') > compiled.index('-O2') and '-DOF_THE_USER' in compiled
    assert '-Wl,-O1' in linked
    assert '-c' not in make(copy, *target, *flags).split()
    assert '-DOTHER' in make(copy, *target, 'CPPFLAGS=-DOTHER', *flags[::2]).split()


def test_install_tells_the_dynamic_linker_of_its_own_directory_alone():
    for arguments, runs in (((), True), (('PREFIX=/usr/local',), True), (('PREFIX=/opt/slabscope',), False),
                            (('DESTDIR=/tmp/stage',), False), (('LIBDIR=/opt/lib',), False)):
        assert ('ldconfig' in make(ROOT, '-n', 'install-lib', *arguments)) == runs, arguments


@pytest.mark.slow
def test_two_folders_give_the_same_bytes(copy, tmp_path):
    first, second = tmp_path / 'first', copy / 'b'
    make(ROOT, f'B={first}', *(f'{first}/{name}' for name in MADE))
    make(copy, 'B=b', *(f'b/{name}' for name in MADE))
    differ = [name for name in MADE if (first / name).read_bytes() != (second / name).read_bytes()]
    assert not differ
