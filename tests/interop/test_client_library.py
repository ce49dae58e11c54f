# SPDX-License-Identifier: Apache-2.0
"""The client library, driven through tests/tools/client_driver.c, against a real server on this machine's sockets.

The same tests run against Paddock and, with --server=java, against Apache ZooKeeper.
"""
import os
import queue
import re
import signal
import subprocess
import threading
import time

import pytest

from tests.interop.lib.paddock_server import binary
from tests.interop.lib.server_process import free_port

MODES = ["thread", "nothread"]


class Driver:
    """One client_driver: commands in, answers and events out."""

    def __init__(self):
        path = os.environ.get("CLIENT_DRIVER", os.path.join(os.path.dirname(binary()), "client_driver"))
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.events = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _next(self, limit_s):
        line = self.lines.get(timeout=limit_s)
        assert line is not None, "the driver has ended"
        return line

    def ask(self, command, limit_s=60):
        """The answer; events that come before it are kept."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        while True:
            line = self._next(limit_s)
            if not line.startswith("event "):
                return line
            self.events.append(line)

    def code(self, command, limit_s=60):
        return self.ask(command, limit_s).split()[0]

    def take_events(self, wanted=0, limit_s=60):
        """Those so far; waits until there are `wanted` of them."""
        until = time.monotonic() + limit_s
        while len(self.events) < wanted:
            try:
                self.events.append(self._next(max(0.01, until - time.monotonic())))
            except queue.Empty:
                break
        events, self.events = self.events, []
        return events

    def status(self):
        return dict(re.findall(r"(\w+)=([^ ]*)", self.ask("status")))

    def open(self, server, mode="thread", timeout_ms=6000, chroot="", words=""):
        assert self.code(f"open 127.0.0.1:{server.port}{chroot} {timeout_ms} {mode} {words}") == "Ok"
        assert self.code("connect 10000") == "Ok"

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0, "sanitizers and leaks end the driver with another code"


@pytest.fixture
def driver():
    one = Driver()
    yield one
    one.stop()


@pytest.fixture
def other():
    one = Driver()
    yield one
    one.stop()


@pytest.mark.parametrize("mode", MODES)
def test_every_operation(server, driver, mode):
    driver.open(server, mode)
    assert "path=/l " in driver.ask("create /l data")
    assert driver.code("create /l data") == "NodeExists"
    assert "path=/l/s-0000000000 " in driver.ask("create /l/s- x 2")
    assert driver.code("create /l/c x 4") == "Ok"
    assert driver.code("create /l/t x 5 60000") == "Ok"
    assert "data=4:data" in driver.ask("get /l")
    assert "version=1" in driver.ask("set /l more 0")
    assert driver.code("set /l more 0") == "BadVersion"
    assert driver.code("exists /none") == "NoNode"
    assert sorted(re.findall(r"string=(\S+)", driver.ask("children /l"))) == ["c", "s-0000000000", "t"]
    assert "number=3" in driver.ask("count /l")
    assert driver.code("sync /l") == "Ok"
    assert "acl=31:world:anyone" in driver.ask("acl /l")
    assert driver.code("set-acl /l digest u:p 31") == "Ok"
    assert driver.code("get /l") == "NoAuth"
    assert driver.code("delete /l/c") == "NoAuth"
    assert driver.code("auth digest someone:else") == "Ok"
    assert "acl=0:digest:someone" in driver.ask("whoami")
    answer = driver.ask("multi create:/m create:/m/1 set:/m delete:/m/1 check:/m")
    assert answer.startswith("Ok ") and answer.count("| Ok") == 5 and "path=/m/1 " in answer
    answer = driver.ask("multi create:/m2 delete:/none set:/m")
    assert re.findall(r"\| (\w+)", answer) == ["Ok", "NoNode", "RuntimeInconsistency"]
    assert answer.startswith("NoNode ")
    assert driver.code("exists /m2") == "NoNode"
    answer = driver.ask("multi-read get:/m children:/ get:/none")
    assert re.findall(r"\| (\w+)", answer) == ["Ok", "Ok", "NoNode"] and "data=5:multi" in answer
    assert driver.code("create /e x 1") == "Ok"
    assert driver.ask("ephemerals").endswith("string=/e")
    assert driver.code("create /e/child x") == "NoChildrenForEphemerals"
    assert driver.code("reconfig server.2=localhost:1:2;3") in ("Unimplemented", "ReconfigDisabled")
    assert driver.code("get /bad//path") == "BadArguments"
    assert driver.code("close") == "Ok"


@pytest.mark.parametrize("mode", MODES)
def test_a_chroot_is_not_seen(server, driver, other, mode):
    other.open(server)
    assert other.code("create /app x") == "Ok"
    driver.open(server, mode, chroot="/app")
    assert "path=/a " in driver.ask("create /a data 1")
    assert driver.ask("children /").endswith("string=a")
    assert driver.ask("ephemerals").endswith("string=/a")
    assert "path=/m " in driver.ask("multi create:/m")
    assert driver.code("exists /new watch") == "NoNode"
    driver.take_events()
    assert other.code("create /app/new x") == "Ok"
    assert driver.code("turn 1000") == "Ok"
    assert "event watch 1 3 /new" in driver.take_events(2)
    assert other.code("get /app/m") == "Ok"


@pytest.mark.parametrize("mode", MODES)
def test_watches_credentials_and_session_survive_a_killed_server(server, driver, mode):
    driver.open(server, mode)
    before = driver.status()
    assert driver.code("auth digest bob:secret") == "Ok"
    assert driver.code("create /w x") == "Ok"
    assert driver.code("create /e x 1") == "Ok"
    assert driver.code("get /w watch") == "Ok"
    assert driver.code("children /w watch") == "Ok"
    assert driver.code("add-watch / recursive watch") == "Ok"
    driver.take_events()
    server.kill()
    server.start()
    assert driver.code("sync /") in ("Ok", "ConnectionLoss")
    assert driver.code("connect 20000") == "Ok"
    assert "acl=0:digest:bob" in driver.ask("whoami")
    after = driver.status()
    assert after["session"] == before["session"]
    assert f"owner={before['session']}" in driver.ask("exists /e")
    driver.take_events()
    assert driver.code("create /w/1 x") == "Ok"
    assert driver.code("set /w y") == "Ok"
    events = [e for e in driver.take_events(6) if e.startswith("event watch ")]
    assert events == ["event watch 1 3 /w/1", "event watch 4 3 /w", "event watch 3 3 /w"]


def test_many_threads_share_a_handle(server, driver):
    driver.open(server)
    assert driver.code("create /h x") == "Ok"
    assert driver.ask("hammer 8 200 /h/n-", 120) == "Ok answered=3200 failed=0 called_back=1600 not_sent=0"
    assert "number=3200" in driver.ask("count /h")


def test_many_threads_live_through_restarts(server, driver, other):
    driver.open(server, timeout_ms=20000)
    other.open(server, timeout_ms=20000)
    assert other.code("create /h x") == "Ok"
    restarts = threading.Thread(target=lambda: [(time.sleep(0.3), server.kill(), server.start()) for _ in range(3)])
    restarts.start()
    answer = dict(re.findall(r"(\w+)=(\d+)", driver.ask("hammer 6 300 /h/n-", 180)))
    restarts.join()
    assert int(answer["answered"]) + int(answer["failed"]) == 3600
    assert int(answer["called_back"]) == 1800
    assert other.code("connect 20000") == "Ok"
    made = int(re.search(r"number=(\d+)", other.ask("count /h")).group(1))
    assert int(answer["answered"]) <= made <= 3600 - int(answer["not_sent"])


@pytest.mark.parametrize("mode", MODES)
def test_an_expired_session_says_so_and_nothing_hangs(server, driver, mode):
    driver.open(server, mode, timeout_ms=4000)
    assert driver.code("create /e x 1") == "Ok"
    assert driver.code("get / watch") == "Ok"
    driver.take_events()
    driver.process.send_signal(signal.SIGSTOP)
    time.sleep(9)
    driver.process.send_signal(signal.SIGCONT)
    codes = [driver.code("sync /"), driver.code("sync /")]
    assert codes[1] == "SessionExpired"
    events = driver.take_events(4, 2)
    assert "event main -1 -112 -" in events and "event watch -1 -112 -" in events
    assert driver.code("connect 1000") == "SessionExpired"
    assert driver.status()["lease"] == "0"
    assert driver.code("close") == "SessionExpired"


@pytest.mark.parametrize("mode", MODES)
def test_a_frozen_server_cannot_hold_a_call(server, driver, mode):
    driver.open(server, mode, timeout_ms=4000)
    server.process.send_signal(signal.SIGSTOP)
    try:
        start = time.monotonic()
        answer = driver.ask("get /")
        assert answer.startswith("ConnectionLoss unknown"), answer
        assert time.monotonic() - start < 5
        assert "was silent" in driver.ask("status") or "greeting" in driver.ask("status")
    finally:
        server.process.send_signal(signal.SIGCONT)
    assert driver.code("connect 20000") == "Ok"


@pytest.mark.parametrize("mode", MODES)
def test_nobody_there(driver, mode):
    port = free_port()
    assert driver.code(f"open 127.0.0.1:{port},[::1]:{port},nowhere.invalid:{port} 4000 {mode}") == "Ok"
    start = time.monotonic()
    assert driver.code("connect 1500") == "OperationTimeout"
    assert 1.4 < time.monotonic() - start < 4
    trouble = driver.ask("status")
    assert str(port) in trouble and ("connected to" in trouble or "found" in trouble)
    assert driver.code("close") == "Ok"


def test_a_session_is_abandoned_and_resumed(server, driver):
    driver.open(server)
    session = driver.status()["session"]
    assert driver.code("create /e x 1") == "Ok"
    assert driver.code("abandon") == "Ok"
    driver.open(server, words="resume")
    assert driver.status()["session"] == session
    assert driver.code("close") == "Ok"
    driver.open(server)
    assert driver.code("exists /e") == "NoNode"


def test_a_refused_credential_is_the_end(server, driver):
    driver.open(server)
    assert driver.code("auth nothing x") == "AuthFailed"
    assert driver.code("get /") == "AuthFailed"
    assert driver.status()["state"] == "4"
    assert driver.code("close") == "AuthFailed"


def test_a_request_above_the_servers_limit_is_lost_not_the_session(server, driver):
    driver.open(server)
    session = driver.status()["session"]
    assert driver.ask("create-large /big 1200000").startswith("ConnectionLoss unknown")
    assert driver.code("create-large /big 1000000") == "Ok"
    assert "data=1000000:" in driver.ask("get /big")
    assert driver.status()["session"] == session


def test_servers_are_replaced(server, make_server, driver):
    driver.open(server)
    second = make_server()
    assert driver.code(f"servers 127.0.0.1:{second.port}") == "Ok"
    assert driver.code("sync /") in ("SessionExpired", "ConnectionLoss")  # the other server knows no such session
    assert driver.code("sync /") == "SessionExpired"
