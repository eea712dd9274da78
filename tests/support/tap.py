"""Results as lines of TAP, for tests/run: one a test, or one for each result of the fixture `check`.

A test that took a second or failed also goes to stderr with its time, as soon as it ends.
"""
import sys


class Tap:
    def __init__(self):
        self.count = 0

    def line(self, passed, text, skipped=''):
        self.count += 1
        print(f'{"ok" if passed else "not ok"} {self.count} - {text.replace("#", "")}' +
              (f' # SKIP {skipped}' if skipped else ''), flush=True)

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.partition('::')[2]
        checks = [value for key, value in report.user_properties if key == 'check' and report.when == 'call']
        if report.when != 'call' and report.passed:
            return
        if report.skipped:
            self.line(True, name, ' '.join(str(report.longrepr[2]).removeprefix('Skipped: ').split()))
        else:
            for passed, text in checks:
                self.line(passed, f'{name}: {text}')
            # Where checks have failed they are the results, unless something else went wrong.
            if not checks or report.failed and all(passed for passed, _ in checks):
                self.line(report.passed, name)
        lines = report.longreprtext.splitlines() if report.failed else report.capstdout.splitlines()
        for line in lines:
            print('#', line, flush=True)
        if report.failed or report.duration >= 1:
            print(f'{report.duration:7.1f} s  {report.nodeid}: {report.outcome}', file=sys.stderr, flush=True)

    def pytest_collectreport(self, report):
        if report.failed:
            self.line(False, f'{report.nodeid} is collected')
            print('#', report.longreprtext.replace('\n', '\n# '), flush=True)
        elif report.skipped:
            self.line(True, report.nodeid, ' '.join(str(report.longrepr[2]).removeprefix('Skipped: ').split()))

    def pytest_sessionfinish(self):
        print(f'1..{self.count}', flush=True)
