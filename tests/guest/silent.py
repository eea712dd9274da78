"""What slabscope counts where ftrace or kprobes are switched off: links attach, and their programs never run."""
import json

import pytest

from tests.guest.degraded import FILES, SCRIPT, case, need_counts

pytestmark = [pytest.mark.guest, pytest.mark.matrix]

SILENT = SCRIPT.split('look whole')[0] + '''
ftrace=/proc/sys/kernel/ftrace_enabled
kprobes=/sys/kernel/debug/kprobes/enabled
look on
echo 0 >$kprobes
SLABSCOPE_ATTACH=kprobe look kprobes
echo 1 >$kprobes
echo 0 >$ftrace
look off
slabscope record --kernel -d 2 /none 2>/out/none.text || exit 1
echo 1 >$ftrace || exit 1
look again
# The last one: some kernels turn ftrace off for good when programs are detached while it is off.
'''


STOP_LIVE = r'''
printf 'read\nrun kload files 500 4\nread\nrun echo 0 >%s\nread\nrun kload files 500 4\nread\n' $ftrace |
    driver >/out/stopped || exit 1
'''
STOP_RECORDING = '''
slabscope record --kernel -d 60 /cut 2>/out/cut.text & recorder=$!
for i in $(seq 200); do grep -q '^recording into' /out/cut.text && break; sleep .1; done
echo 0 >$ftrace
wait $recorder; echo $? >/out/cut.status
'''


@pytest.fixture(scope='module', params=('slab-6.1', 'debian-6.1', 'debian-6.12'))
def silent(request, guest):
    last = STOP_RECORDING if request.param == 'debian-6.1' else STOP_LIVE
    return request.param, guest(request.param, FILES, SILENT + last, timeout=900)


def need_no_false_hits(made, unseen):
    """Counts of refills are real ones, or inferred, or none."""
    assert 2000 <= made['allocs'] < 3000, f'{made["allocs"]} allocs for 2,000 files'
    if made['refills'] is None:
        assert made['hits'] is None, f'{made["hits"]} hits without refills'
        assert 'never run' in unseen['refills'], f'{unseen}'
    else:
        assert made['refills'] > 10 and made['hits'] <= made['allocs'] - made['refills'], f'{made}'
    for key in ('grows', 'flushes'):
        assert made[key] is None or made[key] > 0, f'{made[key]} {key}'


@pytest.mark.parametrize('when', ('on', 'again'))
def test_programs_of_functions_run(silent, when):
    """Also after ftrace was off: slabscope attached nothing meanwhile, which might have ended it."""
    _, result = silent
    _, made, last = case(result, when)
    assert last['probes'] == 'fentry', last['probes']
    need_counts(made)


def test_no_program_of_a_function_runs(silent):
    kernel, result = silent
    unseen, made, last = case(result, 'off')
    assert last['probes'] == 'tracepoint', last['probes']
    assert json.loads((result.out / 'off.doctor').read_text())['kernel']['tried']['fentry'] == 'ENODATA'
    assert 'kernel.ftrace_enabled is 0' in unseen['latency'], f'{unseen}'
    assert (made['refills'] is None) == (kernel == 'slab-6.1'), f'{made}'
    need_no_false_hits(made, unseen)
    assert 'kernel.ftrace_enabled is 0' in (result.out / 'none.text').read_text()


def test_no_kprobe_runs(silent):
    kernel, result = silent
    unseen, made, last = case(result, 'kprobes')
    assert last['probes'] == 'tracepoint', last['probes']
    assert 'kprobes but never runs them' in unseen['latency'], f'{unseen}'
    assert (made['refills'] is None) == (kernel == 'slab-6.1'), f'{made}'
    need_no_false_hits(made, unseen)


def test_programs_of_functions_stop_meanwhile(silent):
    kernel, result = silent
    if kernel == 'debian-6.1':
        assert (result.out / 'cut.status').read_text().strip() == '1'
        assert 'has stopped running' in (result.out / 'cut.text').read_text()
        return
    first, _, on, _, stopped, _, last = map(json.loads, (result.out / 'stopped').read_text().splitlines())
    assert (first['probes'], on['probes']) == ('fentry', 'fentry')
    for line in (stopped, last):
        assert line['probes'] == 'tracepoint'
        filp = next(cache for cache in line['caches'] if cache['name'] == 'filp')
        assert filp['allocs'] and filp['refills'] is None and filp['hits'] is None, f'{filp}'
        assert any('has stopped running' in why for why in line['missing'].values()), line['missing']
