# SPDX-License-Identifier: Apache-2.0
"""The tools of the benchmark work: each mode of the load generator against a server and against three, and it fails when it
should.

Nothing here looks at a speed.
"""
import json
import socket
import struct
import subprocess
import threading
from pathlib import Path

import pytest

from bench import report, rows
from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.paddock_server import PaddockServer, binary
from tests.interop.lib.server_process import free_port

TOOLS = Path(binary()).resolve().parent


@pytest.fixture(scope="module", autouse=True)
def tools():
    subprocess.run(["ninja", "--quiet", "-C", str(TOOLS), "bench_load", "bench_limit"], check=True)


@pytest.fixture(scope="module")
def server():
    with PaddockServer() as s:
        yield s


@pytest.fixture(scope="module")
def ensemble():
    with Ensemble(["paddock"] * 3) as e:
        e.wait_ready()
        yield e


def ports(ensemble):
    return ",".join(map(str, ensemble.client_ports()))


def load(port, mode, *options):
    return subprocess.run([str(TOOLS / "bench_load"), "--port", str(port), *options, mode],
                          capture_output=True, text=True, timeout=60)


def result(port, mode, *options):
    done = load(port, mode, "--warmup", "0.1", "--seconds", "0.5", "--sessions", "4", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("mode", ["read", "write", "mixed", "sessions"])
def test_mode_measures_a_server(server, mode):
    got = result(server.port, mode, "--server-pid", str(server.process.pid))
    assert got["answers"] > 0
    assert 0 < got["p50_us"] <= got["p99_us"] <= got["max_us"]
    assert 0 < got["silence_ms"] <= 500
    assert got["load_cpu_s"] > 0
    assert got["server_rss_kib"] > 0


def test_create_makes_as_many_nodes_as_asked(server):
    got = result(server.port, "create", "--count", "5000", "--outstanding", "16", "--value", "10", "--tag", "x")
    assert got["answers"] == 5000


def test_idle_sessions_ping_each_third_of_their_timeout(server):
    # One ping of each session in 333 ms, so at least one of each in the half second.
    got = result(server.port, "idle", "--sessions", "40", "--timeout-ms", "1000")
    assert got["answers"] > 0


def test_open_loop_keeps_its_rate(server):
    got = result(server.port, "read", "--rate", "200", "--outstanding", "50")
    assert 0 < got["answers"] <= 121  # 100, and those due in the warm-up if all of them come late


def test_first_waits_for_a_server_that_comes_later():
    port = free_port()
    probe = subprocess.Popen([str(TOOLS / "bench_load"), "--port", str(port), "--seconds", "30", "first"],
                             stdout=subprocess.PIPE, text=True)
    with PaddockServer(port=port):
        out, _ = probe.communicate(timeout=120)
    assert probe.returncode == 0
    assert json.loads(out)["established_ns"] > 0


@pytest.mark.parametrize("mode", ["read", "write", "mixed", "sessions", "create", "idle"])
def test_sessions_are_spread_over_servers(ensemble, mode):
    before = {number: connections_accepted(ensemble, number) for number in ensemble.members}
    pids = ",".join(str(member.process.pid) for member in ensemble.members.values())
    got = result(ports(ensemble), mode, "--sessions", "6", "--server-pid", pids, "--timeout-ms", "1000")
    assert got["answers"] > 0
    assert got["server_rss_kib"] > 0
    for number in ensemble.members:
        assert connections_accepted(ensemble, number) >= before[number] + 2


def connections_accepted(ensemble, number):
    """Without the one that asks."""
    lines = zkwire.word(ensemble.ports[number][0], "mntr").decode().splitlines()
    counts = {line.split("\t")[0]: line.split("\t")[1] for line in lines}
    return int(float(counts["zk_connection_request_count"]))


def test_outage_without_a_victim_loses_nothing(ensemble):
    done = load(ports(ensemble), "outage", "--sessions", "6", "--warmup", "0.1", "--seconds", "0.5")
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert got["answers"] > 0
    assert (got["lost"], got["expired"], got["refused"]) == (0, 0, 0)
    assert 0 < got["gap_ms"] <= got["all_ms"]


def test_outage_kills_and_waits_for_every_session():
    with Ensemble(["paddock"] * 3) as e:
        leader = e[e.wait_ready()]
        done = load(ports(e), "outage", "--sessions", "6", "--warmup", "0.3", "--seconds", "40", "--kill",
                    str(leader.process.pid))
        assert done.returncode == 0, done.stderr
        got = json.loads(done.stdout)
        assert leader.process.wait(60) == -9
        assert 0 < got["gap_ms"] <= got["all_ms"]
        assert got["lost"] >= 2  # those of the leader's at least
        assert (got["expired"], got["refused"]) == (0, 0)


def test_outage_says_when_sessions_stay_away():
    with Ensemble(["paddock"] * 3) as e:
        leader = e.wait_ready()
        e[next(number for number in e.members if number != leader)].kill()
        done = load(",".join(str(e.ports[number][0]) for number in e.running()), "outage", "--sessions", "2",
                    "--warmup", "0.2", "--seconds", "2", "--kill", str(e[leader].process.pid))
    assert done.returncode == 2
    assert "0 of 2 sessions could write again" in done.stderr


def test_tables_judge_each_row_by_its_goals():
    values = {"ens-write-16": {"java": [10, 20], "paddock": [70, 100]},  # 7 and 5 times: 6
              "ens-kill": {"java": [400], "paddock": [50, 55, 90]}, "ens-kill-worst": {"paddock": [251]},
              "read-16": {"java": [100], "paddock": [650], "limit": [1300]}}
    text = report.tables({"values": values, "cost": {}, "cpu": {"ens-write-16": {"java": [9], "paddock": [1]}},
                          "machine": {"cores": 2}, "facts": {}})
    lines = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("|")}
    assert "6.00 >= 6.00 ok" in lines["writes, 16 outstanding"] and "9.00 / 1.00" in lines["writes, 16 outstanding"]
    assert "55.00 <= 60.00 ok; 0.14 of Java's" in lines[rows.ENS_KILL.title]
    assert "251.00 <= 250.00 MISSED" in lines[rows.ENS_KILL_WORST.title]
    assert "6.50 >= 7.00 MISSED" in lines["reads, 16 outstanding"] and "0.50 >= 0.45 ok" in lines["reads, 16 outstanding"]


@pytest.mark.parametrize("sync", ["inline", "thread"])
def test_limit_answers_what_a_server_would(tmp_path, sync):
    port = free_port()
    limit = subprocess.Popen([str(TOOLS / "bench_limit"), "--port", str(port), "--log", str(tmp_path / "log"),
                              "--sync", sync])
    try:
        assert load(port, "first", "--seconds", "10").returncode == 0
        for mode in ("read", "write", "mixed", "create", "sessions"):
            assert result(port, mode, "--outstanding", "8")["answers"] > 0
    finally:
        limit.terminate()
        assert limit.wait(60) == 0
    assert (tmp_path / "log").stat().st_size > 0


def one_wrong_answer(listener, wrong):
    """A server that accepts a session and answers its first request with the frame `wrong`, or hangs up."""
    conn, _ = listener.accept()
    with conn:
        conn.recv(1000)
        conn.sendall(struct.pack(">iiiqi16sb", 37, 0, 10000, 7, 16, b"", 0))
        conn.recv(1000)
        if wrong:
            conn.sendall(wrong)
            conn.recv(1000)


@pytest.mark.parametrize("wrong,said", [
    (struct.pack(">iiqi", 16, 2, 0, 0), "answer 2 came where 1 was due"),
    (struct.pack(">iiqi", 16, 1, 0, -101), "failed with -101"),
    (b"", "closed the connection"),
])
def test_wrong_answer_ends_the_run(wrong, said):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=one_wrong_answer, args=(listener, wrong))
        thread.start()
        done = load(listener.getsockname()[1], "read", "--sessions", "1")
        thread.join()
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
