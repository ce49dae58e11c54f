# SPDX-License-Identifier: Apache-2.0
"""paddock top and paddock bench at an ensemble of three Apache servers, which are found by the first one's configuration."""
import json
import shutil
import signal
import subprocess
import time

import pytest

from tests.interop.lib.java_server import JavaServer
from tests.interop.lib.paddock_server import PADDOCK
from tests.interop.lib.server_process import free_port, scratch_folder

SIZE = 3


class Member:
    """One server of the ensemble, with its client port in its server line."""

    def __init__(self, number, lines):
        self.java = JavaServer({"initLimit": 10, "syncLimit": 5, "standaloneEnabled": "false", "maxClientCnxns": 0,
                                "clientPort": None, "clientPortAddress": None, **lines},
                               folder=scratch_folder("ensemble"))
        self.java.data_dir.mkdir(parents=True)
        (self.java.data_dir / "myid").write_text(str(number))
        with open(self.java.log_path, "wb") as log:
            self.process = subprocess.Popen(self.java.command(self.java.write_cfg()), stdout=log, stderr=log)

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.java.folder)


@pytest.fixture(scope="module")
def ensemble():
    ports = [[free_port() for _ in range(3)] for _ in range(SIZE)]
    lines = {f"server.{i + 1}": f"127.0.0.1:{quorum}:{election}:participant;127.0.0.1:{client}"
             for i, (quorum, election, client) in enumerate(ports)}
    members = {f"127.0.0.1:{ports[i][2]}": Member(i + 1, lines) for i in range(SIZE)}
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and len(up(next(iter(members)))) < SIZE:
        time.sleep(0.5)
    yield members
    for member in members.values():
        member.stop()


def top(address, *arguments):
    done = subprocess.run([PADDOCK, "-s", address, "top", "--json", *arguments], capture_output=True, text=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def up(address):
    return [row for row in top(address)[0]["servers"] if row["up"]]


def test_top_finds_leader_and_followers(ensemble):
    first, *others = ensemble
    rows = top(first)[0]["servers"]
    assert [row["server"] for row in rows] == [first, *others]
    assert sorted(row["role"] for row in rows) == ["follower", "follower", "leader"]
    assert all(row["lag"] >= 0 and row["zxid"].startswith("0x") for row in rows)
    assert all(row["watches"] >= 0 for row in rows)  # mntr of Apache's


def test_bench_loads_all_and_top_shows_it(ensemble):
    process = subprocess.Popen([PADDOCK, "-s", ",".join(ensemble), "bench", "--json", "--duration", "6", "--sessions", "30",
                                "--rate", "200", "--watches", "60", "--mix", "get=6,set=2,create=1,ephemeral=1,multi=1"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    looks = top(next(iter(ensemble)), "-n", "3", "-d", "1")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    result = json.loads(out)
    assert result["all"]["count"] == 1200 and result["all"]["errors"] == 0
    assert result["requests"]["event"]["count"] > 0
    last = looks[-1]
    assert last["session_count"] >= 30
    assert 100 < sum(row["received_rate"] for row in last["servers"]) < 500
    rates = [session["rate"] for session in last["sessions"] if session["rate"] is not None]
    assert rates == sorted(rates, reverse=True) and rates[0] > 1


def test_a_member_that_stands_still_is_a_row(ensemble):
    first, *_, last = ensemble
    ensemble[last].process.send_signal(signal.SIGSTOP)
    try:
        rows = {row["server"]: row for row in top(",".join(ensemble), "-n", "1", "-d", "0.5")[0]["servers"]}
        assert not rows[last]["up"] and rows[last]["why"] == "no answer in time"
        assert rows[first]["up"]
    finally:
        ensemble[last].process.send_signal(signal.SIGCONT)
