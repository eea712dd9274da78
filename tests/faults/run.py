"""All failures, by hand: `make faults`, or python3 -m tests.faults.run [-e EACH] [-s SUBJECT] [-k KIND] ...

Each command runs once whole; its calls are put into classes (kind, what it concerns, thread). Of each class EACH calls,
the first and the last among them, are failed in each plausible way: one run each. EACH 0 takes every call."""
import argparse
import collections
import os
import random
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.faults import injection, leftovers, subjects
from tests.support import reference as ref


class Campaign:
    """A directory, a load on libslab and a recording that all runs share."""

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix='slabscope-faults-')
        self.directory = self.temporary.name
        self.load = ref.Load('-f', '-P', '2000')
        self.load.go()
        self.recording = subjects.make_recording(self.directory)
        return self

    def __exit__(self, *_):
        self.load.process.kill()
        self.load.process.wait()
        self.temporary.cleanup()

    def subject(self, kind):
        """Returns a subject that has run once, and the calls of that run."""
        subject = kind(self.load.pid, self.recording)
        directory = subjects.new_directory(self.directory)
        log = directory + '/strace'
        result = subject.run(injection.strace(log, subject.follow), directory)
        assert result.status == 0, f'{subject.name}: {result.err}'
        subject.clean = subject.facts(result)
        assert subject.clean or kind is subjects.RecordKernel, f'{subject.name}: nothing to compare with'
        wrong = subject.judge(result)
        assert not wrong, f'{subject.name} without a failure: {wrong}'
        calls, strange = injection.calls_of(log)
        assert calls, f'{subject.name}: no calls'
        subject.strange = strange
        subjects.forget(directory)
        return subject, calls

    def fail(self, subject, call, error):
        """Runs the subject with the call failing. Returns (the calls that failed, complaints, the result)."""
        directory = subjects.new_directory(self.directory)
        log = directory + '/strace'
        result = subject.run(injection.strace(log, subject.follow, (call.kind, error, call.number)), directory)
        hits = injection.hits_of(log) if os.path.exists(log) else []
        result.mute = any(re.search(r'writev?\(2<', line) for line in hits)
        wrong = subject.judge(result) if hits else []
        wrong += leftovers.of_run(directory)
        subjects.forget(directory)
        return hits, wrong, result


def choose(calls, each):
    """Returns the calls to be failed, and the number of classes."""
    classes = collections.defaultdict(list)
    for call in calls:
        classes[call.kind, call.about, min(call.thread, 1)].append(call)
    chosen = []
    for of in classes.values():
        n = len(of) if not each else min(each, len(of))
        chosen += [of[i * (len(of) - 1) // max(n - 1, 1)] for i in range(n)]
    return chosen, len(classes)


def thin(runs, most, generator):
    """Keeps at most so many ways to fail of each call."""
    ways = collections.defaultdict(list)
    for call, error in runs:
        ways[call].append(error)
    return [(call, error) for call, errors in ways.items()
            for error in generator.sample(errors, min(most, len(errors)))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('-e', '--each', type=int, default=2, help='calls of a class; 0: all')
    parser.add_argument('-s', '--subject', default='', help='only these commands')
    parser.add_argument('-k', '--kind', default='', help='only this kind of call')
    parser.add_argument('--error', default='')
    parser.add_argument('--sample', type=int, default=0, help='at most so many runs of a command, at random')
    parser.add_argument('--errors', type=int, default=0, help='at most so many ways for a call, at random; 0: all')
    parser.add_argument('--progress', action='store_true')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('-v', '--verbose', action='store_true')
    o = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('ended by a signal'))
    total = collections.Counter()
    with Campaign() as campaign:
        for kind in subjects.SUBJECTS:
            if o.subject and o.subject not in kind.name:
                continue
            begin, count, before = time.monotonic(), collections.Counter(), leftovers.programs()
            subject, calls = campaign.subject(kind)
            assert not subject.strange, f'{subject.name}: what may become of {subject.strange}? see injection.py'
            chosen, classes = choose(calls, o.each)
            runs = [(call, error) for call in chosen for error in injection.ways(call)
                    if o.kind in ('', call.kind) and o.error in ('', error)]
            if o.errors:
                runs = thin(runs, o.errors, random.Random(o.seed))
            if o.sample:
                runs = random.Random(o.seed).sample(runs, min(o.sample, len(runs)))
            for call, error in runs:
                if o.progress and count['runs'] % 25 == 0:
                    print(f'{subject.name}: {count["runs"]} of {len(runs)} runs', file=sys.stderr, flush=True)
                hits, wrong, result = campaign.fail(subject, call, error)
                count['runs'] += 1
                count['not reached'] += not hits
                count['status 0' if result.status == 0 else 'ended with a line'] += bool(hits)
                count['faults'] += bool(wrong)
                if o.verbose or wrong:
                    print(f'{"FAULT" if wrong else "ok"}: {subject.name}: {call.name} #{call.number} {error}: '
                          f'{"; ".join(wrong)}\n    status {result.status}: '
                          f'{" / ".join(result.said)[-500:]}\n    {(hits or ["not reached"])[0][:200]}', flush=True)
            if left := leftovers.of_all(before):
                count['faults'] += 1
                print(f'FAULT: {subject.name}: left in the kernel: {sorted(left)}')
            print(f'{subject.name}: {len(calls)} calls, {classes} classes; ' +
                  ', '.join(f'{v} {k}' for k, v in count.items()) + f'; {time.monotonic() - begin:.0f} s', flush=True)
            total += count
    print('all: ' + ', '.join(f'{v} {k}' for k, v in total.items()))
    return 1 if total['faults'] else 0


if __name__ == '__main__':
    sys.exit(main())
