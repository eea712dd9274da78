// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * types.c: reads and checks the types of a kernel. libbpf 1.1 checks where a type ends. It does not
 * check references, nor whether types contain themselves.
 */
#include "system/types.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/kallsyms.h"

#define DEPTH_MAX	 64
#define STRANGERS_ONE_IN 50 /* so many functions of a file may be unknown to the running kernel */

/* ---- what a type refers to ------------------------------------------------------------------- */

/* The state of a walk through all types. */
struct walk {
	const struct btf *btf;
	uint32_t count;
	uint8_t *seen; /* for each type: the walk has been through what it contains, or is there */
};
enum { SEEN_NOT, SEEN_OPEN, SEEN_DONE };

static bool is_name(const struct walk *w, uint32_t offset)
{
	return btf__name_by_offset(w->btf, offset) != NULL;
}

static bool is_type(const struct walk *w, uint32_t id)
{
	return id < w->count;
}

static bool members_sound(const struct walk *w, const struct btf_type *type)
{
	const struct btf_member *member = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++)
		if (!is_name(w, member[i].name_off) || !is_type(w, member[i].type))
			return false;
	return true;
}

static bool enum_sound(const struct walk *w, const struct btf_type *type)
{
	for (int i = 0; i < btf_vlen(type); i++)
		if (!is_name(w, btf_is_enum(type) ? btf_enum(type)[i].name_off
						  : btf_enum64(type)[i].name_off))
			return false;
	return true;
}

static bool params_sound(const struct walk *w, const struct btf_type *type)
{
	const struct btf_param *param = btf_params(type);

	for (int i = 0; i < btf_vlen(type); i++)
		if (!is_name(w, param[i].name_off) || !is_type(w, param[i].type))
			return false;
	return is_type(w, type->type);
}

static bool section_sound(const struct walk *w, const struct btf_type *type)
{
	for (int i = 0; i < btf_vlen(type); i++)
		if (!is_type(w, btf_var_secinfos(type)[i].type))
			return false;
	return true;
}

static bool type_sound(const struct walk *w, const struct btf_type *type)
{
	if (!is_name(w, type->name_off))
		return false;
	if (btf_is_composite(type))
		return members_sound(w, type);
	if (btf_is_any_enum(type))
		return enum_sound(w, type);
	if (btf_is_func_proto(type))
		return params_sound(w, type);
	if (btf_is_datasec(type))
		return section_sound(w, type);
	if (btf_is_array(type))
		return is_type(w, btf_array(type)->type) && is_type(w, btf_array(type)->index_type);
	if (btf_is_int(type) || btf_is_float(type) || btf_is_fwd(type))
		return true;
	return is_type(w, type->type); /* pointers, modifiers, functions, variables, tags */
}

/*
 * Walks through what a type contains or is another name for, up to pointers. Returns whether all
 * references are valid.
 */
static bool ends(struct walk *w, uint32_t id, int depth)
{
	const struct btf_type *type = btf__type_by_id(w->btf, id);
	bool good = depth < DEPTH_MAX && w->seen[id] != SEEN_OPEN;

	if (!id || !good || w->seen[id] == SEEN_DONE)
		return good;
	w->seen[id] = SEEN_OPEN;
	if (btf_is_composite(type))
		for (int i = 0; good && i < btf_vlen(type); i++)
			good = ends(w, btf_members(type)[i].type, depth + 1);
	else if (btf_is_array(type))
		good = ends(w, btf_array(type)->type, depth + 1);
	else if (btf_is_mod(type) || btf_is_typedef(type))
		good = ends(w, type->type, depth + 1);
	w->seen[id] = SEEN_DONE;
	return good;
}

int types_check(const struct btf *btf, struct failure *f)
{
	struct walk w = {.btf = btf, .count = btf__type_cnt(btf)};
	int err = 0;

	w.seen = calloc(w.count ? w.count : 1, 1);
	if (!w.seen)
		return fail(f, ENOMEM, "no memory for the kernel's types");
	for (uint32_t id = 1; id < w.count && !err; id++)
		if (!type_sound(&w, btf__type_by_id(btf, id)))
			err = fail(f, EINVAL, "type %u refers to what is not there", id);
	for (uint32_t id = 1; id < w.count && !err; id++)
		if (!ends(&w, id, 0))
			err = fail(f, EINVAL, "type %u contains itself", id);
	free(w.seen);
	return err;
}

/* ---- whose types they are -------------------------------------------------------------------- */

static int by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Returns the names of all functions, sorted; NULL: no memory. */
static const char **function_names(const struct btf *btf, size_t *count)
{
	uint32_t types = btf__type_cnt(btf);
	const char **name = malloc((types + 1) * sizeof(*name));

	*count = 0;
	for (uint32_t id = 1; name && id < types; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_func(type))
			name[(*count)++] = btf__name_by_offset(btf, type->name_off);
	}
	if (name)
		qsort(name, *count, sizeof(*name), by_text);
	return name;
}

/*
 * Returns how many of the names the running kernel does not have; 0 where it does not show names.
 */
static size_t count_strangers(const char *const *name, size_t count)
{
	char buffer[KALLSYMS_BUFFER];
	FILE *file = kallsyms_open(buffer);
	bool *present = calloc(count + 1, sizeof(*present));
	struct kallsym symbol;
	size_t symbols = 0, sum = 0;

	while (file && present && kallsyms_next(file, &symbol)) {
		const char *const *at;

		if (*symbol.module)
			continue;
		symbols++;
		at = bsearch(&symbol.name, name, count, sizeof(*name), by_text);
		if (at && !present[at - name]) {
			present[at - name] = true;
			sum++;
		}
	}
	if (file && ferror(file))
		symbols = 0;
	if (file)
		fclose(file);
	free(present);
	return symbols ? count - sum : 0;
}

/* Every kernel lacks clones that a compiler made, and functions freed after boot. */
static int check_kernel(const struct btf *btf, const char *path, struct failure *f)
{
	size_t count, strangers;
	const char **name;

	if (btf__find_by_name_kind(btf, "kmem_cache", BTF_KIND_STRUCT) <= 0)
		return fail(
			f, EINVAL,
			"--btf %s: it describes no kernel: it has no struct kmem_cache; extract "
			"it from this kernel's vmlinux with 'pahole --btf_encode_detached'",
			path);
	name = function_names(btf, &count);
	if (!name)
		return fail(f, ENOMEM, "no memory for the kernel's types");
	strangers = count_strangers(name, count);
	free(name);
	if (strangers > count / STRANGERS_ONE_IN)
		return fail(
			f, EINVAL,
			"--btf %s: it describes another kernel: %zu of its %zu functions are not "
			"in this one; give the file of the kernel that runs (uname -r)",
			path, strangers, count);
	return 0;
}

/* ---- a file ---------------------------------------------------------------------------------- */

/* libbpf reads the copy that was checked, even if the file changes. */
static int copy(struct types *to, const struct btf *btf, struct failure *f)
{
	uint32_t size;
	const char *raw = btf__raw_data(btf, &size);
	int fd = memfd_create("slabscope-btf", MFD_CLOEXEC);
	ssize_t wrote = 0;

	for (uint32_t at = 0; raw && fd >= 0 && at < size; at += wrote) {
		wrote = write(fd, raw + at, size - at);
		if (wrote <= 0)
			break;
	}
	if (!raw || fd < 0 || wrote <= 0) {
		if (fd >= 0)
			close(fd);
		return fail(f, ENOMEM, "no memory for the kernel's types");
	}
	to->fd = fd;
	snprintf(to->path, sizeof(to->path), "/proc/self/fd/%d", fd);
	return 0;
}

/* Returns why libbpf has found no types in a file, from its errno. */
static const char *reason(int err)
{
	switch (err) {
	case ENOENT:
	case ENODATA:
		return "it is an ELF file without a section .BTF";
	case ENOMEM:
		return "there is no memory for its types";
	case EPERM:
	case EACCES:
		return "reading it is not permitted";
	case LIBBPF_ERRNO__FORMAT:
	case EPROTO:
		return "it is neither raw BTF nor an ELF file";
	default:
		return "its BTF is cut off or broken";
	}
}

int types_open(struct types *to, const char *file, struct failure *f)
{
	libbpf_print_fn_t print;
	struct failure why = {""};
	struct btf *btf;
	struct stat st;
	int err;

	*to = (struct types){.path = TYPES_OF_KERNEL, .fd = -1};
	if (!file)
		return 0;
	if (stat(file, &st) || (S_ISREG(st.st_mode) && access(file, R_OK)))
		return fail(f, errno, "--btf %s: it cannot be read: %s", file, strerror(errno));
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return fail(f, EINVAL, "--btf %s: it %s; give the file of a kernel's types", file,
			    S_ISREG(st.st_mode) ? "is empty" : "is no regular file");
	print = libbpf_set_print(NULL);
	btf = btf__parse(file, NULL);
	err = errno;
	libbpf_set_print(print);
	if (!btf)
		return fail(f, EINVAL, "--btf %s: %s; extract it anew", file, reason(err));
	err = types_check(btf, &why);
	if (err)
		fail(f, -err, "--btf %s: it is broken: %s; extract it anew", file, why.text);
	else
		err = check_kernel(btf, file, f);
	if (!err)
		err = copy(to, btf, f);
	btf__free(btf);
	return err;
}

void types_close(struct types *types)
{
	if (types->fd >= 0)
		close(types->fd);
	types->fd = -1;
}
