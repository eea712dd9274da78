#!/usr/bin/env python3
"""The command line: usage errors, pipes, signals, privileges, JSON of a real run."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import tap
from tap import Skip, need
from terminal import SLABSCOPE, children, is_running, wait_until


def run(*arguments, prefix=(), timeout=60, **options):
    return subprocess.run([*prefix, SLABSCOPE, *arguments], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                          **options)


def start(*arguments, **options):
    return subprocess.Popen([SLABSCOPE, *arguments], stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def usage(*arguments, says=()):
    """One line on stderr that says all of this, nothing on stdout, status 2."""
    p = run(*arguments)
    line = p.stderr
    need(p.returncode == 2, f'{arguments}: status {p.returncode}: {line}')
    need(p.stdout == '', f'{arguments}: on stdout: {p.stdout}')
    need(line.startswith('slabscope: ') and line.count('\n') == 1, f'{arguments}: {line}')
    for text in says:
        need(text in line, f"{arguments}: no '{text}' in: {line}")


def unknown():
    usage('--no-such-option', says=('--no-such-option', '--help'))
    usage('top', '--no-such-option', says=('slabscope top --help',))
    usage('top', '-x', says=('-x',))
    usage('demo', '--jsom', says=('--jsom', 'slabscope demo --help'))
    usage('doctor', '-d', '1', says=('slabscope doctor --help',))
    usage('topp', says=("'topp'", 'top, demo, doctor, record, replay, compare and workload'))
    usage('top', 'extra', says=('extra', 'not expected'))
    usage('top', '-d', says=('-d', 'missing'))
    usage('top', '--json=yes', says=('takes no value',))
    usage('top', '--speed', '2', says=('--speed is a recording',))
    usage('top', '--from', '/tmp', '--speed', '0', says=('--speed 0', '0.01 to 10000'))
    usage('top', '--from', '/tmp', '--callers', says=('--from excludes',))
    usage('demo', '--from', '/tmp', says=('--from is not for demo',))
    usage('replay', '/tmp', '--threads', '--sweep', 'limit=8', says=('--sweep and --threads exclude',))
    usage('replay', '/tmp', '--repeat', '3', says=('--repeat is for --threads',))
    usage('replay', '/tmp', '--threads', '--repeat', '0', says=('--repeat 0', '1 to 1000'))
    usage('top', '--batch', '--json', says=('--json and --csv exclude',))


def bad_numbers():
    for value in ('0', '-1', '0.05', '3601', 'x', '', '1s', 'nan', 'inf', '0x10', '1e99', ' 1'):
        usage('top', '-d', value, says=('-d', 'from 0.1 to 3600'))
    for value in ('0', '-3', '1.5', 'many', '99999999999'):
        usage('top', '-n', value, says=('-n',))
    for value in ('0', '-1', 'init', '99999999999', '1.5'):
        usage('top', '-p', value, says=('-p',))


def no_such_process():
    p = run('top', '--json', '-n', '1', '-p', str(2**22 - 7))
    need(p.returncode == 1, f'status {p.returncode}: {p.stderr}')
    need(p.stdout == '' and p.stderr.count('\n') == 1, p.stdout + p.stderr)
    need(str(2**22 - 7) in p.stderr, p.stderr)


def helps():
    for arguments in (['--help'], ['top', '--help'], ['demo', '--help'], ['doctor', '--help']):
        p = run(*arguments)
        need(p.returncode == 0 and p.stderr == '', f'{arguments}: {p.returncode} {p.stderr}')
        wide = [line for line in p.stdout.splitlines() if len(line) > 80]
        need(not wide, '\n'.join(wide))
        need(p.stdout.startswith('Usage: slabscope'), p.stdout)
    for word in ('top', 'demo', 'doctor', '--help'):
        need(word in run('--help').stdout, word)
    for word in ('--batch', '--json', '--rounds=COUNT', '--delay=SECONDS', '--pid=PID', 'n/a'):
        need(word in run('top', '--help').stdout, word)
    need(run('--version').stdout.startswith('slabscope '), run('--version').stdout)


CACHE = {'name', 'aliases', 'object_size', 'objects', 'active_objects', 'cached_objects', 'slabs', 'bytes',
         'limit', 'batchcount', 'active_slabs', 'slab_pages', 'allocs', 'frees', 'hits', 'hit_rate', 'refills', 'bypasses',
         'failed', 'grows', 'flushes', 'list_moves', 'slab_frees', 'origins', 'refill_ns', 'refill_buckets', 'cpus'}


def check_round(line):
    r = json.loads(line)
    need(set(r) == {'schema', 'time', 'interval_s', 'self', 'kernel', 'reference'}, sorted(r))
    need(r['schema'] == 'slabscope.top/1', r['schema'])
    need(set(r['kernel']) == {'release', 'allocator', 'probes', 'missing', 'inferred', 'caches'}, r['kernel'])
    need(set(r['self']) == {'cpu_percent', 'rss_bytes', 'bpf_ns_per_event',
                         'bpf_cpu_percent', 'unpaired', 'lost'},
         r['self'])
    for cache in r['kernel']['caches'] + [c for s in r['reference'] for c in s['caches']]:
        need(set(cache) == CACHE, sorted(CACHE ^ set(cache)))
        known = all(cache[k] is not None for k in ('allocs', 'hits', 'refills', 'bypasses'))
        if known and cache['cpus']:
            need(cache['hits'] == sum(c['hits'] for c in cache['cpus']), cache)
    return r


def steady(r):
    """The cache of the load that is hit most."""
    side, = r['reference']
    return next(c for c in side['caches'] if c['name'] == 'steady-64')


def json_rounds():
    p = run('demo', '--json', '-n', '3', '-d', '0.3')
    need(p.returncode == 0 and p.stderr == '', f'{p.returncode} {p.stderr}')
    rounds = [check_round(line) for line in p.stdout.splitlines()]
    need(len(rounds) == 3, f'{len(rounds)} rounds')
    for r in rounds:
        need(0.2 < r['interval_s'] < 3, r['interval_s'])
        c = steady(r)
        need(c['allocs'] > 1000 and c['hits'] > 0 and c['refills'] > 0, c)
        need(c['allocs'] == c['hits'] + c['refills'] + c['bypasses'], c)
        need(0.5 < c['hit_rate'] < 1, c['hit_rate'])
        need(sum(v for k, v in c['origins'].items() if k != 'failed') == c['refills'], c)
    need(len({r['time'] for r in rounds}) == 3, 'the time stands still')


def demo_in_a_pipe():
    p = run('demo')
    need(p.returncode == 0 and p.stderr == '', f'{p.returncode} {p.stderr}')
    need(p.stdout.count('slabscope  ') == 3, p.stdout)
    need(p.stdout.count('reference  slabscope-load') == 3, p.stdout)
    need(p.stdout.count('\nkernel ') == 3 and 'steady-64' in p.stdout, p.stdout)
    need('\x1b' not in p.stdout, 'escape sequences in a pipe')


def a_reader_that_leaves():
    p = subprocess.run(f'{SLABSCOPE} top --json -d 0.2 | head -n 1; echo "${{PIPESTATUS[0]}}" >&2',
                       shell=True, executable='/bin/bash', stdin=subprocess.DEVNULL, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    check_round(p.stdout)
    need(p.stderr == '0\n', p.stderr)
    p = start('top', '--json', '-d', '60') # it does not wait for a round to find out
    time.sleep(1)
    p.stdout.close()
    need(p.wait(40) == 0, f'status {p.returncode}')


def a_reader_that_stops():
    """Nobody reads, and the pipe is full: a signal must end it all the same."""
    p = start('demo', '--batch', '-d', '0.1')
    time.sleep(3)
    p.send_signal(signal.SIGTERM)
    try:
        p.wait(40)
    except subprocess.TimeoutExpired:
        p.kill()
        raise AssertionError('it hangs on its output') from None
    need(p.returncode in (0, 1), f'status {p.returncode}')


def full_disk():
    with open('/dev/full', 'w') as full:
        p = subprocess.run([SLABSCOPE, 'top', '--json', '-n', '1', '-d', '0.1'], stdout=full,
                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60)
    need(p.returncode == 1 and 'No space left' in p.stderr and p.stderr.count('\n') == 1,
         f'{p.returncode} {p.stderr}')


def signals_lose_nothing():
    for number in (signal.SIGINT, signal.SIGTERM):
        p = start('demo', '--json', '-d', '2')
        check_round(p.stdout.readline())
        load = children(p.pid)[0]
        time.sleep(0.7)
        p.send_signal(number)
        out, err = p.communicate(timeout=40)
        need(p.returncode == 0 and err == '', f'{p.returncode} {err}')
        r = check_round(out) # the part of a round that there was
        need(0.3 < r['interval_s'] < 1.9 and steady(r)['allocs'] > 1000, out[:200])
        need(wait_until(lambda: not is_running(load), 40), 'the load goes on')
    p = start('top', '--json', '-n', '5', '-d', '2')
    p.stdout.readline()
    p.send_signal(signal.SIGTERM)
    out, err = p.communicate(timeout=40)
    need(p.returncode == 1 and 'after 2 of 5 rounds' in err, f'{p.returncode} {err}')


def killed_load():
    p = start('demo', '--json', '-d', '0.3')
    check_round(p.stdout.readline())
    os.kill(children(p.pid)[0], signal.SIGKILL)
    out, err = p.communicate(timeout=40)
    for line in out.splitlines():
        check_round(line)
    need(p.returncode == 1 and 'killed by signal 9' in err and err.count('\n') == 1,
         f'{p.returncode} {err}')


def killed_demo():
    p = start('demo', '--json', '-d', '0.3')
    check_round(p.stdout.readline())
    load = children(p.pid)[0]
    p.kill()
    p.wait()
    need(wait_until(lambda: not is_running(load), 40), 'the load has outlived the demo')


def without_privileges():
    if os.geteuid() or not shutil.which('setpriv'):
        raise Skip('needs root and setpriv')
    user = ('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups')
    # The directory of the build may be closed to others: run a copy.
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        copy = shutil.copy(SLABSCOPE, directory)
        os.chmod(copy, 0o755)
        for arguments in (['demo', '--json', '-n', '2', '-d', '0.3'],
                          ['top', '--json', '-n', '1', '-d', '0.3']):
            p = subprocess.run([*user, copy, *arguments], stdin=subprocess.DEVNULL, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
            need(p.returncode == 0, f'{arguments}: {p.returncode} {p.stderr}')
            r = check_round(p.stdout.splitlines()[-1])
            need(r['kernel']['missing'], 'nothing is said to be missing')
            for m in r['kernel']['missing']:
                need(m['what'] and m['why'], m)
            if arguments[0] == 'demo':
                c = steady(r)
                need(c['allocs'] > 1000 and c['hits'] > 0, c)
                need(c['refill_ns'] is None, f"latency without privileges: {c['refill_ns']}")


def closed_descriptors():
    p = subprocess.run(f'{SLABSCOPE} top --json -n 1 -d 0.1 <&- >&- 2>&-; echo $?', shell=True,
                       text=True, stdout=subprocess.PIPE, timeout=60)
    need(p.stdout == '0\n', p.stdout)


tap.run([
    ('unknown options and commands', unknown),
    ('numbers out of range', bad_numbers),
    ('a process that is not there', no_such_process),
    ('--help and --version', helps),
    ('rounds of JSON', json_rounds),
    ('the demo in a pipe', demo_in_a_pipe),
    ('a reader that leaves', a_reader_that_leaves),
    ('a reader that stops', a_reader_that_stops),
    ('a full disk', full_disk),
    ('signals lose nothing', signals_lose_nothing),
    ('the load is killed', killed_load),
    ('the demo is killed', killed_demo),
    ('without privileges', without_privileges),
    ('closed descriptors', closed_descriptors),
])
