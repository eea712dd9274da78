#!/usr/bin/env python3
"""Guest kernels: build or fetch the kernels that the tests boot, and cache them.

    python3 tests/vm/kernel.py NAME      prints the path of NAME's bzImage; stats-7.2 is stats-7
                                         of that version, stats-7 the newest
    python3 tests/vm/kernel.py --list    prints the names

Packages come through apt from whatever mirrors the machine is set up with, and nothing is
installed: a package is downloaded into the cache and unpacked there. A cache entry is a
directory with bzImage, info.json, mostly .config and, of one built here, System.map. It
appears by one rename after everything was checked, so an entry that exists is good.

One more kernel is one more row in KERNELS.
"""

import argparse
import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD_TOOLS = ('make', 'gcc', 'bc', 'flex', 'bison', 'pahole', 'tar', 'xz')


@dataclass(frozen=True)
class Source:
    """A kernel built from a Debian linux-source package: tinyconfig plus fragments, in order.

    package is the whole name's pattern, the newest counts; symbols must be in System.map: the
    compiler may inline what the tests want to attach to. elsewhere and append: see Image.
    """
    package: str
    fragments: tuple
    symbols: tuple = ()
    elsewhere: bool = False
    append: str = ''


@dataclass(frozen=True)
class Image:
    """A kernel as Debian built it: the newest package whose whole name matches pattern.

    elsewhere: the machine's own release may not have it, so other suites of its mirror count too.
    append: what this kernel needs on its command line.
    """
    pattern: str
    elsewhere: bool = False
    append: str = ''


def cloud(series, build='', elsewhere=True, append=''):
    """Debian's kernel for virtual machines, the newest of a series."""
    return Image(rf'linux-image-{re.escape(series)}\.[0-9]+{build or "([+][a-z0-9]+)?"}-cloud-amd64',
                 elsewhere, append)


# With threads for interrupts, that of the serial line is soon taken for one that nobody handles.
RT_APPEND = 'noirqdebug'


# On a busy host 5.10 sees no interrupt of the timer in time when it begins, and panics.
OLD_APPEND = 'no_timer_check'


def realtime(series, elsewhere=True):
    """Debian's kernel with PREEMPT_RT, the newest of a series."""
    return Image(rf'linux-image-{re.escape(series)}\.[0-9]+([+][a-z0-9]+)?-rt-amd64', elsewhere,
                 RT_APPEND)


KERNELS = {
    'debian-5.10': cloud('5.10', '-[0-9]+', append=OLD_APPEND),
    'slab-6.1': Source('linux-source-6.1', ('slab-6.1.config',),
                       ('cache_alloc_refill', 'cache_grow_begin', 'free_block')),
    'debug-slab-6.1': Source('linux-source-6.1', ('slab-6.1.config', 'debug-slab.config'),
                             ('cache_alloc_refill', 'cache_grow_begin')),
    'debian-6.1': cloud('6.1', '-[0-9]+', elsewhere=False),
    'debian-6.12': cloud('6.12'),
    'debian-6.16': cloud('6.16'),
    'debian-6.17': cloud('6.17'),
    'debian-6.18': cloud('6.18'),
    'debian-6.19': cloud('6.19'),
    'debian-7.0': cloud('7.0'),
    'debian-7.1': cloud('7.1'),
    'debian-7.2': cloud('7.2'),
    'debian-7.3': cloud('7.3'),
    'rt-6.12': realtime('6.12', elsewhere=False),
    'rt-7.3': realtime('7.3'),
    'stats-6.12': Source('linux-source-6.12', ('slub-stats.config', 'random-kmalloc.config'),
                         ('___slab_alloc', 'allocate_slab', '__slab_free')),
    'stats-rt-6.12': Source('linux-source-6.12', ('slub-stats.config', 'preempt-rt.config'),
                            ('___slab_alloc', 'allocate_slab', '__slab_free'), append=RT_APPEND),
    'stats-7': Source(r'linux-source-7\.[0-9]+', ('slub-stats.config',),
                      ('__pcs_replace_empty_main', '__pcs_replace_full_main', 'refill_objects',
                       'allocate_slab'), elsewhere=True),
}

# Where a row looks that does not find what it wants in the machine's own release.
OTHER_SUITES = ('bullseye', 'trixie', 'trixie-backports', 'sid')
KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
LISTS_LAST = 24 * 3600      # seconds, before they are fetched again


class KernelError(Exception):
    """A kernel could not be had; the message says what failed and what to do."""


class GoneError(KernelError):
    """No suite has such a kernel any more, or not yet."""


class DownloadError(KernelError):
    """apt could not fetch a package that it knows: mostly, its lists are out of date."""


def say(text):
    print(f'kernel: {text}', file=sys.stderr, flush=True)


def row_of(name):
    """The row of a kernel, or None. NAME.MINOR is of that version only: stats-7.2 of stats-7."""
    family, _, minor = name.rpartition('.')
    row = KERNELS.get(family)
    if name in KERNELS or not isinstance(row, Source) or not minor.isdigit():
        return KERNELS.get(name)
    package = row.package.replace('[0-9]+', minor)
    return replace(row, package=package) if package != row.package else None


def cache_dir():
    base = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
    path = Path(base) / 'slabscope' / 'kernels'
    path.mkdir(parents=True, exist_ok=True)
    return path


# ---- apt ---------------------------------------------------------------------------------

class Apt:
    """apt's view of the packages: the machine's own lists, else private ones in the cache.

    A container image often ships without lists, and only root may write the system's. The
    private ones use the machine's sources but keep every file of theirs under the cache. Other
    suites are looked for where the machine gets its own release from.
    """

    def __init__(self):
        self.options = ['-o', 'APT::Sandbox::User=root']
        self.complete = True    # nothing failed when lists were fetched

    def run(self, tool, *args, cwd=None):
        env = dict(os.environ, LC_ALL='C', DEBIAN_FRONTEND='noninteractive')
        try:
            return subprocess.run([tool, *self.options, *args], cwd=cwd, env=env,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
        except FileNotFoundError:
            raise KernelError(f'{tool} is missing: kernels are fetched through apt') from None

    def keep_files_in(self, root):
        for sub in ('lists/partial', 'cache/archives/partial', 'sources.d'):
            (root / sub).mkdir(parents=True, exist_ok=True)
        self.options += ['-o', f'Dir::State::Lists={root}/lists', '-o', f'Dir::Cache={root}/cache',
                         '-o', 'Acquire::Languages=none']

    def update(self, root, again):
        """Fetches the lists, unless they are there and of today."""
        stamp = root / 'updated'
        with open(root / 'lock', 'w') as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not again and stamp.exists() and time.time() - stamp.stat().st_mtime < LISTS_LAST:
                return
            say('fetching package lists into the cache')
            done = self.run('apt-get', 'update', '-qq')
            self.complete = not (done.returncode or done.stderr.strip())
            if not self.complete:
                say(f'apt-get update: {done.stderr.strip()[-400:]}')
            else:
                stamp.touch()

    def use_private_lists(self):
        root = cache_dir() / 'apt'
        self.keep_files_in(root)
        self.update(root, again=True)

    def mirror(self):
        """The address that the machine's own release comes from."""
        form = '$(ORIGIN)|$(LABEL)|$(REPO_URI)|$(COMPONENT)'
        rows = self.run('apt-get', 'indextargets', '--format', form, 'Created-By: Packages')
        for line in rows.stdout.splitlines():
            origin, label, address, component = line.split('|')
            if component == 'main' and (origin == label == 'Debian' or
                                        not origin and address.rstrip('/').endswith('/debian')):
                return address
        raise KernelError('no apt source of this machine is Debian\'s main archive')

    def use_other_suites(self, again=False):
        root = cache_dir() / 'apt-other'
        address = self.mirror()
        self.keep_files_in(root)
        signed = f'[signed-by={KEYRING}] ' if os.path.exists(KEYRING) else ''
        text = ''.join(f'deb {signed}{address} {suite} main\n' for suite in OTHER_SUITES)
        (root / 'sources.list').write_text(text)
        self.options += ['-o', f'Dir::Etc::SourceList={root}/sources.list',
                         '-o', f'Dir::Etc::SourceParts={root}/sources.d',
                         '-o', 'Dir::State::Status=/dev/null', '-o', 'APT::Architecture=amd64']
        self.update(root, again)

    def names(self, pattern):
        found = self.run('apt-cache', 'pkgnames', 'linux-').stdout.split()
        return [name for name in found if re.fullmatch(pattern, name)]

    def version(self, package):
        """The version that apt would install, or None."""
        text = self.run('apt-cache', 'policy', package).stdout
        match = re.search(r'^ *Candidate: (\S+)', text, re.M)
        return match[1] if match and match[1] != '(none)' else None

    def download(self, package, version, directory):
        """Fetches one package into directory; returns the .deb's path."""
        done = self.run('apt-get', 'download', '-q', f'{package}={version}', cwd=directory)
        debs = glob.glob(f'{directory}/{package}_*.deb')
        if done.returncode or len(debs) != 1:
            raise DownloadError(f'apt-get download {package}={version} failed:\n'
                                f'{done.stderr.strip()}')
        return debs[0]


def number_key(name):
    return [int(number) for number in re.findall(r'\d+', name)]


def newest(apt, row):
    """(package, version) for a row of the table, or None when apt has no candidate."""
    pattern = row.package if isinstance(row, Source) else row.pattern
    for name in sorted(apt.names(pattern), key=number_key, reverse=True):
        version = apt.version(name)
        if version:
            return name, version
    return None


# ---- the cache ---------------------------------------------------------------------------

def compiler():
    try:
        text = subprocess.run(['gcc', '--version'], capture_output=True, text=True).stdout
    except FileNotFoundError:
        raise KernelError('gcc is missing') from None
    return text.splitlines()[0]


def recipe(row):
    """Everything but the package that decides what the kernel will be."""
    if isinstance(row, Image):
        return []
    return [compiler()] + [(HERE / name).read_text() for name in row.fragments]


def entry_path(name, row, found):
    text = '\0'.join([*found, *recipe(row)])
    return cache_dir() / f'{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}'


def latest_entry(name, row):
    """For a machine without package lists: the newest entry that this recipe made, or None."""
    entries = []
    for path in cache_dir().glob(f'{name}-*/info.json'):
        info = json.loads(path.read_text())
        if info['name'] == name and info['recipe'] == recipe(row):
            entries.append(path)
    return max(entries, key=lambda path: path.stat().st_mtime).parent if entries else None


def lock(name):
    """One builder a kernel; released when the returned file is closed, or its process dies."""
    handle = open(cache_dir() / f'{name}.lock', 'w')
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f'waiting for another process that is building {name}')
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def get(name):
    """The path of NAME's bzImage; builds or fetches it where the cache has none."""
    row = row_of(name)
    if not row:
        raise KernelError(f'no kernel named {name}; there are {", ".join(KERNELS)}')
    for prepare in (lambda apt: None, Apt.use_other_suites if row.elsewhere else None,
                    Apt.use_private_lists,
                    (lambda apt: apt.use_other_suites(again=True)) if row.elsewhere else None):
        apt = Apt()
        if not prepare:
            continue
        prepare(apt)
        found = newest(apt, row)
        try:
            entry = ensure(name, row, apt, found) if found else None
        except DownloadError as why:
            say(why)
            entry = None
        entry = entry or latest_entry(name, row)
        if entry:
            return entry / 'bzImage'
    if apt.complete:
        raise GoneError(f'no suite of the mirror has a package for {name}')
    raise KernelError(f'apt has no package for {name}; is the mirror reachable?')


def ensure(name, row, apt, found):
    """The cache entry for one package version, made if need be."""
    entry = entry_path(name, row, found)
    if not entry.exists():
        with lock(name):
            if not entry.exists():
                make_entry(name, row, apt, found, entry)
    return entry


def make_entry(name, row, apt, found, entry):
    """Builds in a directory beside the entry, and renames the result into place."""
    for stale in cache_dir().glob(f'.work-{name}-*'):
        shutil.rmtree(stale)    # the lock is ours: its owner was killed
    work = cache_dir() / f'.work-{name}-{os.getpid()}'
    result = work / 'result'
    result.mkdir(parents=True)
    began = time.monotonic()
    try:
        make = build_source if isinstance(row, Source) else unpack_image
        make(row, apt, found, work, result, Path(f'{entry}.log'))
        info = {'name': name, 'package': found[0], 'version': found[1], 'recipe': recipe(row),
                'seconds': round(time.monotonic() - began, 1)}
        (result / 'info.json').write_text(json.dumps(info, indent=1) + '\n')
        os.rename(result, entry)
        Path(f'{entry}.log').unlink(missing_ok=True)
        say(f'{name}: {found[0]} {found[1]} ready after {info["seconds"]:.0f} s')
    finally:
        shutil.rmtree(work, ignore_errors=True)


# ---- Debian's own builds -----------------------------------------------------------------

def unpack_image(row, apt, found, work, result, log):
    say(f'fetching {found[0]} {found[1]}')
    unpack_deb(apt.download(*found, work), work / 'tree')
    image = find_image(work)
    if not image:
        # From 6.19 on it is in a package of its own.
        package = found[0].replace('linux-image-', 'linux-binary-')
        unpack_deb(apt.download(package, found[1], work), work / 'tree')
        image = find_image(work)
    if not image:
        raise KernelError(f'{found[0]} {found[1]} has no vmlinuz')
    shutil.copyfile(image, result / 'bzImage')
    # There may be none. Its System.map is a stub that names the debug package.
    for path in glob.glob(f'{work}/tree/boot/config-*'):
        shutil.copyfile(path, result / '.config')


def find_image(work):
    for place in ('boot/vmlinuz-*', 'usr/lib/modules/*/vmlinuz', 'lib/modules/*/vmlinuz'):
        for path in glob.glob(f'{work}/tree/{place}'):
            return path
    return None


def unpack_deb(deb, directory):
    done = subprocess.run(['dpkg-deb', '-x', deb, str(directory)], capture_output=True, text=True)
    if done.returncode:
        raise KernelError(f'dpkg-deb -x {deb}: {done.stderr.strip()}')
    os.unlink(deb)


# ---- builds from source ------------------------------------------------------------------

def build_source(row, apt, found, work, result, log):
    missing = [tool for tool in BUILD_TOOLS if not shutil.which(tool)]
    if missing:
        raise KernelError(f'building a kernel needs {", ".join(missing)}; on Debian: apt-get '
                          'install build-essential bc flex bison dwarves libelf-dev xz-utils')
    say(f'fetching {found[0]} {found[1]}')
    unpack_deb(apt.download(*found, work), work / 'tree')
    with open(log, 'w') as output:
        tree = unpack_source(work, output)
        configure(tree, row, output)
        say(f'building {tree.name} on {cpus()} CPUs, some minutes; log: {log}')
        step(['make', '-s', f'-j{cpus()}', 'bzImage'], tree, output)
    check_symbols(tree / 'System.map', row.symbols, log)
    shutil.copyfile(tree / 'arch/x86/boot/bzImage', result / 'bzImage')
    for name in ('System.map', '.config'):
        shutil.copyfile(tree / name, result / name)


def cpus():
    return len(os.sched_getaffinity(0))


def step(command, directory, output):
    """Runs one build step, everything it prints going to the log."""
    # No date, user or host in the image: the same inputs give the same kernel.
    env = dict(os.environ, LC_ALL='C', KBUILD_BUILD_TIMESTAMP='1970-01-01',
               KBUILD_BUILD_USER='slabscope', KBUILD_BUILD_HOST='slabscope')
    for name in ('MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'ARCH', 'CROSS_COMPILE', 'KCONFIG_CONFIG'):
        env.pop(name, None)     # a make that called us must not steer the kernel's
    done = subprocess.run(command, cwd=directory, env=env, stdin=subprocess.DEVNULL,
                          stdout=output, stderr=subprocess.STDOUT)
    if done.returncode:
        raise KernelError(f'"{" ".join(command)}" failed; see {output.name}')


def unpack_source(work, output):
    tarballs = glob.glob(f'{work}/tree/usr/src/linux-source-*.tar.xz')
    if len(tarballs) != 1:
        raise KernelError(f'the package has {len(tarballs)} source archives, not one')
    step(['tar', '-xf', tarballs[0]], work, output)
    os.unlink(tarballs[0])
    return next(work.glob('linux-source-*'))


def configure(tree, row, output):
    fragments = [HERE / name for name in row.fragments]
    step(['make', '-s', 'tinyconfig'], tree, output)
    step(['scripts/kconfig/merge_config.sh', '-m', '.config', *map(str, fragments)], tree, output)
    step(['make', '-s', 'olddefconfig'], tree, output)
    wanted = {}
    for fragment in fragments:
        wanted.update(parse_config(fragment.read_text()))
    got = parse_config((tree / '.config').read_text())
    # kconfig drops an option whose dependencies are missing without a word.
    lost = [option for option, value in wanted.items() if got.get(option, 'n') != value]
    if lost:
        raise KernelError(f'kconfig did not take {", ".join(lost)}; see {output.name}')


def parse_config(text):
    """{option: value}, with n for "is not set"."""
    options = dict(re.findall(r'^(CONFIG_\w+)=(.*)$', text, re.M))
    options.update((name, 'n') for name in re.findall(r'^# (CONFIG_\w+) is not set$', text, re.M))
    return options


def check_symbols(system_map, symbols, log):
    present = {line.split()[2] for line in system_map.read_text().splitlines()}
    lost = [symbol for symbol in symbols if symbol not in present]
    if lost:
        raise KernelError(f'the kernel was built without {", ".join(lost)}; see {log}')


def main():
    parser = argparse.ArgumentParser(description='Builds or fetches a guest kernel.')
    parser.add_argument('name', nargs='?', help='a name from --list')
    parser.add_argument('--list', action='store_true', help='print the names')
    args = parser.parse_args()
    if args.list:
        print('\n'.join(KERNELS))
        return 0
    if not args.name:
        parser.error('which kernel?')
    try:
        print(get(args.name))
    except KernelError as error:
        say(error)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
