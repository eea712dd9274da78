"""The few lines of TAP that the Python tests need: ok(), skip(), and the plan at the end."""
import sys

_count = 0
_failed = 0


def ok(condition, name, *diagnostics):
    """Prints one result; diagnostics go to stderr when it failed. Returns the condition."""
    global _count, _failed
    _count += 1
    print(f'{"ok" if condition else "not ok"} {_count} - {name}', flush=True)
    if not condition:
        _failed += 1
        for line in diagnostics:
            print(f'# {name}: {line}', file=sys.stderr, flush=True)
    return bool(condition)


def skip(name, why):
    global _count
    _count += 1
    print(f'ok {_count} - {name} # SKIP {why}', flush=True)


def done():
    """Prints the plan and ends the program."""
    print(f'1..{_count}')
    sys.exit(1 if _failed else 0)
