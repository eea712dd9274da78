#!/usr/bin/env python3
"""slabscope beside the kernel's own counters, on kernels that were built with them. TAP.

One guest a kernel, without merged caches. Counters are read between two snapshots of slabscope; the
kernel's value must lie within them.
"""

import functools
import json
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / 'support'))
import matrix   # noqa: E402
from matrix import need, tap, vm    # noqa: E402

# Messages lie in one of the last two.
CACHES = ('filp', 'dentry', 'sock_inode_cache', 'vm_area_struct', 'maple_node', 'pid',
          'msg_msg-96', 'kmalloc-cg-96')
# Of prefilled sheaves the barn is asked too, without a refill.
PREFILLED = ('maple_node',)
PROFILE = ' '.join(f'/sys/kernel/tracing/trace_stat/function{cpu}' for cpu in (0,))

SCRIPT = '''
cd /sys/kernel/tracing
for function in {functions}; do echo $function >>set_ftrace_filter; done
echo 1 >function_profile_enabled
cd /sys/kernel/slab || exit 1
files=
for cache in {caches}; do
    for counter in {counters}; do
        [ -f $cache/$counter ] && files="$files $cache/$counter"
    done
done
echo $files >/out/files
driver >/out/log <<END || exit 1
between $files
between {profile}
{loads}
between {profile}
between $files
END
'''


class Counters:
    """One kernel with SLUB_STATS.

    counters    {the kernel's name: what of slabscope it must equal, of a cache}
    functions   {function: the same, of all caches}
    """

    def __init__(self, name, counters, functions):
        self.name, self.counters, self.functions = name, counters, functions

    @functools.cache
    def guest(self):
        script = SCRIPT.format(functions=' '.join(self.functions), caches=' '.join(CACHES),
                               counters=' '.join(self.needed()), profile=PROFILE,
                               loads='\n'.join(line.replace('$', '\\$') for line in matrix.LOADS))
        try:
            result = vm.boot(self.name, matrix.FILES, script, icount=True, timeout=580,
                             append='slab_nomerge')
        except matrix.kernels.GoneError as gone:
            raise tap.Skip(str(gone)) from None
        need(result.exit_status == 0,
             f'the script ended with {result.exit_status}\n{result.console[-2000:]}')
        log = [json.loads(line) for line in (result.out / 'log').read_text().splitlines()]
        for answer in log:
            need(answer.get('status', 0) == 0, f'{answer}')
        return log, (result.out / 'files').read_text().split()

    def needed(self):
        return sorted({word for key in self.counters for word in key.split('+')})

    def values(self, text):
        """{(cache, counter): value}"""
        _, files = self.guest()
        lines = text.splitlines()
        need(len(lines) == len(files), f'{len(lines)} values of {len(files)} counters')
        return {tuple(path.split('/')): int(line.split()[0]) for path, line in zip(files, lines)}

    def check(self, key):
        log, files = self.guest()
        first, last = log[0], log[-1]
        old, new = self.values(first['text']), self.values(last['text'])
        mine, notes = self.counters[key], []
        for cache in CACHES:
            if f'{cache}/{key.split("+")[0]}' not in files:
                continue
            if 'barn' in key and cache in PREFILLED:
                continue
            inner = sum(new[cache, word] - old[cache, word] for word in key.split('+'))
            read = [sum_of(mine, cache, reading) for reading in
                    (first['before'], first['after'], last['before'], last['after'])]
            least, most = read[2] - read[1], read[3] - read[0]
            need(least <= inner <= most,
                 f'{cache}: {key} is {inner}, not within {least} and {most}')
            # Each counter that is read, twice, is a file that is opened.
            need(most - least <= max(10, inner / 1000) + 2 * len(files),
                 f'{cache}: {least} and {most} are too far apart')
            notes.append(f'{cache} {inner}')
        need(notes, 'no cache has it')
        return ', '.join(notes)

    def profiled(self, function):
        log, _ = self.guest()
        begin, end = log[1], log[-2]
        count = self.functions[function]

        def hits(text):
            return sum(int(n) for n in re.findall(rf'^\s+{function}\s+(\d+)\s', text, re.M))
        return matrix.check_between(begin, end, count, hits)

    def tests(self):
        named = [(f'{key} in every cache', functools.partial(self.check, key))
                 for key in self.counters]
        named += [(f'{function} by the profiler', functools.partial(self.profiled, function))
                  for function in self.functions]
        return [(f'{self.name}: {name}', test) for name, test in named]


def sum_of(mine, name, snapshot):
    """mine: counts and origins, with their signs, as "hits refills -origin:spare"."""
    total = 0
    for word in mine.split():
        sign, word = (-1, word[1:]) if word[0] == '-' else (1, word)
        for cache in matrix.caches(snapshot, name):
            total += sign * (cache['origins'][word[7:]] if word.startswith('origin:')
                             else cache[word])
    return total


CPU_SLABS = Counters('stats-6.12', {
    'alloc_slowpath': 'refills origin:failed', 'alloc_fastpath': 'hits', 'alloc_slab': 'grows',
    'alloc_from_partial': 'origin:partial', 'cpu_partial_alloc': 'origin:cpu_partial',
    'alloc_refill': 'origin:cpu_slab', 'free_slab': 'slab_frees', 'free_slowpath': 'flushes',
}, {'___slab_alloc': matrix.runs, 'allocate_slab': lambda s: matrix.total(s, 'grows')})

SHEAVES = Counters('stats-7', {
    'alloc_fastpath': 'hits refills', 'alloc_slab': 'grows', 'free_slab': 'slab_frees',
    'barn_get': 'origin:barn',
    'barn_get+barn_get_fail': 'refills origin:failed -origin:spare',
}, {'__pcs_replace_empty_main': matrix.runs, 'allocate_slab': lambda s: matrix.total(s, 'grows'),
    '__pcs_replace_full_main': lambda s: matrix.total(s, 'flushes')})


if __name__ == '__main__':
    only = os.environ.get('KERNEL')
    tap.run([test for kernel in (CPU_SLABS, SHEAVES) if only in (None, kernel.name)
             for test in kernel.tests()])
