// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* reference_probes.c: loads the programs on libslab's probes and reads their maps. */
#include "reference/reference_probes.h"

#include "system/process_stat.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/process_stat.h"
#include "reference/reference_attach.h"
#include "reference/translated.h"
#include "bpf/reference.skel.h"

#define BATCH 256

/*
 * The programs and their probes, the most urgent first. `totals` counts a process in full, however
 * late. cache_create is the last: for a cache whose creation was seen, all others have counted from
 * its first object on.
 */
static const struct attach_probe probes[] = {
	{"totals", "totals"},
	{"process_exit", "exit"},
	{"cache_destroy", "cache_destroy"},
	{"refill_done", "refill_done"},
	{"flush", "flush"},
	{"grow", "grow"},
	{"list_move", "list_move"},
	{"slab_destroy", "slab_destroy"},
	{"notes_lost", "notes_lost"},
	{"cache_create", "cache_create"},
	{NULL, NULL},
};

struct reference_probes {
	struct reference_bpf *skel;
	struct reference_attach *attacher;
	struct bpf_link *exec_link;
	struct ring_buffer *execs;
	void (*exec_each)(const struct ref_image *image, void *arg);
	void *exec_arg;
	struct ring_buffer *steps; /* NULL: not available */
	void (*step_each)(const struct ref_step *step, void *arg);
	void *step_arg;
	/* Large maps, created for the first process with libslab: */
	int pairs_fd, hists_fd; /* -1: not yet */
	struct ref_hist *hists; /* mapped */
	__u32 nr_pairs, nr_hists;
	struct failure no_maps;
	/* room for one batch of either map */
	union {
		struct ref_pair_key pair[BATCH];
		struct ref_cache_key cache[BATCH];
	} * keys;
	union {
		struct ref_pair pair[BATCH];
		struct ref_cache cache[BATCH];
	} * values;
};

static __u32 bounded(size_t value, __u32 low, __u32 high)
{
	return value < low ? low : value > high ? high : (__u32)value;
}

/* ---- the large maps --------------------------------------------------------------------- */

static int create_pairs(const struct reference_probes *p)
{
	return bpf_map_create(BPF_MAP_TYPE_HASH, "pairs", sizeof(struct ref_pair_key),
			      sizeof(struct ref_pair), p->nr_pairs, NULL);
}

static int create_hists(const struct reference_probes *p)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "hists", sizeof(__u32), sizeof(struct ref_hist),
			      p->nr_hists, &options);
}

/* Loads the programs. Maps that hold maps need an example, which exists meanwhile. */
static int load_with_patterns(struct reference_probes *p)
{
	int pairs = create_pairs(p), hists = pairs < 0 ? -1 : create_hists(p);
	int err = hists < 0 ? -errno : 0;

	if (!err)
		err = bpf_map__set_inner_map_fd(p->skel->maps.all_pairs, pairs);
	if (!err)
		err = bpf_map__set_inner_map_fd(p->skel->maps.all_hists, hists);
	if (!err)
		err = reference_bpf__load(p->skel);
	if (pairs >= 0)
		close(pairs);
	if (hists >= 0)
		close(hists);
	return err;
}

/* Maps the pool of histograms and lists all as free. */
static int fill_pool(struct reference_probes *p)
{
	int free_fd = bpf_map__fd(p->skel->maps.free_hists);
	void *at = mmap(NULL, p->nr_hists * sizeof(*p->hists), PROT_READ | PROT_WRITE, MAP_SHARED,
			p->hists_fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	p->hists = at;
	for (__u32 i = p->nr_hists; i-- > 0;)
		if (bpf_map_update_elem(free_fd, NULL, &i, BPF_ANY))
			return -errno;
	return 0;
}

/* The programs find it as the first element of that map. */
static int give(const struct bpf_map *to, int fd)
{
	const __u32 first = 0;

	return fd < 0 || bpf_map_update_elem(bpf_map__fd(to), &first, &fd, BPF_ANY) ? -errno : 0;
}

/* Creates the large maps, unless they exist or failed before. */
static int make_maps(struct reference_probes *p)
{
	int err;

	if (p->no_maps.text[0])
		return -ENOMEM;
	if (p->hists)
		return 0;
	p->pairs_fd = create_pairs(p);
	err = give(p->skel->maps.all_pairs, p->pairs_fd);
	if (!err) {
		p->hists_fd = create_hists(p);
		err = give(p->skel->maps.all_hists, p->hists_fd);
	}
	if (!err)
		err = fill_pool(p);
	return err ? fail(&p->no_maps, -err,
			  "cannot make the maps that libslab's probes count in: %s", strerror(-err))
		   : 0;
}

/* ---- loading ---------------------------------------------------------------------------- */

/* Sets what the programs must know before they are loaded. */
static int configure(struct reference_probes *p, int only_pid, int cgroup)
{
	size_t cpus = bounded(sysconf(_SC_NPROCESSORS_CONF), 1, REF_MAX_CPUS);
	struct reference_bpf *skel = p->skel;
	struct stat ns;

	p->nr_pairs = bounded(1024 * cpus, 4096, 32768);
	p->nr_hists = bounded(256 * cpus, 1024, 8192);
	skel->rodata->only_tgid = only_pid;
	skel->rodata->only_cgroup = cgroup >= 0;
	bpf_map__set_autocreate(skel->maps.cgroups, cgroup >= 0);
	if (process_pid_namespace(&ns))
		skel->rodata->pid_ns = ns.st_ino;
	return bpf_map__set_max_entries(skel->maps.free_hists, p->nr_hists);
}

static int exec_sample(void *ctx, void *data, size_t size)
{
	struct reference_probes *p = ctx;
	struct ref_exec_event event;

	if (size < sizeof(event) || !p->exec_each)
		return 0;
	memcpy(&event, data, sizeof(event));
	p->exec_each(&event.image, p->exec_arg);
	return 0;
}

static int step_sample(void *ctx, void *data, size_t size)
{
	struct reference_probes *p = ctx;
	struct ref_step step;

	if (size < sizeof(step) || !p->step_each)
		return 0;
	memcpy(&step, data, sizeof(step));
	p->step_each(&step, p->step_arg);
	return 0;
}

/* Each attached file takes about twenty descriptors. */
static void want_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= 16384)
		return;
	limit.rlim_cur = limit.rlim_max < 16384 ? limit.rlim_max : 16384;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int load(struct reference_probes *p, int only_pid, int cgroup, const char *types,
		struct failure *f)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = types);
	const __u32 zero = 0;
	int err;

	p->keys = malloc(sizeof(*p->keys));
	p->values = malloc(sizeof(*p->values));
	if (!p->keys || !p->values)
		return fail(f, ENOMEM, "no memory for the reference's probes");
	p->skel = reference_bpf__open_opts(&options);
	if (!p->skel)
		return fail(f, errno, "cannot open the reference's programs: %s", strerror(errno));
	err = configure(p, only_pid, cgroup);
	if (!err)
		err = load_with_patterns(p);
	if (err && !libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL))
		return fail(f, -err,
			    "this kernel's uprobes have no cookies: libslab's probes need Linux "
			    "5.15");
	if (err && access(types, R_OK))
		return fail(f, -err, "the kernel describes no types (no %s); see --btf", types);
	if (err)
		return fail(f, -err, "the kernel refused the reference's programs: %s",
			    strerror(-err));
	if (cgroup >= 0 &&
	    bpf_map_update_elem(bpf_map__fd(p->skel->maps.cgroups), &zero, &cgroup, BPF_ANY))
		return fail(f, errno, "the kernel refused the cgroup: %s", strerror(errno));
	return 0;
}

int reference_probes_open(struct reference_probes **to, int only_pid, int cgroup, const char *types,
			  struct failure *f)
{
	struct reference_probes *p = calloc(1, sizeof(*p));
	int err;

	*to = NULL;
	if (!p)
		return fail(f, ENOMEM, "no memory for the reference's probes");
	p->pairs_fd = p->hists_fd = -1;
	err = load(p, only_pid, cgroup, types, f);
	if (err) {
		reference_probes_close(p);
		return err;
	}
	want_descriptors();
	p->attacher = reference_attach_new(p->skel->obj, probes);
	if (!p->attacher) {
		reference_probes_close(p);
		return fail(f, ENOMEM, "no memory for the reference's probes");
	}
	/* Without it slabscope finds programs only at the next reading. */
	p->exec_link = bpf_program__attach(p->skel->progs.program_started);
	if (p->exec_link)
		p->execs = ring_buffer__new(bpf_map__fd(p->skel->maps.execs), exec_sample, p, NULL);
	p->steps = ring_buffer__new(bpf_map__fd(p->skel->maps.step_buffer), step_sample, p, NULL);
	*to = p;
	return 0;
}

void reference_probes_close(struct reference_probes *p)
{
	if (!p)
		return;
	reference_attach_free(p->attacher);
	if (p->hists)
		munmap(p->hists, p->nr_hists * sizeof(*p->hists));
	if (p->pairs_fd >= 0)
		close(p->pairs_fd);
	if (p->hists_fd >= 0)
		close(p->hists_fd);
	ring_buffer__free(p->execs);
	ring_buffer__free(p->steps);
	bpf_link__destroy(p->exec_link);
	reference_bpf__destroy(p->skel);
	free(p->keys);
	free(p->values);
	free(p);
}

void reference_probes_attach(struct reference_probes *p, struct libslab_file *target)
{
	if (!make_maps(p))
		target->attached = reference_attach_file(p->attacher, target);
}

void reference_probes_yield(struct reference_probes *p, const struct libslab_file *target, int pid)
{
	if (target->attached && translated_is(pid))
		reference_attach_yield(p->attacher, target->attached, pid);
}

void reference_probes_detach(struct reference_probes *p, struct libslab_file *target)
{
	if (target->attached)
		reference_attach_detach(p->attacher, target->attached);
	target->attached = NULL;
}

int reference_probes_state(struct reference_probes *p, const struct libslab_file *target,
			   struct failure *f)
{
	if (target->attached)
		return reference_attach_state(p->attacher, target->attached, f);
	if (p->no_maps.text[0])
		return fail(f, ENOMEM, "%s", p->no_maps.text);
	return fail(f, EMFILE, "no memory or file descriptors to attach probes; see ulimit -n");
}

void reference_probes_settle(struct reference_probes *p, unsigned ms)
{
	reference_attach_settle(p->attacher, ms);
}

int reference_probes_fd(const struct reference_probes *p)
{
	return p->execs ? ring_buffer__epoll_fd(p->execs) : -1;
}

void reference_probes_execs(struct reference_probes *p,
			    void (*each)(const struct ref_image *image, void *arg), void *arg)
{
	if (!p->execs)
		return;
	p->exec_each = each;
	p->exec_arg = arg;
	ring_buffer__consume(p->execs);
	p->exec_each = NULL;
}

void reference_probes_watch(struct reference_probes *p, const struct ref_cache_key *key)
{
	__atomic_store_n(&p->skel->bss->watching, 0, __ATOMIC_SEQ_CST);
	if (!key || !p->steps)
		return;
	reference_probes_steps(p, NULL, NULL);
	memcpy(&p->skel->bss->watched, key, sizeof(*key));
	__atomic_store_n(&p->skel->bss->watching, 1, __ATOMIC_SEQ_CST);
}

void reference_probes_steps(struct reference_probes *p,
			    void (*each)(const struct ref_step *step, void *arg), void *arg)
{
	if (!p->steps)
		return;
	p->step_each = each;
	p->step_arg = arg;
	ring_buffer__consume(p->steps);
	p->step_each = NULL;
}

/* Reads the next batch of a map. Returns how many elements; 0 at the end; or a negative errno. */
static int read_batch(struct reference_probes *p, int map, __u32 *batch, bool *begun, bool *ended)
{
	__u32 count = BATCH;
	int err;

	if (*ended)
		return 0;
	err = bpf_map_lookup_batch(map, *begun ? batch : NULL, batch, p->keys, p->values, &count,
				   NULL);
	if (err && errno != ENOENT)
		return -errno;
	*begun = true;
	*ended = err != 0;
	return count;
}

int reference_probes_read(struct reference_probes *p, const struct reference_probes_reader *r)
{
	bool begun = false, ended = false;
	__u32 batch = 0;
	int n;

	while ((n = read_batch(p, bpf_map__fd(p->skel->maps.caches), &batch, &begun, &ended)) > 0)
		for (int i = 0; i < n; i++)
			r->cache(&p->keys->cache[i], &p->values->cache[i], r->arg);
	if (n < 0 || p->pairs_fd < 0)
		return n;
	begun = ended = false;
	while ((n = read_batch(p, p->pairs_fd, &batch, &begun, &ended)) > 0)
		for (int i = 0; i < n; i++)
			r->pair(&p->keys->pair[i], &p->values->pair[i], r->arg);
	return n;
}

const struct ref_hist *reference_probes_hist(const struct reference_probes *p, uint32_t hist)
{
	return p->hists && hist && hist <= p->nr_hists ? &p->hists[hist - 1] : NULL;
}

void reference_probes_forget_pair(struct reference_probes *p, const struct ref_pair_key *key)
{
	struct ref_pair pair;
	__u32 slot;

	if (bpf_map_lookup_elem(p->pairs_fd, key, &pair))
		return;
	bpf_map_delete_elem(p->pairs_fd, key);
	if (!reference_probes_hist(p, pair.hist))
		return;
	slot = pair.hist - 1;
	memset(&p->hists[slot], 0, sizeof(*p->hists));
	bpf_map_update_elem(bpf_map__fd(p->skel->maps.free_hists), NULL, &slot, BPF_ANY);
}

void reference_probes_forget_cache(struct reference_probes *p, const struct ref_cache_key *key)
{
	bpf_map_delete_elem(bpf_map__fd(p->skel->maps.caches), key);
}

uint64_t reference_probes_unpaired(const struct reference_probes *p)
{
	return __atomic_load_n(&p->skel->bss->unpaired, __ATOMIC_RELAXED);
}

uint64_t reference_probes_lost(const struct reference_probes *p)
{
	uint64_t lost = __atomic_load_n(&p->skel->bss->lost, __ATOMIC_RELAXED);
	struct bpf_program *program;

	bpf_object__for_each_program(program, p->skel->obj)
	{
		struct bpf_prog_info info = {0};
		__u32 size = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			lost += info.recursion_misses;
	}
	return lost;
}
