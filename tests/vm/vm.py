"""Boots a kernel in QEMU, runs a shell script in it, and brings the results back.

    result = vm.boot('slab-6.1', {'/bin/tool': 'build/tool'}, 'tool >/out/log', icount=True)
    result.exit_status, result.console, (result.out / 'log').read_text()

The same from the command line:

    python3 -m tests.vm.vm --file /bin/tool=build/tool --out results script.sh

The guest is emulated, so it needs no /dev/kvm and no privilege. A result exists only where the
guest sent its complete record: QEMU's own exit status says nothing about the guest. No QEMU
outlives the process that called boot(). init is what runs in the guest.
"""
import argparse
import io
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import ctypes
import hashlib
import stat

from tests.vm import kernel as kernels

HERE = Path(__file__).resolve().parent
QEMU = 'qemu-system-x86_64'
ATTEMPTS = 4        # for guests with several CPUs, see boot()
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
# oops=panic, panic=-1 and -no-reboot: a broken guest ends at once, and without a record.
# tsc=reliable: README.md says why.
CMDLINE = 'console=ttyS0 quiet panic=-1 oops=panic tsc=reliable'

PASSWD = b'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n'
GROUP = b'root:x:0:\nnogroup:x:65534:\n'


class GuestError(Exception):
    """The guest gave no result. console has all that it printed."""

    def __init__(self, why, console):
        tail = '\n'.join(console.splitlines()[-40:])
        super().__init__(f'{why}; the console ends with:\n{tail}')
        self.console = console


class GuestTimeout(GuestError):
    """The time was over, and the guest was killed."""


@dataclass
class Result:
    """What came back: the script's exit status, the console, and the files from /out."""
    exit_status: int
    console: str
    out: Path           # lives as long as this object, unless boot() was told where
    seconds: float      # from QEMU's start to its end, of the attempt that counted
    attempts: int
    keeper: object = None


# ---- the initramfs -----------------------------------------------------------------------

class Cpio:
    """A newc archive: the one file format that the kernel unpacks at boot."""

    def __init__(self):
        self.out = io.BytesIO()
        self.count = 0
        self.directories = set()

    def add(self, path, mode, data=b''):
        self.count += 1
        name = path.encode() + b'\0'
        # magic, inode, mode, uid, gid, nlink, mtime, size, 4 device numbers, name size, check
        fields = (self.count, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        self.out.write(b'070701' + b''.join(b'%08X' % field for field in fields) + name)
        self.pad()
        self.out.write(data)
        self.pad()

    def pad(self):
        self.out.write(bytes(-self.out.tell() % 4))

    def directory(self, path):
        if path in ('', '.', '/') or path in self.directories:
            return
        self.directory(os.path.dirname(path))
        self.directories.add(path)
        self.add(path, stat.S_IFDIR | 0o755)

    def file(self, path, data, mode=0o755):
        path = path.lstrip('/')
        self.directory(os.path.dirname(path))
        self.add(path, stat.S_IFREG | mode, data)

    def finish(self):
        self.add('TRAILER!!!', 0)
        return self.out.getvalue()


def libraries(path):
    """{guest path: host path} of what an ELF file is linked with, its loader included."""
    with open(path, 'rb') as handle:
        if handle.read(4) != b'\x7fELF':
            return {}
    done = subprocess.run(['ldd', str(path)], capture_output=True, text=True,
                          env=dict(os.environ, LC_ALL='C'))
    if 'not found' in done.stdout:
        raise ValueError(f'{path} lacks a library:\n{done.stdout}')
    found = {}
    for line in done.stdout.splitlines():
        match = re.match(r'\s*(?:(\S+) => )?(/\S+) \(0x', line)
        if match and match[1]:
            # /lib is on the loader's built-in path wherever the host keeps the library.
            found['/lib/' + os.path.basename(match[1])] = match[2]
        elif match:
            found[match[2]] = match[2]      # the loader: its path is in the ELF file
    return found


def terminfo(*names):
    """Terminal descriptions for a guest that runs ncurses programs, to merge into files."""
    found = {}
    for name in names or ('linux', 'xterm', 'xterm-256color', 'vt100'):
        for base in ('/etc/terminfo', '/lib/terminfo', '/usr/share/terminfo'):
            path = f'{base}/{name[0]}/{name}'
            if os.path.exists(path):
                found[f'/usr/share/terminfo/{name[0]}/{name}'] = path
    return found


def expand(files):
    """Directories become the files below them."""
    flat = {}
    for guest, host in files.items():
        host = Path(host)
        if not host.is_dir():
            flat[guest] = host
            continue
        for path in sorted(host.rglob('*')):
            if path.is_file():
                flat[f'{guest.rstrip("/")}/{path.relative_to(host)}'] = path
    return flat


def initramfs(files, script):
    files = expand(files)
    needed = {}
    for host in files.values():
        needed.update(libraries(host))
    busybox = Path('/bin/busybox')
    if not busybox.exists() or libraries(busybox):
        raise ValueError('a static /bin/busybox is needed (on Debian: busybox-static)')
    files = {**needed, '/bin/busybox': busybox, **files}
    archive = Cpio()
    for guest, host in files.items():
        archive.file(guest, Path(host).read_bytes(), os.stat(host).st_mode & 0o777)
    archive.file('/init', (HERE / 'init').read_bytes())
    archive.file('/script', script.encode())
    archive.file('/etc/passwd', PASSWD, 0o644)
    archive.file('/etc/group', GROUP, 0o644)
    return archive.finish()


# ---- QEMU --------------------------------------------------------------------------------

def qemu_command(kernel, work, icount, smp, maxcpus, memory, append, extra_qemu):
    thread = 'multi' if smp > 1 else 'single'
    command = [QEMU, '-accel', f'tcg,thread={thread}', '-cpu', 'max',
               '-smp', f'{smp},maxcpus={max(smp, maxcpus)}', '-m', memory,
               '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none',
               '-serial', f'file:{work}/console', '-serial', f'file:{work}/record']
    if icount:
        # One instruction is one nanosecond, an idle guest does not wait, and neither random
        # numbers nor the date depend on the host. The TSC then runs at exactly 1 GHz; the
        # kernel's own measurement is a few parts in a million off until it is refined.
        command += ['-icount', 'shift=0,sleep=off', '-seed', '1',
                    '-rtc', 'base=2020-01-01,clock=vm']
        append = f'nokaslr tsc_early_khz=1000000 {append}'
    return command + ['-kernel', str(kernel), '-initrd', f'{work}/initrd',
                      '-append', f'{CMDLINE} {append}', *extra_qemu]


def numa_nodes(nodes, cpus, megabytes):
    """QEMU arguments that spread CPUs and memory over nodes, for extra_qemu.

    cpus counts the possible CPUs; megabytes is a node's, so memory is to be nodes * megabytes.
    """
    arguments = []
    for node in range(nodes):
        mine = [f',cpus={cpu}' for cpu in range(cpus) if cpu % nodes == node]
        arguments += ['-object', f'memory-backend-ram,id=node{node},size={megabytes}M',
                      '-numa', f'node,nodeid={node},memdev=node{node}{"".join(mine)}']
    return arguments


def die_with(parent):
    """For the child: be killed when the thread that started it ends, however it ends."""
    def setup():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)     # it ended before the line above
    return setup


def run_qemu(command, work, timeout, echo):
    """Runs QEMU to its end; returns an error text, None for the end that a guest chose."""
    with open(f'{work}/qemu.log', 'w') as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                 start_new_session=True, preexec_fn=die_with(os.getpid()))
    try:
        return wait(child, f'{work}/console', time.monotonic() + timeout, echo)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def wait(child, console, deadline, echo):
    shown = 0
    while True:
        try:
            child.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            pass
        if echo and os.path.exists(console):
            with open(console, 'rb') as handle:
                handle.seek(shown)
                text = handle.read()
            shown += len(text)
            echo(text)
        if child.returncode is not None:
            return None if child.returncode == 0 else f'{QEMU} exited with {child.returncode}'
        if time.monotonic() > deadline:
            return 'timeout'


def read_console(work):
    try:
        data = Path(f'{work}/console').read_bytes()
    except FileNotFoundError:
        data = b''
    return data.decode(errors='replace').replace('\r\n', '\n')


def is_whole(console, status):
    """Whether the console has the guest's last line: a serial line may stop, with PREEMPT_RT."""
    return f'slabscope-guest: end {status}\n' in console


def unpack_record(work, out):
    """Unpacks /out; returns the script's exit status, or None where the record is not whole."""
    try:
        header, _, data = Path(f'{work}/record').read_bytes().partition(b'\n')
    except FileNotFoundError:
        return None
    match = re.fullmatch(rb'slabscope-out (\d+) (\d+) ([0-9a-f]{64})', header)
    if not match or len(data) != int(match[2]):
        return None
    if hashlib.sha256(data).hexdigest().encode() != match[3]:
        return None
    out.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            if member.isreg() or member.isdir():
                archive.extract(member, out, set_attrs=False)
    return int(match[1])


def boot(kernel, files, script, *, icount=False, smp=1, maxcpus=2, memory='2G', timeout=300,
         append='', extra_qemu=(), out=None, echo=None):
    """Runs script (text for sh) in a guest and returns a Result, or raises GuestError.

    kernel    a name from kernel.py, or the path of a bzImage
    files     {guest path: host path}; a directory brings everything below it, an ELF file
              its libraries
    icount    count instructions instead of time: one CPU, one nanosecond an instruction, the
              same figures every time
    smp       CPUs that run; maxcpus: CPUs that are possible (SLAB has shared arrays only
              where that is more than one)
    timeout   seconds of real time for one attempt; then GuestTimeout
    append    more for the kernel's command line
    out       directory for what the script leaves in /out; a temporary one by default
    echo      called with the console's bytes as they come
    """
    if icount and smp > 1:
        raise ValueError('icount emulates one CPU only')
    row = kernels.row_of(str(kernel))
    path = kernels.get(kernel) if row else kernel
    append = f'{row.append if row else ""} {append}'.strip()
    with tempfile.TemporaryDirectory(prefix='slabscope-vm-') as work:
        Path(f'{work}/initrd').write_bytes(initramfs(files, script))
        command = qemu_command(path, work, icount, smp, maxcpus, memory, append, extra_qemu)
        # QEMU 7.2 now and then breaks a guest with several CPUs, mostly while it patches its
        # own text. With one CPU there is no such excuse.
        attempts = ATTEMPTS if smp > 1 else 1
        for attempt in range(1, attempts + 1):
            try:
                return run_once(command, work, timeout, out, attempt, echo)
            except GuestError as error:
                hung = isinstance(error, GuestTimeout) and 'slabscope-guest: begin' in error.console
                if hung or attempt == attempts:
                    raise
                print(f'vm: attempt {attempt} of {attempts} failed: {error}', file=sys.stderr)


def run_once(command, work, timeout, out, attempt, echo):
    for name in ('console', 'record'):
        Path(f'{work}/{name}').unlink(missing_ok=True)
    began = time.monotonic()
    failure = run_qemu(command, work, timeout, echo)
    seconds = time.monotonic() - began
    console = read_console(work)
    if failure == 'timeout':
        raise GuestTimeout(f'the guest was killed after {timeout} s', console)
    if failure:
        raise GuestError(f'{failure}: {Path(f"{work}/qemu.log").read_text().strip()}', console)
    keeper = None if out else tempfile.TemporaryDirectory(prefix='slabscope-out-')
    out = Path(out or keeper.name)
    status = unpack_record(work, out)
    if status is None:
        raise GuestError('the guest ended without a complete record', console)
    if not is_whole(console, status):
        raise GuestError('the console is cut short', console)
    return Result(status, console, out, seconds, attempt, keeper)


# ---- the command line --------------------------------------------------------------------

def pair(text):
    guest, equals, host = text.partition('=')
    if not equals or not guest.startswith('/'):
        raise argparse.ArgumentTypeError('expected /GUEST/PATH=HOST_PATH')
    return guest, host


def parse(argv):
    parser = argparse.ArgumentParser(
        description='Boots a kernel in QEMU and runs a shell script in it. The exit status is '
                    "the script's, 125 where there was none.")
    parser.add_argument('script', help='file with the shell script, - for standard input')
    parser.add_argument('--kernel', default='slab-6.1', help='name or bzImage; %(default)s')
    parser.add_argument('--file', action='append', type=pair, default=[], metavar='GUEST=HOST')
    parser.add_argument('--out', help='directory for the files from /out')
    parser.add_argument('--icount', action='store_true', help='one instruction is one nanosecond')
    parser.add_argument('--smp', type=int, default=1)
    parser.add_argument('--maxcpus', type=int, default=2)
    parser.add_argument('--memory', default='2G')
    parser.add_argument('--timeout', type=float, default=300)
    parser.add_argument('--append', default='', help="more for the kernel's command line")
    parser.add_argument('--qemu', action='append', default=[], metavar='ARGUMENT',
                        help='one more argument for QEMU, as --qemu=-numa; may be repeated')
    return parser.parse_args(argv)


def show(data):
    sys.stdout.write(data.decode(errors='replace').replace('\r\n', '\n'))
    sys.stdout.flush()


def main(argv=None):
    args = parse(argv)
    script = sys.stdin.read() if args.script == '-' else Path(args.script).read_text()
    try:
        result = boot(args.kernel, dict(args.file), script, icount=args.icount, smp=args.smp,
                      maxcpus=args.maxcpus, memory=args.memory, timeout=args.timeout,
                      append=args.append, extra_qemu=args.qemu, out=args.out, echo=show)
    except (GuestError, kernels.KernelError, ValueError, OSError) as error:
        print(f'vm: {error}', file=sys.stderr)
        return 125
    return result.exit_status


if __name__ == '__main__':
    # A terminated harness must take its guest along, through boot()'s cleanup.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(125))
    sys.exit(main())
