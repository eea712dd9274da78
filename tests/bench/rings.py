"""Recording libslab through rings, and by probes, beside heaptrack on the same program with malloc().

Usage: python3 -m tests.bench.rings BUILD_DIR. The program allocates and frees in pairs, in bursts with pauses, and measures its own
processor time; all ways take turns, and figures are medians.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 9
ARGUMENTS = ['60', '5000', '3000']      # bursts, pairs in each, pause in microseconds
DEPTHS = (0, 10)                        # heaptrack follows the callers: what it costs depends on how many there are
EVENT_NS, OF_HEAPTRACK = 60, 0.5        # wanted: at most; of heaptrack where calls are nested as in a program
TRACED, PATIENCE = 3, 20


def run(command, traced):
    """The median of the pairs in nanoseconds, and how many events the recorder lost."""
    for _ in range(PATIENCE):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode != TRACED or traced:
            break
        time.sleep(1)                   # another program traces libslab
    figures = re.findall(r'^\d+\.\d\d$', done.stdout, re.M)
    if done.returncode not in ((TRACED,) if traced else (0,)) or not figures:
        raise OSError(f'{done.stdout}{done.stderr} (another tracer runs)' if done.returncode == TRACED else
                      f'{done.stdout}{done.stderr}')
    lost = re.search(r', (\d+) lost', done.stderr)
    return float(figures[-1]), int(lost.group(1)) if lost else 0


def ways(build, scratch, depth):
    """What runs the program, and on what, by its name."""
    slab = [f'{build}/tests/progs/pairs', *ARGUMENTS, str(depth)]
    malloc = [*slab, 'malloc']
    record = [f'{build}/slabscope', 'record', str(scratch / 'trace')]
    found = {'libslab': slab, 'rings': [*record, '--', *slab]}
    if not os.geteuid() and not depth:
        found['probes'] = [*record, '--probes', '--', *slab]
    if shutil.which('heaptrack'):
        found['malloc'] = malloc
        found['heaptrack'] = ['heaptrack', '-o', str(scratch / 'heaptrack'), *malloc]
    return found


def measure(build):
    """Medians of nanoseconds of a pair, and lost events, by the way and the depth."""
    runs, lost = {}, {}
    with tempfile.TemporaryDirectory(prefix='slabscope-bench-') as scratch:
        for depth in DEPTHS * ROUNDS:
            for name, command in ways(build, Path(scratch), depth).items():
                shutil.rmtree(Path(scratch) / 'trace', ignore_errors=True)
                try:
                    ns, missing = run(command, name == 'probes')
                except OSError:
                    if name == 'probes':  # other tracers of this machine may be in its way
                        continue
                    raise
                runs.setdefault((name, depth), []).append(ns)
                lost[name, depth] = lost.get((name, depth), 0) + missing
    return {way: statistics.median(each) for way, each in runs.items()}, lost


def main(build):
    try:
        pair, lost = measure(build)
    except OSError as why:
        print(f'Recording libslab beside heaptrack: not measured: {why}\n')
        return
    print('Recording libslab beside heaptrack, on the same program with malloc(): pairs of an allocation and a free,\n'
          f'nanoseconds of processor time of the program; medians of {ROUNDS} turns\n')
    print(f'{"":24}{"a pair":>10}{"alone":>10}{"an event":>12}{"lost":>8}')
    event = {}
    for (name, depth), ns in pair.items():
        alone = pair.get(({'heaptrack': 'malloc'}.get(name, 'libslab'), depth))
        if name in ('libslab', 'malloc'):
            continue
        event[name, depth] = (ns - alone) / 2
        print(f'{name + ", nested " + str(depth):24}{ns:10.1f}{alone:10.1f}{event[name, depth]:12.1f}'
              f'{lost[name, depth] if name != "heaptrack" else "-":>8}')
    print()
    wanted = [('nanoseconds an event', event['rings', 0], EVENT_NS)]
    if ('heaptrack', 10) in event:
        wanted.append(("of heaptrack's slowdown, nested 10", event['rings', 10] / event['heaptrack', 10], OF_HEAPTRACK))
    for what, value, most in wanted:
        print(f'{what}: {value:.2f} ({most}){"" if value <= most else "  (more than wanted)"}')
    if ('heaptrack', 0) in event:
        print(f"of heaptrack's slowdown, not nested: {event['rings', 0] / event['heaptrack', 0]:.2f}")
    if ('probes', 0) in event:
        print(f'of an event by probes: {event["rings", 0] / event["probes", 0]:.3f}')
    print()


if __name__ == '__main__':
    main(sys.argv[1])
