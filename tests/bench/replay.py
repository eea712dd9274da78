"""What recording and replaying cost: bytes on disk an event, time an event, and how many events a second one
core replays. Processor time, for the machine may be busy with other work. Usage: python3 -m tests.bench.replay BUILD"""
import json
import os
import re
import resource
import subprocess
import sys
import tempfile

BUILD = sys.argv[1]
SLABSCOPE = os.path.join(BUILD, 'slabscope')
OPS = 1000000


def cpu_seconds(command):
    """Runs it; returns its processor time and its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done


with tempfile.TemporaryDirectory() as scratch:
    load = [os.path.join(BUILD, 'tests/progs/load'), '-g', '-n', str(OPS), '-b', '333', '-c', '0']
    directory = os.path.join(scratch, 'trace')
    bare, _ = cpu_seconds(load)
    recorded, done = cpu_seconds([SLABSCOPE, 'record', directory, '--', *load])
    lost = re.search(r'(\S+) lost', done.stderr)[1]
    size = sum(os.path.getsize(os.path.join(directory, f)) for f in os.listdir(directory))
    best, report = None, None
    for _ in range(5):
        seconds, done = cpu_seconds([SLABSCOPE, 'replay', '--json', directory])
        report = json.loads(done.stdout)
        best = min(best or seconds, seconds)
    other, _ = cpu_seconds(['babeltrace2', directory, '-o', 'dummy'])
    events = report['events']
    print(f'recorded   {events} events, {lost} lost, {size / events:.1f} bytes each, '
          f'{(recorded - bare) / events * 1e9:.0f} ns each (load and slabscope together)')
    print(f'replayed   {events / best / 1e6:.1f} million a second, reading included '
          f'(babeltrace2 only reads {events / other / 1e6:.1f})')
    print(f'table      {report["map_bytes"]} bytes for at most {report["peak_live"]} live objects')
