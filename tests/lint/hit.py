"""The inlined hit contains no probe, no atomic, no lock and no call: read off the disassembly."""
import re
import subprocess

import pytest

from tests.support.build import ROOT

SOURCE = '''
#include "slab.h"
void *hit_alloc(struct kmem_cache *c) { return kmem_cache_alloc(c, 0); }
void hit_free(struct kmem_cache *c, void *o) { kmem_cache_free(c, o); }
'''
FORBIDDEN = re.compile(r'\b(call\w*|lock|x(chg|add)\w*|cmpxchg\w*|mfence|lfence|sfence|syscall|rdtsc\w*|int3)\b')


def functions(listing):
    """Name -> instructions with their relocations, of objdump -dr."""
    found, name = {}, None
    for line in listing.splitlines():
        head = re.match(r'[0-9a-f]+ <(\w+)>:', line)
        if head:
            name = head.group(1)
            found[name] = []
        elif name and 'R_X86' in line:
            found[name].append('reloc ' + line.split()[-1])
        elif name and line.strip() and 'xchg   %ax,%ax' not in line:  # a nop of two bytes
            found[name].append(line.split('\t')[-1].strip())
    return found


@pytest.mark.parametrize('compiler', ['gcc', 'clang'])
def test_the_inlined_hit(check, tmp_path, compiler):
    source, obj = tmp_path / 'hit.c', tmp_path / 'hit.o'
    source.write_text(SOURCE)
    subprocess.run([compiler, '-O2', '-Wall', '-Wextra', '-Werror', f'-I{ROOT}/alloc', '-c',
                    source, '-o', obj], check=True)
    listing = subprocess.run(['objdump', '-dr', '--no-show-raw-insn', obj], check=True,
                             capture_output=True, text=True).stdout
    notes = subprocess.run(['readelf', '-n', obj], check=True, capture_output=True,
                           text=True).stdout
    for name, slow in (('hit_alloc', 'slab_alloc'), ('hit_free', 'slab_free')):
        code = functions(listing).get(name, [])
        text = '\n'.join(code)
        check(len(code) > 10 and '%fs:' in text, f'{name} is a sequence on the rseq area')
        bad = [line for line in code if FORBIDDEN.search(line)]
        check(not bad, f'{name} has no atomic, lock or call', *bad)
        targets = {m for line in code for m in re.findall(r'^reloc (\w+)[-+]0x', line)
                   if not m.startswith('__rseq')}
        check(targets == {slow}, f'{name} leaves only to {slow}()', targets)
    check('stapsdt' not in notes, 'no probe')
