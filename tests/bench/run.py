"""What libslab costs: time beside glibc, jemalloc, mimalloc and tcmalloc, memory, and the
instructions of a refill beside the kernel's own in a guest with CONFIG_SLAB.

Usage: python3 -m tests.bench.run BUILD_DIR [ROUNDS]. Every allocator runs each work once a round, in turn, so that a
change of the machine's speed meets all of them; figures are medians over the rounds, of processor
time: what else the machine does does not count.
"""
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.vm import kernel as kernels, vm

# name, library to preload, Debian package
PEERS = (('glibc', None, 'libc6'), ('jemalloc', 'libjemalloc.so.2', 'libjemalloc2'),
         ('mimalloc', 'libmimalloc.so.2', 'libmimalloc2.0'),
         ('tcmalloc', 'libtcmalloc_minimal.so.4', 'libtcmalloc-minimal4'))
# work, what it is, how libslab is called, at most so much of the fastest peer
ROWS = (('pair', 'one object, freed at once', 'inlined', 0.40),
        ('pair', 'the same by calls into libslab.so', 'called', 0.75),
        ('burst32', 'bursts of 32', 'inlined', 0.45),
        ('burst1000', 'bursts of 1,000', 'inlined', 0.70),
        ('handover', 'one thread allocates, one frees (both)', 'inlined', 1.0))
MADE_UP_CPUS = (1, 2, 4, 8, 16, 32, 64)
TRACED = 3      # exit status of tests/bench/alloc
PATIENCE = 30   # seconds to wait for other tracers to end


def run(command, preload=None):
    env = dict(os.environ)
    if preload:
        env['LD_PRELOAD'] = preload
    for _ in range(PATIENCE):
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        if done.returncode != TRACED:
            break
        time.sleep(1)
    else:
        sys.exit('another program traces libslab on this machine (slabscope, bpftrace?): its figures would '
                 'be the tracer\'s')
    if done.returncode or 'cannot be preloaded' in done.stderr:
        sys.exit(f'{" ".join(command)}: {done.stderr.strip() or done.returncode}')
    return done.stdout


def version(package):
    done = subprocess.run(['dpkg-query', '-W', '-f=${Version}', package], capture_output=True,
                          text=True, check=False)
    return done.stdout.strip() or 'version unknown'


def machine():
    model = 'unknown processor'
    for line in Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith('model name'):
            model = line.split(':', 1)[1].strip()
            break
    return f'{model}, {os.cpu_count()} CPUs, Linux {platform.release()}'


def verdict(value, most):
    return '' if value <= most else '  (more than wanted)'


def speed(build, rounds):
    inlined, called = f'{build}/tests/bench/alloc', f'{build}/tests/bench/alloc.shared'
    floor = [f'{build}/tests/bench/figures', 'floor', f'{build}/tests/bench/libempty.so']
    times, empty = {}, []
    for _ in range(rounds):
        for work in dict.fromkeys(row[0] for row in ROWS):
            for peer, library, _ in PEERS:
                times.setdefault((work, peer), []).append(
                    float(run([inlined, 'malloc', work], library)))
            times.setdefault((work, 'inlined'), []).append(float(run([inlined, 'slab', work])))
            if any(row[0] == work and row[2] == 'called' for row in ROWS):
                times.setdefault((work, 'called'), []).append(float(run([called, 'slab', work])))
        empty.append(float(run(floor)))
    print(f'Speed: nanoseconds an object of 64 bytes, allocated and freed; medians of {rounds} rounds\n')
    print(f'{"":38}{"libslab":>8}' + ''.join(f'{peer[0]:>10}' for peer in PEERS) +
          '   ratio to the fastest  wanted')
    for work, text, how, most in ROWS:
        ours = statistics.median(times[work, how])
        peers = {peer[0]: statistics.median(times[work, peer[0]]) for peer in PEERS}
        fastest = min(peers, key=peers.get)
        ratio = ours / peers[fastest]
        print(f'{text:38}{ours:8.2f}' + ''.join(f'{v:10.2f}' for v in peers.values()) +
              f'   {ratio:5.2f} ({fastest})'.ljust(24) + f'{most:6.2f}{verdict(ratio, most)}')
    print(f'\n{"a pair of calls into a library that do nothing":46}{statistics.median(empty):8.2f}\n')


def memory(build):
    array, chain, idle = run([f'{build}/tests/bench/figures', 'memory']).split()
    print('Memory of libslab\'s own\n')
    for text, value, unit, most in (
            ('over the objects in full slabs of 64 bytes, index array', float(array), '%', 2.5),
            ('the same, bufctl chain', float(chain), '%', 8),
            ('idle cache for 64 CPUs of which two were used', int(idle) / 1024, 'KiB', 32)):
        print(f'{text:58}{value:8.2f} {unit:4} wanted {most:4}{verdict(value, most)}')
    print()


def made_up_cpus(build, rounds):
    times = {}
    for _ in range(rounds):
        for cpus in MADE_UP_CPUS:
            times.setdefault(cpus, []).append(
                float(run([f'{build}/tests/bench/figures', 'cpus', str(cpus)])))
    print('Made-up CPUs: nanoseconds an object, bursts of 200 on each CPU in turn, out of line\n')
    print('CPUs' + ''.join(f'{cpus:8}' for cpus in MADE_UP_CPUS))
    print('ns  ' + ''.join(f'{statistics.median(times[cpus]):8.2f}' for cpus in MADE_UP_CPUS) + '\n')


def refill_instructions(build):
    print('One refill of 60 objects of 64 bytes: instructions, limit 120, batchcount 60\n')
    kernel = kernels.latest_entry('slab-6.1', kernels.KERNELS['slab-6.1'])
    if not kernel:
        print('not measured: the guest\'s kernel is not built (python3 tests/vm/kernel.py slab-6.1, 7 minutes)')
        return
    result = vm.boot(str(kernel / 'bzImage'), {'/bin/refill_cost': f'{build}/tests/guest/refill_cost',
                                '/cost.bpf.o': f'{build}/tests/guest/refill_cost.bpf.o'},
                     'refill_cost reference >/out/reference && '
                     'refill_cost kernel /cost.bpf.o kmalloc-cg-64 >/out/kernel',
                     icount=True, timeout=200)
    if result.exit_status:
        sys.exit(f'refill_cost failed in the guest:\n{result.console[-2000:]}')
    found = {side: {row['origin']: row for row in map(json.loads, (result.out / side).read_text().splitlines())}
             for side in ('reference', 'kernel')}
    print(f'{"from":28}{"libslab":>10}{"kernel":>10}   ratio (of so many refills)')
    for origin, text in (('shared', 'the shared array'), ('partial', 'the partial list'),
                         ('grown', 'a new slab')):
        ours, theirs = (found[side][origin] for side in ('reference', 'kernel'))
        if not ours['refills'] or not theirs['refills']:
            sys.exit(f'no refill of 60 from {text}: {found}')
        ratio = ours['median'] / theirs['median']
        print(f'{text:28}{ours["median"]:10.0f}{theirs["median"]:10.0f}   {ratio:5.2f} '
              f'({ours["refills"]}, {theirs["refills"]}){verdict(ratio, 1)}')
    print(f'\nThe kernel: 6.1 with CONFIG_SLAB, cache_alloc_refill() on kmalloc-cg-64 (System V messages), '
          f'medians less the {found["kernel"]["shared"]["clock"]:.0f}\nthat the same probes take around '
          'an empty function. libslab: the same sequence of allocations and frees,\nstep_refill() '
          'without a probe. Pages had been touched before: a page fault is not in these.')


def main():
    build = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    print(f'{machine()}; ' + ', '.join(f'{peer} {version(package)}' for peer, _, package in PEERS) + '\n')
    speed(build, rounds)
    memory(build)
    made_up_cpus(build, rounds)
    sys.stdout.flush()
    refill_instructions(build)


if __name__ == '__main__':
    main()
