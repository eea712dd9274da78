"""What a user feels of slabscope: a load alone, beside a peer that shows what slabratetop shows, and beside slabscope.

Usage: python3 -m tests.bench.whole BUILD_DIR [ROUNDS]. All run in one guest that counts instructions, in turn.
"""
import json
import statistics
import sys

from tests.vm import kernel as kernels, vm

KERNEL = 'debian-7.2'
BATCHES = 20
PEER = 'slabratetop'
# name, command, slowdown at most so many times the peer's
WATCHERS = (
    (PEER, 'whole_cost watch /peers.bpf.o slabratetop', None),
    ('slabscope', 'slabscope top --batch -d 1 -n 1000', 1.0),
    ('  --full', 'slabscope top --batch -d 1 -n 1000 --full', None),
    ('  tracepoints only', 'env SLABSCOPE_ATTACH=tracepoint slabscope top --batch -d 1 -n 1000', None),
)
START_UP = 2.0      # at most so many times the peer's work

# Watches with COMMAND until it has shown its first round, and then runs the load.
SCRIPT = '''
under() {       # NAME COMMAND...
    name=$1; shift
    "$@" >/watched 2>/out/err & pid=$!
    until [ -s /watched ]; do sleep 0.1 || exit 1; kill -0 $pid || { cat /out/err; exit 1; }; done
    read ran rest </proc/$pid/schedstat
    sleep 3
    whole_cost load %d >/load || exit 1
    kill $pid; wait $pid
    echo "[\\"$name\\", $(cat /load), $ran]" >>/out/results
    rm /watched
}
alone() { sleep 3; whole_cost load %d >/load && echo "[\\"alone\\", $(cat /load), 0]" >>/out/results || exit 1; }
''' % (BATCHES, BATCHES)


def verdict(value, most):
    return '' if most is None else f' ({most:.2f})' + ('' if value <= most else '  (more than wanted)')


def measure(build, rounds, watchers=WATCHERS):
    """Returns {name: [(wall, own, start-up) of each round]}, in nanoseconds; None where there is no kernel."""
    entry = kernels.latest_entry(KERNEL, kernels.KERNELS[KERNEL])
    if not entry:
        print(f'The whole cost: not measured: the guest\'s kernel is not there (python3 tests/vm/kernel.py {KERNEL})\n')
        return None
    once = 'alone\n' + ''.join(f"under '{name.strip()}' {command}\n" for name, command, _ in watchers)
    result = vm.boot(str(entry / 'bzImage'), {
        '/bin/slabscope': f'{build}/slabscope', '/bin/whole_cost': f'{build}/tests/bench/whole_cost',
        '/peers.bpf.o': f'{build}/tests/bench/peers.bpf.o'}, SCRIPT + once * rounds, icount=True, timeout=900)
    if result.exit_status:
        sys.exit(f'whole_cost failed in the guest:\n{result.console[-2000:]}')
    found = {}
    for line in (result.out / 'results').read_text().splitlines():
        name, (wall, own), start = json.loads(line)
        found.setdefault(name, []).append((wall, own, start))
    return found


def main():
    build, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    found = measure(build, rounds)
    if not found:
        return
    median = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in found.items()}
    alone = median['alone']
    peer = median[PEER]
    print(f'The whole cost: {BATCHES} batches of opens, epoll instances and sockets, in a guest ({KERNEL}) that counts\n'
          'instructions: milliseconds, each the median of some runs in turn. Slowdown: of the load, with all that the watcher\n'
          f'does meanwhile; its programs: of the load alone. Start-up: until the first round. {PEER}: the same algorithm.\n')
    print(f'{"":22}{"load":>8}{"slowdown":>10}{"programs":>10}{"start-up":>10}   slowdown beside {PEER} (wanted), start-up')
    print(f'{"alone":22}{alone[0] / 1e6:8.1f}')
    for name, _, most in WATCHERS:
        wall, own, start = median[name.strip()]
        line = f'{name:22}{wall / 1e6:8.1f}{100 * (wall / alone[0] - 1):9.1f}%{100 * (own / alone[1] - 1):9.1f}%{start / 1e6:10.0f}'
        if name != PEER:
            ratio, begun = (wall - alone[0]) / (peer[0] - alone[0]), start / peer[2]
            line += f'   {ratio:5.2f}{verdict(ratio, most)}, {begun:.2f}{verdict(begun, START_UP if most else None)}'
        print(line)
    print()


if __name__ == '__main__':
    main()
