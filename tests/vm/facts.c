/*
 * What a guest's kernel and clock offer to a user program, one "name value" a line. Linked
 * dynamically, so that running at all shows that the guest got the libraries.
 */
#define _GNU_SOURCE
#include <linux/membarrier.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* The shortest step between two readings: what reading costs, or the clock's granularity. */
static uint64_t shortest_step(void)
{
	uint64_t best = UINT64_MAX, last = now();

	for (int i = 0; i < 10000; i++) {
		uint64_t t = now();

		if (t != last && t - last < best)
			best = t - last;
		last = t;
	}
	return best;
}

/* Of 10000 readings, how many end in 0: a tenth, unless the clock ticks in tens. */
static int round_readings(void)
{
	int n = 0;

	for (int i = 0; i < 10000; i++) {
		n += now() % 10 == 0;
		for (volatile int j = 0; j < i % 13; j++) /* out of step with the clock */
			;
	}
	return n;
}

static uint64_t fixed_job(void)
{
	static unsigned char data[4096];
	uint64_t start = now();

	for (int i = 0; i < 2000000; i++)
		data[i % sizeof(data)] += i;
	return now() - start;
}

int main(void)
{
	struct rseq *rseq = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
	long membarrier = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);

	printf("rseq_size %u\n", __rseq_size);
	printf("rseq_cpu %d\n", __rseq_size ? (int)rseq->cpu_id : -1);
	printf("membarrier_rseq %d\n",
	       membarrier > 0 && membarrier & MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ);
	printf("clock_step_ns %lu\n", shortest_step());
	printf("clock_round %d\n", round_readings());
	printf("job_ns %lu\n", fixed_job());
	return 0;
}
