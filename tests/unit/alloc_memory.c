// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The memory of a cache without its slabs. (alloc_slab_desc.c has the overhead of slabs.)
 */
#include "alloc_help.h"
#include "alloc_resident.h"

static void idle_cache_of_64_cpus(void **state)
{
	unsigned used;
	size_t bytes = resident_idle(&used);

	(void)state;
	print_message("# %zu KiB resident, %u CPUs used\n", bytes >> 10, used);
	assert_in_range(used, 1, RESIDENT_USED);
	assert_true(bytes <= 32 << 10);
	/* An array in use is resident: the measurement works. */
	assert_true(bytes >= (1 + used) * SLAB_PAGE_SIZE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(idle_cache_of_64_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
