"""A few lines of TAP for the tests in Python: functions that assert, run in their order."""

import sys
import traceback


class Skip(Exception):
    """This machine cannot run the test; the text says why."""


def need(condition, text):
    """What an assert says must also be said when python runs with -O."""
    if not condition:
        raise AssertionError(text)


_checks = []


def check(condition, name, *diagnostics):
    """One more result for finish(), for tests that are a list of statements about one thing."""
    text = '\n'.join(map(str, diagnostics)) or 'it is not so'
    _checks.append((name, lambda: need(condition, text)))


def finish():
    """Reports what check() was told, as run() does."""
    run(_checks)


def run(tests):
    """Runs (name, function) pairs and exits: 0 where none failed. A function returns a note or None."""
    print(f'1..{len(tests)}', flush=True)
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        try:
            note = function()
            print(f'ok {number} - {name}')
            if note:
                print(f'# {note}')
        except Skip as skip:
            print(f'ok {number} - {name} # SKIP {skip}')
        except Exception as error:    # a test must never end the others
            failed += 1
            print(f'not ok {number} - {name}')
            for line in str(error).splitlines():
                print(f'# {line}')
            if not isinstance(error, AssertionError):
                traceback.print_exc(file=sys.stderr)
        sys.stdout.flush()
    sys.exit(1 if failed else 0)
