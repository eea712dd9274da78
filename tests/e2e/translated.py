# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""Watching never kills: valgrind translates the breakpoint of a probe, and executes it as the program's own. So no
probe is attached to a file that a process under valgrind has mapped, whoever else has it mapped."""
import os
import shutil
import subprocess

import pytest

from tests.support import reference as ref
from tests.support.build import BUILD, SLABSCOPE

pytestmark = [pytest.mark.root, pytest.mark.slow]


@pytest.fixture
def program(tmp_path):
    """A copy of the load, to which nobody has attached yet."""
    if not shutil.which("valgrind"):
        pytest.skip("there is no valgrind")
    return shutil.copy(os.path.join(BUILD, "tests/progs/load"), tmp_path)


@pytest.fixture
def translated(program):
    load = ref.Load("-n", "2000", "-N", "translated", prefix=["valgrind", "-q"], program=program)
    yield load
    load.process.kill()
    load.process.wait()


def says_why(sample):
    """Without -p there may be another one, which is the one that is named."""
    return any("runs by translation" in m["why"] for m in sample["kernel"]["missing"] if "reference" in m["what"])


def test_top_leaves_the_file_alone_until_it_has_ended(translated, program):
    same_file = ref.Load("-n", "2000", program=program)
    top = ref.Top()
    sample = top.next()
    assert says_why(sample), sample["kernel"]["missing"]
    assert top.sees(translated.pid) and not top.times(translated.pid) and not top.times(same_file.pid)
    tally = translated.run()
    assert sum(t["allocs"] for t in tally) >= 2000, tally
    top.next(2)
    assert top.sum(translated.pid, "allocs") == translated.sum("allocs"), "its registry is read all the same"
    translated.end()
    assert translated.process.returncode == 0, f"valgrind ended with {translated.process.returncode}"
    top.until(lambda _: top.times(same_file.pid), "probes when valgrind has ended")
    same_file.end()
    top.stop()


def test_probes_are_given_up_for_it(tmp_path):
    """One that starts later and has the file mapped, but calls nothing of it yet: a call would be a race."""
    program = ref.build_load(str(tmp_path), "shared")
    same_file = ref.Load("-n", "2000", program=program)
    library = next(tmp_path.glob("lib-*/libslab.so.*"))
    top = ref.Top()
    top.until(lambda _: top.times(same_file.pid), "the probes")
    with subprocess.Popen(["valgrind", "-q", "sleep", "1000"], env={**os.environ, "LD_PRELOAD": str(library)}) as late:
        try:
            top.until(lambda sample: says_why(sample) and not top.times(same_file.pid), "the reason")
            assert late.poll() is None, f"valgrind ended with {late.returncode}"
        finally:
            late.kill()
    top.until(lambda _: top.times(same_file.pid), "the probes again")
    same_file.end()
    top.stop()


@pytest.mark.parametrize("how", ["-p", "--"])
def test_record_says_why_not(translated, program, tmp_path, how):
    trace = str(tmp_path / "trace")
    arguments = {"-p": ["-p", str(translated.pid), trace], "--": ["--probes", trace, "--", program, "-g"]}[how]
    done = subprocess.run([SLABSCOPE, "record", "-d", "1", *arguments], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=60, check=False)
    said = done.stderr.splitlines()
    assert done.returncode == 1 and len(said) == 1 and f"process {translated.pid} " in said[0], done.stderr
    assert not os.path.exists(trace)
    assert translated.run(), "it has ended"
    translated.end()
    assert translated.process.returncode == 0


def test_record_of_all_leaves_it_out(translated, tmp_path):
    done = subprocess.run([SLABSCOPE, "record", "-d", "1", str(tmp_path / "trace")], stdin=subprocess.DEVNULL,
                          text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and f"not recorded: process {translated.pid}: " in done.stderr, done.stderr
    assert translated.run(), "it has ended"
