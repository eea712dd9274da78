"""Recording the kernel beside `perf record` on the same four tracepoints, under the same load.

Usage: python3 -m tests.bench.record BUILD_DIR. Slowdown is processor time of the load, which takes turns with nothing, slabscope and perf
watching; of what is lost and what is written each says itself.
"""
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 7
EVENTS = ','.join(f'kmem:{event}' for event in ('kmem_cache_alloc', 'kmem_cache_free', 'kmalloc', 'kfree'))
# perf reads the tracepoints through tracefs: mounted for perf alone, and gone with it.
PERF = ['unshare', '-m', 'sh', '-c',
        'mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; exec perf record -q -a -e "$0" -o "$1"']
SLOWDOWN, BYTES = 0.5, 16   # wanted: at most so much of perf's, and so many bytes an event


def load(build):
    """Processor seconds of the load."""
    def used():
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime
    before = used()
    subprocess.run([f'{build}/tests/progs/kload', 'files', '500', '400', '0'], stdout=subprocess.DEVNULL, check=True)
    return used() - before


def under(command, build, is_ready):
    """The load while command runs, which an interrupt ends; and what that said."""
    watcher = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               start_new_session=True)
    while not is_ready() and watcher.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)
    seconds = load(build) if watcher.poll() is None else None
    os.killpg(watcher.pid, signal.SIGINT)
    said = watcher.communicate(timeout=120)[0]
    if seconds is None:
        raise OSError(f'{command[0]}: {said}')
    return seconds, said


def size(path):
    return sum(file.stat().st_size for file in path.rglob('*')) if path.is_dir() else path.stat().st_size


def record(build, scratch):
    trace = scratch / 'trace'
    shutil.rmtree(trace, ignore_errors=True)
    seconds, said = under([f'{build}/slabscope', 'record', str(trace), '--kernel'], build,
                          lambda: (trace / 'state').exists())
    events, lost = re.search(r'(\d+) events, .* (\S+) lost', said).groups()
    return {'seconds': seconds, 'events': int(events), 'bytes': size(trace), 'lost': lost}


def perf(build, scratch):
    data = scratch / 'perf.data'
    data.unlink(missing_ok=True)
    seconds, said = under([*PERF, EVENTS, str(data)], build, lambda: data.exists() and size(data))
    stats = subprocess.run(['perf', 'report', '--stats', '-i', str(data)], capture_output=True, text=True).stdout
    events = sum(int(number) for number in re.findall(r'SAMPLE events:\s+(\d+)', stats)[:1])
    lost = sum(int(number) for number in re.findall(r'LOST\S* (?:events|samples):\s+(\d+)', stats))
    if not events:
        raise OSError(f'perf: {said}{stats}')
    return {'seconds': seconds, 'events': events, 'bytes': size(data), 'lost': lost}


def main(build):
    if os.geteuid() or not shutil.which('perf'):
        print('Recording beside perf: not measured: it needs root, and perf\n')
        return
    runs = {'nothing': [], 'slabscope': [], 'perf': []}
    with tempfile.TemporaryDirectory(prefix='slabscope-bench-') as scratch:
        try:
            for _ in range(ROUNDS):
                runs['nothing'].append({'seconds': load(build)})
                runs['slabscope'].append(record(build, Path(scratch)))
                runs['perf'].append(perf(build, Path(scratch)))
        except OSError as why:
            print(f'Recording beside perf: not measured: {why}\n')
            return
    median = {who: statistics.median(run['seconds'] for run in which) for who, which in runs.items()}
    base = median['nothing']
    print(f'Recording the kernel beside perf record, on the four tracepoints: 200,000 files opened and closed take {base:.3f} s '
          f'of processor time\nby themselves; medians of {ROUNDS} turns')
    print(f'\n{"":12}{"slower by, %":>14}{"events":>10}{"lost":>8}{"bytes an event":>16}')
    for who in ('slabscope', 'perf'):
        which = runs[who]
        print(f'{who:12}{100 * (median[who] / base - 1):14.1f}{statistics.median(run["events"] for run in which):10.0f}'
              f'{" ".join(sorted({str(run["lost"]) for run in which})[-1:]):>8}'
              f'{statistics.median(run["bytes"] / run["events"] for run in which):16.1f}')
    ratio = (median['slabscope'] - base) / (median['perf'] - base)
    print()
    size_of_one = statistics.median(run['bytes'] / run['events'] for run in runs['slabscope'])
    for what, value, most in (("of perf's slowdown", ratio, SLOWDOWN), ('bytes an event', size_of_one, BYTES)):
        print(f'{what}: {value:.2f} ({most}){"" if value <= most else "  (more than wanted)"}')
    lost = [[run['lost'] for run in runs[who] if str(run['lost']) != '0'] for who in ('slabscope', 'perf')]
    print(f'turns with events lost: slabscope {len(lost[0])}, perf {len(lost[1])}'
          f'{"  (more than wanted)" if len(lost[0]) > len(lost[1]) else ""}\n')


if __name__ == '__main__':
    main(sys.argv[1])
