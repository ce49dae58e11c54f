# SPDX-License-Identifier: Apache-2.0
"""Each recipe shared with Curator on one path, step by step: what one writes the other reads, who is in keeps out."""
import subprocess
import time
from pathlib import Path

import pytest

from tests.interop.lib import install
from tests.interop.lib.paddock_server import PADDOCK

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def share():
    class_path = install.java("share", HERE / "clients/java/pom.xml", HERE / "clients/java/Share.java")
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
            "-cp", class_path, "Share"]


@pytest.fixture
def curator(share, server):
    def run(*words):
        done = subprocess.run([*share, f"127.0.0.1:{server.port}", *map(str, words)], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 0, done
        return done.stdout.strip()
    run.start = lambda *words: subprocess.Popen([*share, f"127.0.0.1:{server.port}", *map(str, words)],
                                                stdout=subprocess.PIPE, text=True)
    return run


@pytest.fixture
def paddock(server):
    def command(*words):
        return [PADDOCK, "-s", f"127.0.0.1:{server.port}", *map(str, words)]

    def run(*words):
        done = subprocess.run(command(*words), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done
        return done.stdout.strip()
    run.start = lambda *words: subprocess.Popen(command(*words), stdout=subprocess.PIPE, text=True)
    return run


def test_counters(curator, paddock):
    assert paddock("counter", "add", "/r/long", 40) == "40"
    assert curator("add", "/r/long", 2) == "42"
    assert paddock("counter", "get", "/r/long") == "42"
    assert paddock("counter", "set", "/r/int", -7, "--format", "int") == "-7"
    assert curator("count", "/r/int", 10) == "-7"
    assert paddock("counter", "get", "/r/int", "--format", "int") == "3"


def test_queues(curator, paddock):
    paddock("queue", "put", "/r/queue", "ours")
    assert curator("offer", "/r/queue", "theirs") == "true"
    assert curator("take", "/r/queue") == "ours"
    assert paddock("queue", "take", "/r/queue", "--timeout", 5) == "theirs"


def test_barriers(curator, paddock):
    assert curator("set", "/r/barrier") == "set"
    with paddock.start("barrier", "wait", "/r/barrier") as waiter:
        time.sleep(0.5)
        assert waiter.poll() is None
        assert curator("remove", "/r/barrier") == "removed"
        assert waiter.wait(60) == 0


def test_double_barriers(curator, paddock):
    with paddock.start("barrier", "enter", "/r/meeting", 3, "--", "sh", "-c", "echo in; sleep 1; echo out") as ours:
        with curator.start("meet", "/r/meeting", 3) as theirs, curator.start("meet", "/r/meeting", 3) as others:
            assert theirs.communicate(timeout=60)[0] == "true true\n"
            assert others.communicate(timeout=60)[0] == "true true\n"
        assert ours.communicate(timeout=60)[0] == "in\nout\n"
        assert ours.returncode == 0
    assert paddock.start("ls", "/r/meeting").communicate()[0] in ("[]\n", "")  # or the container has gone, too


@pytest.mark.parametrize("flags,excluded,admitted", [
    ([], ["mutex"], []),
    (["--shared"], ["write"], ["read"]),
    (["--write"], ["write", "read"], []),
])
def test_locks_keep_curators_out(curator, paddock, flags, excluded, admitted):
    with paddock.start("lock", "/r/lock", *flags, "--", "sh", "-c", "echo in; exec sleep 60") as holder:
        assert holder.stdout.readline() == "in\n"
        assert [curator(verb, "/r/lock") for verb in excluded] == ["false"] * len(excluded)
        assert [curator(verb, "/r/lock") for verb in admitted] == ["true"] * len(admitted)
        holder.terminate()
    assert [curator(verb, "/r/lock") for verb in excluded + admitted] == ["true"] * (len(excluded) + len(admitted))


def test_curator_knows_our_leader(curator, paddock):
    with paddock.start("elect", "/r/leader", "--id", "ours", "--", "sh", "-c", "echo in; exec sleep 60") as leader:
        assert leader.stdout.readline() == "in\n"
        assert curator("leader", "/r/leader", "theirs") == "ours"
        leader.terminate()
    assert curator("leader", "/r/leader", "theirs") == "theirs"
