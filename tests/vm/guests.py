"""Guests of TAP tests: what no suite has any more is a skip, and a script that failed is a failure."""

import kernel as kernels
import tap
import vm


def run(kernel, files, script, **options):
    """vm.boot(), whose result is that of a script that ended well."""
    try:
        result = vm.boot(kernel, files, script, **options)
    except kernels.GoneError as gone:
        raise tap.Skip(str(gone)) from None
    tap.need(result.exit_status == 0,
             f'the script ended with {result.exit_status}\n{result.console[-2000:]}')
    return result
