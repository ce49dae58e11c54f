# SPDX-License-Identifier: Apache-2.0
"""lock, elect, register, watch, barrier, counter and queue as processes against a server that comes and goes."""
import os
import signal
import subprocess
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.paddock_server import PADDOCK, PaddockServer

SESSION_MS = 4000


@pytest.fixture
def server():
    with PaddockServer({"tickTime": 500}) as running:
        yield running


def command(server, *words):
    return [PADDOCK, "-s", f"127.0.0.1:{server.port}", "--timeout", str(SESSION_MS), *map(str, words)]


def paddock(server, *words, expect=0):
    done = subprocess.run(command(server, *words), capture_output=True, text=True, timeout=60)
    assert done.returncode == expect, f"{words}: {done}"
    return done.stdout


def start(server, *words):
    return subprocess.Popen(command(server, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(what, limit_s=60.0):
    until = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def is_alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


# ---- lock, elect ----

def test_command_runs_with_the_node_and_the_fence(server):
    line = 'echo $PADDOCK_LOCK_NODE $PADDOCK_FENCE; exit 7'
    fences = []
    for _ in range(2):
        node, fence = paddock(server, "lock", "/a/lock", "--", "sh", "-c", line, expect=7).split()
        assert node.startswith("/a/lock/_c_") and "-lock-" in node
        fences.append(int(fence))
    assert fences[0] < fences[1]
    assert paddock(server, "ls", "/a/lock") == "[]\n"


def test_second_one_is_not_obtained_and_readers_are(server):
    with start(server, "lock", "/lock", "--shared", "--", "sleep", "60") as holder:
        wait_until(lambda: "READ" in subprocess.run(command(server, "lock", "/lock"), capture_output=True, text=True).stdout)
        assert paddock(server, "lock", "/lock", "--timeout", 0, "--", "echo", "got", expect=1) == ""
        assert paddock(server, "lock", "/lock", "--shared", "--timeout", 0, "--", "echo", "got") == "got\n"
        holder.terminate()  # is passed on to the command
        assert holder.wait(60) == 128 + signal.SIGTERM
    assert paddock(server, "lock", "/lock", "--timeout", 5, "--", "echo", "got") == "got\n"


def test_command_is_killed_with_us(server):
    with start(server, "lock", "/lock", "--", "sh", "-c", "echo $$; exec sleep 60") as holder:
        pid = int(holder.stdout.readline())
        begun = time.monotonic()
        holder.kill()
        wait_until(lambda: not is_alive(pid))
    # The lock itself goes with the session.
    paddock(server, "lock", "/lock", "--timeout", 20, "--", "true")
    assert time.monotonic() - begun > SESSION_MS / 1000 / 3


def test_command_is_over_before_anybody_else_can_have_the_lock(server):
    line = 'trap "" TERM; echo $$; while :; do sleep 0.05; done'  # deaf: only SIGKILL helps
    with start(server, "lock", "/lock", "--grace", 0.3, "--", "sh", "-c", line) as holder:
        pid = int(holder.stdout.readline())
        holder.send_signal(signal.SIGCONT)
        server.process.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        try:
            wait_until(lambda: not is_alive(pid))
            assert time.monotonic() - stopped < SESSION_MS / 1000 + 0.3
        finally:
            server.process.send_signal(signal.SIGCONT)
        assert holder.wait(60) == 4
        assert "is stopped" in holder.stderr.read()


def test_short_restart_of_the_server_does_not_matter(server):
    with start(server, "lock", "/lock", "--", "sh", "-c", "echo in; sleep 3; echo out") as holder:
        assert holder.stdout.readline() == "in\n"
        server.kill()
        server.start()
        assert holder.wait(60) == 0
        assert holder.stdout.read() == "out\n"


def test_leader_is_followed_by_the_next(server):
    with start(server, "elect", "/e", "--id", "one", "--", "sh", "-c", "echo one; exec sleep 60") as first:
        assert first.stdout.readline() == "one\n"
        with start(server, "elect", "/e", "--id", "two", "--", "echo", "two") as second:
            wait_until(lambda: len(paddock(server, "elect", "/e").split()) == 2)
            leader = paddock(server, "elect", "/e").split()[0]
            assert paddock(server, "get", f"/e/{leader}") == "one\n"
            first.kill()
            assert second.stdout.readline() == "two\n"
            assert second.wait(60) == 0


def test_command_that_cannot_be_run_releases(server):
    paddock(server, "lock", "/lock", "--", "/no/such/program", expect=5)
    assert paddock(server, "ls", "/lock") == "[]\n"


# ---- register ----

def test_registration_outlives_deletion_and_session(server):
    with start(server, "register", "/s/one", "10.0.0.1:80", "--", "sh", "-c", "echo up; exec sleep 60") as service:
        assert service.stdout.readline() == "up\n"
        assert paddock(server, "get", "/s/one") == "10.0.0.1:80\n"
        paddock(server, "delete", "/s/one")
        wait_until(lambda: "one" in paddock(server, "ls", "/s"))
        service.send_signal(signal.SIGSTOP)
        wait_until(lambda: "one" not in paddock(server, "ls", "/s"))
        service.send_signal(signal.SIGCONT)
        wait_until(lambda: "one" in paddock(server, "ls", "/s"))
        assert service.poll() is None
        service.terminate()
        service.wait(60)
    assert paddock(server, "ls", "/s") == "[]\n"


# ---- watch ----

def test_last_state_is_told_across_restarts_of_the_server(server):
    paddock(server, "create", "/v", "zero")
    with start(server, "watch", "/v", "--initial") as watch:
        assert watch.stdout.readline() == "zero\n"
        for i in range(3):
            paddock(server, "set", "/v", f"{i} before")
            assert watch.stdout.readline() == f"{i} before\n"
            server.kill()
            server.start()
            paddock(server, "set", "/v", f"{i} after")
            assert watch.stdout.readline() == f"{i} after\n"
        watch.send_signal(signal.SIGSTOP)
        wait_until(lambda: b"Session Sets (0)/(0)" in zkwire.word(server.port, "dump"))
        paddock(server, "set", "/v", "last")
        watch.send_signal(signal.SIGCONT)
        assert watch.stdout.readline() == "last\n"
        watch.terminate()


def test_command_reads_the_value_and_its_failure_ends_the_watch(server):
    line = 'v=$(cat); echo "$v $PADDOCK_EXISTS $PADDOCK_PATH"; [ "$v" != bad ]'
    with start(server, "watch", "/v", "--initial", "--", "sh", "-c", line) as watch:
        assert watch.stdout.readline() == " 0 /v\n"
        paddock(server, "create", "/v", "good")
        assert watch.stdout.readline() == "good 1 /v\n"
        paddock(server, "set", "/v", "bad")
        assert watch.stdout.readline() == "bad 1 /v\n"
        assert watch.wait(60) == 1


def test_tree_is_followed_across_a_restart_and_a_lost_session(server):
    paddock(server, "create", "/t", "")
    with start(server, "watch", "-r", "/t", "--initial") as watch:
        assert watch.stdout.readline() == "created /t\n"
        paddock(server, "create", "/t/a", "1")
        assert watch.stdout.readline() == "created /t/a\n"
        server.kill()
        server.start()
        paddock(server, "set", "/t/a", "2")
        assert watch.stdout.readline() == "changed /t/a\n"
        watch.send_signal(signal.SIGSTOP)
        wait_until(lambda: b"Session Sets (0)/(0)" in zkwire.word(server.port, "dump"))
        paddock(server, "delete", "/t/a")
        paddock(server, "create", "/t/b", "")
        watch.send_signal(signal.SIGCONT)
        assert [watch.stdout.readline(), watch.stdout.readline()] == ["deleted /t/a\n", "created /t/b\n"]
        paddock(server, "create", "/t/b/c", "")
        assert watch.stdout.readline() == "created /t/b/c\n"
        watch.terminate()


# ---- barrier, counter, queue ----

def test_members_begin_and_end_together(server):
    members = []
    for i in range(3):
        assert all(member.poll() is None for member in members)
        members.append(start(server, "barrier", "enter", "/b", 3, "--", "sh", "-c", f"echo in; sleep 0.{i}; echo out"))
    assert [member.communicate(timeout=120)[0] for member in members] == ["in\nout\n"] * 3
    assert [member.returncode for member in members] == [0] * 3
    assert paddock(server, "ls", "/b") == "[]\n"
    paddock(server, "barrier", "enter", "/b", 2, "--timeout", 0.5, expect=1)


def test_barrier_keeps_out(server):
    paddock(server, "barrier", "set", "/b")
    paddock(server, "barrier", "wait", "/b", "--timeout", 0.3, expect=1)
    with start(server, "barrier", "wait", "/b") as waiter:
        time.sleep(0.3)
        assert waiter.poll() is None
        paddock(server, "barrier", "remove", "/b")
        assert waiter.wait(60) == 0


def test_counter_counts_what_many_add(server):
    adders = [start(server, "counter", "add", "/c", 5) for _ in range(8)]
    values = sorted(int(adder.communicate(timeout=120)[0]) for adder in adders)
    assert values == [5 * (i + 1) for i in range(8)]
    assert paddock(server, "counter", "get", "/c") == "40\n"
    paddock(server, "counter", "set", "/c", 1, "--if", 39, expect=1)
    assert paddock(server, "counter", "set", "/c", -1, "--if", 40, "--json") == '{"path":"/c","value":-1}\n'
    paddock(server, "counter", "get", "/c", "--format", "int", expect=1)


def test_each_item_goes_to_one_taker(server):
    takers = [start(server, "queue", "take", "/q") for _ in range(4)]
    for i in range(5):
        paddock(server, "queue", "put", "/q", f"item {i}")
    assert sorted(taker.communicate(timeout=120)[0] for taker in takers) == [f"item {i}\n" for i in range(4)]
    assert paddock(server, "queue", "list", "/q").startswith("qn-")
    assert paddock(server, "queue", "take", "/q") == "item 4\n"
    paddock(server, "queue", "take", "/q", "--timeout", 0.2, expect=1)
