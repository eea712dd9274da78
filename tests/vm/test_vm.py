"""Tests of the harness: what it promises to the tests that use it."""
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.build import ROOT
from tests.vm import kernel as kernels, vm

pytestmark = pytest.mark.guest

HERE = Path(__file__).resolve().parent

KERNEL = 'slab-6.1'
TRACING = '/sys/kernel/tracing'
FACTS = '''
cp /random /out/random
cp /proc/mounts /proc/slabinfo /out
cat /sys/devices/system/clocksource/clocksource0/current_clocksource >/out/clocksource
cat /sys/devices/system/cpu/possible >/out/possible
ls /sys/kernel/btf >/out/btf
cd /sys/kernel/tracing
cat available_filter_functions >/out/functions
facts >/out/facts || exit 1
echo cache_alloc_refill >set_ftrace_filter
echo 1 >function_profile_enabled
find / >/dev/null 2>&1
cat trace_stat/function0 >/out/profile
mkdir -p /out/deep/er && touch /out/deep/er/empty
exit 42
'''

SMP = '''
cat /sys/devices/system/cpu/online >/out/online
cat /sys/devices/system/clocksource/clocksource0/current_clocksource >/out/clock
cd /sys/kernel/tracing
echo cache_alloc_refill >set_ftrace_filter
echo 1 >function_profile_enabled
for cpu in 0 1; do taskset -c $cpu find /sys >/dev/null & done
wait
cp trace_stat/function* /out
'''


@pytest.fixture(scope='module', autouse=True)
def tools():
    for tool in (vm.QEMU, 'busybox', 'cc', 'apt-get'):
        if not shutil.which(tool):
            pytest.skip(f'{tool} is missing')
    try:
        kernels.get(KERNEL)
    except kernels.DownloadError as error:
        pytest.skip(str(error).splitlines()[0])


@pytest.fixture(scope='module')
def facts_program(scratch):
    program = Path(scratch, 'facts')
    subprocess.run(['cc', '-O2', '-o', str(program), str(HERE / 'facts.c')], check=True)
    return program


@pytest.fixture(scope='module')
def random_file(scratch):
    path = Path(scratch, 'random')
    path.write_bytes(os.urandom(1 << 20))
    return path


@pytest.fixture(scope='module')
def main(facts_program, random_file):
    """The result of a guest that several tests look at."""
    return vm.boot(KERNEL, {'/random': random_file, '/bin/facts': facts_program}, FACTS, icount=True)


@pytest.fixture(scope='module')
def text(main):
    return lambda name: (main.out / name).read_text()


@pytest.fixture(scope='module')
def facts(text):
    return {name: int(value) for name, value in map(str.split, text('facts').splitlines())}


def test_boot(main):
    """a guest boots and its init runs the script"""
    assert 'slabscope-guest: begin' in main.console, main.console


def test_status(main):
    """the script's exit status is passed on"""
    assert main.exit_status == 42, f'exit status {main.exit_status}'


def test_out(main, random_file):
    """files come back byte for byte"""
    sent = random_file.read_bytes()
    assert (main.out / 'random').read_bytes() == sent, '/out/random differs'
    assert (main.out / 'deep/er/empty').exists(), '/out/deep/er/empty is missing'


def test_mounts(text):
    """the usual file systems are mounted"""
    mounted = {line.split()[1] for line in text('mounts').splitlines()}
    for path in ('/proc', '/sys', '/dev', '/dev/pts', '/dev/shm', '/tmp', TRACING,
                 '/sys/kernel/debug', '/sys/fs/cgroup', '/sys/fs/bpf'):
        assert path in mounted, f'{path} is not mounted'


def test_traceable(text):
    """cache_alloc_refill can be traced"""
    names = {line.split()[0] for line in text('functions').splitlines()}
    for name in ('cache_alloc_refill', 'cache_grow_begin', 'free_block', 'transfer_objects'):
        assert name in names, f'{name} is not in available_filter_functions'


def test_btf(text):
    """the kernel has BTF"""
    assert 'vmlinux' in text('btf').split(), text('btf')


def test_tunables(text):
    """/proc/slabinfo shows array caches, shared ones too"""
    rows = [line.split() for line in text('slabinfo').splitlines()[2:]]
    tunables = [row[row.index('tunables') + 1:][:3] for row in rows]
    assert rows and all(int(limit) > 0 and int(batch) > 0 for limit, batch, _ in tunables), (
        'a cache has no limit or no batchcount')
    assert any(int(shared) > 0 for _, _, shared in tunables), 'no cache has a shared array'


def test_profiler(text):
    """the function profiler counts refills"""
    rows = [line.split() for line in text('profile').splitlines()]
    hits = [int(row[1]) for row in rows if row and row[0] == 'cache_alloc_refill']
    assert hits and hits[0] > 0, text('profile')


def test_rseq(facts):
    """rseq is registered, and membarrier can fence it"""
    assert facts['rseq_size'] >= 20 and facts['rseq_cpu'] == 0, str(facts)
    assert facts['membarrier_rseq'] == 1, str(facts)


def test_clock(text, facts):
    """the clock is the TSC, read without a system call, in nanoseconds"""
    assert text('clocksource').strip() in ('tsc', 'tsc-early'), text('clocksource')
    assert facts['clock_step_ns'] < 150, f'a reading costs {facts["clock_step_ns"]} instructions'
    assert facts['clock_round'] < 3000, f'{facts["clock_round"]} of 10000 readings end in 0'


def test_icount(facts, facts_program):
    """a fixed job takes the same time in two guests that count instructions"""
    first = facts['job_ns']
    again = vm.boot(KERNEL, {'/bin/facts': facts_program}, 'facts >/out/facts',
                    icount=True)
    lines = (again.out / 'facts').read_text().splitlines()
    second = next(int(line.split()[1]) for line in lines if line.startswith('job_ns'))
    assert abs(first - second) <= first / 100, f'{first} ns and {second} ns'


def test_smp():
    """two CPUs run, on the TSC, and the profiler works there"""
    result = vm.boot(KERNEL, {}, SMP, smp=2)
    assert (result.out / 'online').read_text().strip() == '0-1', 'one CPU only'
    assert (result.out / 'clock').read_text().startswith('tsc'), 'not on the TSC'
    for cpu in '01':
        text = (result.out / f'function{cpu}').read_text()
        assert 'cache_alloc_refill' in text, f'CPU {cpu} did not refill:\n{text}'


def test_numa():
    """two memory nodes"""
    result = vm.boot(KERNEL, {}, 'cat /sys/devices/system/node/online >/out/online', smp=2,
                     extra_qemu=vm.numa_nodes(2, 2, 1024))
    assert (result.out / 'online').read_text().strip() == '0-1', 'one node only'


def test_no_record():
    """a guest that ends before its script does is an error"""
    try:
        vm.boot(KERNEL, {}, 'echo going; poweroff -f')
    except vm.GuestError as error:
        assert 'without a complete record' in str(error) and 'going' in str(error), str(error)
        return
    raise AssertionError('boot() returned')


def test_cut_short():
    """a console without the guest's last line is no result: the serial line of a guest may stop"""
    assert vm.is_whole('slabscope-guest: begin\nslabscope-guest: end 0\n', 0)
    for console in ('slabscope-guest: begin\n', 'slabscope-guest: end', 'slabscope-guest: end 1\n'):
        assert not vm.is_whole(console, 0), console


def test_versions():
    """a kernel whose version is open can be had of one version; others have no more names than the table"""
    assert kernels.row_of('stats-7.2').package == r'linux-source-7\.2'
    assert kernels.row_of('stats-7').package == r'linux-source-7\.[0-9]+'
    for name in ('stats-6.12.3', 'stats-7.x', 'debian-6', 'debian-6.5', '/boot/bzImage.7'):
        assert kernels.row_of(name) is None, name


def test_timeout():
    """a script that hangs ends at the timeout, and no QEMU is left"""
    mark = f'slabscope.mark={os.getpid()}a'
    began = time.monotonic()
    try:
        vm.boot(KERNEL, {}, 'echo now-hanging; while :; do :; done', timeout=12, append=mark)
    except vm.GuestTimeout as error:
        assert 'now-hanging' in str(error), str(error)
    else:
        raise AssertionError('boot() returned')
    assert time.monotonic() - began < 20, 'it took much longer than the timeout'
    assert not running(mark), 'QEMU still runs'


def test_orphan(scratch):
    """no QEMU survives its parent's violent death"""
    mark = f'slabscope.mark={os.getpid()}b'
    script = Path(scratch, 'sleep.sh')
    script.write_text('sleep 1000')
    child = subprocess.Popen([sys.executable, '-m', 'tests.vm.vm', '--kernel', KERNEL,
                              '--append', mark, str(script)],
                             cwd=ROOT, env=dict(os.environ, TMPDIR=scratch),
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert wait_for(lambda: running(mark, vm.QEMU), 60), 'QEMU did not start'
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert wait_for(lambda: not running(mark), 10), 'QEMU still runs'


def running(mark, program=''):
    """The processes, but for this one, whose command line contains both texts."""
    found = []
    for path in Path('/proc').glob('[0-9]*/cmdline'):
        try:
            text = path.read_bytes().decode(errors='replace')
        except OSError:
            continue    # it ended meanwhile
        if mark in text and program in text and int(path.parent.name) != os.getpid():
            found.append(int(path.parent.name))
    return found


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False
