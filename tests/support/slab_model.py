# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""A plain model of the arrays of CONFIG_SLAB, written from its description: what each CPU's array, the shared array
and the slabs of one node hold, as numbers of objects. It checks a recording event by event. It shares nothing with
libslab and slabscope."""
import collections

BATCHREFILL_LIMIT = 16
LEFT_OUT = {"tune", "shrink", "reap", "alloc_bypass", "alloc_failed"}  # the model has none of these


class Cache:
    def __init__(self, event):
        self.name = f"{event.fields['name']} of {event.pid}"
        self.limit, self.batchcount = event.limit, event.batchcount
        self.shared_limit = event.sharedfactor * event.batchcount
        self.per_slab = event.objects_per_slab
        self.avail, self.touched = collections.Counter(), collections.Counter()  # by CPU
        self.shared = self.free = 0
        self.grown = False  # since the last refill
        self.checked = 0

    def node_state(self, event):
        self.shared, self.free = event.shared, event.free_objects

    def array_state(self, event):
        self.avail[event.cpu], self.touched[event.cpu] = event.avail, event.touched

    def grow(self, event):
        self.free += event.objects
        self.grown = True

    def slab_destroy(self, _):
        self.free -= self.per_slab

    def refill(self, event):
        assert self.avail[event.cpu] == 0, "a refill of an array that is not empty"
        wanted = self.batchcount
        if not self.touched[event.cpu]:
            wanted = min(wanted, BATCHREFILL_LIMIT)
        if self.shared:
            got, origins = min(wanted, self.shared), {"shared"}
            self.shared -= got
        else:
            got, origins = min(wanted, self.free), {"grown"} if self.grown else {"partial", "free"}
            self.free -= got
        assert (event.requested, event.got) == (wanted, got), f"the model: {got} of {wanted}"
        assert event.origin in origins, f"the model: {origins}"
        self.avail[event.cpu], self.touched[event.cpu], self.grown = got - 1, 1, False

    def alloc_hit(self, event):
        assert self.avail[event.cpu] > 0, "a hit of an empty array"
        self.avail[event.cpu] -= 1
        self.touched[event.cpu] = 1

    def free_(self, event):
        # A full array is flushed: that event comes next, and puts the object on top.
        if self.avail[event.cpu] < self.limit:
            self.avail[event.cpu] += 1

    def flush(self, event):
        assert self.avail[event.cpu] == self.limit, "a flush of an array that is not full"
        room, moved = self.shared_limit - self.shared, self.batchcount
        if room:
            moved = min(moved, room)
            self.shared += moved
        else:
            self.free += moved
        assert event.count == moved, f"the model: {moved}"
        self.avail[event.cpu] += 1 - moved


def check(trace):
    """Raises AssertionError at the first event that the model does not explain. Returns how many refills and flushes it
    has checked. Caches that were tuned, shrunk or aged are left out."""
    left_out = {event.cache for event in trace.events if event.name in LEFT_OUT}
    caches, checked = {}, 0
    for event in trace.events:
        if event.name == "cache":
            caches[event.cache] = Cache(event)
            continue
        step = getattr(Cache, {"free": "free_"}.get(event.name, event.name), None)
        if step is None or event.cache in left_out:
            continue
        try:
            step(caches[event.cache], event)
        except AssertionError as error:
            raise AssertionError(f"{caches[event.cache].name}: {event}: {error}") from None
        checked += event.name in ("refill", "flush")
    return checked
