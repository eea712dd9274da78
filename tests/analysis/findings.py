"""What `make analyze` found: nothing but what exceptions.txt names.

A line of exceptions.txt is a tool, the name of its check, a file (or a glob of files), and the reason. An exception that
nothing needs any more is a failure, too. The tools' whole output is in build/analysis."""
import fnmatch
import os
import re
from pathlib import Path

import pytest

from tests.support.build import BUILD, ROOT

LOGS = BUILD / 'analysis'
FAULTY = 'tests/analysis/faulty.c'
FINDING = re.compile(r'^(?P<file>[^\s:]+)(:\d+)*: (warning|error|performance|portability): .*?'
                     r'(\[(-W)?(?P<check>[^] ]+)\])?$')


def read_exceptions(tool):
    lines = (Path(__file__).parent / 'exceptions.txt').read_text().splitlines()
    rows = [line.split(None, 3) for line in lines if line and not line.startswith('#')]
    assert all(len(row) == 4 for row in rows), [row for row in rows if len(row) < 4]
    return [(check, glob) for of_tool, check, glob, _ in rows if of_tool == tool]


def read_findings(tool):
    """The findings as (check, file, line), and how many sources there are."""
    logs = {str(log.relative_to(LOGS).with_suffix('.c')): log for log in LOGS.rglob(f'*.{tool}')}
    sources = [source for source in logs if (ROOT / source).exists()]
    found = set()
    for source in sources:
        for line in logs[source].read_text().replace(f'{ROOT}/', '').splitlines():
            match = FINDING.match(line)
            file = os.path.normpath(source if match['file'] == 'cc1' else match['file']) if match else ''
            if match and not (ROOT / file).is_relative_to(BUILD):  # skeletons are the work of bpftool
                found.add((match['check'] or '?', file, line))
    return sorted(found), len(sources)


@pytest.mark.parametrize('tool', ('gcc', 'clang-tidy', 'cppcheck'))
class TestFindings:
    def test_a_fault_is_found(self, tool):
        found, _ = read_findings(tool)
        assert [check for check, file, _ in found if file == FAULTY]

    def test_only_exceptions_are_found(self, tool):
        found, files = read_findings(tool)
        exceptions = read_exceptions(tool)
        wrong = [line for check, file, line in found if file != FAULTY and
                 not any(check == name and fnmatch.fnmatch(file, glob) for name, glob in exceptions)]
        assert files > 200 and not wrong, '\n'.join([f'{files} files', *wrong])

    def test_each_exception_is_needed(self, tool):
        found, _ = read_findings(tool)
        needless = [f'{tool} {name} {glob}' for name, glob in read_exceptions(tool)
                    if not any(check == name and fnmatch.fnmatch(file, glob) for check, file, _ in found)]
        assert not needless, '\n'.join(['without a finding:', *needless])
