// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* doctor_json.c: the report of doctor as one JSON object, slabscope.doctor/1. */
#include "command/doctor_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command/doctor_rows.h"
#include "kernel/facts_json.h"
#include "kernel/kernel_programs.h"
#include "system/output.h"
#include "system/sandbox.h"

static json_t *json_facts(const struct facts *facts)
{
	json_t *to = json_object(), *tried = json_object(), *caps = json_object();

	for (size_t i = 0; i < DOCTOR_TRIALS; i++) {
		int err = doctor_rows_trial_error(facts, i);
		const char *name = strerrorname_np(err);

		json_object_set_new(tried, doctor_trials[i].key,
				    json_string(err ? (name ? name : "?") : "ok"));
	}
	for (size_t i = 0; i < DOCTOR_CAPABILITIES; i++)
		json_object_set_new(caps, doctor_capabilities[i].name,
				    json_boolean(doctor_rows_has_capability(
					    facts, doctor_capabilities[i].number)));
	json_object_set_new(to, "release", json_string(facts->release));
	json_object_set_new(to, "cpus", json_integer(facts->cpus));
	json_object_set_new(to, "nodes", json_integer(facts->nodes));
	json_object_set_new(to, "lockdown",
			    facts->lockdown[0] ? json_string(facts->lockdown) : json_null());
	json_object_set_new(to, "tried", tried);
	json_object_set_new(to, "capabilities", caps);
	return to;
}

static json_t *json_remarks(const struct facts *facts)
{
	json_t *to = json_array();
	struct remark remark;

	for (int i = 0; facts_remark(facts, i, &remark); i++)
		json_array_append_new(to,
				      json_pack("{ssss}", "what", remark.what, "why", remark.why));
	return to;
}

static json_t *json_privileges(const struct facts *facts)
{
	struct doctor_kept row[DOCTOR_KEPT_MAX];
	int count = doctor_rows_kept(facts, row);
	json_t *to = json_array();

	for (int i = 0; i < count; i++) {
		const struct privilege *p = row[i].privilege;

		json_array_append_new(to, json_pack("{ss ss sb ss ss}", "name", p->name, "where",
						    row[i].where, "held", row[i].held, "why",
						    p->why, "without", p->without));
	}
	return to;
}

static json_t *json_quantities(const struct plan *plan)
{
	json_t *to = json_array();

	for (int i = 0; i < QUANTITIES; i++) {
		const struct quantity_plan *q = &plan->quantity[i];
		json_t *row = json_object();

		json_object_set_new(row, "what", json_string(plan_quantity_names[i]));
		json_object_set_new(row, "seen", json_boolean(q->known));
		json_object_set_new(row, "inferred", json_boolean(q->inferred));
		json_object_set_new(row, "how", q->known ? json_string(q->how) : json_null());
		json_object_set_new(row, "why", q->known ? json_null() : json_string(q->why));
		json_object_set_new(row, "remedy",
				    q->remedy[0] ? json_string(q->remedy) : json_null());
		json_array_append_new(to, row);
	}
	return to;
}

/* Returns the programs that run, and those that this kernel refused. */
static json_t *json_programs(const struct facts *facts, const struct plan *plan)
{
	json_t *to = json_object();

	for (int i = 0; i < PROGRAMS; i++) {
		const char *name = strerrorname_np(facts->refused[i]);

		if (plan->load[i])
			json_object_set_new(to, kernel_probe_rows[i].name, json_string("ok"));
		else if (facts->refused[i])
			json_object_set_new(to, kernel_probe_rows[i].name,
					    json_string(name ? name : "?"));
	}
	return to;
}

int doctor_json_print(const struct facts *facts, const struct plan *plan, struct failure *f)
{
	json_t *to = json_object();

	json_object_set_new(to, "schema", json_string("slabscope.doctor/1"));
	json_object_set_new(to, "kernel", json_facts(facts));
	json_object_set_new(to, "allocator", json_string(era_rows[plan->era].name));
	json_object_set_new(to, "probes", json_string(plan->probes));
	json_object_set_new(to, "programs", json_programs(facts, plan));
	json_object_set_new(to, "remarks", json_remarks(facts));
	json_object_set_new(to, "privileges", json_privileges(facts));
	json_object_set_new(to, "sandbox", json_boolean(sandbox_possible()));
	json_object_set_new(to, "quantities", json_quantities(plan));
	json_object_set_new(to, "facts", facts_json_make(facts));
	return output_json(to, "the report", f);
}
