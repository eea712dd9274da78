// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* replay_report.c: tables. Counts are printed in full, because they are compared. */
#include "replay/replay_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "slab_registry.h"
#include "base/units.h"

#define BAR 30

void replay_report_print_losses(FILE *to, uint64_t nonsense, const struct trace_losses *losses)
{
	char text[256];

	for (unsigned n = 0; trace_losses_line(losses, nonsense, n, text, sizeof(text)); n++)
		fprintf(to, "%s\n", text);
}

void replay_report_print_unseen(FILE *to, const char *name, uint64_t live_before,
				uint64_t freed_unseen)
{
	if (live_before)
		fprintf(to, "%s: %" PRIu64 " frees of objects that are older than the recording\n",
			name, live_before);
	if (freed_unseen)
		fprintf(to, "%s: %" PRIu64 " objects whose free was not recorded\n", name,
			freed_unseen);
}

static uint64_t other_origins(const struct replay_counts *c)
{
	uint64_t other = 0;

	for (int o = 0; o < ORIGINS; o++)
		if (o != SLAB_ORIGIN_SHARED && o != SLAB_ORIGIN_PARTIAL && o != SLAB_ORIGIN_FREE &&
		    o != SLAB_ORIGIN_GROWN && o != SLAB_ORIGIN_FAILED)
			other += c->origins[o];
	return other;
}

/* Writes a count, or n/a. */
static const char *count_text(char *to, size_t size, uint64_t n, bool known)
{
	snprintf(to, size, known ? "%" PRIu64 : "n/a", n);
	return to;
}

/* Writes refills, with a mark where they are inferred. */
static const char *refills_text(char *to, size_t size, uint64_t n, const struct replay_known *known)
{
	snprintf(to, size, !known->served ? "n/a" : known->inferred ? "~%" PRIu64 : "%" PRIu64, n);
	return to;
}

static void print_counts(FILE *to, const char *name, const char *what,
			 const struct replay_counts *c, const struct replay_known *known)
{
	const uint64_t slow[] = {c->refills,
				 c->origins[SLAB_ORIGIN_SHARED],
				 c->origins[SLAB_ORIGIN_PARTIAL],
				 c->origins[SLAB_ORIGIN_FREE],
				 c->origins[SLAB_ORIGIN_GROWN],
				 other_origins(c)};
	struct unit hits = unit_percent(replay_counts_hit_rate(c));
	char text[24];

	fprintf(to, "%-20.20s %-8s %11" PRIu64 " %6s", name, what, c->allocs,
		!known->served	  ? "n/a"
		: known->inferred ? unit_inferred(hits).text
				  : hits.text);
	fprintf(to, " %9s", refills_text(text, sizeof(text), c->refills, known));
	for (int i = 1; i < 6; i++)
		fprintf(to, " %*s", i < 5 ? 9 : 7,
			count_text(text, sizeof(text), slow[i], known->origins));
	fprintf(to, " %9s", count_text(text, sizeof(text), c->flushes, known->flushes));
	fprintf(to, " %9s", count_text(text, sizeof(text), c->list_moves, known->list_moves));
}

static double fragmentation(const struct replay_cache *c)
{
	return c->peak_bytes ? 1 - (double)c->peak_used / (double)c->peak_bytes : NAN;
}

static void print_cache(FILE *to, const struct replay_cache *c)
{
	print_counts(to, c->name, "recorded", &c->recorded, &c->known);
	fputc('\n', to);
	if (!c->replayed) {
		fprintf(to, "%-20s not replayed: %s\n", "", c->why_not);
		return;
	}
	print_counts(to, "", "replayed", &c->replayed_counts, &replay_counts_all_known);
	fprintf(to, " %7s %6s %6.0f\n", unit_bytes((double)c->peak_bytes).text,
		unit_percent(fragmentation(c)).text, c->idle_mean);
}

static void print_notes(FILE *to, const struct replay *r)
{
	for (size_t i = 0; i < r->nr_caches; i++) {
		const struct replay_cache *c = &r->cache[i];

		replay_report_print_unseen(to, c->name, c->live_before, c->freed_unseen);
		if (c->known.inferred && !c->known.served && c->recorded.allocs)
			fprintf(to,
				"%s: refills cannot be inferred: the cache served allocations that "
				"no tracepoint showed\n",
				c->name);
	}
}

static void print_head(FILE *to, const struct replay *r)
{
	char whose[40] = "the kernel";

	if (!r->nr_caches || r->cache[0].pid)
		snprintf(whose, sizeof(whose), "%" PRIu64 " process%s", r->processes,
			 r->processes == 1 ? "" : "es");
	fprintf(to, "%s events of %s in %.2f s; replayed in %.2f s, %s events/s\n\n",
		unit_count((double)r->events).text, whose, (double)r->seconds_ns / 1e9, r->took_s,
		unit_count(r->took_s > 0 ? (double)r->events / r->took_s : 0).text);
}

void replay_report_print(FILE *to, const struct replay *r, const struct trace_losses *losses)
{
	print_head(to, r);
	fprintf(to, "%-20s %-8s %11s %6s %9s %9s %9s %9s %9s %7s %9s %9s %7s %6s %6s\n", "CACHE",
		"", "ALLOCS", "HIT%", "REFILLS", "SHARED", "PARTIAL", "FREE", "GROWN", "OTHER",
		"FLUSHES", "MOVES", "PEAK", "FRAG%", "IDLE");
	for (size_t i = 0; i < r->nr_caches; i++)
		if (r->cache[i].recorded.allocs || r->cache[i].recorded.frees)
			print_cache(to, &r->cache[i]);
	print_notes(to, r);
	replay_report_print_losses(to, r->nonsense, losses);
}

/* ---- sweeps ---------------------------------------------------------------------------------- */

static uint64_t worst_refills(const struct replay_sweep *s, size_t cache)
{
	uint64_t worst = 1;

	for (size_t i = 0; i < s->nr; i++)
		if (s->run[i].cache[cache].replayed_counts.refills > worst)
			worst = s->run[i].cache[cache].replayed_counts.refills;
	return worst;
}

static void print_bar(FILE *to, uint64_t value, uint64_t worst)
{
	int length = (int)rint((double)value / (double)worst * BAR);

	for (int i = 0; i < length; i++)
		fputc('|', to);
	fputc('\n', to);
}

static void print_sweep_of(FILE *to, const struct replay_sweep *s, size_t cache)
{
	int best = replay_sweep_recommend(s, cache);
	uint64_t worst = worst_refills(s, cache);

	fprintf(to, "%s, %u bytes, %" PRIu64 " allocations\n", s->run[0].cache[cache].name,
		s->run[0].cache[cache].object_size, s->run[0].cache[cache].recorded.allocs);
	fprintf(to, "  %5s %5s %6s %10s %6s %8s %8s %7s\n", "LIMIT", "BATCH", "SHARED", "REFILLS",
		"HIT%", "IDLE", "IDLE MAX", "PEAK");
	for (size_t i = 0; i < s->nr; i++) {
		const struct replay_cache *c = &s->run[i].cache[cache];

		if (!c->replayed) {
			fprintf(to, "  %5u %5u %6u not replayed: %s\n", c->limit, c->batchcount,
				c->sharedfactor, c->why_not);
			continue;
		}
		fprintf(to, "%s %5u %5u %6u %10" PRIu64 " %6s %8.0f %8" PRIu64 " %7s  ",
			(int)i == best ? ">" : " ", c->limit, c->batchcount, c->sharedfactor,
			c->replayed_counts.refills,
			unit_percent(replay_counts_hit_rate(&c->replayed_counts)).text,
			c->idle_mean, c->idle_peak, unit_bytes((double)c->peak_bytes).text);
		print_bar(to, c->replayed_counts.refills, worst);
	}
	if (best >= 0) {
		const struct replay_cache *c = &s->run[best].cache[cache];

		fprintf(to,
			"recommended: limit %u, batchcount %u, sharedfactor %u: the smallest "
			"setting with at most %.1f times the refills of the best one\n\n",
			c->limit, c->batchcount, c->sharedfactor, REPLAY_SWEEP_ENOUGH);
	}
}

void replay_report_print_sweep(FILE *to, const struct replay_sweep *s,
			       const struct trace_losses *losses)
{
	print_head(to, &s->run[0]);
	for (size_t i = 0; i < s->run[0].nr_caches; i++)
		if (s->run[0].cache[i].replayed && s->run[0].cache[i].recorded.allocs)
			print_sweep_of(to, s, i);
	replay_report_print_losses(to, s->run[0].nonsense, losses);
}
