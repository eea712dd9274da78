"""The system calls that a program makes, and the program with one of them failing: strace does both.

A call is known by its kind, what it concerns (its class), and its number among those of its kind in its thread;
strace counts by thread too. Calls before main() are left out: how ld.so ends is ld.so's."""
import collections
import os
import re
import signal
import subprocess
from dataclasses import dataclass

LIMIT_S = 90  # a run takes one or two; anything longer hangs

# What may plausibly become of a call: the error, `eof` or `none` (it returns 0), and a `+` where a state lasts: each
# later call of its kind fails too. Kinds that are missing here are in UNTOUCHED.
FILES = ('EMFILE', 'ENOMEM', 'EACCES', 'ENOENT', 'EMFILE+')
DESCRIPTORS = ('EMFILE', 'ENOMEM')
MEMORY = ('ENOMEM', 'ENOMEM+')
WRITES = ('ENOSPC', 'EIO', 'EINTR', 'ENOSPC+')
TREE = ('EACCES', 'ENOSPC', 'EIO')
TASKS = ('EAGAIN', 'ENOMEM')
INJECTED = {
    'openat': FILES, 'open': FILES,
    'read': ('EIO', 'EINTR', 'eof', 'EIO+'), 'pread64': ('EIO', 'EINTR', 'eof'), 'readv': ('EIO',),
    'write': WRITES, 'pwrite64': WRITES, 'writev': WRITES, 'ftruncate': ('EIO',),
    'process_vm_readv': ('EPERM', 'ESRCH'),
    'mmap': MEMORY, 'mremap': MEMORY, 'mprotect': MEMORY, 'brk': ('none',),
    'munmap': ('ENOMEM',), 'madvise': ('ENOMEM',), 'close': ('EIO', 'EINTR'),
    'bpf': ('EPERM', 'ENOMEM', 'EINVAL', 'ENOSPC', 'EPERM+', 'ENOMEM+'),
    'perf_event_open': ('EPERM', 'EMFILE', 'ENOMEM', 'EMFILE+'),
    'ioctl': ('EINVAL', 'ENOMEM', 'EIO'), 'fcntl': ('EMFILE', 'EINVAL'),
    'clone3': TASKS, 'clone': TASKS, 'fork': TASKS, 'vfork': TASKS,
    'eventfd2': DESCRIPTORS, 'epoll_create1': DESCRIPTORS, 'timerfd_create': DESCRIPTORS, 'signalfd4': DESCRIPTORS,
    'pipe2': DESCRIPTORS, 'dup': ('EMFILE',), 'memfd_create': DESCRIPTORS, 'epoll_ctl': ('ENOMEM', 'ENOSPC'),
    'poll': ('EINTR', 'ENOMEM'), 'ppoll': ('EINTR', 'ENOMEM'), 'epoll_wait': ('EINTR',), 'epoll_pwait': ('EINTR',),
    'select': ('EINTR', 'ENOMEM'), 'pselect6': ('EINTR',), 'timerfd_settime': ('EINVAL',),
    'clock_nanosleep': ('EINTR',), 'nanosleep': ('EINTR',),
    'getdents64': ('EIO',), 'readlinkat': ('ENOENT', 'EACCES'), 'readlink': ('ENOENT', 'EACCES'),
    'newfstatat': ('EACCES', 'ENOMEM'), 'fstat': ('EIO',), 'statfs': ('EACCES',), 'faccessat2': ('EACCES',),
    'access': ('EACCES',), 'lseek': ('EINVAL',), 'flock': ('EINTR',), 'fsync': ('EIO',),
    'capget': ('EPERM',), 'capset': ('EPERM',), 'prctl': ('EPERM', 'EINVAL'), 'seccomp': ('EINVAL',),
    'mkdirat': TREE, 'mkdir': TREE, 'renameat': TREE, 'rename': TREE, 'renameat2': TREE,
    'truncate': ('EIO',), 'fallocate': ('ENOSPC',), 'statx': ('EACCES',),
    'fchmod': ('EPERM',), 'fchown': ('EPERM',), 'chmod': ('EPERM',), 'chown': ('EPERM',), 'fchownat': ('EPERM',),
    'unlinkat': TREE, 'rmdir': TREE, 'unlink': TREE,
    'getrandom': ('EAGAIN',), 'uname': ('EFAULT',), 'sysinfo': ('EFAULT',), 'getrusage': ('EFAULT',),
    'sched_getaffinity': ('EINVAL',), 'sched_setaffinity': ('EINVAL', 'EPERM'), 'membarrier': ('EINVAL',),
    'prlimit64': ('EPERM',), 'wait4': ('EINTR', 'ECHILD'), 'kill': ('EPERM',), 'ptrace': ('EPERM',),
    'setrlimit': ('EPERM',), 'pidfd_open': ('EMFILE', 'ENOSYS'), 'socketpair': DESCRIPTORS, 'socket': DESCRIPTORS,
    'sendto': ('ENOMEM', 'EINTR'), 'sendmsg': ('ENOMEM',), 'recvmsg': ('ENOMEM', 'EINTR'), 'dup2': ('EMFILE',),
    'setsockopt': ('ENOMEM',), 'shutdown': ('EINVAL',), 'close_range': ('ENOSYS',), 'recvfrom': ('ENOMEM',),
}
UNTOUCHED = {
    'exit', 'exit_group', 'rt_sigreturn', 'arch_prctl', 'set_tid_address', 'set_robust_list', 'rseq', # cannot fail,
    'getpid', 'gettid', 'getuid', 'geteuid', 'getgid', 'getegid', 'getppid', 'tgkill', 'umask', 'getpgrp', # or no use
    'rt_sigaction', 'rt_sigprocmask', 'rt_sigtimedwait', 'sigaltstack', 'sched_yield', 'alarm', 'pause', 'times',
    'futex', 'restart_syscall', 'clock_gettime', 'gettimeofday', 'setpgid', 'setsid', 'execve', 'getpgid', 'getcpu',
}


def ways(call):
    """Returns what may become of a call. What has no device behind it has no errors of one."""
    found = INJECTED[call.kind]
    return [way for way in found if way == 'EINTR'] if 'anon_inode:[' in call.about else found


LINE = re.compile(r'(\d+) +(\w+)\((.*)')

COMMANDS = {  # calls that are known by words among their arguments
    'bpf': r'\b(?:BPF_[A-Z]+_[A-Z_]+|BPF_[A-Z_]+)', 'prctl': r'\bPR_[A-Z_]+', 'membarrier': r'\bMEMBARRIER_[A-Z_]+',
    'ptrace': r'\bPTRACE_[A-Z]+', 'fcntl': r'\bF_[A-Z_]+', 'epoll_ctl': r'\bEPOLL_CTL_[A-Z]+',
    'ioctl': r'\bT[CI][A-Z]+|\bPERF_EVENT_IOC_[A-Z_]+', 'mmap': r'\b(?:PROT|MAP)_[A-Z]+', 'mprotect': r'\bPROT_[A-Z]+',
    'madvise': r'\bMADV_[A-Z]+', 'munmap': r'0',
}
TYPED = (['BPF_MAP_CREATE'], ['BPF_PROG_LOAD'], ['BPF_LINK_CREATE'])
BY_KIND = ('close', 'newfstatat', 'fstat')  # it does not matter of what
BY_DESCRIPTOR = ('read', 'pread64', 'write', 'pwrite64', 'close', 'getdents64', 'lseek', 'writev', 'ftruncate')


@dataclass(frozen=True)
class Call:
    kind: str
    about: str
    thread: int  # 0 is the first
    number: int

    @property
    def name(self):
        return f'{self.kind} {self.about}'.strip()


def about(kind, text):
    """What a call concerns: a command, a path; names and numbers of one kind become the same."""
    text = text.split(' = ')[0].replace('<unfinished ...>', '')
    if kind in COMMANDS:
        words = re.findall(COMMANDS[kind], text)
        return ' '.join(dict.fromkeys(words[:1] if kind == 'bpf' and words[:1] not in TYPED else words[:3]))
    path = re.match(r'\d+<([^>]*)>', text) if kind in BY_DESCRIPTOR else None
    paths = [path[1]] if path else [a or b for a, b in re.findall(r'"((?:/|\.)[^"]*)"|<([^>]+)>', text)]
    if not paths or kind.startswith('cap') or kind in BY_KIND:
        return ''
    path = paths[0] if kind in BY_DESCRIPTOR else paths[-1]
    path = re.sub(r'/sys/kernel/slab/[^/ ]+', '/sys/kernel/slab/#', path)
    path = re.sub(r'/[^/]*faults-[^/ ]*', '/TEMP', path)
    if not re.match(r'/(proc|sys|dev|TEMP|tmp/TEMP)\b|[^/]', path):
        return 'a file'
    return re.sub(r'[0-9a-f]{6,}(-[0-9a-f]{6,})?|\d+', '#', path)


def calls_of(log):
    """Returns the calls in strace's log, from main() on, and the kinds that are neither injected nor untouched.
    A call of another thread whose number ld.so has reached in the first one is left out too."""
    count, threads, found, strange, begun = collections.Counter(), [], [], set(), None
    with open(log, encoding='utf-8', errors='replace') as lines:
        for line in lines:
            call = LINE.match(line) or re.match(r'()(\w+)\((.*)', line)
            if not call:
                continue
            pid, kind, text = call.groups()
            if pid not in threads:
                threads.append(pid)
            count[pid, kind] += 1
            if not begun and '"/dev/null", O_RDWR' in text: # the first call of main()
                begun = collections.Counter(count)
            if not begun:
                continue
            if pid != threads[0] and count[pid, kind] <= begun[threads[0], kind]:
                continue
            if kind in INJECTED:
                found.append(Call(kind, about(kind, text), threads.index(pid), count[pid, kind]))
            elif kind not in UNTOUCHED:
                strange.add(kind)
    return found, strange


def strace(log, follow, inject=None):
    """Returns the command that runs what comes after it. follow: its threads and children too."""
    command = ['strace', '-qq', '-y', '-s', '64', '-o', log]
    if follow:
        command += ['-f']
    if not inject:
        return command + ['--']
    kind, error, number = inject
    lasting = error.endswith('+')
    what = 'retval=0' if error in ('eof', 'none') else 'error=' + error.rstrip('+')
    if follow:
        command += ['--seccomp-bpf']
    return command + ['-e', f'trace={kind}', '-e', f'inject={kind}:{what}:when={number}{"+" if lasting else ""}', '--']


def hits_of(log):
    """Returns the lines of strace's log that were injected."""
    with open(log, encoding='utf-8', errors='replace') as lines:
        return [line.strip() for line in lines if '(INJECTED)' in line]


def run(command, seconds=LIMIT_S, **options):
    """Runs a command in a session of its own. Returns (status or None where it hangs, stdout, stderr)."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True, text=True, errors='replace', **options) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            return None, out, err
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, out, err
