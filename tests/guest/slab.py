"""A kernel with CONFIG_SLAB, its refills as slabscope counts them and as others do.

The guests are emulated, one nanosecond an instruction. Where two counts are compared that cannot be
read at one instant, one of them is read before and after the other: the middle value must lie
between the outer two.
"""
import json
import re

import pytest

from tests.support.build import BUILD
from tests.vm import guests

pytestmark = pytest.mark.guest

FILES = {'/bin/driver': BUILD / 'tests/guest/driver', '/spin.bpf.o': BUILD / 'tests/guest/spin.bpf.o',
         '/bin/kload': BUILD / 'tests/progs/kload'}
PROFILE = ' '.join(f'/sys/kernel/tracing/trace_stat/function{cpu}' for cpu in (0, 1))
MOVED = ' '.join(f'/sys/kernel/tracing/events/kprobes/{name}/hist' for name in ('moved', 'destroy'))

# The oracles: ftrace's function profiler, and histograms of what transfer_objects() returned and of
# who called slabs_destroy(), the last step of a flush.
ORACLES = '''
cd /sys/kernel/tracing
echo cache_alloc_refill >set_ftrace_filter
echo cache_grow_begin >>set_ftrace_filter
echo 'r:moved transfer_objects ret=$retval:s32' >kprobe_events
echo 'hist:keys=ret' >events/kprobes/moved/trigger
echo 'p:destroy slabs_destroy caller=+0($stack):x64' >>kprobe_events
echo 'hist:keys=caller.sym' >events/kprobes/destroy/trigger
echo 1 >function_profile_enabled
cd /
'''

FIRST = 'run kload files 500 20 0', 'run kload sockets 300 10 0', 'run kload messages 500 10 0'
COMMANDS = (f'between {PROFILE} {MOVED}', *FIRST, f'between {PROFILE} {MOVED}',
            'read', 'run kload files 3000 1 0 "cat /proc/slabinfo >/out/held"', 'read',
            'attach /spin.bpf.o', 'word', 'read', 'run kload files 6000 1 0', 'word', 'read')

# Two CPUs, four loads that migrate, two that are pinned.
TWO = f'between {PROFILE} {MOVED}', ' '.join((
    'run kload files 400 25 & kload files 700 15 & kload sockets 200 15 & kload sockets 300 10 &',
    'kload files 500 20 0 & kload messages 500 10 1; wait')), f'between {PROFILE} {MOVED}'

# Every step of a refill as events, from which the test finds the origins itself.
STEPS = '''
cd /sys/kernel/tracing
partial=$(driver offset kmem_cache_node slabs_partial) || exit 1
echo 32768 >buffer_size_kb
echo 'p:enter cache_alloc_refill' >kprobe_events
echo 'r:moved transfer_objects ret=$retval:s32' >>kprobe_events
echo "p:first get_first_slab list=%di:x64 next=+$partial(%di):x64" >>kprobe_events
echo 'r:got get_first_slab ret=$retval:x64' >>kprobe_events
echo 'r:grown cache_grow_begin ret=$retval:x64' >>kprobe_events
echo 'r:leave cache_alloc_refill ret=$retval:x64' >>kprobe_events
echo $partial >/out/partial
driver >/out/log <<'END'
read
run echo 1 >/sys/kernel/tracing/events/kprobes/enable
read
run kload files 500 10 0
run kload sockets 300 4 0
run kload messages 500 10 0
read
run echo 0 >/sys/kernel/tracing/events/kprobes/enable
read
END
cat trace >/out/trace
cat per_cpu/cpu0/stats >/out/stats
'''

# Two drivers, each of them told and waited for in turn.
BOTH = '''
mkfifo /f /k
driver </f >/out/f 2>/out/f.err &
SLABSCOPE_ATTACH=kprobe driver </k >/out/k 2>/out/k.err &
exec 3>/f 4>/k
f=0 k=0
wait_for() { while [ $(wc -l </out/$1) -lt $2 ]; do usleep 1000; done; }
ask_f() { f=$((f + 1)); echo read >&3; wait_for f $f; }
ask_k() { k=$((k + 1)); echo read >&4; wait_for k $k; }
ask_f; ask_k; ask_f
kload files 500 20 0 && kload sockets 300 10 0 && kload messages 500 10 0 || exit 1
ask_f; ask_k; ask_f
'''


def boot(script, **options):
    return guests.run('slab-6.1', FILES, script, timeout=500, **options)


def answers(result, name):
    return [json.loads(line) for line in (result.out / name).read_text().splitlines()]


def drive(attach, commands, profiled=(), **options):
    """One guest with the oracles (profiled: more functions) and one driver. Its answers, the result."""
    lines = '\n'.join(commands)
    more = ''.join(f'echo {name} >>/sys/kernel/tracing/set_ftrace_filter\n' for name in profiled)
    result = boot(f"{ORACLES}\n{more}\nSLABSCOPE_ATTACH={attach} driver >/out/log <<'END'\n{lines}\nEND\n",
                  **options)
    log = answers(result, 'log')
    assert len(log) == len(commands), f'{len(log)} answers to {len(commands)} commands'
    for command, answer in zip(commands, log):
        assert not command.startswith('run') or answer['status'] == 0, f'{command}: {answer}'
    return log, result


@pytest.fixture(scope='module', params=['fentry', 'kprobe'])
def attach(request):
    """The probes that slabscope is held to, or those that it uses by itself: fentry."""
    return request.param


@pytest.fixture(scope='module')
def one_cpu(attach):
    """Answers to COMMANDS, and the file held."""
    log, result = drive('any' if attach == 'fentry' else attach, COMMANDS, icount=True)
    return log, (result.out / 'held').read_text()


def caches(snapshot, name=None):
    return [cache for cache in snapshot['caches'] if name in (None, cache['name'])]


def total(snapshot, what, name=None):
    return sum(cache[what] or 0 for cache in caches(snapshot, name))


def origin(snapshot, what, name=None):
    return sum(cache['origins'][what] for cache in caches(snapshot, name))


def runs(snapshot):
    """Runs of cache_alloc_refill, those that gave nothing included, and those that lost their pair."""
    return total(snapshot, 'refills') + origin(snapshot, 'failed') + snapshot['unpaired']


def hits(text, function):
    """What the function profiler counted, on all CPUs."""
    return sum(int(count) for count in re.findall(rf'^\s+{function}\s+(\d+)\s', text, re.M))


def moved(text):
    """Runs of transfer_objects() that moved something."""
    pairs = re.findall(r'ret:\s*(-?\d+)\s*}\s*hitcount:\s*(\d+)', text)
    return sum(int(count) for ret, count in pairs if int(ret) > 0)


def destroyed(text):
    """Runs of slabs_destroy() that ___cache_free() began."""
    counts = re.findall(r'caller:\s*\[\w+\]\s*___cache_free\s*}\s*hitcount:\s*(\d+)', text)
    return sum(int(count) for count in counts)


def check_between(begin, end, outer, inner):
    """Between two answers to "between": what inner counted lies within what outer did."""
    least = outer(end['before']) - outer(begin['after'])
    most = outer(end['after']) - outer(begin['before'])
    middle = inner(end['text']) - inner(begin['text'])
    assert least <= middle <= most, f'{middle} is not within {least} and {most}'
    return f'{middle} within {least} and {most}'


def test_refills_are_what_the_function_profiler_counts(one_cpu, attach):
    log, _ = one_cpu
    begin, end = log[0], log[4]
    assert end['after']['probes'] == attach, f'the probes are {end["after"]["probes"]}, not {attach}'
    note = check_between(begin, end, runs, lambda text: hits(text, 'cache_alloc_refill'))
    assert runs(end['before']) - runs(begin['after']) > 500, 'the load hardly refilled'
    print(note)


def test_grows_and_grown_are_what_the_function_profiler_counts(one_cpu):
    log, _ = one_cpu
    begin, end = log[0], log[4]
    assert origin(end['before'], 'grown') - origin(begin['after'], 'grown') > 50, 'hardly a grow'
    check_between(begin, end, lambda s: origin(s, 'grown'), lambda text: hits(text, 'cache_grow_begin'))
    print(check_between(begin, end, lambda s: total(s, 'grows'),
                         lambda text: hits(text, 'cache_grow_begin')))


def test_shared_is_what_a_kprobe_event_on_transfer_objects_counts(one_cpu):
    log, _ = one_cpu
    begin, end = log[0], log[4]
    assert origin(end['before'], 'shared') - origin(begin['after'], 'shared') > 50, 'hardly a transfer'
    print(check_between(begin, end, lambda s: origin(s, 'shared'), moved))


def test_flushes_are_what_a_kprobe_event_on_slabs_destroy_counts(one_cpu):
    log, _ = one_cpu
    begin, end = log[0], log[4]
    assert total(end['before'], 'flushes') - total(begin['after'], 'flushes') > 50, 'hardly a flush'
    print(check_between(begin, end, lambda s: total(s, 'flushes'), destroyed))


def check_sums(last):
    """Pairs, histograms and origins are counted at different places; they must add up."""
    assert last['unpaired'] <= 2, f'{last["unpaired"]} refills unpaired: more than tracing may begin in'
    # What an interrupt frees while it has interrupted the counting of a free is lost, and said to be.
    assert last['lost'] <= total(last, 'allocs') / 100, f'{last["lost"]} events lost'
    for cache in caches(last):
        origins = sum(n for key, n in cache['origins'].items() if key != 'failed')
        timed = cache.get('refill_ns', {'count': 0})['count']
        assert cache['refills'] == origins == timed, (
            f'{cache["name"]}: {cache["refills"]} refills, {origins} origins, {timed} timed')
        assert cache['allocs'] == cache['hits'] + cache['refills'] + cache['bypasses'], (
            f'{cache["name"]}: allocs are not hits, refills and bypasses: {cache}')
    unexplained = origin(last, 'unexplained')
    refills = total(last, 'refills')
    assert unexplained <= refills / 1000, f'{unexplained} of {refills} refills are unexplained'
    return f'{refills} refills, {unexplained} unexplained'


def test_refills_origins_histograms_and_hits_add_up(one_cpu):
    log, _ = one_cpu
    print(check_sums(log[-1]))


def test_two_cpus_refills_grows_transfers_and_their_sums():
    """Tasks that migrate, a refill on each CPU at once: still every refill has its pair."""
    log, _ = drive('any', TWO, smp=2)
    begin, end = log[0], log[2]
    note = check_between(begin, end, runs, lambda text: hits(text, 'cache_alloc_refill'))
    check_between(begin, end, lambda s: total(s, 'grows'), lambda text: hits(text, 'cache_grow_begin'))
    check_between(begin, end, lambda s: origin(s, 'shared'), moved)
    for cpu in ('0', '1'):
        refills = sum(cache['cpus'].get(cpu, {'refills': 0})['refills'] for cache in caches(end['after']))
        assert refills > 200, f'CPU {cpu} had only {refills} refills'
    print(f'{note}; {check_sums(end["after"])}')


def test_two_nodes_allocations_from_the_remote_one_are_bypasses():
    """Two NUMA nodes, and a load that is bound to the remote one: its allocations ask no array."""
    profile = f'between {PROFILE}'
    made = 5000
    commands = (profile, f'run KLOAD_NODE=1 kload files 500 {made // 500} 0', profile)
    numa = [word for node in (0, 1) for word in (
        '-object', f'memory-backend-ram,id=m{node},size=512M',
        '-numa', f'node,nodeid={node},cpus={node},memdev=m{node}')]
    log, _ = drive('any', commands, icount=True, memory='1G', extra_qemu=numa,
                   profiled=('____cache_alloc_node',))
    begin, end = log[0], log[2]
    note = check_between(begin, end, lambda s: total(s, 'bypasses'),
                         lambda text: hits(text, '____cache_alloc_node'))
    filp = {key: caches(end['before'], 'filp')[0][key] - caches(begin['after'], 'filp')[0][key]
            for key in ('allocs', 'hits', 'refills', 'bypasses')}
    assert made <= filp['bypasses'] <= made * 1.1, f'{made} files bound to node 1: {filp}'
    assert filp['hits'] < made / 10, f'{filp}'
    assert any('flushes' in what for what in end['after']['missing']), 'flushes cannot be known here'
    print(f'{note}; filp {filp}')


def slabinfo_row(text, name):
    words = next(line for line in text.splitlines() if line.startswith(f'{name} ')).split()
    return {'objects_a_slab': int(words[4]), 'slabs': int(words[14]), 'active_slabs': int(words[13])}


def test_grows_are_the_slabs_that_slabinfo_has_more_of(one_cpu):
    """3,000 open files more than before: what grew is what slabinfo has more of, while they are open."""
    log, held = one_cpu
    before, after = caches(log[5], 'filp')[0], caches(log[7], 'filp')[0]
    grown = after['grows'] - before['grows']
    more = slabinfo_row(held, 'filp')['slabs'] - before['slabs']
    # What reads slabinfo opens files too, and may need one more slab after it was read.
    assert 0 <= grown - more <= 1, f'{grown} grows, but slabinfo has {more} slabs more'
    assert grown > 50, f'only {grown} slabs: the load did not grow the cache'
    print(f'{grown} slabs')


def test_refills_made_slow_are_found_in_their_bucket_and_no_others(one_cpu):
    """Every tenth grow lasts 200 microseconds longer: these refills, and no others, are that slow."""
    log, _ = one_cpu
    spun = log[12]['word'] - log[9]['word']
    first = bucket_of(200_000)
    slow, right = 0, 0
    for cache in caches(log[13]):
        now = cache.get('refill_ns', {'buckets': {}})['buckets']
        then = {}
        for old in caches(log[10], cache['name']):
            then = old.get('refill_ns', {'buckets': {}})['buckets']
        for key, count in now.items():
            count -= then.get(key, 0)
            slow += count if int(key) >= first else 0
            # 200 us, and what a refill takes otherwise: up to the next bound.
            right += count if first <= int(key) <= first + 1 else 0
    assert spun >= 10, f'only {spun} spins'
    assert slow == spun, f'{slow} refills took 200 us or more, {spun} were made to'
    assert right == spun, f'{right} of {spun} are in the right bucket'
    print(f'{spun} refills')


def bucket_of(ns):
    """The histogram's bucket, from its definition: 2^((i-1)/8) < ns <= 2^(i/8)."""
    bucket = 0
    while 2 ** (bucket / 8) < ns:
        bucket += 1
    return bucket


def test_fentry_and_kprobes_count_the_same_at_the_same_time():
    """Both at once: the kprobes' counts, read between two readings of fentry's."""
    result = boot(BOTH, icount=True)
    f, k = answers(result, 'f'), answers(result, 'k')
    assert len(f) == 4 and len(k) == 2, f'{len(f)} and {len(k)} answers'
    assert (f[0]['probes'], k[0]['probes']) == ('fentry', 'kprobe'), 'they used the same probes'
    notes = []
    counts = {'refills': runs, 'grows': lambda s: total(s, 'grows'),
              'flushes': lambda s: total(s, 'flushes')}
    for name, count in counts.items():
        least, most = count(f[2]) - count(f[1]), count(f[3]) - count(f[0])
        middle = count(k[1]) - count(k[0])
        assert least <= middle <= most, f'{name}: kprobes {middle}, fentry {least} to {most}'
        assert middle > 20, f'{name}: only {middle}'
        notes.append(f'{name} {middle} within {least} and {most}')
    print(', '.join(notes))


def origins_of_trace(text, partial):
    """{origin: refills}, worked out from the steps that the kernel's own events show."""
    counts, found, asked = {}, None, None
    for step, fields in re.findall(r': (enter|moved|first|got|grown|leave): \([^)]*\)(.*)', text):
        field = {key: int(value, 0) for key, value in re.findall(r'(\w+)=(-?\w+)', fields)}
        if step == 'enter':
            found = 'unexplained'
        elif found is None:
            continue
        elif step == 'moved' and field['ret'] > 0:
            found = 'shared'
        elif step == 'first':
            # An empty list points at its own head: the next slab is then a free one.
            asked = 'free' if field['next'] == field['list'] + partial else 'partial'
        elif step == 'got' and field['ret']:
            found = asked
        elif step == 'grown' and field['ret']:
            found = 'grown'
        elif step == 'leave':
            found = found if field['ret'] else 'failed'
            counts[found] = counts.get(found, 0) + 1
            found = None
    return counts


def test_origins_are_what_the_events_of_each_step_tell():
    result = boot(STEPS, icount=True)
    log = [answer for answer in answers(result, 'log') if 'caches' in answer]
    assert len(log) == 4, f'{len(log)} readings'
    stats = (result.out / 'stats').read_text()
    assert re.search(r'^overrun: 0$', stats, re.M), f'events were lost:\n{stats}'
    trace = origins_of_trace((result.out / 'trace').read_text(),
                             int((result.out / 'partial').read_text()))
    for name in log[0]['caches'][0]['origins']:
        least = origin(log[2], name) - origin(log[1], name)
        most = origin(log[3], name) - origin(log[0], name)
        assert least <= trace.get(name, 0) <= most, (
            f'{name}: {trace.get(name, 0)} by the events, {least} to {most} by slabscope; {trace}')
    assert all(trace.get(name, 0) >= 5 for name in ('shared', 'partial', 'free', 'grown')), (
        f'the load does not reach all origins: {trace}')
    print(f'{trace}')
