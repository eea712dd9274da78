#!/usr/bin/env python3
"""libslab beside glibc, jemalloc, mimalloc and tcmalloc: ns per object, and ours over the fastest.

Usage: run.py BUILD_DIR [ROUNDS]. Every allocator runs each work once a round, in turn, so that a
change of the machine's speed meets all of them; figures are medians over the rounds.
"""
import os
import statistics
import subprocess
import sys

PEERS = {'glibc': None, 'jemalloc': 'libjemalloc.so.2', 'mimalloc': 'libmimalloc.so.2',
         'tcmalloc': 'libtcmalloc_minimal.so.4'}
# work, how libslab is called, at most so much of the fastest peer
ROWS = [('pair', 'inlined', 0.40), ('pair', 'no-inline', 0.75), ('burst32', 'inlined', 0.45),
        ('burst1000', 'inlined', 0.70), ('handover', 'inlined', 1.0)]


def measure(binary, allocator, work, preload=None):
    env = dict(os.environ)
    if preload:
        env['LD_PRELOAD'] = preload
    done = subprocess.run([binary, allocator, work], env=env, capture_output=True, text=True,
                          timeout=120)
    if done.returncode or 'cannot be preloaded' in done.stderr:
        sys.exit(f'{binary} {allocator} {work}: {done.stderr.strip()}')
    return float(done.stdout)


def main():
    build = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    inlined, shared = f'{build}/tests/bench/alloc', f'{build}/tests/bench/alloc.shared'
    times = {}
    for _ in range(rounds):
        for work in dict.fromkeys(row[0] for row in ROWS):
            for peer, library in PEERS.items():
                times.setdefault((work, peer), []).append(
                    measure(inlined, 'malloc', work, library))
            times.setdefault((work, 'inlined'), []).append(measure(inlined, 'slab', work))
            if (work, 'no-inline') in [row[:2] for row in ROWS]:
                times.setdefault((work, 'no-inline'), []).append(measure(shared, 'slab', work))
    print(f'ns per object (one alloc and one free of 64 bytes), medians of {rounds} rounds')
    print(f'{"work":10} {"libslab":>16}' + ''.join(f'{p:>10}' for p in PEERS) +
          '   ratio to the fastest   wanted')
    for work, how, target in ROWS:
        ours = statistics.median(times[work, how])
        peers = {peer: statistics.median(times[work, peer]) for peer in PEERS}
        fastest = min(peers, key=peers.get)
        print(f'{work:10} {how:>9} {ours:6.2f}' + ''.join(f'{v:10.2f}' for v in peers.values()) +
              f'   {ours / peers[fastest]:5.2f} of {fastest:10}   <= {target:.2f}')


if __name__ == '__main__':
    main()
