# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""A plain model of the arrays of CONFIG_SLAB, written from its description: which objects each CPU's array and the
shared array hold, and how many are free in the slabs of the one node. It checks a recording event by event. It shares
nothing with libslab and slabscope.

Of two steps on different CPUs that overlap, the recording does not say which came first. Then the model tries both, and
keeps each state that explains what was recorded."""
import bisect
import collections
import copy

BATCHREFILL_LIMIT = 16
LEFT_OUT = {"alloc", "alloc_bypass", "alloc_failed"}  # the model has none of these
SUBSTEPS = {"grow", "slab_destroy", "list_move", "transfer"}  # they come before the event of their step
OF_NODE = {"grow", "slab_destroy", "refill", "flush", "reap", "tune", "shrink"}  # others concern a CPU alone
STATES_MAX = 200
ANY = None  # an object whose identity the model does not know


def drained(limit, avail):
    """Returns how many objects ageing takes from an array that nobody has touched: a fifth of the limit."""
    count = (limit + 4) // 5
    return (avail + 1) // 2 if count > avail else count


class Cache:
    """A cache in one possible state. A step raises AssertionError where it contradicts this state. What the node holds
    may be unknown (None), until a step tells."""

    def __init__(self, event, late):
        self.limit, self.batchcount, self.sharedfactor = event.limit, event.batchcount, event.sharedfactor
        self.per_slab = event.objects_per_slab
        self.array = collections.defaultdict(list)  # by CPU, the newest object last
        self.touched = collections.Counter()  # likewise
        self.shared, self.free = (None, None) if late else ([], 0)
        self.shared_touched = self.ages_node = False
        self.grown, self.took_free = collections.Counter(), collections.Counter()  # objects since the CPU's last refill
        self.handed = {}  # by CPU: the object that a refill returns
        self.ahead = collections.Counter()  # by CPU: events that come later in the recording, and are done

    def copy(self):
        other = copy.copy(self)
        for name in "touched", "grown", "took_free", "handed", "ahead", "shared":
            setattr(other, name, copy.copy(getattr(self, name)))
        other.array = collections.defaultdict(list, {cpu: list(objects) for cpu, objects in self.array.items()})
        return other

    def key(self):
        return (None if self.shared is None else tuple(self.shared), self.free, self.shared_touched, self.ages_node, self.limit,
                *(tuple(sorted((k, tuple(v) if isinstance(v, list) else v) for k, v in of.items() if v))
                  for of in (self.array, self.touched, self.grown, self.took_free, self.handed, self.ahead)))

    @property
    def shared_limit(self):
        return self.sharedfactor * self.batchcount

    # ---- what was there before the recording ------------------------------------------------------------

    def node_state(self, event):
        if self.shared is not None:
            self.shared, self.free = [ANY] * event.shared, event.free_objects

    def array_state(self, event):
        self.array[event.cpu], self.touched[event.cpu] = [ANY] * event.avail, event.touched

    # ---- allocation -------------------------------------------------------------------------------------

    def add_free(self, count):
        if self.free is not None:
            self.free += count

    def grow(self, event):
        self.add_free(event.objects)
        self.grown[event.cpu] += event.objects

    def slab_destroy(self, _):
        self.add_free(-self.per_slab)

    def list_move(self, event):
        if getattr(event, "from") == "free" and event.to != "none":
            self.took_free[event.cpu] = 1

    def from_shared(self, wanted, event):
        """Takes the newest objects of the shared array. Where it is unknown, one that gave too few is empty then."""
        if self.shared is None:
            self.shared = [] if event.got < wanted else None
            return [ANY] * min(event.got, wanted)
        objects = self.shared[-wanted:]
        del self.shared[-wanted:]
        self.shared_touched = True
        return objects

    def from_slabs(self, wanted, event):
        """Takes objects of slabs, and returns how many. If their number is unknown: there was none before a new slab."""
        got = min(wanted, event.got if self.free is None else self.free)
        if self.free is None and (got < wanted or self.grown[event.cpu]):
            self.free = max(self.grown[event.cpu], got)
        self.add_free(-got)
        return got

    def refill(self, event):
        cpu = event.cpu
        assert not self.array[cpu], "a refill of an array that is not empty"
        wanted = self.batchcount
        if not self.touched[cpu]:
            wanted = min(wanted, BATCHREFILL_LIMIT)
        if self.shared is None and event.origin != "shared":
            self.shared = []
        if self.shared is None or self.shared:
            objects, origin = self.from_shared(wanted, event), "shared"
        else:
            objects = [ANY] * self.from_slabs(wanted, event)
            origin = "grown" if self.grown[cpu] else "free" if self.took_free[cpu] else "partial"
        got = len(objects)
        assert (event.requested, event.got) == (wanted, got), f"the model: {got} of {wanted}"
        assert event.origin == origin, f"the model: {origin}"
        self.handed[cpu] = objects.pop()
        self.array[cpu], self.touched[cpu] = objects, 1
        self.grown[cpu] = self.took_free[cpu] = 0

    def alloc_refill(self, event):
        wanted = self.handed.pop(event.cpu, "none")
        assert wanted in (ANY, event.object), f"the model: the object {wanted}"

    def alloc_hit(self, event):
        assert self.array[event.cpu], "a hit of an empty array"
        top = self.array[event.cpu].pop()
        assert top in (ANY, event.object), f"the model: the object {top:#x}, which was freed last"
        self.touched[event.cpu] = 1

    # ---- freeing ----------------------------------------------------------------------------------------

    def free_(self, event):
        # A full array is flushed: that event comes next.
        self.array[event.cpu].append(event.object)
        assert len(self.array[event.cpu]) <= self.limit + 1, "a full array was not flushed"

    def flush(self, event):
        array = self.array[event.cpu]
        assert len(array) == self.limit + 1, "a flush of an array that is not full"
        moved = self.batchcount
        if self.shared is None:
            moved = min(moved, event.count)
            if moved < self.batchcount:  # it was full then
                self.shared = [ANY] * self.shared_limit
            else:
                self.free = None  # either has them
        elif len(self.shared) < self.shared_limit:
            moved = min(moved, self.shared_limit - len(self.shared))
            self.shared += array[:moved]
        else:
            self.add_free(moved)
        assert event.count == moved, f"the model: {moved}"
        del array[:moved]

    # ---- ageing, and what concerns all arrays -----------------------------------------------------------

    def reap(self, event):
        count = 0
        for cpu, array in self.array.items():
            if array and not self.touched[cpu]:
                count += self.age(array, self.limit)
            elif array:
                self.touched[cpu] = 0
        # Every second time the shared array is aged, too.
        if self.ages_node and self.shared:
            if not self.shared_touched:
                count += self.age(self.shared, self.shared_limit)
            self.shared_touched = False
        self.ages_node = not self.ages_node
        assert event.count == count, f"the model: {count}"

    def age(self, array, limit):
        count = drained(limit, len(array))
        del array[:count]
        self.add_free(count)
        return count

    def drain(self):
        if self.shared is None:
            self.shared, self.free = [], None
        for array in (*self.array.values(), self.shared):
            self.add_free(len(array))
            array.clear()

    def shrink(self, _):
        self.drain()

    def tune(self, event):
        self.drain()
        self.limit, self.batchcount, self.sharedfactor = event.limit, event.batchcount, event.sharedfactor
        self.shared_touched = False  # it is a new array

    def step(self, event):
        try:
            getattr(self, {"free": "free_"}.get(event.name, event.name), lambda _: None)(event)
        except AssertionError as error:
            raise AssertionError(f"{event}: {error}") from None


def check_objects(events, late):
    """Raises AssertionError where an object is allocated twice, or freed twice, whatever the arrays hold. Before a cache
    that is described late, or inherited, has its slabs, some of its objects are in use."""
    live = set()
    known = not late and not any(e.name == "node_state" and e.slabs_full + e.slabs_partial for e in events)
    for event in events:
        if event.name.startswith("alloc_") and event.name != "alloc_failed":
            assert event.object not in live, f"{event}: this object is in use"
            live.add(event.object)
        elif event.name == "free":
            assert event.object in live or not known, f"{event}: this object is not in use"
            live.discard(event.object)
        elif event.name == "array_state" and late:
            live.clear()  # frees on this CPU were not recorded before


def begins(events):
    """Returns for each event of a cache since when its step may have been under way: since the last event on its CPU that
    does not belong to this step. Within it, libslab may call itself for another cache."""
    since, last = [], {}
    for event in events:
        since.append(last.get(event.cpu, 0) if event.cpu is not None else event.ns)
        if event.name not in SUBSTEPS:
            last[event.cpu] = event.ns
    return since


def orders(state, event, pending):
    """Yields the states in which the event is done, after some of those that may have come before it."""
    done = state.copy() if pending else state
    others = [(cpu, following) for cpu, following in pending.items() if state.ahead[cpu] < len(following)]
    failed = None
    try:
        if pending:
            later = [state.copy() for _ in others]
        done.step(event)
        yield done
    except AssertionError as error:
        failed = error
    for i, (cpu, following) in enumerate(others):
        other = later[i]
        try:
            other.step(following[other.ahead[cpu]])
        except AssertionError:
            continue
        other.ahead[cpu] += 1
        for each in orders(other, event, pending):
            failed = None
            yield each
    if failed:
        raise failed


def pending_at(events, since, at, places):
    """Returns by CPU the events of other CPUs that may have happened before events[at], although they come later."""
    pending = {}
    for cpu, own in places.items():
        for i in own[bisect.bisect(own, at):] if cpu != events[at].cpu else ():
            if events[i].name in OF_NODE and since[i] < events[at].ns:
                pending.setdefault(cpu, []).append(events[i])
            elif events[i].name not in SUBSTEPS:
                break
    return pending


def check_in_order(events, cache):
    """Steps through the events as they are recorded."""
    for event in events:
        cache.step(event)


def check_in_any_order(events, since, cache):
    """Steps through the events in every order that the overlapping steps may have had."""
    states = [cache]
    places = collections.defaultdict(list)  # by CPU: its events
    for at, event in enumerate(events):
        if event.cpu is not None:
            places[event.cpu].append(at)
    for at, event in enumerate(events):
        following, failed = {}, None
        pending = pending_at(events, since, at, places) if event.name in OF_NODE and event.cpu is not None else {}
        for state in states:
            if event.cpu is not None and event.name in OF_NODE and state.ahead[event.cpu]:
                state.ahead[event.cpu] -= 1
                following[state.key()] = state
                continue
            try:
                for each in orders(state, event, pending):
                    following[each.key() if len(states) > 1 or pending else 0] = each
            except AssertionError as error:
                failed = error
        if not following:
            raise failed
        states = list(following.values())
        assert len(states) <= STATES_MAX, "too many steps overlap"


def check_cache(events, since, cache):
    """Returns how many refills and flushes were checked."""
    try:
        check_in_order(events, cache.copy())
    except AssertionError:
        check_in_any_order(events, since, cache)
    return sum(event.name in ("refill", "flush") for event in events)


def of_caches(trace):
    """Returns for each cache its events, and since when the step of each may have been under way."""
    of = collections.defaultdict(list)
    for event in trace.events:
        if "cache" in event.fields:
            of[event.cache].append(event)
    return [(events, begins(events)) for events in of.values()]


def check(trace, late=False, arrays=True):
    """Raises AssertionError at the first event that the model does not explain. Returns how many refills and flushes it
    has checked. Caches whose tunables are unknown, and those that fail or bypass the arrays, are left out. late: the
    processes ran already, and what their nodes hold is not exact. arrays=False: only that each object is in use once;
    where threads share a CPU, one may be preempted within its step by another, which no model of single steps explains."""
    checked = 0
    for events, since in of_caches(trace):
        try:
            check_objects(events, late)
            if arrays and events[0].limit and not LEFT_OUT & {event.name for event in events}:
                checked += check_cache(events[1:], since[1:], Cache(events[0], late))
        except AssertionError as error:
            raise AssertionError(f"{events[0].fields['name']} of {events[0].pid}: {error}") from None
    return checked
