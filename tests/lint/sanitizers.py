"""A program that is compiled with a sanitizer, and contains the ordinary libslab.a: no false report."""
import os
import subprocess

import pytest

from tests.support.build import BUILD, ROOT

# Threads hand objects to each other through the caches, and write to them.
HANDOVER = '''
#include <pthread.h>
#include <slab.h>
static struct kmem_cache *c;
static void *work(void *unused)
{
	for (int i = 0; i < 300; i++) {
		long *o[150];
		char *k = kmalloc(20000, 0);

		k[0] = 1;
		kfree(k);
		for (int j = 0; j < 150; j++) {
			o[j] = kmem_cache_alloc(c, 0);
			*o[j] = i;
		}
		for (int j = 0; j < 150; j++)
			kmem_cache_free(c, o[j]);
	}
	return unused;
}
int main(void)
{
	pthread_t thread[4];

	c = kmem_cache_create("handover", 64, 0, 0, 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], 0, work, 0);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], 0);
	kmem_cache_destroy(c);
	return 0;
}
'''

# Only objects of libslab point to the memory of malloc().
POINTERS = '''
#include <stdlib.h>
#include <slab.h>
static void **first;
int main(void)
{
	struct kmem_cache *c = kmem_cache_create("pointers", 64, 0, 0, 0);
	void **o = first = kmem_cache_alloc(c, 0);

	for (int i = 0; i < 100; i++) {
		o[0] = kmem_cache_alloc(c, 0);
		o = o[0];
		o[1] = malloc(100);
	}
	o[0] = kmalloc(20000, 0);
	o = o[0];
	o[2000] = malloc(50);
	return 0;
}
'''


@pytest.mark.parametrize('sanitizer, program', [('thread', HANDOVER), ('address', POINTERS), ('address', HANDOVER)],
                         ids=['thread', 'leak', 'address'])
def test_no_false_report(tmp_path, sanitizer, program):
    if BUILD != ROOT / 'build':
        pytest.skip('this build of libslab has a sanitizer of its own')
    source, binary = tmp_path / 'program.c', tmp_path / 'program'
    source.write_text(program)
    made = subprocess.run(['gcc', '-O1', '-g', f'-fsanitize={sanitizer}', f'-I{ROOT}/alloc', source,
                           BUILD / 'libslab.a', '-pthread', '-o', binary], text=True, capture_output=True)
    if 'cannot find' in made.stderr:
        pytest.skip(f'no library of -fsanitize={sanitizer}')
    assert made.returncode == 0, made.stderr
    environment = {k: v for k, v in os.environ.items() if k not in ('ASAN_OPTIONS', 'TSAN_OPTIONS', 'LSAN_OPTIONS')}
    done = subprocess.run([binary], text=True, capture_output=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr[:3000]
