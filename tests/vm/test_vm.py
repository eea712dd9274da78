#!/usr/bin/env python3
"""The harness's own test, in TAP: what it promises to the tests that use it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import kernel as kernels    # noqa: E402
import vm                   # noqa: E402

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


class Skip(Exception):
    """A test that this machine cannot run, and why."""


def need(condition, text):
    if not condition:
        raise AssertionError(text)


class Suite:
    """The tests, in the order in which they are reported. One boot serves several."""

    def __init__(self, scratch):
        self.scratch = Path(scratch)
        self.main = None

    def build_facts(self):
        program = self.scratch / 'facts'
        subprocess.run(['cc', '-O2', '-o', str(program), str(HERE / 'facts.c')], check=True)
        return program

    def test_boot(self):
        """a guest boots and its init runs the script"""
        (self.scratch / 'random').write_bytes(os.urandom(1 << 20))
        files = {'/random': self.scratch / 'random', '/bin/facts': self.build_facts()}
        self.main = vm.boot(KERNEL, files, FACTS, icount=True)
        need('slabscope-guest: begin' in self.main.console, self.main.console)

    def text(self, name):
        if self.main is None:
            raise Skip('no guest booted')
        return (self.main.out / name).read_text()

    def facts(self):
        return {name: int(value) for name, value in map(str.split, self.text('facts').splitlines())}

    def test_status(self):
        """the script's exit status is passed on"""
        self.text('mounts')
        need(self.main.exit_status == 42, f'exit status {self.main.exit_status}')

    def test_out(self):
        """files come back byte for byte"""
        self.text('mounts')
        sent = (self.scratch / 'random').read_bytes()
        need((self.main.out / 'random').read_bytes() == sent, '/out/random differs')
        need((self.main.out / 'deep/er/empty').exists(), '/out/deep/er/empty is missing')

    def test_mounts(self):
        """the usual file systems are mounted"""
        mounted = {line.split()[1] for line in self.text('mounts').splitlines()}
        for path in ('/proc', '/sys', '/dev', '/dev/pts', '/dev/shm', '/tmp', TRACING,
                     '/sys/kernel/debug', '/sys/fs/cgroup', '/sys/fs/bpf'):
            need(path in mounted, f'{path} is not mounted')

    def test_traceable(self):
        """cache_alloc_refill can be traced"""
        names = {line.split()[0] for line in self.text('functions').splitlines()}
        for name in ('cache_alloc_refill', 'cache_grow_begin', 'free_block', 'transfer_objects'):
            need(name in names, f'{name} is not in available_filter_functions')

    def test_btf(self):
        """the kernel has BTF"""
        need('vmlinux' in self.text('btf').split(), self.text('btf'))

    def test_tunables(self):
        """/proc/slabinfo shows array caches, shared ones too"""
        rows = [line.split() for line in self.text('slabinfo').splitlines()[2:]]
        tunables = [row[row.index('tunables') + 1:][:3] for row in rows]
        need(rows and all(int(limit) > 0 and int(batch) > 0 for limit, batch, _ in tunables),
             'a cache has no limit or no batchcount')
        need(any(int(shared) > 0 for _, _, shared in tunables), 'no cache has a shared array')

    def test_profiler(self):
        """the function profiler counts refills"""
        rows = [line.split() for line in self.text('profile').splitlines()]
        hits = [int(row[1]) for row in rows if row and row[0] == 'cache_alloc_refill']
        need(hits and hits[0] > 0, self.text('profile'))

    def test_rseq(self):
        """rseq is registered, and membarrier can fence it"""
        facts = self.facts()
        need(facts['rseq_size'] >= 20 and facts['rseq_cpu'] == 0, str(facts))
        need(facts['membarrier_rseq'] == 1, str(facts))

    def test_clock(self):
        """the clock is the TSC, read without a system call, in nanoseconds"""
        facts = self.facts()
        need(self.text('clocksource').strip() in ('tsc', 'tsc-early'), self.text('clocksource'))
        need(facts['clock_step_ns'] < 150, f'a reading costs {facts["clock_step_ns"]} instructions')
        need(facts['clock_round'] < 3000, f'{facts["clock_round"]} of 10000 readings end in 0')

    def test_icount(self):
        """a fixed job takes the same time in two guests that count instructions"""
        first = self.facts()['job_ns']
        again = vm.boot(KERNEL, {'/bin/facts': self.scratch / 'facts'}, 'facts >/out/facts',
                        icount=True)
        lines = (again.out / 'facts').read_text().splitlines()
        second = next(int(line.split()[1]) for line in lines if line.startswith('job_ns'))
        need(abs(first - second) <= first / 100, f'{first} ns and {second} ns')

    def test_smp(self):
        """two CPUs run, on the TSC, and the profiler works there"""
        result = vm.boot(KERNEL, {}, SMP, smp=2)
        need((result.out / 'online').read_text().strip() == '0-1', 'one CPU only')
        need((result.out / 'clock').read_text().startswith('tsc'), 'not on the TSC')
        for cpu in '01':
            text = (result.out / f'function{cpu}').read_text()
            need('cache_alloc_refill' in text, f'CPU {cpu} did not refill:\n{text}')

    def test_numa(self):
        """two memory nodes"""
        result = vm.boot(KERNEL, {}, 'cat /sys/devices/system/node/online >/out/online', smp=2,
                         extra_qemu=vm.numa_nodes(2, 2, 1024))
        need((result.out / 'online').read_text().strip() == '0-1', 'one node only')

    def test_no_record(self):
        """a guest that ends before its script does is an error"""
        try:
            vm.boot(KERNEL, {}, 'echo going; poweroff -f')
        except vm.GuestError as error:
            need('without a complete record' in str(error) and 'going' in str(error), str(error))
            return
        raise AssertionError('boot() returned')

    def test_timeout(self):
        """a script that hangs ends at the timeout, and no QEMU is left"""
        mark = f'slabscope.mark={os.getpid()}a'
        began = time.monotonic()
        try:
            vm.boot(KERNEL, {}, 'echo now-hanging; while :; do :; done', timeout=12, append=mark)
        except vm.GuestTimeout as error:
            need('now-hanging' in str(error), str(error))
        else:
            raise AssertionError('boot() returned')
        need(time.monotonic() - began < 20, 'it took much longer than the timeout')
        need(not running(mark), 'QEMU still runs')

    def test_orphan(self):
        """no QEMU survives its parent's violent death"""
        mark = f'slabscope.mark={os.getpid()}b'
        script = self.scratch / 'sleep.sh'
        script.write_text('sleep 1000')
        child = subprocess.Popen([sys.executable, str(HERE / 'vm.py'), '--kernel', KERNEL,
                                  '--append', mark, str(script)],
                                 env=dict(os.environ, TMPDIR=str(self.scratch)),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            need(wait_for(lambda: running(mark, vm.QEMU), 60), 'QEMU did not start')
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        need(wait_for(lambda: not running(mark), 10), 'QEMU still runs')


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


def why_not():
    """Why no guest can run here, or None."""
    for tool in (vm.QEMU, 'busybox', 'cc', 'apt-get'):
        if not shutil.which(tool):
            return f'{tool} is missing'
    try:
        kernels.get(KERNEL)
    except kernels.DownloadError as error:
        return str(error).splitlines()[0]
    return None


def run(number, name, test):
    try:
        test()
        print(f'ok {number} - {name}', flush=True)
        return True
    except Skip as why:
        print(f'ok {number} - {name} # SKIP {why}', flush=True)
        return True
    except Exception:
        print(f'not ok {number} - {name}', flush=True)
        for line in traceback.format_exc().splitlines():
            print(f'# {line}', flush=True)
        return False


def main():
    lacking = why_not()
    if lacking:
        print(f'1..0 # SKIP {lacking}')
        return 0
    with tempfile.TemporaryDirectory(prefix='slabscope-test-') as scratch:
        suite = Suite(scratch)
        names = [name for name in vars(Suite) if name.startswith('test_')]
        print(f'1..{len(names)}', flush=True)
        passed = [run(number, getattr(suite, name).__doc__, getattr(suite, name))
                  for number, name in enumerate(names, 1)]
    return 0 if all(passed) else 1


if __name__ == '__main__':
    sys.exit(main())
