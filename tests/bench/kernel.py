"""What watching the kernel costs: counting an event, timing a refill, a round of slabscope.

Usage: python3 -m tests.bench.kernel BUILD_DIR. Ratios compare what ran in one run. Counting takes this machine's own kernel
(which must let BPF programs be attached to raw tracepoints); refills a guest that counts instructions.
"""
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from tests.vm import kernel as kernels, vm

RUNS = 3
SETTLE, SECONDS = 4, 12
EVENTS = (('alloc', 'kmem_cache_alloc'), ('free', 'kmem_cache_free'), ('kmalloc', 'kmalloc'), ('kfree', 'kfree'))


def verdict(value, most):
    return '' if value <= most else '  (more than wanted)'


def row(text, ours, peers):
    """peers: (name, value, at most so much of it, or None)"""
    line = f'{text:30}{ours:9.1f}'
    for _, value, most in peers:
        line += f'{value:10.1f} {ours / value:5.2f}' + (f' ({most:.2f}){verdict(ours / value, most)}' if most else ' ' * 7)
    print(line)


def counting(build):
    load = (f'{build}/tests/progs/kload files 500 300 >/dev/null && '
            f'{build}/tests/progs/kload messages 500 200 >/dev/null')
    every = {'counts': [], 'all': []}
    for _ in range(RUNS):
        for what, runs in every.items():
            for order in ('before', 'after'):
                done = subprocess.run([f'{build}/tests/bench/count_cost', f'{build}/tests/bench/peers.bpf.o', order,
                                       what, load], capture_output=True, text=True, check=False)
                if done.returncode:
                    print(f'Counting: not measured: {done.stderr.strip()}\n')
                    return
                runs.append(json.loads(done.stdout))
    runs, inferred = every['counts'], every['all'][0]['inferred']

    def net(program, event, of=runs):
        """Medians of the runs in either order, and the mean of both orders."""
        return statistics.mean(statistics.median(run[f'{program}_{event}']['ns'] - run[f'empty_{event}']['ns']
                                                 for run in of[order::2]) for order in (0, 1))

    events = sum(run[f'count_{event}']['runs'] for run in runs for event, _ in EVENTS)
    print(f'Counting one event: nanoseconds of program time, net of a program that does nothing; {events} events of this\n'
          'machine. slabscope: the program that counts, and with it the one that stands in for it. The least: a program that\nonly reads the cache and the CPU, finds their counter in an array, and adds one.\n')
    print(f'{"":30}{"slabscope":>9}{"by name":>10}   ratio (wanted){"by address":>13}   ratio (wanted)')
    for event, text in EVENTS:
        both = event in ('alloc', 'free')
        for what, ours in ((text, net('count', event)),
                           ('  and its stand-in', net('count', event) + net('late', event))):
            peers = [('name', net('name', event), 0.15 if both else 0.5)]
            if both:
                peers.append(('pointer', net('pointer', event), 0.3))
            row(what, ours, peers)
        if both:
            row('  the least: finds it, adds one', net('least', event), peers)
        if inferred and 'alloc' in event:
            row('  and infers whether it refilled', net('count', event, every['all']), [])
    print('\nby name: a hash keyed by the cache\'s name, as slabratetop does it; by address: a per-CPU hash. Those of kmalloc '
          'and\nkfree look up the object\'s cache by bpf_get_kmem_cache(), as slabscope does here.\n')


def kernel_image(name, build):
    entry = kernels.latest_entry(name, kernels.KERNELS[name])
    if not entry:
        print(f'not measured: the guest\'s kernel is not there (python3 tests/vm/kernel.py {name})')
    return entry and str(entry / 'bzImage')


def pairs(build):
    print('Timing one refill, in a guest: instructions. By thread: a pair of programs that keeps the beginning in a hash keyed\n'
          'by thread, as a bpftrace line does; by cache: the same with a histogram a cache and CPU, which slabscope has too;\n'
          'nothing: a pair that does nothing; least: one that reads the clock twice and adds to a bucket, and is wrong\n'
          'where a refill sleeps, migrates or nests. slabscope\'s also reads what tells where the objects came from.\n')
    print(f'{"function":26}{"slabscope":>9}{"by thread":>11}{"by cache":>10}{"nothing":>9}{"least":>7}'
          '   ratio (wanted)   net (wanted)   by cache: ratio, net')
    for name in ('slab-6.1', 'debian-7.3'):
        image = kernel_image(name, build)
        if not image:
            continue
        result = vm.boot(image, {'/bin/pair_cost': f'{build}/tests/bench/pair_cost',
                                 '/pairs.bpf.o': f'{build}/tests/bench/pairs.bpf.o'},
                         'pair_cost /pairs.bpf.o >/out/cost', icount=True, timeout=400)
        if result.exit_status:
            sys.exit(f'pair_cost failed in the guest:\n{result.console[-2000:]}')
        cost = json.loads((result.out / 'cost').read_text())
        ours, nothing = cost['slabscope'], cost['empty']
        (ratio, net), (ratio_2, net_2) = ((ours / cost[peer], (ours - nothing) / (cost[peer] - nothing))
                                          for peer in ('hash', 'caches'))
        print(f'{cost["function"]:26}{ours:9.0f}{cost["hash"]:11.0f}{cost["caches"]:10.0f}{nothing:9.0f}{cost["least"]:7.0f}'
              f'   {ratio:5.2f} (0.50)     {net:5.2f} (0.35)   {ratio_2:9.2f}, {net_2:.2f}'
              f'{"" if ratio <= 0.5 and net <= 0.35 else "  (more than wanted)"}')
    print()


# ---- rounds ------------------------------------------------------------------------------

def cpu_seconds(pid):
    """Of the threads that live; /proc/PID/stat has hundredths of a second, which is a whole round."""
    return sum(int(task.read_text().split()[0]) for task in Path(f'/proc/{pid}/task').glob('*/schedstat')) / 1e9


def on_terminal(command):
    """Starts a program on a terminal of its own. Returns its pid and the terminal, whose output is thrown away."""
    pid, master = pty.fork()
    if not pid:
        os.environ['TERM'] = 'xterm'
        os.execv(command[0], command)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 132, 0, 0))
    os.set_blocking(master, False)
    return pid, master


def rounds(build):
    """Both at once, so that what else the machine does meets both."""
    slabtop = shutil.which('slabtop')
    if os.geteuid() or not slabtop:
        print('A round beside slabtop: not measured: it takes root and slabtop\n')
        return
    running = [on_terminal(command) for command in ([f'{build}/slabscope', 'top', '-d', '1'], [slabtop, '-d', '1'])]
    began = []
    for second in range(SETTLE + SECONDS):
        if second == SETTLE:
            began = [cpu_seconds(pid) for pid, _ in running]
        until = time.monotonic() + 1
        while time.monotonic() < until:
            for _, master in running:
                try:
                    os.read(master, 1 << 16)
                except BlockingIOError:
                    time.sleep(0.01)
    ours, theirs = ((cpu_seconds(pid) - start) / SECONDS * 1000 for (pid, _), start in zip(running, began))
    for pid, master in running:
        os.kill(pid, signal.SIGTERM)
        os.close(master)
        os.waitpid(pid, 0)
    caches = len(Path('/proc/slabinfo').read_text().splitlines()) - 2
    ratio = ours / max(theirs, 0.001)
    print(f'A round at 1 Hz, {caches} caches on this machine, on a screen: milliseconds of processor time\n\n'
          f'slabscope {ours:.1f}   slabtop {theirs:.1f}   ratio {ratio:.2f} (2.00){verdict(ratio, 2)}\n')


FEED = '''
echo 0-255 >/possible && mount --bind /possible /sys/devices/system/cpu/possible || exit 1
{ head -2 /proc/slabinfo; i=0; while [ $i -lt 500 ]; do
    echo "none-$i 1 2 64 21 1 : tunables 0 0 0 : slabdata 1 1 0"; i=$((i + 1)); done; } >/slabinfo
mount --bind /slabinfo /proc/slabinfo || exit 1
slabscope top --batch -d 1 -n 20 >/out/rounds & top=$!
until [ -s /out/rounds ]; do sleep 0.2; done
feed $top 500 256 16 /slabinfo >/out/fed & feed=$!
sleep 4
cat /proc/$top/stat >/out/before
sleep 10
cat /proc/$top/stat >/out/after
cat /proc/$top/status >/out/status
wait $feed || exit 1
'''


def synthetic(build):
    image = kernel_image('slab-6.1', build)
    if not image:
        return
    result = vm.boot(image, {'/bin/slabscope': f'{build}/slabscope', '/bin/feed': f'{build}/tests/bench/feed'}, FEED,
                     icount=True, timeout=280)
    if result.exit_status:
        sys.exit(f'feed failed in the guest:\n{result.console[-2000:]}')
    fed = json.loads((result.out / 'fed').read_text())
    if fed['lost']:
        sys.exit(f'{fed["lost"]} latencies found no room')
    # A tenth of the pairs, 1,000 allocations each.
    told = max(float(rate) for rate in re.findall(r' ([0-9.]+)M alloc/s', (result.out / 'rounds').read_text()) or ['0'])
    if told < fed['caches'] * fed['cpus'] / 10 * 1000 * 0.9 / 1e6:
        sys.exit(f'slabscope tells of {told} million allocations a second: it does not show what is fed')
    before, after = ((result.out / name).read_text().rsplit(')', 1)[1].split() for name in ('before', 'after'))
    # Ticks of 10 ms, ten rounds.
    spent = sum(int(after[i]) - int(before[i]) for i in (11, 12))
    status = (result.out / 'status').read_text()
    resident = int(re.search(r'VmRSS:\s+(\d+)', status)[1]) / 1024
    print(f'{fed["caches"]} caches on {fed["cpus"]} CPUs, a tenth of the pairs active, fed in synthetically, in a guest\n')
    for text, value, unit, most in (('a round', spent, 'million instructions', 50), ('resident', resident, 'MiB', 64),
                                    ('maps', fed['map_bytes'] / 2 ** 20, 'MiB', 96)):
        print(f'{text:20}{value:8.1f} {unit} (wanted {most}){verdict(value, most)}')
    print()


def main():
    build = sys.argv[1]
    counting(build)
    rounds(build)
    pairs(build)
    synthetic(build)


if __name__ == '__main__':
    main()
