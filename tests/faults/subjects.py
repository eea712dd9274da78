"""What is run with a failing call, and how each judges what came of it: `judge` returns complaints."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import termios
import time
from pathlib import Path

from tests.faults import injection
from tests.support.build import BUILD, SLABSCOPE
from tests.support.pty_screen import Pty

STREAM = str(BUILD / 'tests/progs/stream')
NOTES = ('recording into', 'not recorded:', 'refills, hits and bypasses are inferred')


class Result:
    def __init__(self, status, out, err, directory):
        self.status, self.out, self.err, self.directory = status, out, err, directory
        self.said = [line for line in err.splitlines() if line]
        self.failures = [line for line in self.said if line.startswith('slabscope: ')]
        self.mute = False  # its messages could not be written either


def common(result):
    """What holds for each command: it ends by itself, with 0, or with 1 and one line that says why."""
    if result.status is None:
        return ['it hangs']
    if result.status < 0 or result.status > 127:
        return [f'it dies: status {result.status}']
    wrong = []
    if result.status and len(result.failures) != 1 and not result.mute:
        wrong.append(f'status {result.status} and {len(result.failures)} lines that say why')
    for line in result.failures:
        if re.search(r'Success|error 0\b|\(null\)|: *$|Unknown error', line):
            wrong.append('the line does not say why')
    return wrong


class Subject:
    """A command; `follow`: strace also follows its threads and children."""
    follow, name = True, ''

    def __init__(self, load_pid=0, recording=''):
        self.load_pid, self.recording, self.clean = load_pid, recording, None

    def arguments(self, directory):
        raise NotImplementedError

    def run(self, prefix, directory):
        return Result(*injection.run([*prefix, SLABSCOPE, *self.arguments(directory)],
                                     env={**os.environ, 'LC_ALL': 'C.UTF-8', 'FAULTS_RUN': directory}), directory)

    def facts(self, result):
        """What a clean run has, for judge() to compare with."""
        return result.out

    def judge(self, result):
        raise NotImplementedError


# ---- top ------------------------------------------------------------------------------------------

SOMETIMES = {'cpus', 'hit_rate', 'refill_buckets'}  # without allocations there are none


def quantities(caches):
    """The fields that at least one of the caches knows."""
    return {key for cache in caches for key, value in cache.items() if value not in (None, [])} - SOMETIMES


def sample(line, pid):
    """What one sample knows: of the kernel's caches, and of those of the process."""
    said = json.loads(line)
    kernel = said['kernel'] or {'caches': [], 'missing': [{'what': 'the kernel'}]}
    own = [side for side in said['reference'] if side['pid'] == pid]
    caches = own[0]['caches'] if own else []
    return {'names': {c['name'] for c in kernel['caches']}, 'known': quantities(kernel['caches']),
            'sizes': {c['name']: c['object_size'] for c in kernel['caches']},
            'own names': {c['name'] for c in caches}, 'own known': quantities(caches),
            'cpus': {cpu['cpu'] for c in kernel['caches'] for cpu in c['cpus'] or ()},
            'missing': {json.dumps(each) for each in kernel['missing']},
            'bad sums': [c['name'] for c in caches if None not in (c['hits'], c['allocs'], c['refills'], c['bypasses'])
                         and abs(c['hits'] + c['refills'] + c['bypasses'] - c['allocs']) > 0.05 * c['allocs'] + 64]}


class Top(Subject):
    name = 'top --batch'

    def arguments(self, directory):
        return ['top', '--batch', '-n', '2', '-d', '0.1', '--log', directory + '/log']

    def facts(self, result):
        return sample(Path(result.directory, 'log').read_text().splitlines()[-1], self.load_pid)

    def judge(self, result):
        wrong = common(result)
        log = Path(result.directory, 'log')
        lines = log.read_text().splitlines() if log.exists() else []
        try:
            samples = [sample(line, self.load_pid) for line in lines]
        except ValueError as error:
            return wrong + ([f'the log is not JSON: {error}'] if not result.status else [])
        if result.status or wrong:
            return wrong
        if result.out.count('slabscope  ') != 2 or not result.out.endswith('\n\n') or len(samples) != 2:
            return [f'status 0, {len(samples)} samples of 2, {result.out.count("slabscope  ")} printed']
        if result.failures:
            return []
        last, clean = samples[-1], self.clean
        if last['missing'] <= clean['missing']:
            for what in ('names', 'known', 'own names', 'own known'):
                if clean[what] - last[what]:
                    wrong.append(f'without a word: no {what}: {", ".join(sorted(clean[what] - last[what])[:8])}')
            if len(last['cpus']) == 1 < len(clean['cpus']):
                wrong.append(f'without a word: one CPU of {len(clean["cpus"])}')
        sizes = [n for n, size in last['sizes'].items() if size and clean['sizes'].get(n, size) not in (size, None)]
        if sizes:
            wrong.append(f'another size: {sizes[:5]}')
        if last['bad sums']:
            wrong.append(f'sums of {last["bad sums"][:5]}')
        return wrong


class Screen(Subject):
    """The TUI on a pseudo-terminal: `q` after its first screen."""
    name = 'the TUI'

    def arguments(self, directory):
        return ['top', '-d', '0.2']

    def run(self, prefix, directory):
        errors = directory + '/stderr'
        command = ['sh', '-c', 'exec "$@" 2>' + errors, 'sh', *prefix, SLABSCOPE, *self.arguments(directory)]
        with Pty(command, 100, 30, {'FAULTS_RUN': directory}) as terminal:
            before = termios.tcgetattr(terminal.fd)
            shown, end, status, asked = b'', time.monotonic() + injection.LIMIT_S, None, 0
            while status is None and time.monotonic() < end:
                shown += b''.join(data for _, data in terminal.read(0.05))
                if b'F10' in shown and time.monotonic() > asked + 1:
                    asked = time.monotonic() # a key may be what is lost
                    terminal.write(b'q')
                pid, code = os.waitpid(terminal.pid, os.WNOHANG)
                if pid:
                    terminal.pid, status = 0, os.waitstatus_to_exitcode(code)
            shown += b''.join(data for _, data in terminal.read(0.1))
            after = termios.tcgetattr(terminal.fd)
        result = Result(status, shown.decode(errors='replace'), Path(errors).read_text(), directory)
        result.settings = before == after
        return result

    def judge(self, result):
        wrong = common(result)
        if not result.settings:
            wrong.append("the terminal's settings are not restored")
        for on, off, what in (('[?1049h', '[?1049l', 'the alternate screen'), ('[?25l', '[?25h', 'the cursor'),
                              ('[?1000h', '[?1000l', 'the mouse')):
            if result.out.rfind(on) > result.out.rfind(off):
                wrong.append(what + ' is not restored')
        return wrong


# ---- recordings -------------------------------------------------------------------------------------

def replayed(directory):
    """Returns (status, the JSON or the message) of a replay."""
    status, out, err = injection.run([SLABSCOPE, 'replay', '--json', directory])
    return status, json.loads(out) if not status else err


class Record(Subject):
    """With -f, strace would fail calls of the command too, or slabscope could not trace it."""
    name, follow = 'record', False

    def arguments(self, directory):
        return ['record', directory + '/trace', '--', STREAM, '-c', '0', '-n', '20000']

    def facts(self, result):
        return self.counts(result)

    def counts(self, result):
        status, report = replayed(result.directory + '/trace')
        assert not status, report
        return {c['name']: c['recorded'] for c in report['caches']}

    def judge(self, result):
        wrong = common(result)
        if result.mute:
            return wrong
        trace = result.directory + '/trace'
        if not os.path.exists(trace):
            return wrong if result.status else wrong + ['status 0, and no recording']
        status, report = replayed(trace)
        if status not in (0, 1) or (status == 1 and len(report.splitlines()) != 1):
            wrong.append(f'its replay: status {status}: {report}')
        if status and not result.status:
            wrong.append(f'status 0, and its replay says: {report}')
        said = re.search(r'^([\d,]+) events.* ([\d,]+) lost', result.err, re.M)
        if not result.status:
            if not said:
                return wrong + ['status 0, and no sum']
            if status == 0 and int(said[1].replace(',', '')) != report['events']:
                wrong.append(f'{said[1]} events said, {report["events"]} there')
            if said[2] == '0' and status == 0 and (report['torn'] or report['discarded'] or report['nonsense']):
                wrong.append('0 lost, and its replay says otherwise')
            if said[2] == '0' and not self.says_less(result) and status == 0:
                wrong += self.compare(result)
        return wrong

    def says_less(self, result):
        return any(not line.startswith(NOTES) and ' events, ' not in line for line in result.said)

    def compare(self, result):
        counts = self.counts(result)
        return [f'without a word: {name} has {counts.get(name, {}).get(key)} {key} instead of {value}'
                for name, recorded in self.clean.items() for key, value in recorded.items()
                if key in ('allocs', 'frees', 'refills', 'flushes') and counts.get(name, {}).get(key) != value][:3]


class RecordProbes(Record):
    name = 'record --probes'

    def arguments(self, directory):
        return ['record', '--probes', *super().arguments(directory)[1:]]


class RecordPid(Record):
    name, follow = 'record -p', True

    def arguments(self, directory):
        return ['record', '-p', str(self.load_pid), '-d', '0.3', directory + '/trace']

    def compare(self, result):
        return [] # its load never does the same twice


class RecordKernel(RecordPid):
    name = 'record --kernel'

    def arguments(self, directory):
        return ['record', '--kernel', '-c', 'filp,dentry', '-d', '0.3', directory + '/trace']


class Replay(Subject):
    name = 'replay'

    def arguments(self, directory):
        return ['replay', '--json', self.recording]

    def facts(self, result):
        return self.without_times(json.loads(result.out))

    @staticmethod
    def without_times(report):
        return {key: value for key, value in report.items() if key != 'took_s'}

    def judge(self, result):
        wrong = common(result)
        if result.status or wrong:
            return wrong
        try:
            report = self.without_times(json.loads(result.out))
        except ValueError as error:
            return [f'status 0, and no JSON: {error}']
        losses = report.get('recording') or report
        says = losses['torn'] or any(c.get('why_not') for c in report['caches'] if isinstance(c, dict))
        if report != self.clean and not result.said and not says:
            wrong.append('without a word: another report')
        return wrong


class Compare(Replay):
    name = 'compare'

    def arguments(self, directory):
        return ['compare', '--json', '--repeat', '1', self.recording]

    @staticmethod
    def without_times(report):
        return {'recording': report['recording'],
                'caches': [(c['name'], {k: v for k, v in c['recorded'].items() if 'ns' not in k})
                           for c in report['caches']]}


class CompareLive(Subject):
    name, follow = 'compare --workload', False

    def arguments(self, directory):
        return ['compare', '--json', '--repeat', '1', '-d', '0.2', '--workload=pipes', '-c', 'filp,dentry']

    def judge(self, result):
        wrong = common(result)
        if not result.status and not wrong:
            try:
                names = {c['name'] for c in json.loads(result.out)['caches']}
                if 'filp' not in names and not any(not line.startswith(NOTES) for line in result.said):
                    wrong.append('without a word: no filp')
            except ValueError as error:
                wrong.append(f'status 0, and no JSON: {error}')
        return wrong


SUBJECTS = (Top, Screen, Record, RecordProbes, RecordPid, RecordKernel, Replay, Compare, CompareLive)


def make_recording(directory):
    """A small recording of stream, for what reads one."""
    path = directory + '/recording'
    subprocess.run([SLABSCOPE, 'record', path, '--', STREAM, '-n', '20000'], stdin=subprocess.DEVNULL,
                   capture_output=True, check=True)
    status, report = replayed(path)
    assert not status and report['caches'], f'nothing was recorded: {report}'
    return path


def new_directory(parent):
    return tempfile.mkdtemp(prefix='faults-', dir=parent)


def forget(directory):
    shutil.rmtree(directory, ignore_errors=True)
