// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Replay: partial slabs that are recorded one by one, and invalid ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/replay_state.h"
#include "virtual.h"

#include <cmocka.h>

#define TOLD_BYTES 4096u

static struct trace_event told_slab(unsigned node, uint64_t slab, unsigned inuse)
{
	return (struct trace_event){.cpu = TRACE_NO_CPU,
				    .id = TRACE_PARTIAL_SLAB,
				    .value = {0, node, slab * TOLD_BYTES + 64, inuse}};
}

/* Allocates all free objects of the next slab in the list. Returns its index. */
static uint64_t next_slab(struct kmem_cache *kmem, int node, unsigned nr)
{
	uint64_t slab = 0, was = slab_virtual_gauges(kmem)->slabs_partial;

	for (unsigned i = 0; i < nr; i++) {
		void *object = slab_virtual_bypass(kmem, 0, node, node);

		assert_non_null(object);
		assert_true(!i || (uint64_t)object / TOLD_BYTES == slab);
		slab = (uint64_t)object / TOLD_BYTES;
		/* The last object fills it. */
		assert_int_equal(slab_virtual_gauges(kmem)->slabs_partial,
				 i + 1 < nr ? was : was - 1);
	}
	return slab;
}

static struct kmem_cache *make_told(struct replay_state *s, const struct trace_event *e,
				    unsigned nr, unsigned num)
{
	static const uint8_t node_of[] = {0, 1};
	struct slab_topology t = {.cpus = 2, .nodes = 2, .cpu_node = node_of, .num = num};
	struct kmem_cache *kmem = slab_virtual_create("told", 128, 0, 0, NULL, &t);

	assert_non_null(kmem);
	for (unsigned i = 0; i < nr; i++)
		replay_state_make(s, kmem, e[i].value[NODE_NODE] == 1, &e[i], false);
	return kmem;
}

static void end_told(struct replay_state *s)
{
	while (replay_state_end(s))
		;
	assert_null(s->partial);
}

/*
 * The partial slabs are in the recorded order, with as many objects in use, and are found by their
 * addresses.
 */
static void partial_slabs_as_told(void **state)
{
	const struct trace_event e[] = {
		told_slab(0, 1000, 29),
		told_slab(0, 7, 1),
		told_slab(0, 500, 12),
		told_slab(0, 501, 13),
		{.cpu = TRACE_NO_CPU,
		 .id = TRACE_NODE_STATE,
		 .value = {0, 0, 3, 6, 0, 1 + 29 + 18 + 17 + 5 + 6}},
	};
	struct replay_state s = {0};
	struct kmem_cache *kmem = make_told(&s, e, 5, 30);
	uint64_t slab[4];

	(void)state;
	assert_int_equal(s.nr_partial, 0);
	assert_int_equal(s.nr, 29 + 1 + 12 + 13 + 25 + 24 + 3 * 30);
	for (unsigned i = 0; i < 4; i++)
		slab[i] = next_slab(kmem, 0, 30 - (unsigned)e[i].value[PARTIAL_INUSE]);
	/* Two unrecorded ones share the other free objects. */
	next_slab(kmem, 0, 5);
	next_slab(kmem, 0, 6);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned n = 0; n < e[i].value[PARTIAL_INUSE]; n++)
			assert_int_equal((uint64_t)replay_state_take(
						 &s, kmem, 0, e[i].value[PARTIAL_OBJECT] + 64 * n) /
						 TOLD_BYTES,
					 slab[i]);
	/* Other slabs do not stand for them. */
	for (unsigned n = 0; n < 30; n++) {
		uint64_t is = (uint64_t)replay_state_take(&s, kmem, 0, 2000 * TOLD_BYTES + 64 * n) /
			      TOLD_BYTES;

		assert_true(is != slab[0] && is != slab[1] && is != slab[2] && is != slab[3]);
	}
	end_told(&s);
}

/* Each node has slabs of its own; those of the first node stay known when the second one comes. */
static void partial_slabs_of_nodes(void **state)
{
	const struct trace_event e[] = {
		told_slab(1, 20, 3),
		told_slab(0, 10, 2),
		{.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE, .value = {0, 0, 0, 1, 0, 28}},
		{.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE, .value = {0, 1, 0, 1, 0, 27}},
	};
	struct replay_state s = {0};
	struct kmem_cache *kmem = make_told(&s, e, 4, 30);
	uint64_t slab[2];

	(void)state;
	slab[0] = next_slab(kmem, 0, 28);
	slab[1] = next_slab(kmem, 1, 27);
	for (int i = 0; i < 5; i++) {
		uint64_t told = i < 2 ? 10 : 20;

		assert_int_equal(
			(uint64_t)replay_state_take(&s, kmem, i >= 2, told * TOLD_BYTES + 64) /
				TOLD_BYTES,
			slab[i >= 2]);
	}
	end_told(&s);
}

/* Invalid records: they are corrected or, where there are too many, left out. */
static void absurd_partial_slabs(void **state)
{
	const struct trace_event e[] = {
		told_slab(0, 5, 0),
		told_slab(0, 5, 65535),
		told_slab(0, 5, 30),
		told_slab(0, 0, 7),
		told_slab(200, 5, 3),
		{.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE, .value = {0, 0, 0, 2, 0, 0}},
	};
	struct trace_event many = told_slab(0, 1, 29);
	struct replay_state s = {0};

	(void)state;
	make_told(&s, e, 6, 30); /* more than there are partial ones; two of them full */
	assert_int_equal(s.nr, 1 + 30 + 30 + 7);
	assert_int_equal(s.nr_partial, 1); /* of a node that never comes */
	end_told(&s);
	make_told(&s, e, 6, 1);
	assert_int_equal(s.nr, 4);
	end_told(&s);
	for (unsigned i = 0; i < 3000000; i++) {
		many.value[PARTIAL_OBJECT] = (uint64_t)TOLD_BYTES * i;
		replay_state_make(&s, NULL, 0, &many, false);
	}
	assert_int_equal(s.nr_partial, REPLAY_STATE_PARTIAL);
	make_told(&s, &e[5], 1, 30);
	assert_true(s.slabs <= REPLAY_STATE_MAX / 30 && s.slabs > REPLAY_STATE_MAX / 60);
	end_told(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(partial_slabs_as_told),
		cmocka_unit_test(partial_slabs_of_nodes),
		cmocka_unit_test(absurd_partial_slabs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
