"""Runs scripts in guests for tests."""
import pytest

from tests.vm import kernel as kernels
from tests.vm import vm


def run(kernel, files, script, **options):
    """Boots a guest as vm.boot() does. Skips the test if no suite has the kernel, fails it if the script failed."""
    try:
        result = vm.boot(kernel, files, script, **options)
    except kernels.GoneError as gone:
        pytest.skip(str(gone))
    assert result.exit_status == 0, f'the script ended with {result.exit_status}\n{result.console[-2000:]}'
    return result
