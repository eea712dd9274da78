# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""Recordings through rings: the same events as by probes, from processes behind wrappers, of milliseconds, killed, and
of ordinary users; and whatever happens to the recorder, the program goes on."""
import collections
import glob
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time

import pytest

from tests.e2e.record_kinds import FAMILY, STREAM, by_process, record, unexplained
from tests.support import reference as ref
from tests.support import slab_model
from tests.support.build import BUILD, ROOT, SLABSCOPE
from tests.support.ctf import Trace

PLUGINS = [os.path.join(BUILD, "tests/unit", name) for name in ("plugin.so", "plugin_alone.so")]
RINGS = "/dev/shm/slabscope-ring-*"

pytestmark = pytest.mark.slow


@pytest.fixture
def directory(tmp_path):
    return str(tmp_path / "trace")


def whole(directory, done, said):
    """What is not as each process said of itself, a line each."""
    trace = Trace(directory)
    counts = by_process(trace)
    wrong = [f"{pid} {what}: recorded {counts[pid][event]}, it says {each[what]}" for pid, each in said.items()
             for what, event in (("allocs", "allocs"), ("frees", "free")) if counts[pid][event] != each[what]]
    if ", 0 lost" not in done.stderr:
        wrong.append(done.stderr)
    return "\n".join([*wrong, unexplained(trace)]).strip()


def test_rings_and_probes_record_the_same(check, tmp_path):
    if os.geteuid():
        pytest.skip("needs root, for the probes")
    kinds = {}
    for options in ((), ("--probes",)):
        directory = str(tmp_path / ("probes" if options else "rings"))
        done = subprocess.run(["taskset", "-c", str(min(os.sched_getaffinity(0))), SLABSCOPE, "record", *options, directory,
                               "--", FAMILY, "-n", "30000", "-f", "2", "-c", "12"], capture_output=True, text=True, timeout=120)
        check(", 0 lost" in done.stderr, "nothing is lost", done)
        kinds[options] = sum(Trace(directory).counts().values(), collections.Counter())
    check.same("as many events of each kind", **{kind: (kinds[()][kind], kinds[("--probes",)][kind])
                                                 for kind in {*kinds[()], *kinds[("--probes",)]} - {"flags"}})
    check(kinds[()]["refill"] > 20 and kinds[()]["node_state"] == 2 * 12, "children say what they inherit", kinds)


SCRIPT = f"#!/bin/sh\n{FAMILY} -n 3000\n{FAMILY} -n 50\n"


@pytest.mark.parametrize("command, processes", [
    pytest.param(("sh", "-c", f"{FAMILY} -n 3000; exit 0"), 1, id="sh"),
    pytest.param(("env", "A=b", FAMILY, "-n", 3000), 1, id="env"),
    pytest.param(("taskset", "-c", min(os.sched_getaffinity(0)), FAMILY, "-n", 3000, "-f", 2), 3, id="taskset"),
    pytest.param(("sh", "-c", f"exec nice {FAMILY} -n 3000"), 1, id="exec"),
    pytest.param(("SCRIPT",), 2, id="script"),
    pytest.param(("sh", "-c", f"i=0; while [ $i -lt 40 ]; do {FAMILY} -n 20; i=$((i+1)); done"), 40, id="milliseconds"),
    pytest.param(("sh", "-c", f"{FAMILY}.shared -n 3000 & {FAMILY}.shared -n 3000; wait"), 2, id="background"),
    pytest.param(("STATIC", "-n", 3000, "-f", 1), 2, id="static"),
    pytest.param(("unshare", "-r", "-p", "-f", FAMILY, "-n", 3000, "-f", 1), 2, id="namespace")])
def test_whatever_starts_it_all_is_recorded(directory, tmp_path, command, processes):
    if command[0] == "SCRIPT":
        script = tmp_path / "script"
        script.write_text(SCRIPT)
        script.chmod(0o755)
        command = (script,)
    elif command[0] == "STATIC":
        subprocess.run(["gcc", "-O2", "-static", f"-I{ROOT}/alloc", f"{ROOT}/tests/progs/family.c", f"{BUILD}/libslab.a",
                        "-pthread", "-o", tmp_path / "static"], check=True)
        command = (tmp_path / "static", *command[1:])
    elif command[0] == "unshare" and subprocess.run(["unshare", "-r", "-p", "-f", "true"], check=False).returncode:
        pytest.skip("no user namespaces here")
    done, said = record(directory, *command)
    assert len(said) == processes and not done.returncode, done
    wrong = whole(directory, done, said)
    assert not wrong, wrong


@pytest.mark.parametrize("plugin", PLUGINS, ids=["shared", "alone"])
def test_a_plugin_is_recorded(directory, plugin):
    if not os.path.exists(plugin):
        pytest.skip("make unit builds it")
    done, _ = record(directory, sys.executable, "-c", f"import ctypes; p = ctypes.CDLL('{plugin}'); "
                     "assert not p.plugin_open() and p.plugin_work(ctypes.c_ulong(100)) == 100; p.plugin_close()")
    trace = Trace(directory)
    counts = sum(by_process(trace).values(), collections.Counter())
    assert not done.returncode and counts["allocs"] == counts["free"] == 100 * 200 and not unexplained(trace), done


def test_an_ordinary_user_records(tmp_path):
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if not os.geteuid() else []
    place = f"/tmp/slabscope-user-{os.getpid()}"
    try:
        done = subprocess.run([*user, SLABSCOPE, "record", place, "--", "sh", "-c", f"{FAMILY} -n 5000; exit 4"],
                              capture_output=True, text=True, timeout=60, cwd="/")
        said = {each["pid"]: each for each in map(json.loads, done.stdout.splitlines())}
        wrong = whole(place, done, said)
        assert done.returncode == 4 and len(said) == 1 and not wrong, (done, wrong)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def ready(process):
    return json.loads(process.stdout.readline())["ready"]


def wait_for(what, seconds=30):
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.02)
    return what()


def test_a_killed_recorder_harms_nobody(check, directory, tmp_path):
    """The rings fill up, and that is all. The next recorder removes what is left."""
    before = set(glob.glob(RINGS))
    recorder = subprocess.Popen([SLABSCOPE, "record", directory, "--", FAMILY, "-u"], text=True, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    pid = ready(recorder)
    check(wait_for(lambda: not [name for d in set(glob.glob(RINGS)) - before for name in os.listdir(d)]),
          "no file has a name once its process is known", glob.glob(RINGS + "/*"))
    left = set(glob.glob(RINGS)) - before
    check(len(left) == 1 and all(stat.S_IMODE(os.stat(d).st_mode) == 0o700 for d in left),
          "the rings are their owner's alone", left)
    recorder.kill()
    recorder.wait()
    time.sleep(0.3)
    check(os.path.exists(f"/proc/{pid}"), "the program lives on")
    recorder.stdin.write("\n")
    recorder.stdin.flush()
    said = json.loads(recorder.stdout.readline())
    check(said["pid"] == pid and said["allocs"] > 0, "and ends as it should", said)
    check(wait_for(lambda: not os.path.exists(f"/proc/{pid}")), "it is gone")
    check(Trace(directory).events is not None, "what was written can be read")
    alone = subprocess.run([FAMILY, "-n", "100"], env={**os.environ, "SLAB_RING": next(iter(left), "")},
                           capture_output=True, text=True, timeout=60)
    check(not alone.stderr and not os.listdir(next(iter(left))), "a program that comes later makes no rings", alone)
    record(str(tmp_path / "next"), "true")
    check(not left & set(glob.glob(RINGS)), "the next recorder removes the directory", glob.glob(RINGS))


def test_a_killed_program_is_recorded_up_to_its_end(check, directory):
    done, _ = record(directory, "sh", "-c", f"{FAMILY} -u < /dev/zero & sleep 0.1; {FAMILY} -u & sleep 0.2; kill -9 $!; wait")
    trace = Trace(directory)
    check(", 0 lost" in done.stderr and not unexplained(trace), "each refill has its allocation", done, unexplained(trace))


def test_a_program_that_outlives_the_recording_is_left_alone(check, directory):
    recorder = subprocess.Popen([SLABSCOPE, "record", directory, "--", "sh", "-c",
                                 f"exec 3<&0; {FAMILY} -u <&3 & sleep 0.3"], text=True, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    pid = ready(recorder)
    check(recorder.wait(60) == 0 and os.path.exists(f"/proc/{pid}"), "the recording ends with its command")
    check(wait_for(lambda: any(cpu["limit"] for cpus in ref.registry(pid).values() for cpu in cpus.values())),
          "the program runs at full speed again")
    recorder.stdin.write("\n")
    recorder.stdin.flush()
    said = json.loads(recorder.stdout.readline())
    counts = by_process(Trace(directory))[pid]
    check(0 < counts["allocs"] < said["allocs"] and not unexplained(Trace(directory)), "what came until then is recorded",
          counts, said)


def test_full_rings_lose_events_and_the_recording_says_where(check, directory):
    """A limit of file sizes keeps the rings small; the recorder stands still for a while."""
    recorder = subprocess.Popen([SLABSCOPE, "record", directory, "--", "bash", "-c",
                                 f"ulimit -f 2048; echo '{{\"ready\": 0}}'; read line; {FAMILY} -n 300000"], text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    ready(recorder)
    recorder.send_signal(signal.SIGSTOP)
    recorder.stdin.write("\n")
    recorder.stdin.flush()
    said = json.loads(recorder.stdout.readline())
    recorder.send_signal(signal.SIGCONT)
    _, text = recorder.communicate(timeout=60)
    trace = Trace(directory)
    counts = sum(by_process(trace).values(), collections.Counter())
    lost = said["allocs"] + said["frees"] - counts["allocs"] - counts["free"]
    check(lost > 1000 and counts["allocs"] > 1000, "some are lost, some are there", counts, text)
    check(sum(trace.discarded.values()) >= lost, "the recording says so", trace.discarded, lost)
    check(f", {sum(trace.discarded.values())} lost" in text, "and so does slabscope", text)


def test_without_room_for_rings_libslab_says_so(directory):
    done, said = record(directory, "bash", "-c", f"ulimit -f 16; {FAMILY} -n 1000")
    assert len(said) == 1 and "is not recorded: cannot make rings in /dev/shm/" in done.stderr, done


@pytest.mark.parametrize("command, least", [((FAMILY, "-f", 5), 12), ((STREAM, "-n", 60000), 500)], ids=["fork", "large"])
def test_nothing_remains_in_shared_memory(directory, command, least):
    before = glob.glob(RINGS)
    done, _ = record(directory, *command)
    assert glob.glob(RINGS) == before and slab_model.check(Trace(directory)) >= least, done


@pytest.mark.parametrize("arguments", [("-p", "1"), (), ("--kernel", "--", "true")])
def test_probes_are_chosen_for_a_command_alone(directory, arguments):
    done = subprocess.run([SLABSCOPE, "record", "--probes", directory, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "--probes is for a command" in done.stderr and not os.path.exists(directory), done
