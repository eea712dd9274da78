# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""slabtop of procps 4.0.5 or later: the installed one, or that of Debian's newer suites, which is fetched once, unpacked
into the cache and run with the libraries that it was built for. Nothing is installed."""
import os
import re
import shutil
import subprocess
import tempfile

from tests.vm import kernel


def is_newer(command):
    """Returns whether a slabtop has the page of 4.0.5, by its option --human."""
    done = subprocess.run([*command, '--help'], capture_output=True, text=True)
    return '--human' in done.stdout


def unpacked(root):
    """Returns the command for slabtop below root, by the dynamic linker there."""
    libraries = root / 'usr/lib/x86_64-linux-gnu'
    return [str(libraries / 'ld-linux-x86-64.so.2'), '--library-path', str(libraries), str(root / 'usr/bin/slabtop')]


def fetch(apt, version, root):
    show = apt.run('apt-cache', 'show', f'procps={version}').stdout
    depends = re.search(r'^Depends: (.*)', show, re.M)[1]
    packages = {'procps': version, **{name: apt.version(name) for name in re.findall(r'\b(lib[\w.-]+)', depends)}}
    # A whole directory or none.
    with tempfile.TemporaryDirectory(dir=root.parent) as directory:
        for package, wanted in packages.items():
            deb = apt.download(package, wanted, directory)
            subprocess.run(['dpkg-deb', '-x', deb, os.path.join(directory, 'root')], check=True)
        os.rename(os.path.join(directory, 'root'), root)


def newer_slabtop():
    """Returns a command, or raises kernel.KernelError: there is none, and why."""
    if shutil.which('slabtop') and is_newer(['slabtop']):
        return ['slabtop']
    cache = kernel.cache_dir().parent / 'slabtop'
    cache.mkdir(exist_ok=True)
    have = sorted(cache.glob('4.*'))
    if not have:
        apt = kernel.Apt()
        apt.use_newer_suites()
        version = apt.version('procps')
        if not version:
            raise kernel.GoneError('no suite of Debian has procps')
        fetch(apt, version, cache / version.split(':')[-1])
        have = sorted(cache.glob('4.*'))
    command = unpacked(have[-1])
    if not is_newer(command):
        raise kernel.KernelError(f'{command[-1]} is not newer than procps 4.0.4, or does not run')
    return command
