/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_slub.bpf.h: the slow paths of SLUB, where a CPU's cache is a slab (to 6.19); and what it
 * has in common with SLUB's sheaves: new slabs and slabs given back.
 */
#ifndef KERNEL_SLUB_BPF_H
#define KERNEL_SLUB_BPF_H

/* ---- allocate_slab, __free_slab: every SLUB -------------------------------------------------- */

static __always_inline int slub_grow_leave(__u64 slab)
{
	struct kernel_slow *slow;
	struct frame *f;
	__u64 cache;

	if (!running || !slab ||
	    !read_number(&cache, sizeof(cache),
			 slab + bpf_core_field_offset(struct slab, slab_cache)))
		return 0;
	f = frame_around(cache);
	if (f)
		f->seen |= SEEN_GROWN;
	slow = slow_of(cache, bpf_get_smp_processor_id());
	if (slow)
		__sync_fetch_and_add(&slow->grows, 1);
	return 0;
}

SEC("fexit/allocate_slab")
int slub_grow_fexit(__u64 *ctx)
{
	__u64 ret = 0;

	bpf_get_func_ret(ctx, &ret);
	return slub_grow_leave(ret);
}

SEC("kretprobe/allocate_slab")
int BPF_KRETPROBE(slub_grow_kretprobe, void *ret)
{
	return slub_grow_leave((__u64)ret);
}

static __always_inline int slab_free_count(__u64 cache)
{
	struct kernel_slow *slow = running ? slow_of(cache, bpf_get_smp_processor_id()) : NULL;

	if (slow)
		__sync_fetch_and_add(&slow->slab_frees, 1);
	return 0;
}

SEC("fentry/__free_slab")
int slub_free_fentry(__u64 *ctx)
{
	__u64 cache = 0;

	bpf_get_func_arg(ctx, 0, &cache);
	return slab_free_count(cache);
}

SEC("kprobe/__free_slab")
int BPF_KPROBE(slub_free_kprobe, void *s)
{
	return slab_free_count((__u64)s);
}

#endif
