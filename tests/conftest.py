"""What all Python tests share: the option --tap, the choice of a KERNEL, and fixtures."""
import os
import re
import shutil
import tempfile

import pytest

from tests.support.tap import Tap
from tests.support.terminal import Terminal
from tests.vm import guests


def pytest_addoption(parser):
    parser.addoption('--tap', action='store_true', help='print results as TAP, for tests/run')


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    if config.getoption('tap'):
        config.pluginmanager.unregister(name='terminalreporter')
        config.pluginmanager.register(Tap())


def kernel_of(item):
    """Returns the name of the kernel that a test runs on, or None: its parameter, or the beginning of its id."""
    spec = getattr(item, 'callspec', None)
    if not spec:
        return None
    first = re.match(r'[\w.-]+(?=[:,])', spec.id)
    return spec.params.get('kernel') or (first and first[0])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Marks the tests that use the fixtures guest and terminal. KERNEL=name keeps only the tests of that kernel."""
    for item in items:
        for name in {'guest', 'terminal'} & set(item.fixturenames):
            item.add_marker(name)
    wanted = os.environ.get('KERNEL')
    if wanted:
        others = [item for item in items if kernel_of(item) not in (None, wanted)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if item.get_closest_marker('root') and os.geteuid():
        pytest.skip('needs root')


@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """A test whose checks have failed fails at its end."""
    outcome = yield
    outcome.get_result()
    checks = pyfuncitem.funcargs.get('check')
    if isinstance(checks, Checks) and checks.failed:
        pytest.fail('\n'.join(checks.failed), pytrace=False)


class Checks:
    """Several results of one test: check(condition, text, why) records one, and the test goes on."""

    def __init__(self, record):
        self.record, self.failed = record, []

    def __call__(self, good, text, *why):
        self.record('check', (bool(good), text))
        if not good:
            self.failed.append('\n'.join(map(str, (text, *why))))
        return good

    def same(self, text, **pairs):
        """Each pair is (slabscope's value, the expected one)."""
        wrong = [f'{key}: {got} instead of {want}' for key, (got, want) in pairs.items() if got != want]
        return self(not wrong, text, *wrong)


@pytest.fixture
def check(record_property):
    return Checks(record_property)


@pytest.fixture(scope='module')
def scratch():
    """The path of an empty directory that every user may enter."""
    with tempfile.TemporaryDirectory(prefix='slabscope-test-') as path:
        os.chmod(path, 0o755)
        yield path


@pytest.fixture(scope='session')
def guest():
    """guest(kernel, files, script, **options) runs a script in a virtual machine and returns its result."""
    return guests.run


@pytest.fixture
def terminal():
    """terminal(command, cols, rows, environment) starts a shell command in a terminal and returns the Terminal."""
    if not shutil.which('tmux'):
        pytest.skip('there is no tmux')
    started = []

    def start(*arguments):
        started.append(Terminal(*arguments))
        return started[-1]
    yield start
    for each in started:
        each.close()
