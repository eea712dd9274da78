"""What a run may leave: programs in the kernel, processes, uprobes in tracefs."""
import ctypes
import os
import re
import struct
import time
from pathlib import Path

PROG_GET_NEXT_ID, LINK_GET_NEXT_ID = 11, 31
LIBC = ctypes.CDLL(None, use_errno=True)
SYS_BPF = {'x86_64': 321, 'aarch64': 280}[os.uname().machine]


def ids(command):
    found, last = set(), 0
    while True:
        attributes = ctypes.create_string_buffer(struct.pack('<III', last, 0, 0), 120)
        if LIBC.syscall(SYS_BPF, command, attributes, 120):
            return found
        last = struct.unpack_from('<I', attributes, 4)[0]
        found.add(last)


def programs():
    """Returns the BPF programs and links that are in the kernel."""
    return {('prog', i) for i in ids(PROG_GET_NEXT_ID)} | {('link', i) for i in ids(LINK_GET_NEXT_ID)}


def marked(directory):
    """Returns the processes that have the run's directory in their environment."""
    mark, found = f'FAULTS_RUN={directory}'.encode(), []
    for process in map(Path, filter(str.isdigit, os.listdir('/proc'))):
        try:
            if mark in ('/proc' / process / 'environ').read_bytes():
                found.append(f'{process} ({("/proc" / process / "comm").read_text().strip()})')
        except OSError:
            continue
    return found


def held():
    """Returns what processes have open: then it is theirs."""
    found = set()
    for process in filter(str.isdigit, os.listdir('/proc')):
        try:
            texts = [path.read_text() for path in Path('/proc', process, 'fdinfo').iterdir()]
        except OSError: # it has ended, or closed one
            continue
        for kind in ('prog', 'link'):
            found |= {(kind, int(number)) for text in texts
                      for number in re.findall(rf'^{kind}_id:\s*(\d+)', text, re.M)}
    return found


def traced():
    """Returns the probes that libbpf made by tracefs's files."""
    for name in ('/sys/kernel/tracing', '/sys/kernel/debug/tracing'):
        lines = []
        for file in ('kprobe_events', 'uprobe_events'):
            try:
                lines += [line for line in Path(name, file).read_text().splitlines() if 'libbpf' in line]
            except OSError:
                continue
        if lines:
            return lines
    return []


def wait_for_none(found, seconds):
    """Returns what found() gives at last: as soon as that is nothing, or after that time."""
    end = time.monotonic() + seconds
    while (left := found()) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def of_run(directory):
    """Returns complaints about what a run has left outside the kernel's BPF."""
    left = wait_for_none(lambda: marked(directory), 20)
    return [f'left: process {process}' for process in left] + [f'left in tracefs: {line}' for line in traced()]


def of_all(before):
    """Returns what nobody holds of the programs and links that came since; detaching takes the kernel seconds."""
    return wait_for_none(lambda: (programs() - before) and (programs() - before - held()) & programs(), 120)
